"""A model that an endpoint of SageMaker's has: nothing is loaded, and the function asks it."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from .contract import LONGEST_READ_SECONDS
from .failures import StartError

if TYPE_CHECKING:
    from .endpoint import Endpoint


@dataclass(frozen=True, slots=True, kw_only=True)
class EndpointModel:
    """An endpoint.

    Args:
        name: Its name.
        component: The inference component that is asked; None where the endpoint has none.
        region: Its region; the function's own when None.
        read_seconds: How long to wait for an answer, at most.
        uploads: Where requests of an asynchronous endpoint are uploaded, as ``s3://bucket/prefix/``; None for nowhere.
    """

    name: str
    component: str | None = None
    region: str | None = None
    read_seconds: int = LONGEST_READ_SECONDS
    uploads: str | None = None

    def __str__(self) -> str:
        return self.name if self.component is None else f"{self.name}/{self.component}"

    def connect(self) -> "Endpoint":
        """Make what asks it. The endpoint itself is not asked for that.

        Raises:
            StartError: When there is no SDK.
        """
        try:
            from .endpoint import Endpoint  # noqa: PLC0415 - the SDK takes as long as onnxruntime
        except ImportError as error:
            raise StartError(
                f"boto3 must be installed for a function in front of an endpoint, got none: {error}: Lambda's Python has it, an "
                "image made from another one must bring it"
            ) from error
        return Endpoint(self)
