"""Answering a single request: over HTTP, or to whoever invoked the function."""

import json
from collections.abc import Callable, Mapping
from typing import Any

from . import http_events
from .account import Account
from .contract import LARGEST_ANSWER_BYTES
from .failures import AnswerTooLarge, EndpointBusy, EndpointFailed, PredictionFailed, RequestRefused
from .payloads import written
from .predictor import Predictor

OK = 200
_FAILED = 500


def answer_http(event: Mapping[str, Any], predictor: Predictor, account: Account) -> dict[str, Any]:
    """Answer a request over HTTP, whatever happens.

    Args:
        event: The request.
        predictor: The user's function.
        account: What to tell of it.
    """
    further: dict[str, str] = {}
    try:
        status, body = OK, answer(lambda: http_events.read(event), predictor, account)
        http_events.check_size(event, status, body)
    except RequestRefused as error:
        account.count(error)
        status, body = error.status, written({"error": str(error)})
    except AnswerTooLarge as error:
        account.count(error)
        status, body = _FAILED, written({"error": str(error), "id": account.request_id})
    except EndpointFailed as error:
        account.count(error)
        status, body = error.status, written({"error": str(error), "id": account.request_id})
        if isinstance(error, EndpointBusy):
            further["retry-after"] = str(error.retry_after)
    except Exception as error:  # noqa: BLE001 - the caller is told no more than that
        account.count(error)
        status, body = _FAILED, written({"error": "the prediction failed", "id": account.request_id})
    account.status = status
    return http_events.response(event, status, body, further)


def answer_caller(event: Any, predictor: Predictor, account: Account) -> Any:
    """Answer somebody who invoked the function directly.

    Args:
        event: The request.
        predictor: The user's function.
        account: What to tell of it.

    Raises:
        RequestRefused: When the user's function has refused the request.
        EndpointFailed: When it is in front of an endpoint that has not answered.
        AnswerTooLarge: When the answer is larger than what Lambda hands over.
        PredictionFailed: When something else was wrong.
    """
    try:
        return _read_again(answer(lambda: event, predictor, account))
    except RequestRefused as error:
        account.count(error)
        # Lambda hands the caller the traceback too: it begins here, and shows nothing of the user's.
        raise RequestRefused(error.status, str(error)) from None
    except EndpointBusy as error:
        account.count(error)
        raise EndpointBusy(str(error), retry_after=error.retry_after) from None
    except EndpointFailed as error:
        account.count(error)
        raise EndpointFailed(error.status, str(error)) from None
    except AnswerTooLarge as error:
        account.count(error)
        raise AnswerTooLarge(str(error)) from None
    except Exception as error:  # noqa: BLE001 - the same
        account.count(error)
        raise PredictionFailed(
            f"the prediction failed: the function's log has the reason under the request {account.request_id}"
        ) from None


def answer(read: Callable[[], Any], predictor: Predictor, account: Account) -> str:
    """Answer a request.

    Args:
        read: Gives the request.
        predictor: The user's function.
        account: Where to count the time.

    Returns:
        The answer as JSON.

    Raises:
        RequestRefused: When there is something wrong with the request.
        Exception: Whatever the user's function has raised.
    """
    (outcome,) = predictor.predict([read()], account)
    if outcome.error is not None:
        raise outcome.error
    return written(outcome.answer)


def _read_again(text: str) -> Any:
    """An answer for Lambda, which writes it once more, but could not write what is numpy's."""
    answered = json.loads(text)
    # Lambda's spaces after commas and colons add half as much at most.
    if len(text) * 3 > LARGEST_ANSWER_BYTES * 2:
        # Since Python 3.12 it writes UTF-8.
        size = len(json.dumps(answered, ensure_ascii=False).encode("utf-8", "surrogatepass"))
        if size > LARGEST_ANSWER_BYTES:
            raise AnswerTooLarge.of(size, LARGEST_ANSWER_BYTES, "Lambda")
    return answered
