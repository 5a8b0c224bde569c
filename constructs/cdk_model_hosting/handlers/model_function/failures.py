"""What goes wrong."""


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
