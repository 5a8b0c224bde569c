"""What a step policy makes of an alarm, and what a cooldown makes of that; no server is needed for it."""

from typing import Any

import pytest

from tests.local_aws.server.sagemaker import step_scaling
from tests.local_aws.server.sagemaker.cooldowns import Cooldown, respected

UP = {"MetricIntervalLowerBound": 0.0, "ScalingAdjustment": 1}
STEPS = [
    {"MetricIntervalUpperBound": -10.0, "ScalingAdjustment": -2},
    {"MetricIntervalLowerBound": -10.0, "MetricIntervalUpperBound": 0.0, "ScalingAdjustment": -1},
    {"MetricIntervalLowerBound": 0.0, "MetricIntervalUpperBound": 10.0, "ScalingAdjustment": 1},
    {"MetricIntervalLowerBound": 10.0, "ScalingAdjustment": 2},
]


@pytest.mark.parametrize(
    ("distance", "below", "expected"),
    [
        (0, False, 5),
        (9.9, False, 5),
        (10, False, 6),
        (1000, False, 6),
        (-0.1, True, 3),
        (0, True, 3),
        (-10, True, 2),
        (-11, True, 2),
    ],
)
def test_the_step_is_chosen_by_the_distance_from_the_threshold(distance: float, below: bool, expected: int) -> None:
    policy = {"AdjustmentType": "ChangeInCapacity", "StepAdjustments": STEPS}

    assert step_scaling.wanted(policy, 4, distance, below=below) == expected


@pytest.mark.parametrize(
    ("kind", "adjustment", "least", "expected"),
    [
        ("ChangeInCapacity", 3, None, 7),
        ("ChangeInCapacity", -9, None, 0),
        ("ExactCapacity", 9, None, 9),
        ("ExactCapacity", 0, None, 0),
        ("PercentChangeInCapacity", 50, None, 6),
        ("PercentChangeInCapacity", 10, None, 5),
        ("PercentChangeInCapacity", 40, None, 5),
        ("PercentChangeInCapacity", 10, 3, 7),
        ("PercentChangeInCapacity", -10, None, 3),
        ("PercentChangeInCapacity", -10, 2, 2),
        ("PercentChangeInCapacity", -70, None, 2),
        ("PercentChangeInCapacity", 0, 2, 4),
    ],
)
def test_an_adjustment_gives_a_capacity(kind: str, adjustment: int, least: int | None, expected: int) -> None:
    step = {"MetricIntervalLowerBound": 0.0, "ScalingAdjustment": adjustment}
    policy: dict[str, Any] = {"AdjustmentType": kind, "StepAdjustments": [step]}
    if least is not None:
        policy["MinAdjustmentMagnitude"] = least

    assert step_scaling.wanted(policy, 4, 0.0, below=False) == expected


def test_no_step_for_the_distance_changes_nothing() -> None:
    policy = {"AdjustmentType": "ExactCapacity", "StepAdjustments": [UP]}

    assert step_scaling.wanted(policy, 4, -1.0, below=True) == 4


@pytest.mark.parametrize(
    ("before", "after", "more", "expected"),
    [
        (2, 4, 2, 4),  # what was added is what is asked for again
        (2, 4, 3, 5),  # a larger step adds the rest
        (2, 4, -1, 3),  # taking away is not held up by having added
        (4, 2, -1, 2),  # taking away is held up by having taken away
        (4, 2, 1, 3),  # adding is not
    ],
)
def test_a_cooldown_holds_up_more_of_the_same(before: int, after: int, more: int, expected: int) -> None:
    resting = Cooldown(300, before, after)
    over = Cooldown(0.0, before, after)

    assert respected(resting, after, lambda capacity: capacity + more) == expected
    assert respected(over, after, lambda capacity: capacity + more) == after + more
    assert respected(None, after, lambda capacity: capacity + more) == after + more
