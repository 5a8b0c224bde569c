"""Counts what an app pays for: the calls from Python into the CDK's node process, and the calls back."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from unittest import mock

from jsii._kernel.providers import process as node
from jsii._kernel.types import Callback

if TYPE_CHECKING:
    from collections.abc import Iterator


@dataclass(slots=True)
class Crossings:
    """What crossed the bridge while it was watched.

    Args:
        requests: A line for each call from Python into node: what it did, and to what.
        callbacks: A line for each call from node into Python.
    """

    requests: list[str] = field(default_factory=list)
    callbacks: list[str] = field(default_factory=list)


@contextmanager
def counted() -> Iterator[Crossings]:
    """Count the crossings of the block.

    Every request passes through one method of the wrapper of the node process; there is no public place to look.
    """
    seen = Crossings()
    original = node._NodeProcess.send

    def send(self: Any, request: Any, response_type: Any) -> Any:
        seen.requests.append(_line(request))
        response: Any = original(self, request, response_type)
        if isinstance(response, Callback):
            seen.callbacks.append(str(response))
        return response

    with mock.patch.object(node._NodeProcess, "send", send):
        yield seen


def _line(request: Any) -> str:
    """Such as ``Get aws-cdk-lib.aws_iam.CfnRole attrArn``."""
    kind = type(request).__name__.removesuffix("Request")
    subject = getattr(request, "fqn", None) or getattr(getattr(request, "objref", None), "ref", "")
    member = getattr(request, "property", None) or getattr(request, "method", None) or ""
    return " ".join(part for part in (kind, str(subject).rsplit("@", 1)[0], member) if part)
