"""Alarms set off scaling policies, and what they scale grows and shrinks, down to zero and back."""

import contextlib
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.local_aws.runtime.gates import Gate
from tests.local_aws.runtime.hosting import Hosting, is_alive, unique
from tests.local_aws.runtime.queueing import Queued, queued, until
from tests.local_aws.runtime.test_autoscaling import TARGET_TRACKING, names, register

FACTOR = 0.005
"""At which a minute of an alarm takes a third of a second, and a cooldown of five minutes one and a half."""
FAST = 0.002
"""For when nothing is to happen, however long one waits."""

UP = {"MetricIntervalLowerBound": 0.0, "ScalingAdjustment": 1}


def test_the_service_keeps_two_alarms_for_a_target(hosting: Hosting, scaled: str) -> None:
    answer = track(hosting, scaled, "requests", 600.0)

    described = hosting.autoscaling.describe_scaling_policies(ServiceNamespace="sagemaker", PolicyNames=["requests"])
    (policy,) = [each for each in described["ScalingPolicies"] if each["PolicyARN"] == answer["PolicyARN"]]
    assert policy["Alarms"] == answer["Alarms"]
    high, low = (alarm(hosting, each["AlarmName"]) for each in answer["Alarms"])
    assert high["AlarmName"].startswith(f"TargetTracking-endpoint/{scaled}/variant/Main-AlarmHigh-")
    assert low["AlarmName"].startswith(f"TargetTracking-endpoint/{scaled}/variant/Main-AlarmLow-")
    assert (high["ComparisonOperator"], high["Threshold"]) == ("GreaterThanThreshold", 600)
    assert (low["ComparisonOperator"], low["Threshold"]) == ("LessThanThreshold", 540)
    assert (high["EvaluationPeriods"], low["EvaluationPeriods"]) == (3, 15)
    for each in (high, low):
        assert (each["MetricName"], each["Statistic"], each["Period"]) == ("InvocationsPerInstance", "Sum", 60)
        assert each["Dimensions"] == [
            {"Name": "EndpointName", "Value": scaled},
            {"Name": "VariantName", "Value": "Main"},
        ]
        assert each["AlarmActions"] == [policy["PolicyARN"]]

    again = track(hosting, scaled, "requests", 900.0, DisableScaleIn=True)
    assert again["Alarms"] == answer["Alarms"][:1]
    assert alarm(hosting, high["AlarmName"])["Threshold"] == 900
    hosting.autoscaling.delete_scaling_policy(**names(scaled), PolicyName="requests")
    assert alarms_of(hosting, scaled) == []


@pytest.mark.parametrize("ending", ["deregister", "delete"])
def test_the_alarms_go_with_the_target(hosting: Hosting, scaled: str, ending: str) -> None:
    track(hosting, scaled, "requests", 600.0)
    assert len(alarms_of(hosting, scaled)) == 2

    if ending == "deregister":
        hosting.autoscaling.deregister_scalable_target(**names(scaled))
    else:
        hosting.sagemaker.delete_endpoint(EndpointName=scaled)

    assert alarms_of(hosting, scaled) == []


def test_an_alarm_that_is_set_by_hand_sets_off_a_step(hosting: Hosting, scaled: str) -> None:
    policy = step(
        hosting, scaled, {"AdjustmentType": "ExactCapacity", "StepAdjustments": [{**UP, "ScalingAdjustment": 5}]}
    )
    name = put_alarm(hosting, policy, Dimensions=[{"Name": "EndpointName", "Value": scaled}])

    hosting.local.client("cloudwatch").set_alarm_state(AlarmName=name, StateValue="ALARM", StateReason="a test")

    comes_to(hosting, scaled, 5)
    (activity,) = ended_activities(hosting, scaled)
    times = activity.pop("StartTime"), activity.pop("EndTime")
    assert times[0] <= times[1]
    del activity["ActivityId"]
    assert activity == {
        **names(scaled),
        "Description": "Setting desired instance count to 5.",
        "Cause": f"monitor alarm {name} in state ALARM triggered policy steps",
        "StatusCode": "Successful",
        "StatusMessage": ("Successfully set desired instance count to 5. Change successfully fulfilled by sagemaker."),
    }


def test_a_step_goes_by_the_metric_and_stays_within_the_bounds(hosting: Hosting, scaled: str) -> None:
    policy = step(
        hosting,
        scaled,
        {
            "AdjustmentType": "ChangeInCapacity",
            "StepAdjustments": [
                {"MetricIntervalLowerBound": 0.0, "MetricIntervalUpperBound": 5.0, "ScalingAdjustment": 1},
                {"MetricIntervalLowerBound": 5.0, "ScalingAdjustment": 100},
            ],
        },
    )
    room = [{"Name": "Room", "Value": unique("room")}]
    put_alarm(hosting, policy, Namespace="Tests", MetricName="Loudness", Dimensions=room, Threshold=10.0)

    say(hosting, room, 12.0)
    comes_to(hosting, scaled, 3)
    with hosting.local.time_factor(FACTOR):
        for _ in until("the upper bound"):
            say(hosting, room, 40.0)
            if hosting.counts(scaled) == {"Main": 6}:
                break


def test_a_suspended_target_is_left_alone(hosting: Hosting, scaled: str) -> None:
    # A step that would be taken again and again might be seen only after the next one.
    to_three = [{**UP, "ScalingAdjustment": 3}]
    policy = step(hosting, scaled, {"AdjustmentType": "ExactCapacity", "StepAdjustments": to_three})
    hosting.autoscaling.register_scalable_target(**names(scaled), SuspendedState={"DynamicScalingOutSuspended": True})
    name = put_alarm(hosting, policy, Dimensions=[{"Name": "EndpointName", "Value": scaled}])

    with hosting.local.time_factor(FACTOR):
        hosting.local.client("cloudwatch").set_alarm_state(AlarmName=name, StateValue="ALARM", StateReason="a test")
        time.sleep(1)
        assert hosting.counts(scaled) == {"Main": 2}
        hosting.autoscaling.register_scalable_target(
            **names(scaled), SuspendedState={"DynamicScalingOutSuspended": False}
        )
        comes_to(hosting, scaled, 3)


def test_traffic_above_the_target_adds_instances(hosting: Hosting, scaled: str) -> None:
    # One request in each period is more than enough, so that a slow machine scales too.
    track(hosting, scaled, "requests", 0.01)

    with hosting.local.time_factor(2 * FACTOR), traffic(hosting, scaled):
        comes_to(hosting, scaled, 6)

    assert ended_activities(hosting, scaled)[-1]["Cause"].startswith(
        f"monitor alarm TargetTracking-endpoint/{scaled}/variant/Main-AlarmHigh-"
    )


def test_an_endpoint_without_traffic_is_left_alone(hosting: Hosting, scaled: str) -> None:
    register(hosting, scaled, low=1, high=6)
    alarms = [each["AlarmName"] for each in track(hosting, scaled, "requests", 600.0)["Alarms"]]

    with hosting.local.time_factor(FAST):
        time.sleep(2 * 60 * FAST)
        assert [alarm(hosting, each)["StateValue"] for each in alarms] == ["INSUFFICIENT_DATA"] * 2

    assert hosting.counts(scaled) == {"Main": 2}


def test_provisioned_concurrency_is_scaled_too(hosting: Hosting) -> None:
    settings = {"MemorySizeInMB": 2048, "MaxConcurrency": 5, "ProvisionedConcurrency": 1}
    name = unique("serverless")
    config = unique("config")
    variant = {"VariantName": "Main", "ModelName": hosting.model("1"), "ServerlessConfig": settings}
    hosting.sagemaker.create_endpoint_config(EndpointConfigName=config, ProductionVariants=[variant])
    hosting.sagemaker.create_endpoint(EndpointName=name, EndpointConfigName=config)
    hosting.settle(name)
    target = {**names(name), "ScalableDimension": "sagemaker:variant:DesiredProvisionedConcurrency"}
    hosting.autoscaling.register_scalable_target(**target, MinCapacity=2, MaxCapacity=4)
    steps = {"AdjustmentType": "ChangeInCapacity", "StepAdjustments": [{**UP, "ScalingAdjustment": 9}]}
    policy = hosting.autoscaling.put_scaling_policy(
        **target, PolicyName="steps", PolicyType="StepScaling", StepScalingPolicyConfiguration=steps
    )["PolicyARN"]

    assert concurrency(hosting, name) == 2
    alarm_name = put_alarm(hosting, policy, Dimensions=[{"Name": "EndpointName", "Value": name}])
    hosting.local.client("cloudwatch").set_alarm_state(AlarmName=alarm_name, StateValue="ALARM", StateReason="a test")

    for _ in until("the upper bound"):
        if concurrency(hosting, name) == 4:
            break
    described = hosting.sagemaker.describe_endpoint_config(EndpointConfigName=config)
    assert described["ProductionVariants"][0]["ServerlessConfig"] == settings


def test_a_backlog_adds_instances_in_proportion(hosting: Hosting, tmp_path: Path) -> None:
    busy = queued(hosting, concurrency=1)
    register(hosting, busy.name, low=1, high=4)
    track_backlog(hosting, busy)

    with Gate(tmp_path / "gate") as gate, hosting.local.time_factor(FACTOR):
        for _ in range(12):
            busy.ask(gate.wish)
        comes_to(hosting, busy.name, 3)


def test_an_idle_asynchronous_endpoint_sleeps_and_a_request_wakes_it(hosting: Hosting) -> None:
    resting = queued(hosting)
    register(hosting, resting.name, low=0, high=3)
    track_backlog(hosting, resting)
    wake = wake_from_zero(hosting, resting)
    before = resting.told(resting.ask(Body=b"{}"))["pid"]

    with hosting.local.time_factor(FACTOR):
        comes_to(hosting, resting.name, 0)
        for _ in until("the container to end"):
            if not is_alive(before):
                break
        answer = resting.ask(Body=b"{}")
        assert resting.told(answer)["pid"] != before
        comes_to(hosting, resting.name, 0)

    causes = [activity["Cause"] for activity in reversed(ended_activities(hosting, resting.name))]
    assert [activity.split()[2].split("-")[0] for activity in causes] == ["TargetTracking", "alarm", "TargetTracking"]
    assert causes[1] == f"monitor alarm {wake} in state ALARM triggered policy steps"


def test_target_tracking_alone_does_not_wake_an_endpoint(hosting: Hosting) -> None:
    resting = queued(hosting)
    resting.scale(0)
    register(hosting, resting.name, low=0, high=3)
    # This one is published without instances too, so its alarm does go off.
    high = track_backlog(hosting, resting, metric="ApproximateBacklogSize")

    with hosting.local.time_factor(FACTOR):
        answers = [resting.ask(Body=b"{}") for _ in range(20)]
        for _ in until("the alarm"):
            if alarm(hosting, high)["StateValue"] == "ALARM":
                break
        time.sleep(3 * 60 * FACTOR)

    assert hosting.counts(resting.name) == {"Main": 0}
    resting.scale(1)
    resting.told(answers[-1])


@pytest.fixture
def scaled(hosting: Hosting) -> str:
    """Give a test an endpoint of two instances whose variant is registered."""
    name = hosting.endpoint({"ModelName": hosting.model("1")})
    register(hosting, name)
    return name


def track(hosting: Hosting, endpoint: str, name: str, value: float, **rest: Any) -> dict[str, Any]:
    answer: dict[str, Any] = hosting.autoscaling.put_scaling_policy(
        **names(endpoint),
        PolicyName=name,
        PolicyType="TargetTrackingScaling",
        TargetTrackingScalingPolicyConfiguration={**TARGET_TRACKING, "TargetValue": value, **rest},
    )
    return answer


def track_backlog(hosting: Hosting, endpoint: Queued, metric: str = "ApproximateBacklogSizePerInstance") -> str:
    """Let the instances follow the backlog, five requests an instance; return the alarm above the target."""
    answer = hosting.autoscaling.put_scaling_policy(
        **names(endpoint.name),
        PolicyName="backlog",
        PolicyType="TargetTrackingScaling",
        TargetTrackingScalingPolicyConfiguration={
            "TargetValue": 5.0,
            "CustomizedMetricSpecification": {
                "MetricName": metric,
                "Namespace": "AWS/SageMaker",
                "Dimensions": [{"Name": "EndpointName", "Value": endpoint.name}],
                "Statistic": "Average",
            },
        },
    )
    return str(answer["Alarms"][0]["AlarmName"])


def wake_from_zero(hosting: Hosting, endpoint: Queued) -> str:
    """Add an instance when there are requests and no instance; return the alarm."""
    policy = step(
        hosting, endpoint.name, {"AdjustmentType": "ChangeInCapacity", "Cooldown": 300, "StepAdjustments": [UP]}
    )
    return put_alarm(
        hosting,
        policy,
        Namespace="AWS/SageMaker",
        MetricName="HasBacklogWithoutCapacity",
        Dimensions=[{"Name": "EndpointName", "Value": endpoint.name}],
        EvaluationPeriods=2,
        DatapointsToAlarm=2,
    )


def step(hosting: Hosting, endpoint: str, settings: dict[str, Any]) -> str:
    answer = hosting.autoscaling.put_scaling_policy(
        **names(endpoint), PolicyName="steps", PolicyType="StepScaling", StepScalingPolicyConfiguration=settings
    )
    return str(answer["PolicyARN"])


def put_alarm(hosting: Hosting, policy: str, **settings: Any) -> str:
    name = unique("alarm")
    hosting.local.client("cloudwatch").put_metric_alarm(
        **{
            "AlarmName": name,
            "Namespace": "Tests",
            "MetricName": "Nothing",
            "Statistic": "Average",
            "Period": 60,
            "EvaluationPeriods": 1,
            "Threshold": 1.0,
            "ComparisonOperator": "GreaterThanOrEqualToThreshold",
            "AlarmActions": [policy],
            **settings,
        }
    )
    return name


def say(hosting: Hosting, room: list[dict[str, str]], value: float) -> None:
    data = [{"MetricName": "Loudness", "Value": value, "Dimensions": room}]
    hosting.local.client("cloudwatch").put_metric_data(Namespace="Tests", MetricData=data)


def alarm(hosting: Hosting, name: str) -> dict[str, Any]:
    (found,) = hosting.local.client("cloudwatch").describe_alarms(AlarmNames=[name])["MetricAlarms"]
    return dict(found)


def alarms_of(hosting: Hosting, endpoint: str) -> list[str]:
    prefix = f"TargetTracking-endpoint/{endpoint}/"
    found = hosting.local.client("cloudwatch").describe_alarms(AlarmNamePrefix=prefix)["MetricAlarms"]
    return [each["AlarmName"] for each in found]


def concurrency(hosting: Hosting, endpoint: str) -> int:
    (variant,) = hosting.settle(endpoint)["ProductionVariants"]
    return int(variant["CurrentServerlessConfig"]["ProvisionedConcurrency"])


def comes_to(hosting: Hosting, endpoint: str, count: int) -> None:
    """Wait until an endpoint has so many instances, and nothing is under way."""
    for _ in until(f"{count} instances of {endpoint}"):
        if hosting.settle(endpoint)["ProductionVariants"][0]["DesiredInstanceCount"] == count:
            return


def ended_activities(hosting: Hosting, endpoint: str) -> list[dict[str, Any]]:
    """List what was scaled once nothing is being scaled any more, latest first."""
    for _ in until("the activities to end"):
        found = hosting.autoscaling.describe_scaling_activities(**names(endpoint))["ScalingActivities"]
        if all(activity["StatusCode"] != "InProgress" for activity in found):
            return list(found)
    raise AssertionError


@contextlib.contextmanager
def traffic(hosting: Hosting, endpoint: str) -> Iterator[None]:
    """Invoke an endpoint without a pause until the block is left."""
    over = threading.Event()

    def ask() -> None:
        while not over.wait(0.02):
            hosting.invoke(endpoint)

    asking = threading.Thread(target=ask)
    asking.start()
    try:
        yield
    finally:
        over.set()
        asking.join()
