"""Answering the messages of a batch from SQS."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from time import perf_counter
from typing import Any

from . import queue_events
from .account import Account
from .contract import BATCH_MARGIN_SECONDS
from .failures import EndpointBusy
from .predictor import Predictor
from .queue_events import Message


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

    Raises:
        RequestRefused: When the records only look like messages of SQS's.
    """
    account.deferred = 0
    messages = queue_events.read(event)
    account.requests = len(messages)
    batch = _Batch(predictor, account, remaining)
    # The next one is the last.
    waiting = [_List(chunk) for chunk in reversed(_chunks(messages, predictor.together))]
    while waiting:
        waiting += reversed(batch.predict(waiting.pop()))
    return queue_events.response(batch.again)


@dataclass(frozen=True, slots=True)
class _List:
    """Messages that are predicted together.

    Args:
        messages: The messages, in their order.
        spoilt: Why a longer list of which they are a part has failed; None when they were in none.
    """

    messages: Sequence[Message]
    spoilt: Exception | None = None


class _Batch:
    """A batch, as far as it is done.

    Args:
        predictor: The user's function.
        account: What to tell of it.
        remaining: Seconds until Lambda ends the invocation.

    Attributes:
        again: IDs of the messages that are to come again.
    """

    def __init__(self, predictor: Predictor, account: Account, remaining: Callable[[], float]) -> None:
        self.again: list[str] = []
        self._groups: set[str] = set()
        self._predictor = predictor
        self._account = account
        self._remaining = remaining
        # Seconds, by how many requests were predicted together.
        self._longest: dict[int, float] = {}

    def predict(self, chunk: _List) -> list[_List]:
        """Predict from a list, if there is time for it.

        Args:
            chunk: The list.

        Returns:
            Its halves, which are to be predicted next, when one of them may have spoilt it for the others; else nothing.
        """
        asked = self._asked(chunk.messages)
        if not asked:
            return []
        if self._remaining() < self._expected(len(asked)) + BATCH_MARGIN_SECONDS:
            if chunk.spoilt is not None:
                self._account.spoilt(chunk.spoilt, requests=len(asked))
            self._defer(asked)
            return []
        began = perf_counter()
        outcomes = self._predictor.predict([each.request for each in asked], self._account)
        self._longest[len(asked)] = max(self._longest.get(len(asked), 0.0), perf_counter() - began)
        error = outcomes[0].error
        # None of them is at fault where the endpoint is busy, and asking for fewer would make it busier.
        if error is not None and len(asked) > 1 and not isinstance(error, EndpointBusy):
            half = len(asked) // 2
            return [_List(asked[:half], error), _List(asked[half:], error)]
        for message, outcome in zip(asked, outcomes, strict=True):
            if outcome.error is not None:
                self._fail(message, outcome.error)
        return []

    def _expected(self, length: int) -> float:
        """How long a list may take: no longer than the next longer one did, or one that was shorter still."""
        bound = min((each for each in self._longest if each >= length), default=length)
        return max((seconds for each, seconds in self._longest.items() if each <= bound), default=0.0)

    def _asked(self, messages: Sequence[Message]) -> list[Message]:
        """Those from which to predict. What is behind one that comes again must come again too, in order to stay behind it."""
        asked = []
        for message in messages:
            if message.group in self._groups:
                self._defer([message])
            elif message.refused is not None:
                self._fail(message, message.refused)
            else:
                asked.append(message)
        return asked

    def _fail(self, message: Message, error: Exception) -> None:
        self._account.count(error, message_id=message.id)
        self._comes_again(message)

    def _defer(self, messages: Sequence[Message]) -> None:
        self._account.defer(len(messages))
        for message in messages:
            self._comes_again(message)

    def _comes_again(self, message: Message) -> None:
        self.again.append(message.id)
        if message.group is not None:
            self._groups.add(message.group)


def _chunks(messages: Sequence[Message], size: int) -> list[Sequence[Message]]:
    return [messages[start : start + size] for start in range(0, len(messages), size)]
