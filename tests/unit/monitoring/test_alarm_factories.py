"""Every factory: what it makes, and what it refuses."""

from collections.abc import Callable
from typing import Any

import aws_cdk as cdk
import pytest
from aws_cdk.assertions import Template

from cdk_model_hosting import Alarm
from cdk_model_hosting.instances import instance
from cdk_model_hosting.monitoring.watched import Watched
from tests.unit.builders import new_stack, number_token, refused
from tests.unit.monitoring.published import assert_published

Factory = Callable[..., Alarm]

SHARES: list[tuple[Factory, str]] = [
    (Alarm.server_errors, "the requests"),
    (Alarm.client_errors, "the requests"),
    (Alarm.model_errors, "the requests"),
    (Alarm.cpu_utilization, "the CPUs of an instance"),
    (Alarm.memory_utilization, "the memory of an instance"),
    (Alarm.disk_utilization, "the disk of an instance"),
    (Alarm.gpu_utilization, "the GPUs of an instance"),
    (Alarm.gpu_memory_utilization, "the GPUs' memory of an instance"),
]
COUNTS: list[tuple[Factory, str, str]] = [
    (Alarm.concurrency, "above", "whoever asks is in flight"),
    (Alarm.few_requests, "below", "no minute has less than no requests"),
    (Alarm.cpu_utilization, "cores", "an instance without any publishes nothing"),
    (Alarm.gpu_utilization, "gpus", "an instance without any publishes nothing"),
    (Alarm.gpu_memory_utilization, "gpus", "an instance without any publishes nothing"),
]
LATENCIES: list[tuple[Factory, str]] = [
    (Alarm.model_latency, "every answer takes longer"),
    (Alarm.overhead_latency, "every request takes some"),
]
ALL = [
    *(factory for factory, _ in SHARES),
    *(factory for factory, _ in LATENCIES),
    lambda **options: Alarm.concurrency(above=10, **options),
    Alarm.few_requests,
]


def bound(alarm: Alarm, **watched: Any) -> dict[str, Any]:
    stack = new_stack()
    what = {"machine": instance("ml.g5.12xlarge"), **watched}
    alarm.bind(stack, "Alarm", Watched(endpoint_name="fraud", variant_name="main", **what), "name")
    return dict(Template.from_stack(stack).to_json()["Resources"]["Alarm"]["Properties"])


def essence(alarm: Alarm) -> tuple[Any, ...]:
    found = bound(alarm)
    statistic = found.get("Statistic") or found["ExtendedStatistic"]
    return (found["Namespace"], found["MetricName"], statistic, found["Threshold"], found["AlarmDescription"])


def test_client_errors() -> None:
    assert essence(Alarm.client_errors(above=20)) == (
        "AWS/SageMaker",
        "Invocation4XXErrors",
        "Average",
        0.2,
        "main of fraud: more than 20 % of the requests are answered with a client error",
    )


def test_model_errors() -> None:
    assert essence(Alarm.model_errors()) == (
        "AWS/SageMaker",
        "InvocationModelErrors",
        "Average",
        0.05,
        "main of fraud: the container answers more than 5 % of the requests with an error, or not at all",
    )


def test_overhead_latency() -> None:
    assert essence(Alarm.overhead_latency(above=cdk.Duration.millis(50))) == (
        "AWS/SageMaker",
        "OverheadLatency",
        "Average",
        50_000,
        "main of fraud: SageMaker adds more than 50 ms to the model's answers on average",
    )
    assert Alarm.overhead_latency().threshold == 1_000_000


def test_concurrency() -> None:
    assert essence(Alarm.concurrency(above=40)) == (
        "AWS/SageMaker",
        "ConcurrentRequestsPerModel",
        "Maximum",
        40,
        "main of fraud: more than 40 requests are in flight at once",
    )


def test_few_requests_counts_silence_as_too_few() -> None:
    found = bound(Alarm.few_requests(below=10, minutes=3, out_of=4))
    assert found == {
        "AlarmName": "name",
        "AlarmDescription": "main of fraud: fewer than 10 requests arrive in a minute",
        "Namespace": "AWS/SageMaker",
        "MetricName": "Invocations",
        "Dimensions": [{"Name": "EndpointName", "Value": "fraud"}, {"Name": "VariantName", "Value": "main"}],
        "Statistic": "Sum",
        "Threshold": 10,
        "ComparisonOperator": "LessThanThreshold",
        "Period": 60,
        "EvaluationPeriods": 4,
        "DatapointsToAlarm": 3,
        "TreatMissingData": "breaching",
    }


@pytest.mark.parametrize(
    ("alarm", "metric", "threshold", "part"),
    [
        (Alarm.cpu_utilization(above=80), "CPUUtilization", 80 * 48, "the CPUs"),
        (Alarm.memory_utilization(above=80), "MemoryUtilization", 80, "the memory"),
        (Alarm.disk_utilization(above=75), "DiskUtilization", 75, "the disk"),
        (Alarm.gpu_utilization(above=80), "GPUUtilization", 80 * 4, "the GPUs"),
        (Alarm.gpu_memory_utilization(above=95), "GPUMemoryUtilization", 95 * 4, "the GPUs' memory"),
    ],
)
def test_use_is_multiplied_by_what_it_adds_up_over(alarm: Alarm, metric: str, threshold: float, part: str) -> None:
    percent = alarm.threshold
    assert essence(alarm) == (
        "/aws/sagemaker/Endpoints",
        metric,
        "Average",
        threshold,
        f"main of fraud: more than {percent:g} % of {part} of its instances is in use on average",
    )


@pytest.mark.parametrize("factory", ALL)
def test_looks_at_what_is_published(factory: Factory) -> None:
    for config in (None, "config"):
        found = bound(factory(), config_name=config)
        statistic = found.get("Statistic") or found["ExtendedStatistic"]
        names = {each["Name"] for each in found["Dimensions"]}
        assert_published(found["Namespace"], found["MetricName"], statistic, names)


@pytest.mark.parametrize("factory", ALL)
def test_minutes_are_checked(factory: Factory) -> None:
    assert (factory(minutes=1, out_of=7).minutes, factory(minutes=1, out_of=7).out_of) == (1, 7)
    with refused("Alarm minutes must be 1-1440 minutes, got 0: CloudWatch looks back a day at most"):
        factory(minutes=0)


def test_names_differ() -> None:
    names = [factory().name for factory in ALL]
    assert len(set(names)) == len(names)


@pytest.mark.parametrize(("factory", "of"), SHARES)
@pytest.mark.parametrize("above", [-1, 100, float("nan")])
def test_fails_when_a_share_is_none(factory: Factory, of: str, above: float) -> None:
    with refused(f"Alarm.{factory.__name__} above must be 0 to below 100 %, got {above}: it is a share of {of}"):
        factory(above=above)


@pytest.mark.parametrize(("factory", "of"), SHARES)
def test_fails_when_a_share_is_a_token(factory: Factory, of: str) -> None:
    assert of
    with refused(
        f"Alarm.{factory.__name__} above must be a literal number, got one that is known only at deploy time: "
        "CloudFormation cannot compute with it"
    ):
        factory(above=number_token(new_stack()))


@pytest.mark.parametrize(("factory", "argument", "why"), COUNTS)
@pytest.mark.parametrize("value", [0, -3, 1.5])
def test_fails_when_a_count_is_none(factory: Factory, argument: str, why: str, value: float) -> None:
    with refused(f"Alarm.{factory.__name__} {argument} must be a whole number of at least 1, got {value}: {why}"):
        factory(**{argument: value})


@pytest.mark.parametrize(("factory", "argument", "why"), COUNTS)
def test_fails_when_a_count_is_a_token(factory: Factory, argument: str, why: str) -> None:
    assert why
    with refused(
        f"Alarm.{factory.__name__} {argument} must be a literal number, got one that is known only at deploy time: "
        "CloudFormation cannot compute with it"
    ):
        factory(**{argument: number_token(new_stack())})


@pytest.mark.parametrize(("factory", "why"), LATENCIES)
def test_fails_when_no_time_is_given(factory: Factory, why: str) -> None:
    with refused(f"Alarm.{factory.__name__} above must be more than 0 milliseconds, got 0: {why}"):
        factory(above=cdk.Duration.millis(0))


@pytest.mark.parametrize(("factory", "why"), LATENCIES)
def test_fails_when_a_time_is_a_token(factory: Factory, why: str) -> None:
    assert why
    with refused(
        f"Alarm.{factory.__name__} above must be a literal time, got one that is known only at deploy time: "
        "CloudFormation cannot convert it into microseconds"
    ):
        factory(above=cdk.Duration.seconds(number_token(new_stack())))
