"""Batches of messages from SQS, and what tells it which of them are to come again."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from .failures import RequestRefused
from .payloads import parsed

_SQS = "aws:sqs"
_FIFO = ".fifo"
_BAD_REQUEST = 400


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """A message.

    Args:
        id: Its ID.
        group: The group in which messages have an order; None where they have none.
        request: Its body; None when that is no JSON.
        refused: What is wrong with the body.
    """

    id: str
    group: str | None
    request: Any = None
    refused: RequestRefused | None = None


def source_of(event: Mapping[str, Any]) -> str | None:
    """Which service's records the event has, such as ``aws:sqs``.

    Args:
        event: The event.

    Returns:
        The service's name; None when there are none.
    """
    records = event.get("Records")
    if not isinstance(records, list) or not records or not isinstance(records[0], Mapping):
        return None
    # SNS spells it otherwise.
    source = records[0].get("eventSource", records[0].get("EventSource"))
    return source if isinstance(source, str) and source.startswith("aws:") else None


def check_source(source: str) -> None:
    """Find out whether records come from SQS.

    Args:
        source: The service's name.

    Raises:
        RequestRefused: When they come from another service.
    """
    if source != _SQS:
        raise RequestRefused(_BAD_REQUEST, f"the records must be messages of SQS, got some of {source}")


def read(event: Mapping[str, Any]) -> list[Message]:
    """Read the messages of a batch.

    Args:
        event: SQS's.

    Raises:
        RequestRefused: When it only looks like SQS's, so that nobody could be told which messages are to come again.
    """
    try:
        return [_message(record) for record in event["Records"]]
    except (KeyError, TypeError) as error:
        raise RequestRefused(
            _BAD_REQUEST, f"the records must be messages of SQS, got one that is none: {error!r}"
        ) from error


def response(failed: Iterable[str]) -> dict[str, Any]:
    """Say which messages are to come again; the others are done.

    Args:
        failed: IDs of messages.
    """
    return {"batchItemFailures": [{"itemIdentifier": each} for each in failed]}


def _message(record: Mapping[str, Any]) -> Message:
    name, body, group = str(record["messageId"]), record["body"], None
    if str(record["eventSourceARN"]).endswith(_FIFO):
        group = str(record["attributes"]["MessageGroupId"])
    try:
        return Message(id=name, group=group, request=parsed(body if isinstance(body, str) else ""))
    except RequestRefused as error:
        return Message(id=name, group=group, refused=error)
