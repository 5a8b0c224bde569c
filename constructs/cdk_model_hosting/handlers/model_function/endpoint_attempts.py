"""Attempts at a call of AWS's, as many as there is time for."""

import random
from collections.abc import Callable
from functools import cache
from time import perf_counter, sleep
from typing import Any

from .account import Account
from .deadline import Deadline
from .endpoint_errors import ERRORS, explain
from .failures import EndpointFailed

_MOST = 3
_FIRST_PAUSE_SECONDS = 0.2
# What must be left after an attempt, to connect for it and to tell of it.
_MARGIN_SECONDS = 1.0
# A client has one time for all of its calls. These are the ones for when there is less than that.
_SHORTER = (30, 15, 8, 4, 2, 1)
_GATEWAY_TIMEOUT = 504


class Attempts:
    """Calls by clients that wait no longer than the invocation lasts.

    The SDK's own attempts do not ask how much time there is, and wait for a slow answer a second time.

    Args:
        make: Makes a client that waits some seconds for an answer.
        longest: How many seconds at most.
    """

    def __init__(self, make: Callable[[int], Any], *, longest: int) -> None:
        self._client = cache(make)
        self._longest = longest
        self._deadline = Deadline()
        self._account: Account | None = None

    def prepare(self) -> None:
        """Make the client that most calls take."""
        self._client(self._longest)

    def begin(self, account: Account, seconds: float) -> None:
        """Note that an invocation has begun.

        Args:
            account: What is to be told of it.
            seconds: What Lambda gives it.
        """
        self._account = account
        self._deadline.begin(seconds)

    def call(self, ask: Callable[[Any], Any]) -> Any:
        """Ask, and ask again where that is safe and there is time for it.

        Args:
            ask: Asks a client.

        Raises:
            EndpointFailed: When it has not answered.
            RequestRefused: When it has refused the request.
        """
        attempt = 1
        while True:
            seconds = self._seconds()
            began = perf_counter()
            try:
                return ask(self._client(seconds))
            except ERRORS as error:
                explained = explain(error, seconds=seconds)
                # Those who were turned away together must not come again together.
                pause = random.uniform(0.5, 1) * _FIRST_PAUSE_SECONDS * 2**attempt  # noqa: S311 - it guards nothing
                if not explained.again or attempt == _MOST or self._left() < pause + _SHORTER[-1]:
                    raise explained.failure from error
            finally:
                if self._account is not None:
                    self._account.asked(perf_counter() - began)
            sleep(pause)
            attempt += 1

    def _left(self) -> float:
        return self._deadline.left() - _MARGIN_SECONDS

    def _seconds(self) -> int:
        left = self._left()
        for seconds in (self._longest, *_SHORTER):
            if seconds <= min(left, self._longest):
                return seconds
        raise EndpointFailed(_GATEWAY_TIMEOUT, "the endpoint was not asked, because the function has no time left")
