"""Answering the messages of a batch from SQS."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from time import perf_counter
from typing import Any

from . import queue_events
from .account import Account
from .predictor import Predictor
from .queue_events import Message

# What must be left of the invocation, beyond the time of the longest call so far, for another one.
_MARGIN_SECONDS = 1.0


def answer_batch(
    event: Mapping[str, Any], predictor: Predictor, account: Account, *, remaining: Callable[[], float]
) -> dict[str, Any]:
    """Predict from messages, and say which of them are to come again.

    Those are the ones that were refused or failed, for which the queue should have a dead-letter queue; all for which there is no
    time any more, because Lambda would bring the whole batch again when the time ends; and in a FIFO queue those that come after
    one of them in the same group.

    Args:
        event: SQS's.
        predictor: The user's function.
        account: What to tell of it.
        remaining: Seconds until Lambda ends the invocation.
    """
    messages = queue_events.read(event)
    account.requests = len(messages)
    again = _Again()
    longest = 0.0
    for chunk in _chunks(messages, predictor.together):
        if remaining() < longest + _MARGIN_SECONDS:
            account.deferred += len(chunk)
            again.extend(chunk)
            continue
        began = perf_counter()
        _predict(chunk, predictor, account, again)
        longest = max(longest, perf_counter() - began)
    return queue_events.response(again.ids)


class _Again:
    """The messages that are to come again."""

    def __init__(self) -> None:
        self.ids: list[str] = []
        self._groups: set[str] = set()

    def add(self, message: Message) -> None:
        self.ids.append(message.id)
        if message.group is not None:
            self._groups.add(message.group)

    def extend(self, messages: Sequence[Message]) -> None:
        for message in messages:
            self.add(message)

    def is_behind(self, message: Message) -> bool:
        """Whether one before it in its group comes again, so that it must too, in order to stay behind it."""
        return message.group in self._groups


def _predict(chunk: Sequence[Message], predictor: Predictor, account: Account, again: _Again) -> None:
    asked = [each for each in chunk if each.refused is None and not again.is_behind(each)]
    outcomes = predictor.predict([each.request for each in asked], account) if asked else []
    errors = {each.id: outcome.error for each, outcome in zip(asked, outcomes, strict=True)}
    for message in chunk:
        if again.is_behind(message):
            account.deferred += 1
            again.add(message)
            continue
        error = message.refused if message.refused is not None else errors[message.id]
        if error is not None:
            account.count(error, message_id=message.id)
            again.add(message)


def _chunks(messages: Sequence[Message], size: int) -> Iterator[Sequence[Message]]:
    for start in range(0, len(messages), size):
        yield messages[start : start + size]
