"""What can be wrong with a request."""

from http import HTTPStatus


class RequestError(Exception):
    """A request that the caller must change.

    Args:
        reason: One sentence for the caller: what, rule, value.
        status: The 4xx to answer with.
    """

    def __init__(self, reason: str, status: HTTPStatus = HTTPStatus.BAD_REQUEST) -> None:
        super().__init__(reason)
        self.status = status
        self.reason = reason
