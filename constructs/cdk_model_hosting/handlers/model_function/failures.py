"""What goes wrong."""

from typing import Self

_UNAVAILABLE = 503


class StartError(Exception):
    """The function cannot start, for the reason in the message."""


class RequestRefused(Exception):  # noqa: N818 - who invokes the function directly sees this name
    """A request is wrong, for the reason in the message.

    Args:
        status: The HTTP status that says so.
        reason: What is wrong with it, in words for the caller.
        place: Where in the user's code that was found out, for the log alone.
    """

    def __init__(self, status: int, reason: str, *, place: str | None = None) -> None:
        super().__init__(reason)
        self.status = status
        self.place = place


class PredictionFailed(Exception):  # noqa: N818 - the same
    """A request could not be answered, and the log has the reason."""


class AnswerTooLarge(PredictionFailed):
    """An answer is larger than what takes it to its caller, who is told so."""

    @classmethod
    def of(cls, size: int, most: int, carrier: str) -> Self:
        """Say by how much.

        Args:
            size: How many bytes it has, as it goes there.
            most: How many it may have.
            carrier: Who takes it there.
        """
        return cls(f"the answer must be at most {most} bytes, got {size}: {carrier} hands over no more")


class EndpointFailed(Exception):  # noqa: N818 - the same
    """The endpoint has not answered, for the reason in the message, which is for its caller.

    Args:
        status: The HTTP status that says so.
        reason: What happened, in words for the caller.
    """

    def __init__(self, status: int, reason: str) -> None:
        super().__init__(reason)
        self.status = status


class EndpointBusy(EndpointFailed):
    """The endpoint does not answer now, and may do so later.

    Args:
        reason: What happened, in words for the caller.
        retry_after: Seconds after which to ask again.
    """

    def __init__(self, reason: str, *, retry_after: int) -> None:
        super().__init__(_UNAVAILABLE, reason)
        self.retry_after = retry_after
