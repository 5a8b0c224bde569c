"""Target tracking: the pair of alarms that Application Auto Scaling keeps for a policy, and the capacity it asks for.

The alarm above the target takes three minutes and the one below it fifteen, which is what the service creates. While a metric
has no data, neither goes off, and nothing is scaled.
"""

import math
import uuid

from tests.local_aws.server.cloudwatch import alarms, engine
from tests.local_aws.server.sagemaker.scaling_state import Target, variant_of
from tests.local_aws.server.sagemaker.state import Document

KIND = "TargetTrackingScaling"
_CONFIGURATION = f"{KIND}PolicyConfiguration"
_HIGH, _LOW = "AlarmHigh", "AlarmLow"
# Scaling in begins well below the target, so that it is not followed by scaling out.
_LOW_SHARE = 0.9
_EVALUATIONS = {_HIGH: 3, _LOW: 15}
_MINUTE, _HIGH_RESOLUTION = 60, 10

# The metric behind each predefined one, its statistic, and the period at which capacity is added by it.
_PREDEFINED = {
    "SageMakerVariantInvocationsPerInstance": ("InvocationsPerInstance", "Sum", _MINUTE),
    "SageMakerVariantConcurrentRequestsPerModelHighResolution": (
        "ConcurrentRequestsPerModel",
        "Maximum",
        _HIGH_RESOLUTION,
    ),
    "SageMakerVariantProvisionedConcurrencyUtilization": (
        "ServerlessProvisionedConcurrencyUtilization",
        "Maximum",
        _MINUTE,
    ),
    "SageMakerInferenceComponentInvocationsPerCopy": ("InvocationsPerCopy", "Sum", _MINUTE),
    "SageMakerInferenceComponentConcurrentRequestsPerCopyHighResolution": (
        "ConcurrentRequestsPerCopy",
        "Maximum",
        _HIGH_RESOLUTION,
    ),
}


def keep_alarms(target: Target, policy: Document) -> None:
    """Create the alarms of a policy, or change them with it."""
    settings = policy[_CONFIGURATION]
    names = target.alarms.setdefault(policy["PolicyName"], {})
    if settings.get("DisableScaleIn") and _LOW in names:
        engine.delete_alarm(names.pop(_LOW))
    for side in (_HIGH,) if settings.get("DisableScaleIn") else (_HIGH, _LOW):
        names.setdefault(side, f"TargetTracking-{target.key[1]}-{side}-{uuid.uuid4()}")
        value = settings["TargetValue"]
        engine.put_alarm(
            {
                "AlarmName": names[side],
                "AlarmDescription": f"DO NOT EDIT OR DELETE. For TargetTrackingScaling policy {policy['PolicyARN']}.",
                "ComparisonOperator": "GreaterThanThreshold" if side == _HIGH else "LessThanThreshold",
                "Threshold": value if side == _HIGH else value * _LOW_SHARE,
                "EvaluationPeriods": _EVALUATIONS[side],
                "AlarmActions": [policy["PolicyARN"]],
                **_metric(target, settings, side),
            }
        )


def drop_alarms(target: Target, policy_name: str) -> None:
    """Delete the alarms of a policy that is deleted."""
    for name in target.alarms.pop(policy_name, {}).values():
        engine.delete_alarm(name)


def wanted(target: Target, policy: Document, alarm_name: str, capacity: int) -> int:
    """Return the capacity that a policy asks for because one of its alarms went off.

    Args:
        target: What is scaled.
        policy: The policy.
        alarm_name: The alarm.
        capacity: The capacity now.
    """
    if alarm_name != target.alarms.get(policy["PolicyName"], {}).get(_LOW):
        # From zero there is no proportion to go by: that takes a step policy.
        return max(capacity, _proportional(policy, alarm_name, capacity))
    # Capacity is taken away only when all policies that may do so agree, and then no more than the most careful would.
    lows = {name: names[_LOW] for name, names in target.alarms.items() if _LOW in names}
    if not all(_is_in_alarm(low) for low in lows.values()):
        return capacity
    careful = max(_proportional(target.policies[name], low, capacity) for name, low in lows.items())
    return min(capacity, careful)


def _proportional(policy: Document, alarm_name: str, capacity: int) -> int:
    """Return the capacity at which the metric would be at the target, if it is shared by the capacity."""
    value = alarms.latest(alarm_name)
    if value is None:
        return capacity
    # What is a whole number but for the last digits of a float is not rounded up to the next.
    target = float(policy[_CONFIGURATION]["TargetValue"])
    return math.ceil(round(capacity * value / target, 6))


def _is_in_alarm(alarm_name: str) -> bool:
    found = engine.alarm(alarm_name)
    return found is not None and found["StateValue"] == "ALARM"


def _metric(target: Target, settings: Document, side: str) -> Document:
    """Return what an alarm looks at, in the members of PutMetricAlarm."""
    custom = settings.get("CustomizedMetricSpecification")
    if custom is not None and "Metrics" in custom:
        return {"Metrics": custom["Metrics"]}
    if custom is not None:
        return {
            **{key: custom[key] for key in ("Namespace", "MetricName", "Statistic")},
            "Dimensions": custom.get("Dimensions", []),
            "Period": _MINUTE,
        }
    metric, statistic, period = _PREDEFINED[settings["PredefinedMetricSpecification"]["PredefinedMetricType"]]
    return {
        "Namespace": "AWS/SageMaker",
        "MetricName": metric,
        "Statistic": statistic,
        "Dimensions": [{"Name": name, "Value": value} for name, value in _dimensions(target.key[1]).items()],
        "Period": period if side == _HIGH else _MINUTE,
    }


def _dimensions(resource_id: str) -> dict[str, str]:
    named = variant_of(resource_id)
    if named is None:
        return {"InferenceComponentName": resource_id.partition("/")[2]}
    return {"EndpointName": named[0], "VariantName": named[1]}
