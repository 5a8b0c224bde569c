"""The guard's side of CloudFormation's protocol."""

from ..custom_resource import Request
from .log import LOG
from .surroundings import Surroundings

__all__ = ["Request", "answer"]


def answer(request: Request, surroundings: Surroundings, failure: str | None = None) -> None:
    """Tell CloudFormation that the resource is done, or why it failed.

    Args:
        request: What was asked.
        surroundings: The world.
        failure: Why it failed.
    """
    request.answer(failure, log=LOG, sleep=surroundings.sleep)
