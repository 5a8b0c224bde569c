"""What can be wrong with a request, and with a model."""

from http import HTTPStatus


class RequestError(Exception):
    """A request that the caller must change.

    Args:
        status: The 4xx to answer with.
        reason: One sentence for the caller: what, rule, value.
    """

    def __init__(self, status: HTTPStatus, reason: str) -> None:
        super().__init__(reason)
        self.status = status
        self.reason = reason


def bad_request(reason: str) -> RequestError:
    """A body that does not say what the model needs."""
    return RequestError(HTTPStatus.BAD_REQUEST, reason)


class ModelLoadError(Exception):
    """A model folder that cannot be served."""
