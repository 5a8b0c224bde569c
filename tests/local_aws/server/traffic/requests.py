"""What function URLs and HTTP APIs have in common: their events have cookies, and a failure tells nothing of the function."""

import contextvars
from collections.abc import Callable
from typing import Any

from ministack.services import lambda_svc

Document = dict[str, Any]
Answer = tuple[int, dict[str, Any], bytes]

JSON = {"Content-Type": "application/json"}
LONGEST_BODY = 6 * 1024 * 1024
"""What Lambda takes in one event."""

failure: contextvars.ContextVar[Document | None] = contextvars.ContextVar("failure", default=None)
"""What is answered for a function that failed, while a front waits for one."""


def install() -> None:
    """Let a front's failure stand for the function's own words."""
    lambda_svc.lambda_execute_result_to_api_proxy_response = _failing(
        lambda_svc.lambda_execute_result_to_api_proxy_response
    )


def cookies_of(headers: Document) -> list[str]:
    """Return the cookies of a request."""
    header = next((str(value) for name, value in headers.items() if name.lower() == "cookie"), "")
    return [cookie.strip() for cookie in header.split(";") if cookie.strip()]


def without_cookies(headers: Document) -> Document:
    """Return the headers without the one that has the cookies: an event has them elsewhere."""
    return {name: value for name, value in headers.items() if name.lower() != "cookie"}


def _failing(shape: Callable[..., Any]) -> Callable[..., Any]:
    def shaped(result: Document) -> Any:
        answer = failure.get()
        if answer is None or not result.get("error") or result.get("throttle"):
            return shape(result)
        return dict(answer), None

    return shaped
