"""Batches of messages from SQS, and what tells it which of them are to come again."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from .failures import RequestRefused
from .payloads import parsed

_SQS = "aws:sqs"
_FIFO = ".fifo"


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


def is_queue(source: str) -> bool:
    """Whether records come from SQS.

    Args:
        source: The service's name.
    """
    return source == _SQS


def read(event: Mapping[str, Any]) -> list[Message]:
    """Read the messages of a batch.

    Args:
        event: SQS's.
    """
    return [_message(record) for record in event["Records"]]


def response(failed: Iterable[str]) -> dict[str, Any]:
    """Say which messages are to come again; the others are done.

    Args:
        failed: IDs of messages.
    """
    return {"batchItemFailures": [{"itemIdentifier": each} for each in failed]}


def _message(record: Mapping[str, Any]) -> Message:
    group = None
    if str(record.get("eventSourceARN")).endswith(_FIFO):
        group = str(record["attributes"]["MessageGroupId"])
    try:
        return Message(id=record["messageId"], group=group, request=parsed(record["body"]))
    except RequestRefused as error:
        return Message(id=record["messageId"], group=group, refused=error)
