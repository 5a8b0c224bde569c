"""Alarms that set step policies off keep pointing at them, whatever becomes of the policies."""

from typing import Any

import pytest

from tests.handlers.endpoint_guard.fleet import LARGE, SMALL, Fleet, registration

ALARM = {
    "AlarmName": "Backlog-Stack",
    "Namespace": "AWS/SageMaker",
    "MetricName": "HasBacklogWithoutCapacity",
    "Dimensions": [{"Name": "EndpointName", "Value": "ranker"}],
    "Statistic": "Average",
    "Period": 60,
    "EvaluationPeriods": 2,
    "Threshold": 1.0,
    "ComparisonOperator": "GreaterThanOrEqualToThreshold",
    "TreatMissingData": "missing",
    "ActionsEnabled": True,
}
STEPS = {
    "PolicyName": "Wake-Stack",
    "PolicyType": "StepScaling",
    "StepScalingPolicyConfiguration": {
        "AdjustmentType": "ChangeInCapacity",
        "StepAdjustments": [{"MetricIntervalLowerBound": 0.0, "ScalingAdjustment": 1}],
        "Cooldown": 300,
    },
}
DECLARED = registration(1, 4, {**STEPS, "Alarms": [ALARM]})


@pytest.fixture
def woken(fleet: Fleet) -> Fleet:
    """An endpoint that a step policy with an alarm scales."""
    fleet.stage.stack_becomes("CREATE_IN_PROGRESS")
    fleet.stage.succeed("ScalingRegistration", "Create", fleet.main(SMALL, DECLARED))
    fleet.stage.stack_becomes("UPDATE_IN_PROGRESS")
    fleet.stage.clients["application-autoscaling"].meta.events.register(
        "after-call.application-autoscaling.DescribeScalingPolicies", tell_of_alarms(fleet)
    )
    return fleet


def tell_of_alarms(fleet: Fleet) -> Any:
    """The service finds the alarms that point at a policy; the local AWS does not."""

    def tell(parsed: dict[str, Any], **_: Any) -> None:
        for policy in parsed["ScalingPolicies"]:
            found = [each for each in alarms(fleet) if policy["PolicyARN"] in each["AlarmActions"]]
            policy["Alarms"] = [{"AlarmName": each["AlarmName"], "AlarmARN": each["AlarmArn"]} for each in found]

    return tell


def alarms(fleet: Fleet) -> list[dict[str, Any]]:
    fleet.stage.resource_type, known = "", fleet.stage.resource_type
    found: list[dict[str, Any]] = fleet.stage.clients["cloudwatch"].describe_alarms()["MetricAlarms"]
    fleet.stage.resource_type = known
    return found


def policy_arn(fleet: Fleet) -> str:
    (policy,) = fleet.hosting.autoscaling.describe_scaling_policies(**fleet.names())["ScalingPolicies"]
    return str(policy["PolicyARN"])


def test_a_declared_alarm_sets_its_policy_off(woken: Fleet) -> None:
    (alarm,) = alarms(woken)

    assert alarm["AlarmActions"] == [policy_arn(woken)]
    assert {name: alarm[name] for name in ALARM} == ALARM


def test_an_alarm_follows_its_policy_through_a_rollback(woken: Fleet) -> None:
    before = policy_arn(woken)
    woken.stage.resource_type = ""
    woken.stage.clients["cloudwatch"].put_metric_alarm(**ALARM, AlarmActions=["arn:aws:sns:r:a:topic", before])

    woken.stage.succeed("ScalingRelease", "Update", woken.main(LARGE, DECLARED), woken.main(SMALL, DECLARED))
    woken.stage.settle("UPDATE_ROLLBACK_COMPLETE")

    after = policy_arn(woken)
    assert after != before
    (alarm,) = alarms(woken)
    assert alarm["AlarmActions"] == ["arn:aws:sns:r:a:topic", after]


def test_an_alarm_that_is_no_longer_declared_is_deleted(woken: Fleet) -> None:
    woken.stage.succeed("ScalingRegistration", "Update", woken.main(SMALL, registration()), woken.main(SMALL, DECLARED))

    assert alarms(woken) == []


def test_an_alarm_goes_with_the_registration(woken: Fleet) -> None:
    woken.stage.succeed("ScalingRegistration", "Delete", woken.main(SMALL, DECLARED))

    assert alarms(woken) == []
    assert woken.scaling() is None
