"""Dashboards: every endpoint a section, every variant a line, thresholds and alarms with them."""

import re
from typing import Any

import aws_cdk as cdk
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk.assertions import Template

from cdk_model_hosting import Alarm, Fleet, RealtimeEndpoint, Scaling, Variant
from cdk_model_hosting.monitoring.dashboard import EndpointDashboard
from cdk_model_hosting.patterns import Pattern
from tests.bench.crossings import counted
from tests.unit.builders import FLEET, new_stack, number_token, single, text_token, variants
from tests.unit.monitoring.drawn import body_of, drawn, thresholds, widget
from tests.unit.monitoring.published import PUBLISHED

GRAPHS = [
    "Requests a minute",
    "Errors, % of the requests",
    "Errors a minute",
    "Latency of the model, ms",
    "Latency that SageMaker adds, ms",
    "Requests in flight",
    "In use on the instances, %",
    "Instances",
    "Requests a minute per instance",
]


def endpoint_in(stack: cdk.Stack, name: str = "fraud", **options: Any) -> RealtimeEndpoint:
    served: dict[str, Any] = {"model": single(stack, f"Model{name}"), "fleet": FLEET}
    if "variants" in options:
        served = {}
    return RealtimeEndpoint(stack, name, **{**served, "endpoint_name": name, "rollback_on": [], **options})


def test_a_section_has_totals_and_graphs() -> None:
    stack = new_stack()
    EndpointDashboard(stack, "Dashboard", endpoints=[endpoint_in(stack)])
    body = body_of(stack)
    assert body["start"] == "-PT180M"
    assert body["widgets"][0]["properties"]["markdown"] == "## fraud"
    assert [each["properties"]["title"] for each in body["widgets"][1:]] == ["In the time shown", *GRAPHS]
    assert {each["properties"]["region"] for each in body["widgets"][1:]} == {"<AWS::Region>"}
    assert widget(body, "In the time shown")["setPeriodToTimeRange"] is True
    assert {title: widget(body, title)["yAxis"]["left"].get("max") for title in GRAPHS} == {
        title: 100 if title == "In use on the instances, %" else None for title in GRAPHS
    }


def test_every_line_is_in_a_unit_that_people_read() -> None:
    stack = new_stack()
    fleet = Fleet(instance_type="ml.g5.12xlarge")
    EndpointDashboard(stack, "Dashboard", endpoints=[endpoint_in(stack, fleet=fleet)])
    body = body_of(stack)
    assert {each["properties"]["title"]: drawn(each["properties"]) for each in body["widgets"][1:]} == {
        "In the time shown": {
            "requests": "Invocations.Sum",
            "instance hours": "CPUUtilization.SampleCount/60",
            "requests per instance hour": "Invocations.Sum/(CPUUtilization.SampleCount/60)",
        },
        "Requests a minute": {"requests": "Invocations.Sum*60/PERIOD(Invocations.Sum)"},
        "Errors, % of the requests": {
            "4xx": "Invocation4XXErrors.Average*100",
            "5xx": "Invocation5XXErrors.Average*100",
            "from the container": "InvocationModelErrors.Average*100",
        },
        "Errors a minute": {
            "4xx": "Invocation4XXErrors.Sum*60/PERIOD(Invocation4XXErrors.Sum)",
            "5xx": "Invocation5XXErrors.Sum*60/PERIOD(Invocation5XXErrors.Sum)",
            "from the container": "InvocationModelErrors.Sum*60/PERIOD(InvocationModelErrors.Sum)",
        },
        "Latency of the model, ms": {
            "p50": "ModelLatency.p50*0.001",
            "p90": "ModelLatency.p90*0.001",
            "p99": "ModelLatency.p99*0.001",
        },
        "Latency that SageMaker adds, ms": {
            "average": "OverheadLatency.Average*0.001",
            "largest": "OverheadLatency.Maximum*0.001",
        },
        "Requests in flight": {"most at once": "ConcurrentRequestsPerModel.Maximum"},
        "In use on the instances, %": {
            "CPU": "CPUUtilization.Average/48",
            "memory": "MemoryUtilization.Average",
            "disk": "DiskUtilization.Average",
        },
        "In use on the GPUs, %": {
            "GPU": "GPUUtilization.Average/4",
            "GPU memory": "GPUMemoryUtilization.Average/4",
        },
        "Instances": {
            "running": "CPUUtilization.SampleCount*60/PERIOD(CPUUtilization.SampleCount)",
            "answering": "Invocations.Sum/InvocationsPerInstance.Sum",
        },
        "Requests a minute per instance": {
            "requests per instance": "InvocationsPerInstance.Sum*60/PERIOD(InvocationsPerInstance.Sum)"
        },
    }


def test_everything_published_for_a_realtime_endpoint_is_somewhere() -> None:
    stack = new_stack()
    EndpointDashboard(stack, "Dashboard", endpoints=[endpoint_in(stack, fleet=Fleet(instance_type="ml.g5.xlarge"))])
    lines = [line for each in body_of(stack)["widgets"] for line in each["properties"].get("metrics", [])]
    published = {key[:2] for key in PUBLISHED[Pattern.REALTIME]}
    # What only streams and explained answers publish is in no graph of every endpoint.
    rare = {key for key in published if re.search("Chunk|MidStream|Explanations", key[1])}
    assert {(line[0], line[1]) for line in lines if len(line) > 1} == published - rare


def test_every_variant_is_a_line_in_every_graph() -> None:
    stack = new_stack()
    EndpointDashboard(
        stack, "Dashboard", endpoints=[endpoint_in(stack, variants=variants(stack, "current", "candidate"))]
    )
    body = body_of(stack)
    for title in GRAPHS:
        labels = list(drawn(widget(body, title)))
        assert len(labels) % 2 == 0
        assert [each.split()[0] for each in labels] == ["current"] * (len(labels) // 2) + ["candidate"] * (
            len(labels) // 2
        )


def test_every_endpoint_is_a_section() -> None:
    stack = new_stack()
    endpoints = [endpoint_in(stack, "one"), endpoint_in(stack, "two")]
    EndpointDashboard(stack, "Dashboard", endpoints=endpoints)
    body = body_of(stack)
    headings = [(each["y"], each["properties"]["markdown"]) for each in body["widgets"] if each["type"] == "text"]
    assert headings == [(0, "## one"), (23, "## two")]


def test_only_fleets_with_gpus_have_a_graph_of_them() -> None:
    stack = new_stack()
    mixed = [
        Variant(name="cpu", model=single(stack), fleet=FLEET),
        Variant(name="gpu", model=single(stack, "Two"), fleet=Fleet(instance_type="ml.g5.xlarge")),
    ]
    EndpointDashboard(stack, "Dashboard", endpoints=[endpoint_in(stack, variants=mixed)])
    assert list(drawn(widget(body_of(stack), "In use on the GPUs, %"))) == ["gpu GPU", "gpu GPU memory"]


def test_thresholds_are_drawn_in_the_graphs_unit() -> None:
    stack = new_stack()
    fast = cdk.Duration.millis(250)
    endpoint = endpoint_in(stack, rollback_on=[Alarm.server_errors(above=0.3), Alarm.model_latency(above=fast)])
    endpoint.alarms(
        Alarm.server_errors(above=5),
        Alarm.client_errors(above=20),
        Alarm.overhead_latency(above=cdk.Duration.millis(40)),
        Alarm.cpu_utilization(above=80),
        Alarm.concurrency(above=30),
        Alarm.few_requests(below=10),
    )
    EndpointDashboard(stack, "Dashboard", endpoints=[endpoint])
    body = body_of(stack)
    assert {title: found for title in GRAPHS if (found := thresholds(widget(body, title)))} == {
        "Requests a minute": [("FewRequests", 10)],
        "Errors, % of the requests": [("ServerErrors, rollback", 0.3), ("ServerErrors", 5), ("ClientErrors", 20)],
        "Latency of the model, ms": [("ModelLatencyP99, rollback", 250)],
        "Latency that SageMaker adds, ms": [("OverheadLatency", 40)],
        "Requests in flight": [("Concurrency", 30)],
        "In use on the instances, %": [("CPUUtilization", 80)],
    }
    few = widget(body, "Requests a minute")["annotations"]["horizontal"][0]
    assert few["fill"] == "below"


def test_a_threshold_that_nobody_chose_is_not_drawn() -> None:
    stack = new_stack()
    endpoint = endpoint_in(stack)
    endpoint.alarms(Alarm.model_latency(), Alarm.overhead_latency())
    EndpointDashboard(stack, "Dashboard", endpoints=[endpoint])
    assert not [title for title in GRAPHS if thresholds(widget(body_of(stack), title))]


def test_a_threshold_of_several_variants_is_drawn_once() -> None:
    stack = new_stack()
    endpoint = endpoint_in(stack, variants=variants(stack, "current", "candidate"))
    endpoint.alarms(Alarm.server_errors())
    EndpointDashboard(stack, "Dashboard", endpoints=[endpoint])
    assert thresholds(widget(body_of(stack), "Errors, % of the requests")) == [("ServerErrors", 5)]


def test_the_bounds_of_scaling_are_drawn() -> None:
    stack = new_stack()
    EndpointDashboard(stack, "Dashboard", endpoints=[endpoint_in(stack, scaling=Scaling.between(2, 8))])
    assert thresholds(widget(body_of(stack), "Instances")) == [("at least", 2), ("at most", 8)]


def test_bounds_may_be_tokens_and_are_then_not_drawn() -> None:
    stack = new_stack()
    most: Any = number_token(stack)
    EndpointDashboard(stack, "Dashboard", endpoints=[endpoint_in(stack, scaling=Scaling.between(2, most))])
    assert thresholds(widget(body_of(stack), "Instances")) == [("at least", 2)]


def test_alarms_show_their_state() -> None:
    stack = new_stack()
    own = cloudwatch.Alarm(
        stack,
        "Own",
        metric=cloudwatch.Metric(namespace="Shop", metric_name="Orders"),
        threshold=1,
        evaluation_periods=1,
    )
    endpoint = endpoint_in(stack, rollback_on=[Alarm.server_errors(), own])
    endpoint.alarms(Alarm.model_errors())
    EndpointDashboard(stack, "Dashboard", endpoints=[endpoint])
    prefix = "arn:<AWS::Partition>:cloudwatch:<AWS::Region>:<AWS::AccountId>:alarm:fraud/AllTraffic/"
    assert widget(body_of(stack), "Alarms")["alarms"] == [
        f"{prefix}ServerErrors/rollback",
        "arn:aws:cloudwatch:::alarm:<Own5D5A0FEB.Arn>".replace("Own5D5A0FEB", _logical_id(stack, own)),
        f"{prefix}ModelErrors",
    ]


def _logical_id(stack: cdk.Stack, alarm: cloudwatch.Alarm) -> str:
    child: Any = alarm.node.default_child
    return stack.get_logical_id(child)


def test_alarms_made_after_the_dashboard_are_on_it() -> None:
    stack = new_stack()
    endpoint = endpoint_in(stack)
    EndpointDashboard(stack, "Dashboard", endpoints=[endpoint])
    endpoint.alarms(Alarm.model_errors(above=7))
    body = body_of(stack)
    assert len(widget(body, "Alarms")["alarms"]) == 1
    assert thresholds(widget(body, "Errors, % of the requests")) == [("ModelErrors", 7)]


def test_an_imported_endpoint_is_shown_as_far_as_it_is_known() -> None:
    stack = new_stack()
    imported = RealtimeEndpoint.from_endpoint_name(stack, "Theirs", "theirs")
    EndpointDashboard(stack, "Dashboard", endpoints=[imported])
    machines = widget(body_of(stack), "In use on the instances, %")
    assert drawn(machines) == {
        "CPU, all added up": "CPUUtilization.Average",
        "memory": "MemoryUtilization.Average",
        "disk": "DiskUtilization.Average",
    }
    assert "max" not in machines["yAxis"]["left"]


def test_an_endpoint_elsewhere_is_shown_from_there() -> None:
    stack = new_stack()
    arn = "arn:aws:sagemaker:us-east-1:111122223333:endpoint/theirs"
    imported = RealtimeEndpoint.from_endpoint_arn(stack, "Theirs", arn)
    EndpointDashboard(stack, "Dashboard", endpoints=[imported])
    found = widget(body_of(stack), "Requests a minute")
    assert (found["region"], found["accountId"]) == ("us-east-1", "111122223333")


def test_names_may_be_tokens() -> None:
    stack = new_stack()
    endpoint = endpoint_in(
        stack, endpoint_name=text_token(stack), variants=variants(stack, text_token(stack, "Variant"))
    )
    endpoint.alarms(Alarm.server_errors())
    EndpointDashboard(stack, "Dashboard", endpoints=[endpoint])
    body = body_of(stack)
    assert widget(body, "Requests a minute")["metrics"][0][2:6] == [
        "EndpointName",
        "<Text>",
        "VariantName",
        "<Variant>",
    ]
    assert widget(body, "Alarms")["alarms"][0].endswith(":alarm:<Text>/<Variant>/ServerErrors")


def test_the_name_and_the_time_that_is_shown_can_be_chosen() -> None:
    stack = new_stack()
    EndpointDashboard(
        stack, "Dashboard", endpoints=[endpoint_in(stack)], dashboard_name="Shop_1", shows=cdk.Duration.days(7)
    )
    assert body_of(stack)["start"] == "-PT10080M"
    Template.from_stack(stack).has_resource_properties("AWS::CloudWatch::Dashboard", {"DashboardName": "Shop_1"})


def test_calls_into_the_kernel_do_not_grow_with_the_endpoints() -> None:
    stack = new_stack()
    endpoints = [endpoint_in(stack, f"e{index}") for index in range(3)]
    needed = []
    for number in (1, 3):
        with counted() as crossings:
            EndpointDashboard(stack, f"Dashboard{number}", endpoints=endpoints[:number])
        assert not crossings.callbacks
        needed.append(len(crossings.requests))
    assert needed == [5, 5]


def test_the_name_may_be_a_token() -> None:
    stack = new_stack()
    EndpointDashboard(stack, "Dashboard", endpoints=[endpoint_in(stack)], dashboard_name=text_token(stack))
    assert body_of(stack)["widgets"]
