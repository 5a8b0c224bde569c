"""What a dashboard shows of each kind of endpoint."""

import re
from typing import Any

import aws_cdk as cdk
import pytest

from cdk_model_hosting import Alarm, EndpointDashboard, RealtimeEndpoint
from cdk_model_hosting.monitoring.kinds import KINDS
from cdk_model_hosting.monitoring.widgets import Home, endpoint_widgets
from cdk_model_hosting.patterns import Pattern
from tests.unit.builders import new_stack
from tests.unit.monitoring.drawn import body_of, drawn, thresholds, titles, widget
from tests.unit.monitoring.endpoints import CONTAINERS, GPUS, component, endpoint_of, watched
from tests.unit.monitoring.published import PUBLISHED

RARE = {
    Pattern.SERVERLESS: "ConcurrencyExecutions|ConcurrencyInvocations|Spillover",
    Pattern.MULTI_CONTAINER: "nothing",
    Pattern.ASYNCHRONOUS: "nothing",
}
STREAMS = "Chunk|MidStream|Explanations"
"""What only some endpoints of a kind publish."""

ALERTED: dict[Pattern, tuple[list[Alarm], dict[str, list[tuple[str, float]]]]] = {
    Pattern.ASYNCHRONOUS: (
        [
            Alarm.backlog(above=40),
            Alarm.backlog_age(above=cdk.Duration.minutes(2)),
            Alarm.failed_inferences(above=3),
            Alarm.expired_requests(above=2),
            Alarm.failed_uploads(above=1),
            Alarm.backlog_without_capacity(),
            Alarm.model_latency(above=cdk.Duration.minutes(1)),
        ],
        {
            "Requests that wait or are in work": [("Backlog", 40)],
            "Age of the oldest request, s": [("BacklogAge", 120)],
            "Requests a minute": [("FailedInferences", 3), ("ExpiredRequests", 2)],
            "Failures a minute around the model": [("FailedUploads", 1)],
            "Latency of the model, s": [("ModelLatencyP99", 60)],
        },
    ),
    Pattern.MULTI_MODEL: (
        [Alarm.model_load_wait(above=cdk.Duration.seconds(4)), Alarm.model_cache_misses(above=30)],
        {
            "Wait until a model is loaded, ms": [("ModelLoadWait", 4000)],
            "Requests whose model was loaded, %": [("ModelCacheMisses", 70)],
        },
    ),
    Pattern.MULTI_CONTAINER: (
        [
            Alarm.container_latency(container="score", above=cdk.Duration.millis(80)),
            Alarm.container_errors(above=2),
            Alarm.server_errors(above=5),
        ],
        {
            "Latency of each container, ms on average": [("ContainerLatency of score", 80)],
            "Slowest answer of each container, ms": [("ContainerLatency of score", 80)],
            "Errors a minute of each container": [("ContainerErrors", 2)],
            "Errors, % of the requests": [("ServerErrors", 5)],
        },
    ),
    Pattern.SERVERLESS: (
        [
            Alarm.model_setup_time(above=cdk.Duration.seconds(20)),
            Alarm.concurrency_utilization(above=80),
            Alarm.provisioned_utilization(above=70),
        ],
        {
            "Time of a cold start, s": [("ModelSetupTime", 20)],
            "Concurrency in use, %": [("ConcurrencyUtilization", 80)],
            "Provisioned concurrency in use, %": [("ProvisionedUtilization", 70)],
        },
    ),
    Pattern.COMPONENTS: (
        [
            Alarm.no_capacity(above=2),
            Alarm.copy_concurrency(above=4),
            Alarm.copy_memory_utilization(above=75),
            Alarm.server_errors(above=5),
            Alarm.memory_utilization(above=85),
        ],
        {
            "Requests a minute that fail for want of a copy": [("NoCapacity", 2)],
            "Requests in flight per copy": [("CopyConcurrency", 4)],
            "In use in the copies, %": [("CopyMemoryUtilization", 75)],
            "Errors, % of the requests": [("ServerErrors", 5)],
            "In use on the instances, %": [("MemoryUtilization", 85)],
        },
    ),
}


def body_with(pattern: Pattern, *alarms: Alarm, **more: Any) -> dict[str, Any]:
    """The dashboard of an endpoint of a kind with GPUs and, where it is of one with components, two of them."""
    stack = new_stack()
    options = {"machine": GPUS, "containers": CONTAINERS, **more}
    endpoint = endpoint_of(stack, pattern, watched(**options))
    if pattern is Pattern.COMPONENTS:
        for name in ("rank", "embed"):
            endpoint.watching.join(component(name, machine=GPUS))
    if alarms:
        endpoint.alarms(*alarms)
    EndpointDashboard(stack, "Dashboard", endpoints=[endpoint])
    return body_of(stack, pattern)


@pytest.mark.parametrize("pattern", KINDS)
def test_everything_published_is_somewhere(pattern: Pattern) -> None:
    lines = [line for each in body_with(pattern)["widgets"] for line in each["properties"].get("metrics", [])]
    found = {(line[0], line[1], frozenset(line[2:-1:2])) for line in lines if len(line) > 1}
    rare = re.compile(f"{STREAMS}|{RARE.get(pattern, 'nothing')}")
    # What variants of shared instances publish twice, and what a container adds to its own time, is shown once.
    twice = {key for key in PUBLISHED[pattern] if key[1].endswith("Normalized") and "VariantName" in key[2]}
    added = {key for key in PUBLISHED[pattern] if key[1] == "OverheadLatency" and "ContainerName" in key[2]}
    assert found == {key for key in PUBLISHED[pattern] if not rare.search(key[1])} - twice - added


@pytest.mark.parametrize("pattern", ALERTED)
def test_thresholds_are_drawn_where_they_belong(pattern: Pattern) -> None:
    alarms, expected = ALERTED[pattern]
    body = body_with(pattern, *alarms)
    found = {each: lines for each in titles(body) if (lines := thresholds(widget(body, each)))}
    assert found == expected


@pytest.mark.parametrize("pattern", KINDS)
def test_the_axis_of_a_share_ends_where_it_can_be_trusted(pattern: Pattern) -> None:
    body = body_with(pattern)
    ends = {each: widget(body, each).get("yAxis", {}).get("left", {}).get("max") for each in titles(body)}
    assert set(ends.values()) <= {None, 100}
    assert all("%" in each for each, end in ends.items() if end == 100)


def test_the_backlog_has_one_line_for_the_endpoint() -> None:
    stack = new_stack()
    endpoint = endpoint_of(stack, Pattern.ASYNCHRONOUS, watched("a"), watched("b"))
    EndpointDashboard(stack, "Dashboard", endpoints=[endpoint])
    found = widget(body_of(stack, Pattern.ASYNCHRONOUS), "Age of the oldest request, s")
    assert found["metrics"] == [
        [
            "AWS/SageMaker",
            "ApproximateAgeOfOldestRequest",
            "EndpointName",
            "fraud",
            {"stat": "Maximum", "label": "oldest"},
        ]
    ]


def test_an_asynchronous_endpoint_is_counted_without_what_it_does_not_publish() -> None:
    totals = drawn(widget(body_with(Pattern.ASYNCHRONOUS), "In the time shown"))
    assert totals == {
        "requests finished": "TotalProcessingTime.SampleCount",
        "failed": "InvocationFailures.Sum",
        "instance hours": "CPUUtilization.SampleCount/60",
    }


def test_cold_starts_are_counted() -> None:
    body = body_with(Pattern.SERVERLESS)
    assert drawn(widget(body, "In the time shown")) == {
        "requests": "Invocations.Sum",
        "cold starts": "ModelSetupTime.SampleCount",
        "cold starts, % of the requests": "ModelSetupTime.SampleCount*100/Invocations.Sum",
    }
    assert "Instances" not in titles(body)


def test_every_container_is_a_line() -> None:
    stack = new_stack()
    endpoint = endpoint_of(stack, Pattern.PIPELINE, *(watched(name, containers=CONTAINERS) for name in ("a", "b")))
    EndpointDashboard(stack, "Dashboard", endpoints=[endpoint])
    found = widget(body_of(stack, Pattern.PIPELINE), "Latency of each container, ms on average")
    assert list(drawn(found)) == ["a clean average", "a score average", "b clean average", "b score average"]


def test_containers_that_nobody_named_have_no_graph() -> None:
    assert "Latency of each container, ms on average" not in titles(body_with(Pattern.PIPELINE, containers=()))


def test_components_and_instances_are_told_apart() -> None:
    body = body_with(Pattern.COMPONENTS)
    assert drawn(widget(body, "In the time shown")) == {
        "rank requests": "Invocations.Sum",
        "rank failed for want of a copy": "NoCapacityInvocationFailures.Sum",
        "embed requests": "Invocations.Sum",
        "embed failed for want of a copy": "NoCapacityInvocationFailures.Sum",
        "instance hours": "CPUUtilization.SampleCount/60",
    }
    assert drawn(widget(body, "Copies")) == {
        f"{name} {label}": source
        for name in ("rank", "embed")
        for label, source in {
            "running": "CPUUtilizationNormalized.SampleCount*60/PERIOD(CPUUtilizationNormalized.SampleCount)",
            "answering": "Invocations.Sum/InvocationsPerCopy.Sum",
        }.items()
    }
    assert list(drawn(widget(body, "Instances"))) == ["running"]


def test_the_bounds_of_copies_and_of_instances_are_drawn() -> None:
    stack = new_stack()
    endpoint = endpoint_of(stack, Pattern.COMPONENTS, watched(bounds=(1, 4)))
    endpoint.watching.join(component("rank", bounds=(0, 6)))
    EndpointDashboard(stack, "Dashboard", endpoints=[endpoint])
    body = body_of(stack, Pattern.COMPONENTS)
    assert thresholds(widget(body, "Copies")) == [("at least", 0), ("at most", 6)]
    assert thresholds(widget(body, "Instances")) == [("at least", 1), ("at most", 4)]


def test_an_endpoint_whose_components_are_to_come_is_shown_as_far_as_it_is_known() -> None:
    stack = new_stack()
    endpoint = endpoint_of(stack, Pattern.COMPONENTS)
    EndpointDashboard(stack, "Dashboard", endpoints=[endpoint])
    shown = ["In the time shown", "Reserved on the instances, %", "In use on the instances, %", "Instances"]
    assert titles(body_of(stack, Pattern.COMPONENTS)) == shown


def test_copies_on_instances_without_gpus_have_no_graph_of_them() -> None:
    stack = new_stack()
    endpoint = endpoint_of(stack, Pattern.COMPONENTS)
    endpoint.watching.join(component("rank"))
    EndpointDashboard(stack, "Dashboard", endpoints=[endpoint])
    assert "In use on the copies' GPUs, %" not in titles(body_of(stack, Pattern.COMPONENTS))
    assert "In use on the copies' GPUs, %" in titles(body_with(Pattern.COMPONENTS))


def test_many_alarms_are_shown_in_several_widgets() -> None:
    endpoint = RealtimeEndpoint.from_endpoint_name(new_stack(), "Theirs", "theirs")
    endpoint.alarms(*(Alarm.server_errors().named(f"Errors{index}") for index in range(101)))
    widgets = endpoint_widgets(endpoint.watching, Home(partition="aws", region="here", account="1"), 0)
    assert [len(each["properties"]["alarms"]) for each in widgets if each["type"] == "alarm"] == [100, 1]
