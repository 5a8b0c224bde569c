"""What a state hands on is at most 256 KiB, and so is what a task gets from the service that it calls.

See: https://docs.aws.amazon.com/step-functions/latest/dg/service-quotas.html
"""

import json
from collections.abc import Callable
from typing import Any

from tests.local_aws.server.stepfunctions import engine
from tests.local_aws.server.stepfunctions.engine import Document

_MOST_BYTES = 262_144


def install() -> None:
    """Put the limit into ministack."""
    _limit_results(engine.known["_invoke_resource"])
    _limit_outputs(engine.known["_add_event"])


def _limit_results(perform: Callable[[str, Document], Any]) -> None:
    """Look at what a service answers, before anything of it is selected."""

    def limited(resource: str, parameters: Document) -> Any:
        result = perform(resource, parameters)
        _check(json.dumps(result, default=str), f"The task {resource} returned a result")
        return result

    engine.known["_invoke_resource"] = limited


def _limit_outputs(add: Callable[..., Any]) -> None:
    def limited(execution: Document, kind: str, details: Document | None = None) -> Any:
        left = (details or {}).get("stateExitedEventDetails")
        if left is not None:
            _check(left["output"], f"The state '{left['name']}' returned an output")
        return add(execution, kind, details)

    engine.known["_add_event"] = limited


def _check(text: str, what: str) -> None:
    size = len(text.encode())
    if size > _MOST_BYTES:
        raise engine.Failure(
            "States.DataLimitExceeded",
            f"{what} with a size exceeding the maximum number of bytes service limit: {size} bytes, {_MOST_BYTES} allowed.",
        )
