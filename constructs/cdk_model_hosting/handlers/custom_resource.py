"""The protocol of CloudFormation's custom resources: an event comes in, an answer is put to a presigned address."""

import json
import urllib.request
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Self

from .log import Log

_ANSWER_BYTES = 4096
_ATTEMPTS = 4
_TIMEOUT_SECONDS = 20


@dataclass(frozen=True, kw_only=True)
class Request:
    """What CloudFormation asks for.

    Args:
        kind: ``Create``, ``Update`` or ``Delete``.
        resource_type: ``Custom::`` and the name of one of the function's resources.
        stack_id: ARN of the stack.
        logical_id: The resource's name in the template.
        physical_id: What identifies it. It never changes, so that CloudFormation never replaces the resource.
        properties: What the template says now; in a rollback, what it said before.
        old_properties: What it said before an update; in a rollback, what was rolled back.
        event: The whole event.
    """

    kind: str
    resource_type: str
    stack_id: str
    logical_id: str
    physical_id: str
    properties: Mapping[str, Any]
    old_properties: Mapping[str, Any]
    event: Mapping[str, Any]

    @classmethod
    def of(cls, event: Mapping[str, Any]) -> Self:
        """Read an event.

        Args:
            event: As CloudFormation sent it.
        """
        suffix = event["ResourceType"].rpartition("::")[2]
        return cls(
            kind=event["RequestType"],
            resource_type=event["ResourceType"],
            stack_id=event["StackId"],
            logical_id=event["LogicalResourceId"],
            physical_id=event.get("PhysicalResourceId") or f"{event['LogicalResourceId']}-{suffix}",
            properties=event.get("ResourceProperties", {}),
            old_properties=event.get("OldResourceProperties", {}),
            event=event,
        )

    def answer(
        self,
        failure: str | None,
        *,
        log: Log,
        sleep: Callable[[float], None],
        data: Mapping[str, Any] | None = None,
    ) -> None:
        """Tell CloudFormation that the resource is done, or why it failed.

        Args:
            failure: Why it failed; None when it is done.
            log: Where to write.
            sleep: Waits so many seconds.
            data: The attributes of a resource that is done, for other resources to refer to.
        """
        document: dict[str, Any] = {
            "Status": "SUCCESS" if failure is None else "FAILED",
            "PhysicalResourceId": self.physical_id,
            "StackId": self.stack_id,
            "RequestId": self.event["RequestId"],
            "LogicalResourceId": self.logical_id,
        }
        if failure is not None:
            document["Reason"] = _cut(failure, _ANSWER_BYTES - len(_encoded({**document, "Reason": ""})))
        elif data is not None:
            document["Data"] = dict(data)
        log.happened("answering", status=document["Status"], reason=document.get("Reason"))
        _put(self.event["ResponseURL"], _encoded(document), log, sleep)


def _encoded(document: Mapping[str, Any]) -> bytes:
    return json.dumps(document, ensure_ascii=False).encode()


def _cut(text: str, size: int) -> str:
    """Cut a text so that it takes at most so many bytes inside of JSON."""
    while len(json.dumps(text, ensure_ascii=False).encode()) - 2 > size:
        text = text[: min(len(text) - 2, size)] + "…"
    return text


def _put(url: str, body: bytes, log: Log, sleep: Callable[[float], None]) -> None:
    for attempt in range(1, _ATTEMPTS + 1):
        # The address is signed for an empty content type.
        request = urllib.request.Request(url, body, {"Content-Type": ""}, method="PUT")  # noqa: S310 - CloudFormation's own
        try:
            with urllib.request.urlopen(request, timeout=_TIMEOUT_SECONDS):  # noqa: S310 - the same
                return
        except OSError as error:
            # The address is a secret: who has it can answer for the resource.
            log.failed("the answer did not arrive", error, attempt=attempt)
            if attempt == _ATTEMPTS:
                raise
            sleep(2.0**attempt)
