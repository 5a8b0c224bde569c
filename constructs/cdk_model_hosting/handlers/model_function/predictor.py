"""The user's function, and what comes of calling it."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from time import perf_counter
from typing import Any

from .account import Account
from .failures import RequestRefused

_UNPROCESSABLE = 422


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of a request.

    Args:
        answer: What the user's function has returned.
        error: What was raised instead.
    """

    answer: Any = None
    error: Exception | None = None


class Predictor:
    """The user's function with its model.

    Args:
        function: The user's function.
        model: Its model.
        batch_size: How many requests it takes at once; None when it takes a single one.
    """

    def __init__(self, function: Callable[[Any, Any], Any], model: Any, *, batch_size: int | None) -> None:
        self._function = function
        self._model = model
        self._takes_lists = batch_size is not None
        self.together = 1 if batch_size is None else batch_size

    def predict(self, requests: Sequence[Any], account: Account) -> list[Outcome]:
        """Call the function, once.

        Args:
            requests: At most as many as it takes at once.
            account: Where to count the time.

        Returns:
            What came of each: an answer of its own, or an error that is the same for all.
        """
        began = perf_counter()
        try:
            return [Outcome(answer) for answer in self._answers(requests)]
        except Exception as error:  # noqa: BLE001 - whatever it is, it is the outcome
            return [Outcome(error=_classified(error))] * len(requests)
        finally:
            account.spent(perf_counter() - began)

    def _answers(self, requests: Sequence[Any]) -> list[Any]:
        if not self._takes_lists:
            return [self._function(self._model, request) for request in requests]
        answers = self._function(self._model, list(requests))
        # A text or an object of one request would pass for a list of one answer.
        if isinstance(answers, str | bytes | Mapping) or not isinstance(answers, Iterable):
            raise TypeError(
                f"predict must return a list with an answer for each of {len(requests)} requests, got a {type(answers).__name__}"
            )
        told = list(answers)
        if len(told) != len(requests):
            raise TypeError(f"predict must return an answer for each of {len(requests)} requests, got {len(told)}")
        return told


def _classified(error: Exception) -> Exception:
    """A ValueError is how the user's function refuses a request."""
    if not isinstance(error, ValueError):
        return error
    return RequestRefused(_UNPROCESSABLE, str(error) or "the model refused the request", place=_place(error))


def _place(error: Exception) -> str | None:
    """The line that has raised an error: a ValueError that was meant as a refusal looks like one that was a mistake."""
    place, trace = None, error.__traceback__
    while trace is not None:
        place, trace = f"{trace.tb_frame.f_code.co_filename}:{trace.tb_lineno}", trace.tb_next
    return place
