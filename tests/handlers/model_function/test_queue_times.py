"""Batches of messages on a clock of the tests' own: what takes how long, and what there is time for."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest

from cdk_model_hosting.handlers.model_function import batches
from cdk_model_hosting.handlers.model_function.account import Account
from cdk_model_hosting.handlers.model_function.predictor import Predictor
from tests.handlers.model_function import events

MESSAGES = 100
SECONDS_EACH = 0.08


@dataclass
class Clock:
    """A clock that only predictions move."""

    now: float = 0.0


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    made = Clock()
    monkeypatch.setattr(batches, "perf_counter", lambda: made.now)
    return made


def each(requests: list[int]) -> float:
    return SECONDS_EACH * len(requests)


def answered(clock: Clock, bad: int, took: Callable[[list[int]], float], seconds: float) -> list[str]:
    """The messages that come again of a hundred that are predicted together, one of which spoils it for the others."""

    def predict(_: Any, requests: list[int]) -> list[int]:
        clock.now += took(requests)
        if bad in requests:
            raise RuntimeError("no")
        return requests

    answer = batches.answer_batch(
        events.queue(*map(str, range(1, MESSAGES + 1))),
        Predictor(predict, None, batch_size=MESSAGES),
        Account(request_id="request-1", source="aws:sqs", is_cold=False),
        remaining=lambda: seconds - clock.now,
    )
    return [found["itemIdentifier"] for found in answer["batchItemFailures"]]


@pytest.mark.parametrize("bad", [1, 8, 50, 51, 100])
def test_a_shorter_list_is_begun_when_there_is_less_time_than_a_longer_one_took(clock: Clock, bad: int) -> None:
    """All calls take three times as long as the first one."""
    assert answered(clock, bad, each, seconds=28) == [f"m{bad}"]


def test_what_there_was_time_for_is_done(clock: Clock) -> None:
    again = answered(clock, 8, each, seconds=20)

    assert "m8" in again
    assert len(again) < MESSAGES


@pytest.mark.parametrize("seconds", [4, 5.5, 6, 9, 13, 17, 21, 25, 30])
@pytest.mark.parametrize("bad", [1, 8, 51, 100])
@pytest.mark.parametrize("fails_at_once", [False, True])
def test_the_time_never_runs_out(clock: Clock, bad: int, seconds: float, fails_at_once: bool) -> None:
    """A list that failed at once tells nothing of how long another takes, and Lambda would bring all messages again."""

    def took(requests: list[int]) -> float:
        return 0.0 if fails_at_once and bad in requests else each(requests)

    answered(clock, bad, took, seconds)

    # Of the first one nobody knows how long it takes.
    first = 0.0 if fails_at_once else SECONDS_EACH * MESSAGES
    assert clock.now <= max(seconds, first)


def test_the_longest_list_of_a_length_tells_how_long_another_may_take(clock: Clock) -> None:
    took = {1: 10, 3: 1, 5: 1}

    def predict(_: Any, requests: list[int]) -> list[int]:
        clock.now += took[requests[0]]
        return requests

    answer = batches.answer_batch(
        events.queue(*map(str, range(1, 7))),
        Predictor(predict, None, batch_size=2),
        Account(request_id="request-1", source="aws:sqs", is_cold=False),
        remaining=lambda: 21.5 - clock.now,
    )

    assert [found["itemIdentifier"] for found in answer["batchItemFailures"]] == ["m5", "m6"]
