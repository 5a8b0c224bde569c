"""How often a message comes before it is a dead letter, and what must fit for that."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import aws_cdk as cdk
import pytest

from cdk_model_hosting import Front
from cdk_model_hosting.functions.size import FunctionSize
from tests.unit.builders import refused
from tests.unit.functions.made import function, own, stack_of

if TYPE_CHECKING:
    from pathlib import Path


def tries_of(made: Any) -> int:
    (found,) = [each for name, each in own(made, "AWS::SQS::Queue").items() if "DeadLetters" not in name]
    most: int = found["Properties"]["RedrivePolicy"]["maxReceiveCount"]
    return most


@pytest.mark.parametrize(
    ("batch", "tries"), [(1, 5), (10, 5), (50, 5), (51, 6), (200, 20), (9_999, 1000), (10_000, 1000)]
)
def test_messages_of_a_large_batch_come_more_often(source: Path, model: Path, batch: int, tries: int) -> None:
    """There may be no time for all of them, and each time counts."""
    made = function(source, model, front=Front.queue(batch=batch, window=cdk.Duration.seconds(1)))

    assert tries_of(made) == tries


@pytest.mark.parametrize(("batch", "tries"), [(20, 5), (200, 20), (1_000, 30), (10_000, 30)])
def test_no_message_is_deleted_before_it_is_a_dead_letter(source: Path, model: Path, batch: int, tries: int) -> None:
    """In 95 minutes it comes again, and after four days it is gone."""
    size = FunctionSize(timeout=cdk.Duration.minutes(15))
    made = function(source, model, size=size, front=Front.queue(batch=batch, window=cdk.Duration.minutes(5)))

    assert tries_of(made) == tries


def test_fails_when_a_message_would_be_deleted_before_it_is_a_dead_letter(source: Path, model: Path) -> None:
    size = FunctionSize(timeout=cdk.Duration.minutes(15))
    with refused(
        "Front.queue tries must be at most 64, got 65: a message that failed is hidden for 5400 seconds, and SQS deletes it after "
        "four days, before it is a dead letter"
    ):
        function(source, model, size=size, front=Front.queue(tries=65))
    made = function(source, model, size=size, front=Front.queue(tries=64))
    assert tries_of(made) == 64


def test_fails_when_there_is_no_time_for_any_message(source: Path, model: Path) -> None:
    with refused(
        "FunctionSize timeout must be at least 2 seconds with Front.queue, got 1: no message is begun in the last second, so that "
        "all of them would become dead letters"
    ):
        function(source, model, front=Front.queue(), size=FunctionSize(timeout=cdk.Duration.seconds(1)))
    assert stack_of(function(source, model, front=Front.queue(), size=FunctionSize(timeout=cdk.Duration.seconds(2))))
