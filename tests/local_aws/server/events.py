"""EventBridge delivers at least once: for tests, the events of S3 can be made to come more often than that."""

from typing import Any

from ministack.services import eventbridge


class _Deliveries:
    """How often an event of S3 is delivered, which may be changed while the server runs."""

    times = 1


def install() -> None:
    """Put the deliveries into ministack's EventBridge."""
    deliver = eventbridge._dispatch_event

    def repeatedly(event: dict[str, Any], *view: Any) -> None:
        # A repetition is the same event: its ID and its sequencer are those of the first delivery.
        for _ in range(_Deliveries.times if event.get("Source") == "aws.s3" else 1):
            deliver(event, *view)

    eventbridge._dispatch_event = repeatedly


def deliveries() -> int:
    """Return how often an event of S3 is delivered."""
    return _Deliveries.times


def set_deliveries(times: int) -> None:
    """Deliver every event of S3 so often from now on.

    Raises:
        ValueError: That is not at least once.
    """
    if times < 1:
        raise ValueError(f"an event must be delivered at least once, got {times}")
    _Deliveries.times = times
