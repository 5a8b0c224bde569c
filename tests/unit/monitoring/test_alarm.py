import dataclasses
from typing import Any

import aws_cdk as cdk
import pytest

from cdk_model_hosting import Alarm, ConfigurationError, RealtimeEndpoint
from tests.unit.builders import FLEET, new_stack, number_token, only, refused, single


def rendered(alarm: Alarm) -> dict[str, Any]:
    stack = new_stack()
    RealtimeEndpoint(stack, "Endpoint", model=single(stack), fleet=FLEET, endpoint_name="fraud", rollback_on=[alarm])
    found = only(stack, "AWS::CloudWatch::Alarm")
    return {key: value for key, value in found.items() if key not in {"Dimensions", "AlarmName"}}


def test_server_errors_are_a_share_of_the_requests() -> None:
    assert rendered(Alarm.server_errors()) == {
        "AlarmDescription": "AllTraffic of fraud: more than 5 % of the requests are answered with a server error",
        "Namespace": "AWS/SageMaker",
        "MetricName": "Invocation5XXErrors",
        "Statistic": "Average",
        "Threshold": 0.05,
        "ComparisonOperator": "GreaterThanThreshold",
        "Period": 60,
        "EvaluationPeriods": 3,
        "DatapointsToAlarm": 2,
        "TreatMissingData": "notBreaching",
    }


def test_model_latency_is_a_percentile_in_microseconds() -> None:
    alarm = Alarm.model_latency(above=cdk.Duration.millis(250), percentile=99.9, minutes=1, out_of=1)
    assert rendered(alarm) == {
        "AlarmDescription": "AllTraffic of fraud: the model takes more than 250 ms for an answer at the percentile 99.9",
        "Namespace": "AWS/SageMaker",
        "MetricName": "ModelLatency",
        "ExtendedStatistic": "p99.9",
        "Threshold": 250_000,
        "ComparisonOperator": "GreaterThanThreshold",
        "Period": 60,
        "EvaluationPeriods": 1,
        "DatapointsToAlarm": 1,
        "TreatMissingData": "notBreaching",
    }


def test_model_latency_of_ten_seconds_when_nothing_is_said() -> None:
    assert (Alarm.model_latency().threshold, Alarm.model_latency().statistic) == (10_000_000, "p99")


@pytest.mark.parametrize(("above", "threshold"), [(0, 0), (0.5, 0.005), (99.9, 0.999)])
def test_any_share_below_the_whole_passes(above: float, threshold: float) -> None:
    assert Alarm.server_errors(above=above).threshold == pytest.approx(threshold)


@pytest.mark.parametrize("above", [-1, 100, 250, float("nan")])
def test_fails_when_the_share_is_none(above: float) -> None:
    with refused(f"Alarm.server_errors above must be 0 to below 100 %, got {above}: it is a share of the requests"):
        Alarm.server_errors(above=above)


@pytest.mark.parametrize("percentile", [0, -1, 100.5, 99.999999, float("nan")])
def test_fails_when_the_percentile_is_none(percentile: float) -> None:
    with refused(
        f"Alarm.model_latency percentile must be 1 to 100 with at most two decimals, such as 99, got {percentile}: it is a "
        "share of the answers"
    ):
        Alarm.model_latency(percentile=percentile)


@pytest.mark.parametrize(
    ("percentile", "statistic", "name"),
    [(50, "p50", "ModelLatencyP50"), (99.99, "p99.99", "ModelLatencyP99_99"), (100, "p100", "ModelLatencyP100"),
     (1.25, "p1.25", "ModelLatencyP1_25")],
)  # fmt: skip
def test_a_percentile_is_written_as_it_is(percentile: float, statistic: str, name: str) -> None:
    alarm = Alarm.model_latency(percentile=percentile)
    assert (alarm.statistic, alarm.name) == (statistic, name)


def test_fails_when_every_answer_takes_longer() -> None:
    with refused("Alarm.model_latency above must be more than 0 milliseconds, got 0: every answer takes longer"):
        Alarm.model_latency(above=cdk.Duration.seconds(0))


@pytest.mark.parametrize("argument", ["minutes", "out_of"])
@pytest.mark.parametrize("value", [0, 1441, -1])
def test_fails_when_it_looks_at_no_minute_or_more_than_a_day(argument: str, value: int) -> None:
    minutes = {"minutes": 1, "out_of": 1440, argument: value}
    with refused(f"Alarm {argument} must be 1-1440 minutes, got {value}: CloudWatch looks back a day at most"):
        Alarm.server_errors(**minutes)


@pytest.mark.parametrize("argument", ["minutes", "out_of"])
def test_fails_when_minutes_are_no_whole_number(argument: str) -> None:
    minutes: dict[str, Any] = {"minutes": 1, "out_of": 3, argument: 1.5}
    with refused(f"Alarm {argument} must be 1-1440 minutes, got 1.5: it must be a whole number"):
        Alarm.server_errors(**minutes)


def test_fails_when_more_minutes_are_bad_than_looked_at() -> None:
    with refused(
        "Alarm minutes must be at most out_of, got 3 out of 2: the condition is counted in the last out_of minutes"
    ):
        Alarm.model_latency(minutes=3, out_of=2)


@pytest.mark.parametrize("argument", ["above", "minutes", "out_of", "percentile"])
def test_fails_when_a_number_is_a_token_because_cloudformation_cannot_compute(argument: str) -> None:
    token = number_token(new_stack())
    names = {"above": "Alarm.server_errors above", "percentile": "Alarm.model_latency percentile"}
    make: Any = Alarm.model_latency if argument == "percentile" else Alarm.server_errors
    with pytest.raises(ConfigurationError) as caught:
        make(**{argument: token})
    assert str(caught.value) == (
        f"{names.get(argument, f'Alarm {argument}')} must be a literal number, got one that is known only at deploy time: "
        "CloudFormation cannot compute with it"
    )


@pytest.mark.parametrize("unit", ["millis", "seconds", "minutes"])
def test_fails_when_the_latency_is_a_token_whatever_its_unit(unit: str) -> None:
    token = getattr(cdk.Duration, unit)(number_token(new_stack()))
    with refused(
        "Alarm.model_latency above must be a literal time, got one that is known only at deploy time: CloudFormation "
        "cannot convert it"
    ):
        Alarm.model_latency(above=token)


def test_knows_how_soon_it_can_go_off() -> None:
    assert Alarm.server_errors(minutes=3, out_of=5).seconds == 180


def test_is_a_value() -> None:
    assert Alarm.server_errors() == Alarm.server_errors(above=5)
    assert hash(Alarm.server_errors()) == hash(Alarm.server_errors())
    assert Alarm.server_errors() != Alarm.server_errors(above=6)
    assert Alarm.model_latency(above=cdk.Duration.seconds(1)) == Alarm.model_latency(above=cdk.Duration.millis(1000))
    assert "0x" not in repr(Alarm.model_latency(above=cdk.Duration.seconds(1)))
    with pytest.raises(dataclasses.FrozenInstanceError):
        Alarm.server_errors().threshold = 0.5  # type: ignore[misc]
