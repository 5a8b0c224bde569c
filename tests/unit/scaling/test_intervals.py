"""The intervals of step policies: what they may be, alone and together."""

import dataclasses
from typing import Any

import pytest

from cdk_model_hosting import ConfigurationError, Interval, Scaling, ScalingPolicy
from tests.unit.builders import new_stack, number_token, refused, resources
from tests.unit.scaling.bound import GROW, NEUTRAL, POLICY, queue, scaled

SHRINK = Interval(below=1, change=-1)


def steps(*intervals: Any) -> ScalingPolicy:
    return ScalingPolicy.steps("Steps", queue(), intervals)


# One


def test_fails_when_it_holds_for_no_values_in_particular() -> None:
    with refused(
        "Interval must have above, below or both, got neither: it says for which values of the metric it holds"
    ):
        Interval(change=1)


@pytest.mark.parametrize(("above", "below"), [(5, 5), (5, 1), (0, -1), (-1.5, -2)])
def test_fails_when_its_ends_are_not_in_order(above: float, below: float) -> None:
    with refused(f"Interval above must be less than below, got {above} and {below}: no value lies between them"):
        Interval(above=above, below=below, change=1)


@pytest.mark.parametrize("change", [1.5, True, "1", None, float("nan")])
def test_fails_when_the_change_is_no_whole_number(change: Any) -> None:
    with pytest.raises(ConfigurationError, match=r"^Interval change must "):
        Interval(above=1, change=change)


@pytest.mark.parametrize("end", ["above", "below"])
@pytest.mark.parametrize("value", [True, "5", float("nan"), float("inf"), float("-inf")])
def test_fails_when_an_end_is_no_number(end: str, value: Any) -> None:
    with pytest.raises(ConfigurationError, match=rf"^Interval {end} must "):
        Interval(**{end: value}, change=1)


@pytest.mark.parametrize("end", ["above", "below"])
def test_fails_in_our_own_words_when_an_end_is_a_token(end: str) -> None:
    with pytest.raises(
        ConfigurationError, match=rf"^Interval {end} must be a literal number, got one that is known only"
    ):
        Interval(**{end: number_token(new_stack())}, change=1)


def test_the_change_may_be_a_token() -> None:
    change: Any = number_token(new_stack())
    assert Interval(above=1, change=change).change == change


@pytest.mark.parametrize("ends", [{"above": 0}, {"below": 0}, {"above": -5, "below": 0}, {"above": 0, "below": 0.001}])
def test_zero_and_negative_ends_pass(ends: dict[str, float]) -> None:
    interval = Interval(**ends, change=-3)
    assert (interval.above, interval.below, interval.change) == (ends.get("above"), ends.get("below"), -3)


def test_is_a_value() -> None:
    assert Interval(above=1, below=2, change=3) == Interval(change=3, below=2, above=1)
    assert hash(Interval(above=1, change=3)) == hash(Interval(above=1, change=3))
    assert Interval(above=1, change=3) != Interval(above=1, change=4)
    assert repr(GROW) == "Interval(change=1, above=5, below=None)"
    with pytest.raises(dataclasses.FrozenInstanceError):
        GROW.change = 2  # type: ignore[misc]


# Several


@pytest.mark.parametrize("intervals", [(), (GROW,)])
def test_fails_when_there_are_fewer_than_two(intervals: tuple[Interval, ...]) -> None:
    with refused(
        f"ScalingPolicy.steps intervals must be at least 2, got {len(intervals)}: one says when nothing changes, such as "
        "Interval(below=1, change=0)"
    ):
        steps(*intervals)


@pytest.mark.parametrize(
    ("intervals", "below", "above"),
    [
        ((Interval(below=5, change=0), Interval(above=4, change=1)), 5, 4),
        ((Interval(above=4, change=1), Interval(below=5, change=0)), 5, 4),
        ((NEUTRAL, Interval(above=1, below=9, change=1), Interval(above=8.5, change=2)), 9, 8.5),
        ((NEUTRAL, Interval(above=2, below=3, change=1), Interval(above=2, below=3, change=2)), 3, 2),
    ],
)
def test_fails_when_two_overlap(intervals: tuple[Interval, ...], below: float, above: float) -> None:
    with refused(
        f"ScalingPolicy.steps intervals must not overlap, got one below {below} and one above {above}: both would hold "
        "between them"
    ):
        steps(*intervals)


def test_fails_when_two_are_open_below() -> None:
    with pytest.raises(ConfigurationError, match=r"^ScalingPolicy\.steps intervals must "):
        scaled(Scaling.between(1, 4, [steps(NEUTRAL, Interval(below=5, change=1))]))


def test_one_that_is_open_above_ends_where_the_next_begins() -> None:
    stack = scaled(Scaling.between(1, 4, [steps(Interval(above=5, change=2), Interval(above=1, change=1))]))
    (policy,) = resources(stack, POLICY).values()
    assert policy["Properties"]["StepScalingPolicyConfiguration"]["StepAdjustments"] == [
        {"MetricIntervalLowerBound": 0, "MetricIntervalUpperBound": 4, "ScalingAdjustment": 1},
        {"MetricIntervalLowerBound": 4, "ScalingAdjustment": 2},
    ]


@pytest.mark.parametrize(
    "intervals",
    [
        (Interval(above=1, below=5, change=1), Interval(above=5, below=9, change=2)),
        (NEUTRAL, Interval(above=5, below=9, change=1)),
        (Interval(above=1, below=5, change=1), Interval(above=7, change=2)),
        (SHRINK, Interval(above=2, below=3, change=1), GROW),
        (
            SHRINK,
            Interval(above=3, below=4, change=0),
            Interval(above=4, below=5, change=1),
            Interval(above=7, change=2),
        ),
    ],
    ids=["open_at_both_ends", "open_above", "gap_and_open_below", "two_gaps", "neutral_and_gap"],
)
def test_fails_in_our_own_words_when_nothing_changes_in_two_places(intervals: tuple[Interval, ...]) -> None:
    with pytest.raises(ConfigurationError, match=r"^ScalingPolicy\.steps intervals must "):
        scaled(Scaling.between(1, 4, [steps(*intervals)]))


def test_fails_when_none_changes_anything() -> None:
    with refused(
        "ScalingPolicy.steps intervals must change something, got 0 everywhere: the fleet would keep its size"
    ):
        steps(NEUTRAL, Interval(above=1, change=0))


@pytest.mark.parametrize("wrong", [GROW, None, "above 5", [NEUTRAL, {"above": 5, "change": 1}], [NEUTRAL, (5, 1)]])
def test_fails_in_our_own_words_when_they_are_no_list_of_intervals(wrong: Any) -> None:
    with pytest.raises(ConfigurationError, match=r"^ScalingPolicy\.steps intervals (element )?must be a"):
        ScalingPolicy.steps("Steps", queue(), wrong)
