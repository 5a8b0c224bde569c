"""Requests over HTTP, as API Gateway, function URLs and load balancers hand them over, and what they take as an answer."""

import binascii
import json
from base64 import b64decode
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from .contract import LARGEST_ANSWER_BYTES, LARGEST_BALANCED_BYTES
from .failures import AnswerTooLarge, RequestRefused
from .payloads import parsed

_BAD_REQUEST = 400
_UNSUPPORTED = 415
_JSON = "application/json"
_URL = ".lambda-url."
_NONE: Mapping[str, str] = MappingProxyType({})
_HEALTH_CHECKER = "ELB-HealthChecker/"


def source_of(event: Mapping[str, Any]) -> str | None:
    """Who hands the event over.

    Args:
        event: The event.

    Returns:
        A name for the log; None when it is no HTTP request.
    """
    context = event.get("requestContext")
    if not isinstance(context, Mapping):
        return None
    if "elb" in context:
        return "load_balancer"
    if event.get("version") == "2.0" and "http" in context:
        return "function_url" if _URL in str(context.get("domainName")) else "http_api"
    # An HTTP API with the older format of payloads sends and takes the same.
    return "rest_api" if "httpMethod" in event else None


def is_health_check(event: Mapping[str, Any]) -> bool:
    """Whether a load balancer only wants to know whether the function is there.

    Args:
        event: A request over HTTP.
    """
    return "elb" in event["requestContext"] and _header(event, "user-agent").startswith(_HEALTH_CHECKER)


def read(event: Mapping[str, Any]) -> Any:
    """Read the JSON of a request.

    Args:
        event: A request over HTTP.

    Raises:
        RequestRefused: When its body is none, or said to be something else.
    """
    kind = _header(event, "content-type").partition(";")[0].strip().lower()
    if kind not in ("", _JSON) and not kind.endswith("+json"):
        raise RequestRefused(_UNSUPPORTED, f"the Content-Type must be {_JSON}, got {kind!r}")
    encoding = _header(event, "content-encoding").strip().lower()
    if encoding not in ("", "identity"):
        raise RequestRefused(_UNSUPPORTED, f"the Content-Encoding must be identity, got {encoding!r}")
    body: str | bytes = event.get("body") or ""
    # Whoever invokes the function directly may send anything.
    if not isinstance(body, str):
        raise RequestRefused(_BAD_REQUEST, f"the body must be a text, as HTTP has it, got a {type(body).__name__}")
    if event.get("isBase64Encoded"):
        try:
            body = b64decode(body, validate=True)
        except (binascii.Error, ValueError) as error:
            raise RequestRefused(_BAD_REQUEST, f"the body must be base64: {error}") from error
    return parsed(body)


def response(event: Mapping[str, Any], status: int, body: str, further: Mapping[str, str] = _NONE) -> dict[str, Any]:
    """Make an answer in the shape that the event's source takes.

    Args:
        event: A request over HTTP.
        status: The HTTP status.
        body: JSON.
        further: Headers besides that of the content's type.
    """
    answer: dict[str, Any] = {"statusCode": status, "body": body, "isBase64Encoded": False}
    headers = {"content-type": _JSON, **further}
    if "elb" not in event["requestContext"]:
        return {**answer, "headers": headers}
    from http import HTTPStatus  # noqa: PLC0415 - needed for load balancers alone

    answer["statusDescription"] = f"{status} {HTTPStatus(status).phrase}"
    # A target group hands lists of values over, and takes nothing else, when it is told so.
    if "multiValueHeaders" in event:
        return {**answer, "multiValueHeaders": {name: [value] for name, value in headers.items()}}
    return {**answer, "headers": headers}


def check_size(event: Mapping[str, Any], status: int, body: str) -> None:
    """Find out whether an answer can reach its caller.

    Args:
        event: A request over HTTP.
        status: The HTTP status.
        body: JSON, of which all is ASCII.

    Raises:
        AnswerTooLarge: When it is more than what takes it there hands over.
    """
    # It goes there as a text in JSON.
    size = len(body) + body.count('"') + body.count("\\") + len(json.dumps(response(event, status, "")))
    if "elb" in event["requestContext"]:
        most, carrier = LARGEST_BALANCED_BYTES, "a load balancer"
    else:
        most, carrier = LARGEST_ANSWER_BYTES, "Lambda"
    if size > most:
        raise AnswerTooLarge.of(size, most, carrier)


def _header(event: Mapping[str, Any], name: str) -> str:
    """The value of a header, empty when there is none; names come in any case."""
    for given, value in _mapping(event.get("headers")).items():
        if str(given).lower() == name:
            return str(value)
    for given, values in _mapping(event.get("multiValueHeaders")).items():
        if str(given).lower() == name and isinstance(values, list) and values:
            return str(values[-1])
    return ""


def _mapping(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else _NONE
