"""The alarms that set step policies off.

A policy's ARN is another one after the policy has been deleted with its target, so whoever puts the policy must point
its alarms at it. Target tracking needs none of this: Application Auto Scaling makes those alarms itself.
"""

from collections.abc import Iterable, Mapping
from typing import Any

from .shapes import input_shape, projected, typed
from .surroundings import Surroundings


def point_at(surroundings: Surroundings, alarms: Iterable[Mapping[str, Any]], policy_arn: str) -> None:
    """Put alarms whose actions set a policy off, besides what else they do.

    Args:
        surroundings: The world.
        alarms: The alarms, of PutMetricAlarm's shape.
        policy_arn: The policy.
    """
    for alarm in alarms:
        cloudwatch = surroundings.clients("cloudwatch")
        wanted = typed(alarm, input_shape(cloudwatch, "PutMetricAlarm"), f"alarm {alarm.get('AlarmName')}")
        actions = [each for each in wanted.get("AlarmActions", ()) if each != policy_arn]
        cloudwatch.put_metric_alarm(**{**wanted, "AlarmActions": [*actions, policy_arn]})


def pointing_at(surroundings: Surroundings, policy: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The alarms that set a policy off, of PutMetricAlarm's shape and without that action.

    Args:
        surroundings: The world.
        policy: The policy as described.
    """
    names = [each["AlarmName"] for each in policy.get("Alarms", ())]
    if policy["PolicyType"] != "StepScaling" or not names:
        return []
    cloudwatch = surroundings.clients("cloudwatch")
    shape = input_shape(cloudwatch, "PutMetricAlarm")
    found = cloudwatch.describe_alarms(AlarmNames=names, AlarmTypes=["MetricAlarm"])["MetricAlarms"]
    return [
        {
            **projected(each, shape),
            "AlarmActions": [action for action in each.get("AlarmActions", ()) if action != policy["PolicyARN"]],
        }
        for each in found
    ]


def delete(surroundings: Surroundings, names: Iterable[str]) -> None:
    """Delete alarms, as far as there are any.

    Args:
        surroundings: The world.
        names: Their names.
    """
    wanted = sorted(names)
    if wanted:
        surroundings.clients("cloudwatch").delete_alarms(AlarmNames=wanted)
