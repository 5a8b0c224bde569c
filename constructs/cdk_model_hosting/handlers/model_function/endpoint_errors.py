"""What the errors of the SDK mean to who asked: whose fault they are, and whether to ask again.

It is asked again only where that is safe: where the service says that it is too busy, has an error of its own or still loads
the model, and where it cannot be reached or closes the connection, as it does with one that was kept for too long. A container
that answered with an error would do so again, and one that takes too long may still be at it.
"""

import json
from dataclasses import dataclass
from http import HTTPStatus

from botocore.exceptions import (
    ClientError,
    ConnectionClosedError,
    HTTPClientError,
    IncompleteReadError,
    ReadTimeoutError,
)
from botocore.exceptions import ConnectionError as UnreachedError

from .failures import EndpointBusy, EndpointFailed, RequestRefused

# Some of the service's limits are told by the status 400.
_THROTTLED = frozenset({"Throttling", "ThrottlingException", "ThrottledException", "RequestLimitExceeded", "SlowDown"})
_SOON_SECONDS = 1
# Copies of a component that come back from zero take some minutes.
_LATER_SECONDS = 60
_LONGEST_REASON = 1000
_REASONS = ("error", "message", "detail")


ERRORS = (ClientError, UnreachedError, HTTPClientError, IncompleteReadError)
"""What the SDK raises of a call that did not succeed; all else is a mistake in the call."""


@dataclass(frozen=True, slots=True)
class Explained:
    """What an error means.

    Args:
        failure: What the caller is told.
        again: Whether to ask again.
    """

    failure: Exception
    again: bool = False


def explain(error: Exception, *, seconds: float) -> Explained:
    """Say what an error of the SDK's means.

    Args:
        error: One of `ERRORS`.
        seconds: How long an answer was waited for.
    """
    if isinstance(error, ClientError):
        return _of_service(error)
    if isinstance(error, ReadTimeoutError):
        took = f"the endpoint must answer within {seconds:g} seconds, which it did not"
        return Explained(EndpointFailed(HTTPStatus.GATEWAY_TIMEOUT, took))
    if isinstance(error, UnreachedError | ConnectionClosedError):
        error.add_note("A function in a VPC needs an interface endpoint of SageMaker Runtime's, or NAT.")
        return Explained(EndpointBusy("the endpoint cannot be reached", retry_after=_SOON_SECONDS), again=True)
    return Explained(EndpointFailed(HTTPStatus.BAD_GATEWAY, "the answer of the endpoint broke off"))


def _of_service(error: ClientError) -> Explained:
    told = error.response.get("Error", {})
    code, message = str(told.get("Code", "")), str(told.get("Message", ""))
    if code == "ModelError":
        return Explained(_of_model(error))
    status = int(error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0))
    if code in _THROTTLED or status == HTTPStatus.TOO_MANY_REQUESTS or status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        return Explained(
            EndpointBusy("the endpoint is too busy, or not ready yet", retry_after=_SOON_SECONDS), again=True
        )
    if "no capacity" in message:
        return Explained(EndpointBusy("the endpoint has no copy of the model now", retry_after=_LATER_SECONDS))
    if "not found" in message:
        reason = "there is no such endpoint in service, or no such component of it"
    else:
        reason = f"the endpoint does not take such a request: {code}"
    return Explained(EndpointFailed(HTTPStatus.BAD_GATEWAY, reason))


def _of_model(error: ClientError) -> Exception:
    """What a container's error means; it is 0 where the container has not answered."""
    answered: dict[str, object] = {**error.response}
    status, body = int(str(answered.get("OriginalStatusCode", 0))), str(answered.get("OriginalMessage", ""))
    if status in {HTTPStatus.TOO_MANY_REQUESTS, HTTPStatus.SERVICE_UNAVAILABLE}:
        return EndpointBusy("the model is too busy", retry_after=_SOON_SECONDS)
    if status in {HTTPStatus.REQUEST_TIMEOUT, HTTPStatus.GATEWAY_TIMEOUT} or "timed out" in body:
        return EndpointFailed(HTTPStatus.GATEWAY_TIMEOUT, "the model takes longer than SageMaker waits for it")
    if HTTPStatus.BAD_REQUEST <= status < HTTPStatus.INTERNAL_SERVER_ERROR:
        return RequestRefused(HTTPStatus.UNPROCESSABLE_ENTITY, _reason(body) or "the model refused the request")
    # What broke inside it is for the log: callers need not know how it is made.
    return EndpointFailed(HTTPStatus.BAD_GATEWAY, f"the model failed with the status {status}")


def _reason(body: str) -> str:
    """The reason in a container's answer, which may be JSON with a field for it."""
    try:
        told = json.loads(body)
    except ValueError:
        told = None
    if isinstance(told, dict):
        body = next((told[name] for name in _REASONS if isinstance(told.get(name), str)), body)
    return body.strip()[:_LONGEST_REASON]
