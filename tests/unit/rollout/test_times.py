"""The time of a rollout against an account of its own of what the rollout waits for, over many seeded combinations."""

import math
import random
from dataclasses import dataclass
from typing import Any

import aws_cdk as cdk
import pytest

from cdk_model_hosting import ConfigurationError, Fleet, Model, Rollout, Scaling, ScheduledScaling, Variant
from tests.unit.builders import new_stack
from tests.unit.scaling.test_schedule import RATE

LONGEST, SHORTEST = 28800, 600


@dataclass(frozen=True, kw_only=True)
class Case:
    """A rollout with a fleet, what it waits for at even shares, and what at most."""

    rollout: Rollout
    variant: Variant
    waits: int
    longest: int
    given: int | None

    def timeout(self) -> int:
        self.rollout.plan.check([self.variant])
        return self.rollout.plan.timeout([self.variant])


def seconds(number: int) -> cdk.Duration:
    return cdk.Duration.seconds(number)


def variant_of(dice: random.Random, model: Model) -> tuple[Variant, int, int]:
    """A variant with the fewest and the most instances that it can ever have."""
    low = dice.randint(2, 12)
    high = dice.randint(low, 2 * low)
    options: dict[str, Any] = {"instance_type": "ml.c6i.large", "count": low}
    for each in ("startup_timeout", "download_timeout"):
        if dice.random() < 0.3:
            options[each] = seconds(dice.randint(60, 3600))
    scaling = None
    fewest, most = low, low
    if dice.random() < 0.7:
        bounds = (dice.randint(2, 12), dice.randint(12, 24)) if dice.random() < 0.5 else (low, high)
        schedule = ScheduledScaling(name="clock", schedule=RATE, between=bounds)
        scaling = Scaling.between(low, high, schedules=[schedule])
        fewest, most = min(low, bounds[0]), max(high, bounds[1])
    return Variant(model=model, fleet=Fleet(**options), scaling=scaling), fewest, most


def size_of(dice: random.Random, least: int, fewest: int, most: int) -> tuple[dict[str, int], int, int]:
    """A legal size, with its steps at even shares and at most: least is its smallest legal percentage."""
    smallest, largest = math.ceil(most * least / 100), fewest // 2
    if smallest <= largest and dice.random() < 0.5:
        instances = dice.randint(max(smallest, 1), largest)
        steps = -(-most // instances)
        return {"instances": instances}, steps, steps
    percent = dice.randint(least, 50)
    rounded_down = [-(-size // max(1, math.floor(size * percent / 100))) for size in range(fewest, most + 1)]
    return {"percent": percent}, -(-100 // percent), max(rounded_down)


def case_of(dice: random.Random, model: Model) -> Case:
    variant, fewest, most = variant_of(dice, model)
    kind = dice.choice(["all_at_once", "canary", "linear", "rolling"])
    bake, final = (dice.choice([0, 1, 600, dice.randint(0, 3600), 3600]) for _ in range(2))
    given = dice.choice([None, None, dice.randint(SHORTEST, LONGEST), SHORTEST, LONGEST])
    times: dict[str, Any] = {"bake": seconds(bake), "timeout": None if given is None else seconds(given)}
    if kind == "all_at_once":
        return Case(rollout=Rollout.all_at_once(**times), variant=variant, waits=bake, longest=bake, given=given)
    least = {"canary": 1, "linear": 10, "rolling": 5}[kind]
    size, steps, longest = size_of(dice, least, fewest, most)
    if kind == "canary":
        # Whether the second step is watched too is not documented.
        steps, longest = 1, 2
    if kind == "linear":
        longest = max(steps, longest)
    if kind == "rolling":
        # No batch is smaller than an instance.
        final, steps = 0, min(steps, most)
    else:
        times["final_bake"] = seconds(final)
    rollout = getattr(Rollout, kind)(**size, **times)
    waits = steps * bake + final
    return Case(rollout=rollout, variant=variant, waits=waits, longest=longest * bake + final, given=given)


@pytest.fixture(scope="module")
def cases() -> list[Case]:
    dice = random.Random(20261121)  # noqa: S311 - repeatable on purpose
    model = Model.from_model_name(new_stack(), "Model", "fraud")
    return [case_of(dice, model) for _ in range(700)]


def allowed(case: Case) -> bool:
    return case.waits < (LONGEST if case.given is None else case.given)


def test_the_cases_are_of_every_sort(cases: list[Case]) -> None:
    sorts = {(type(each.rollout.plan).__name__, each.given is None, allowed(each)) for each in cases}
    assert len(sorts) >= 4 * 2 + 3 * 2 - 1


def test_the_time_is_always_above_all_waits_and_within_the_limits(cases: list[Case]) -> None:
    for case in filter(allowed, cases):
        timeout = case.timeout()
        assert case.waits < timeout <= LONGEST, case
        assert timeout >= SHORTEST, case
        assert case.given in {None, timeout}, case


def test_a_computed_time_leaves_room_for_bringing_the_fleet_up(cases: list[Case]) -> None:
    for case in filter(allowed, cases):
        if case.given is None:
            fleet = case.variant.fleet
            start = (fleet.startup_seconds or 0) + (fleet.download_seconds or 0)
            assert case.timeout() >= min(LONGEST, case.longest + start), case


def test_whoever_may_be_cut_off_is_told(cases: list[Case]) -> None:
    told = 0
    for case in filter(allowed, cases):
        most = LONGEST if case.given is None else case.given
        advice = [each.id for each in case.rollout.plan.advice([], [case.variant])]
        if case.longest >= most:
            assert "rolloutMayTakeTooLong" in advice, case
            told += 1
        elif case.given is not None:
            assert "rolloutMayTakeTooLong" not in advice, case
    assert told > 5


def test_fails_whenever_the_waits_are_not_below_the_time(cases: list[Case]) -> None:
    refused = 0
    for case in cases:
        if not allowed(case) and case.given is not None:
            with pytest.raises(
                ConfigurationError, match=rf"timeout must be more than the \d+ seconds .*got {case.given}:"
            ):
                case.timeout()
            refused += 1
    assert refused > 20


def test_what_is_rendered_is_what_was_computed(cases: list[Case]) -> None:
    for case in filter(allowed, cases[:300]):
        plan = case.rollout.plan
        config = plan.render([case.variant], [])
        policy: Any = config.blue_green_update_policy or config.rolling_update_policy
        assert policy.maximum_execution_timeout_in_seconds == plan.timeout([case.variant])
