"""What a step scaling policy makes of an alarm: which of its steps applies, and how many units that gives."""

import math
from typing import Any

Document = dict[str, Any]


def wanted(policy: Document, capacity: int, distance: float, *, below: bool) -> int:
    """Return the capacity that a policy asks for, whatever the bounds of its target.

    Args:
        policy: The StepScalingPolicyConfiguration.
        capacity: The capacity now.
        distance: By how much the metric is above the threshold of the alarm; below it, a negative number.
        below: Whether the alarm goes off below its threshold. An interval then has its upper bound, not its lower one.
    """
    for step in policy["StepAdjustments"]:
        low, high = step.get("MetricIntervalLowerBound", -math.inf), step.get("MetricIntervalUpperBound", math.inf)
        if low < distance <= high if below else low <= distance < high:
            return max(0, _adjusted(policy, capacity, step["ScalingAdjustment"]))
    return capacity


def _adjusted(policy: Document, capacity: int, adjustment: int) -> int:
    kind = policy["AdjustmentType"]
    if kind == "ExactCapacity":
        return adjustment
    if kind == "ChangeInCapacity":
        return capacity + adjustment
    change = capacity * adjustment / 100
    if change == 0:
        return capacity
    # A fraction of one counts as one, a larger number loses its fraction, and no change is below the least.
    least = max(1, policy.get("MinAdjustmentMagnitude", 1))
    return capacity + int(math.copysign(max(least, int(abs(change))), change))
