"""An alarm goes by its metrics, and one that goes off during a rollout ends it."""

import time
from typing import Any

import pytest

from tests.local_aws.runtime.hosting import Hosting, unique
from tests.local_aws.runtime.reading import eventually

SERVER_ERRORS = {
    "Namespace": "AWS/SageMaker",
    "MetricName": "Invocation5XXErrors",
    "Statistic": "Average",
    "Period": 60,
    "EvaluationPeriods": 3,
    "DatapointsToAlarm": 2,
    "Threshold": 0.05,
    "ComparisonOperator": "GreaterThanThreshold",
    "TreatMissingData": "notBreaching",
}
NAMESPACE = "Tests"
PERCENT_50 = {"Type": "CAPACITY_PERCENT", "Value": 50}
FACTOR = 0.005
"""At which an hour of a canary takes 18 seconds, and a minute of an alarm a third of one."""


def blue_green(kind: str, *, wait: int = 600, termination: int = 0, **rest: Any) -> dict[str, Any]:
    routing = {"Type": kind, "WaitIntervalInSeconds": wait, **rest}
    return {"BlueGreenUpdatePolicy": {"TrafficRoutingConfiguration": routing, "TerminationWaitInSeconds": termination}}


CANARY = blue_green("CANARY", CanarySize=PERCENT_50)
LINEAR = blue_green("LINEAR", LinearStepSize=PERCENT_50)
ROLLING = {"RollingUpdatePolicy": {"MaximumBatchSize": PERCENT_50, "WaitIntervalInSeconds": 600}}
AT_ONCE = blue_green("ALL_AT_ONCE", wait=0, termination=600)


def with_alarms(deployment: dict[str, Any], *names: str) -> dict[str, Any]:
    return {**deployment, "AutoRollbackConfiguration": {"Alarms": [{"AlarmName": name} for name in names]}}


def dimensions(**named: str) -> list[dict[str, str]]:
    return [{"Name": name, "Value": value} for name, value in named.items()]


def put_alarm(hosting: Hosting, **settings: Any) -> str:
    name = unique("alarm")
    hosting.local.client("cloudwatch").put_metric_alarm(AlarmName=name, **settings)
    return name


def state(hosting: Hosting, alarm: str) -> str:
    found = hosting.local.client("cloudwatch").describe_alarms(AlarmNames=[alarm])["MetricAlarms"]
    return str(found[0]["StateValue"])


def set_state(hosting: Hosting, alarm: str, to: str) -> None:
    hosting.local.client("cloudwatch").set_alarm_state(AlarmName=alarm, StateValue=to, StateReason="by a test")


def publish(hosting: Hosting, metric: str, *minutes: list[float], **named: str) -> None:
    """Publish values of the last minutes, the latest one first."""
    hosting.local.client("cloudwatch").put_metric_data(
        Namespace=NAMESPACE,
        MetricData=[
            {
                "MetricName": metric,
                "Value": value,
                "Timestamp": time.time() - 60 * age - 20,
                "Dimensions": dimensions(**named),
            }
            for age, values in enumerate(minutes)
            for value in values
        ],
    )


@pytest.mark.parametrize(
    ("settings", "minutes", "expected"),
    [
        ({"Threshold": 5, "Statistic": "Sum"}, [[3, 3]], "ALARM"),
        ({"Threshold": 5, "Statistic": "Average"}, [[3, 3]], "OK"),
        ({"Threshold": 3, "Statistic": "Maximum"}, [[3, 3]], "OK"),
        ({"Threshold": 3, "Statistic": "Maximum", "ComparisonOperator": "LessThanOrEqualToThreshold"}, [[3]], "ALARM"),
        ({"Threshold": 8, "ExtendedStatistic": "p90"}, [[1, 1, 1, 9, 9]], "ALARM"),
        ({"Threshold": 8, "ExtendedStatistic": "p50"}, [[1, 1, 1, 9, 9]], "OK"),
        ({"EvaluationPeriods": 3, "DatapointsToAlarm": 2}, [[9], [0], [9]], "ALARM"),
        ({"EvaluationPeriods": 3, "DatapointsToAlarm": 2}, [[9], [0], [0], [9]], "OK"),
        ({"EvaluationPeriods": 2}, [[9], [9]], "ALARM"),
        ({"EvaluationPeriods": 2}, [[9], [0]], "OK"),
        ({"EvaluationPeriods": 2, "TreatMissingData": "breaching"}, [[9], []], "ALARM"),
        ({"EvaluationPeriods": 2, "TreatMissingData": "notBreaching"}, [[9], []], "OK"),
        ({"TreatMissingData": "breaching"}, [], "ALARM"),
        ({"TreatMissingData": "notBreaching"}, [], "OK"),
        ({"TreatMissingData": "ignore"}, [], "INSUFFICIENT_DATA"),
        ({}, [], "INSUFFICIENT_DATA"),
        ({}, [[], [9]], "INSUFFICIENT_DATA"),
    ],
)
def test_the_state_follows_from_the_metric(
    hosting: Hosting, settings: dict[str, Any], minutes: list[list[float]], expected: str
) -> None:
    mine = unique("mine")
    publish(hosting, "Loudness", *minutes, Room=mine)
    publish(hosting, "Loudness", [99, 99], Room="another")
    basic = {"Statistic": "Average"} if "ExtendedStatistic" not in settings else {}

    alarm = put_alarm(
        hosting,
        Namespace=NAMESPACE,
        MetricName="Loudness",
        Dimensions=dimensions(Room=mine),
        **{
            "Period": 60,
            "EvaluationPeriods": 1,
            "Threshold": 5,
            "ComparisonOperator": "GreaterThanThreshold",
            **basic,
            **settings,
        },
    )

    assert state(hosting, alarm) == expected


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("100 * bad / all", "ALARM"),
        ("IF(all > 100, bad / all, 0)", "OK"),
        ("FILL(none, 0) + bad", "OK"),
        ("MAX([bad, all]) * 10", "ALARM"),
        ("none + bad", "INSUFFICIENT_DATA"),
        ("ANOMALY_DETECTION_BAND(bad, 2)", "INSUFFICIENT_DATA"),
    ],
)
def test_an_alarm_over_several_metrics(hosting: Hosting, expression: str, expected: str) -> None:
    room = unique("room")
    publish(hosting, "bad", [1], Room=room)
    publish(hosting, "all", [2], Room=room)
    metrics = [
        {
            "Id": name,
            "ReturnData": False,
            "MetricStat": {
                "Metric": {"Namespace": NAMESPACE, "MetricName": name, "Dimensions": dimensions(Room=room)},
                "Period": 60,
                "Stat": "Sum",
            },
        }
        for name in ("bad", "all", "none")
    ]

    alarm = put_alarm(
        hosting,
        Metrics=[*metrics, {"Id": "share", "Expression": expression, "ReturnData": True}],
        EvaluationPeriods=1,
        Threshold=10,
        ComparisonOperator="GreaterThanThreshold",
    )

    assert state(hosting, alarm) == expected
    (known,) = hosting.local.client("cloudwatch").describe_alarms(AlarmNames=[alarm])["MetricAlarms"]
    assert known["Metrics"][-1]["Expression"] == expression


def test_an_alarm_that_was_set_by_hand_stays_for_a_while(hosting: Hosting) -> None:
    alarm = put_alarm(hosting, **SERVER_ERRORS, Dimensions=dimensions(EndpointName="nobody"))
    assert state(hosting, alarm) == "OK"

    set_state(hosting, alarm, "ALARM")
    assert state(hosting, alarm) == "ALARM"
    set_state(hosting, alarm, "INSUFFICIENT_DATA")
    assert state(hosting, alarm) == "OK"


@pytest.mark.parametrize(
    ("deployment", "answering"),
    [(CANARY, {"1", "2"}), (LINEAR, {"1", "2"}), (ROLLING, {"1", "2"}), (AT_ONCE, {"2"})],
    ids=["canary", "linear", "rolling", "all-at-once"],
)
def test_an_alarm_during_the_rollout_brings_the_old_version_back(
    hosting: Hosting, deployment: dict[str, Any], answering: set[str]
) -> None:
    name = hosting.endpoint({"ModelName": hosting.model("1")})
    before = hosting.sagemaker.describe_endpoint(EndpointName=name)["EndpointConfigName"]
    alarm = put_alarm(hosting, **SERVER_ERRORS, Dimensions=dimensions(EndpointName=name))
    config = hosting.config({"ModelName": hosting.model("2")})
    # Each stage, and the rolling back too, takes as long as on AWS until this block is left.
    with hosting.local.time_factor(1):
        hosting.sagemaker.update_endpoint(
            EndpointName=name, EndpointConfigName=config, DeploymentConfig=with_alarms(deployment, alarm)
        )
        eventually(lambda: stages(hosting, name), lambda found: "Baking" in found)
        answered: set[str] = set()
        while answered < answering:
            answered.add(hosting.version(name))
        assert answered == answering
        set_state(hosting, alarm, "ALARM")
        eventually(lambda: status(hosting, name), lambda found: found == "RollingBack")

    known = hosting.settle(name)
    assert known["EndpointConfigName"] == before
    assert "FailureReason" not in known
    assert {hosting.version(name) for _ in range(5)} == {"1"}


def test_a_new_version_that_fails_is_found_by_its_own_metrics(hosting: Hosting) -> None:
    name = hosting.endpoint({"ModelName": hosting.model("1")})
    before = hosting.sagemaker.describe_endpoint(EndpointName=name)["EndpointConfigName"]
    config = hosting.config({"ModelName": hosting.model("2", ECHO_STATUS="500")})
    fleets = {
        fleet: put_alarm(
            hosting,
            **SERVER_ERRORS,
            Dimensions=dimensions(EndpointName=name, VariantName="Main", EndpointConfigName=fleet),
        )
        for fleet in (before, config)
    }
    failures = 0
    # It ends as soon as the alarm goes off.
    deployment = blue_green("CANARY", wait=3600, CanarySize=PERCENT_50)
    with hosting.local.time_factor(2 * FACTOR):
        hosting.sagemaker.update_endpoint(
            EndpointName=name, EndpointConfigName=config, DeploymentConfig=with_alarms(deployment, fleets[config])
        )
        while status(hosting, name) == "Updating":
            try:
                hosting.invoke(name)
            except hosting.runtime.exceptions.ModelError:
                failures += 1
        known = hosting.settle(name)

    assert known["EndpointConfigName"] == before
    assert has_been_in_alarm(hosting, fleets[config])
    assert not has_been_in_alarm(hosting, fleets[before])
    assert failures > 0
    assert {hosting.version(name) for _ in range(5)} == {"1"}


def test_failures_of_the_old_version_do_not_hold_the_new_one_up(hosting: Hosting) -> None:
    name = hosting.endpoint({"ModelName": hosting.model("1", ECHO_STATUS="500")})
    config = hosting.config({"ModelName": hosting.model("2")})
    of_new = put_alarm(
        hosting,
        **SERVER_ERRORS,
        Dimensions=dimensions(EndpointName=name, VariantName="Main", EndpointConfigName=config),
    )
    deployment = blue_green("CANARY", wait=200, CanarySize=PERCENT_50)
    with hosting.local.time_factor(FACTOR):
        hosting.sagemaker.update_endpoint(
            EndpointName=name, EndpointConfigName=config, DeploymentConfig=with_alarms(deployment, of_new)
        )
        while status(hosting, name) == "Updating":
            try:
                hosting.invoke(name)
            except hosting.runtime.exceptions.ModelError:
                continue

    assert hosting.sagemaker.describe_endpoint(EndpointName=name)["EndpointConfigName"] == config
    assert hosting.version(name) == "2"


def test_an_alarm_that_is_on_already_ends_an_update_that_waits_for_nothing(hosting: Hosting) -> None:
    name = hosting.endpoint({"ModelName": hosting.model("1")})
    alarm = put_alarm(hosting, **SERVER_ERRORS, Dimensions=dimensions(EndpointName=name))
    set_state(hosting, alarm, "ALARM")

    config = hosting.config({"ModelName": hosting.model("2")})
    known = hosting.update(name, config, DeploymentConfig=with_alarms(CANARY, alarm))

    assert known["EndpointConfigName"] != config
    assert hosting.version(name) == "1"


def has_been_in_alarm(hosting: Hosting, alarm: str) -> bool:
    history = hosting.local.client("cloudwatch").describe_alarm_history(AlarmName=alarm)["AlarmHistoryItems"]
    return any("to ALARM" in item["HistorySummary"] for item in history)


def status(hosting: Hosting, name: str) -> str:
    return str(hosting.sagemaker.describe_endpoint(EndpointName=name)["EndpointStatus"])


def stages(hosting: Hosting, name: str) -> list[str]:
    """Return what the variants that are to come are at."""
    pending = hosting.sagemaker.describe_endpoint(EndpointName=name).get("PendingDeploymentSummary", {})
    return [
        status["Status"] for variant in pending.get("ProductionVariants", []) for status in variant["VariantStatus"]
    ]
