from __future__ import annotations

from typing import TYPE_CHECKING, Any

import aws_cdk as cdk
import pytest
from aws_cdk import aws_sns as sns

from cdk_model_hosting import Front, FunctionAlarm
from tests.unit.builders import join, new_stack, refused
from tests.unit.functions.made import function, own

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

NAME = {"Ref": "FraudFunctionF784042D"}
LIVE = [{"Name": "FunctionName", "Value": NAME}, {"Name": "Resource", "Value": join(NAME, ":live")}]
LABEL = "stack-fraud-7f575654"


def alarms(scope: Any) -> dict[str, dict[str, Any]]:
    return {
        each["Properties"]["AlarmName"]: each["Properties"] for each in own(scope, "AWS::CloudWatch::Alarm").values()
    }


def test_the_usual_alarms(source: Path, model: Path) -> None:
    made = function(source, model)
    returned = made.alarms()

    found = alarms(made)
    assert list(found) == [f"{LABEL}/{name}" for name in ("Errors", "Failures", "Throttles")]
    assert [each.alarm_name for each in returned] == list(found)
    share, part, whole = found[f"{LABEL}/Errors"]["Metrics"]
    assert share == {"Expression": "100*part/whole", "Id": "share", "Label": "Errors in percent", "ReturnData": True}
    for query, name in ((part, "Errors"), (whole, "Invocations")):
        metric = {"Dimensions": LIVE, "MetricName": name, "Namespace": "AWS/Lambda"}
        assert query["MetricStat"] == {"Metric": metric, "Period": 60, "Stat": "Sum"}
    assert found[f"{LABEL}/Throttles"] == {
        "AlarmDescription": f"{LABEL}: more than 0 events within a minute were turned away",
        "AlarmName": f"{LABEL}/Throttles",
        "ComparisonOperator": "GreaterThanThreshold",
        "DatapointsToAlarm": 1,
        "Dimensions": LIVE,
        "EvaluationPeriods": 1,
        "MetricName": "Throttles",
        "Namespace": "AWS/Lambda",
        "Period": 60,
        "Statistic": "Sum",
        "Threshold": 0,
        "TreatMissingData": "notBreaching",
    }


def test_failures_are_a_share_of_the_requests_whatever_was_answered(source: Path, model: Path) -> None:
    made = function(source, model)
    made.alarms(FunctionAlarm.failures(above=2.5, minutes=3, out_of=5))

    (found,) = alarms(made).values()
    assert found["Threshold"] == 2.5
    assert (found["DatapointsToAlarm"], found["EvaluationPeriods"]) == (3, 5)
    metrics = [query["MetricStat"]["Metric"] for query in found["Metrics"][1:]]
    assert [each["MetricName"] for each in metrics] == ["Failures", "BatchSize"]
    for each in metrics:
        assert (each["Namespace"], each["Dimensions"]) == ("ModelFunction", LIVE[:1])


def test_messages_that_were_left_are_a_share_of_all(source: Path, model: Path) -> None:
    made = function(source, model, front=Front.queue())
    made.alarms(FunctionAlarm.deferred())

    (found,) = alarms(made).values()
    assert found["AlarmDescription"] == f"{LABEL}: more than 10 % of the messages were left for another time"
    assert found["Threshold"] == 10
    metrics = [query["MetricStat"]["Metric"] for query in found["Metrics"][1:]]
    assert [(each["Namespace"], each["MetricName"]) for each in metrics] == [
        ("ModelFunction", "Deferred"),
        ("ModelFunction", "BatchSize"),
    ]


@pytest.mark.parametrize(
    ("condition", "metric", "statistic", "threshold"),
    [
        (FunctionAlarm.duration(above=cdk.Duration.millis(250)), "Duration", "p99", 250),
        (FunctionAlarm.duration(above=cdk.Duration.seconds(1), percentile=99.9), "Duration", "p99.9", 1000),
        (FunctionAlarm.spillover(above=5), "ProvisionedConcurrencySpilloverInvocations", "Sum", 5),
    ],
)
def test_other_conditions(  # noqa: PLR0917 - the parameters of the test are its cases
    source: Path, model: Path, condition: FunctionAlarm, metric: str, statistic: str, threshold: float
) -> None:
    made = function(source, model)
    made.alarms(condition)

    (found,) = alarms(made).values()
    assert found["MetricName"] == metric
    assert found.get("ExtendedStatistic", found.get("Statistic")) == statistic
    assert found["Threshold"] == threshold


def test_somebody_is_told(source: Path, model: Path) -> None:
    stack = new_stack()
    topic = sns.Topic(stack, "Topic")
    made = function(source, model, stack)
    made.alarms(FunctionAlarm.errors(), actions=[topic])
    made.alarms(FunctionAlarm.errors(above=10).named("ManyErrors"), actions=[topic], ok_actions=[topic])

    found = alarms(made)
    arn = {"Ref": "TopicBFC7AF6E"}
    assert found[f"{LABEL}/Errors"]["AlarmActions"] == [arn]
    assert "OKActions" not in found[f"{LABEL}/Errors"]
    assert found[f"{LABEL}/ManyErrors"]["OKActions"] == [arn]


def test_fails_when_a_condition_is_named_twice(source: Path, model: Path) -> None:
    made = function(source, model)
    made.alarms()
    with refused(
        "alarms must name each condition once for a function, got Errors twice: alarms are told apart by their names; use "
        "FunctionAlarm.named for a second threshold"
    ):
        made.alarms(FunctionAlarm.errors(above=5))


def test_fails_when_a_condition_is_none(source: Path, model: Path) -> None:
    with refused("alarms condition must be a FunctionAlarm, got 'errors': nothing else is understood there"):
        function(source, model).alarms("errors")  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (
            lambda: FunctionAlarm.errors(above=100),
            "FunctionAlarm.errors above must be 0 to below 100 %, got 100: it is a share of the events",
        ),
        (
            lambda: FunctionAlarm.failures(above=-1),
            "FunctionAlarm.failures above must be 0 to below 100 %, got -1: it is a share of the requests",
        ),
        (
            lambda: FunctionAlarm.deferred(above=100),
            "FunctionAlarm.deferred above must be 0 to below 100 %, got 100: it is a share of the messages",
        ),
        (
            lambda: FunctionAlarm.duration(above=cdk.Duration.millis(0)),
            "FunctionAlarm.duration above must be more than 0 milliseconds, got 0: every event takes a moment",
        ),
        (
            lambda: FunctionAlarm.duration(above=cdk.Duration.millis(1), percentile=101),
            (
                "FunctionAlarm.duration percentile must be 1 to 100 with at most two decimals, such as 99, got 101: it is a share of "
                "the answers"
            ),
        ),
        (
            lambda: FunctionAlarm.throttles(above=0.5),
            "FunctionAlarm.throttles above must be a whole number of at least 0, got 0.5: no minute has less than no events",
        ),
        (
            lambda: FunctionAlarm.spillover(above=-1),
            "FunctionAlarm.spillover above must be a whole number of at least 0, got -1: no minute has less than no events",
        ),
        (
            lambda: FunctionAlarm.errors(minutes=3, out_of=2),
            "FunctionAlarm minutes must be at most out_of, got 3 out of 2: the condition is counted in the last out_of minutes",
        ),
        (
            lambda: FunctionAlarm.errors().named("errors"),
            (
                "FunctionAlarm.named name must be a capital letter and then at most 63 letters, digits and underscores, got "
                "'errors': it becomes part of the alarm's name and of its construct's ID"
            ),
        ),
    ],
)
def test_fails_when_an_argument_is_wrong(make: Callable[[], FunctionAlarm], message: str) -> None:
    with refused(message):
        make()
