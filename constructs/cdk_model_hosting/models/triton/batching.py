"""How Triton gathers single requests into batches."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from cdk_model_hosting.arguments import require
from cdk_model_hosting.errors import ConfigurationError
from cdk_model_hosting.limits import TRITON_BATCH, TRITON_QUEUE_DELAY_US, TRITON_QUEUE_SIZE, TRITON_QUEUE_TIMEOUT_US
from cdk_model_hosting.models.triton import literals

if TYPE_CHECKING:
    from collections.abc import Sequence


@dataclass(frozen=True, slots=True, kw_only=True)
class DynamicBatching:
    """Requests that wait are answered together: more of them a second, each a little later.

    Args:
        preferred_sizes: Batch sizes that are sent off at once, for models that are much faster at some sizes; the model's
            largest batch when omitted. Leave it out unless a measurement says otherwise.
        max_queue_delay_us: Microseconds, at least 0, that a request waits for others when the batch is not full. When
            omitted a batch holds what has already arrived.
        preserve_ordering: Whether answers leave in the order in which the requests came.
        max_queue_size: Requests that may wait; any number when omitted. A request beyond it is refused at once, which is
            better than an answer that nobody waits for any more.
        queue_timeout_us: Microseconds after which a waiting request is refused; none when omitted.

    Raises:
        ConfigurationError: When a number is outside its range.

    See: https://docs.nvidia.com/deeplearning/triton-inference-server/user-guide/docs/user_guide/batcher.html
    """

    preferred_sizes: Sequence[int] = ()
    max_queue_delay_us: int | None = None
    preserve_ordering: bool = False
    max_queue_size: int | None = None
    queue_timeout_us: int | None = None

    def __post_init__(self) -> None:
        literals.numbers("DynamicBatching preferred_sizes", self.preferred_sizes)
        object.__setattr__(self, "preferred_sizes", tuple(self.preferred_sizes))
        for size in self.preferred_sizes:
            TRITON_BATCH.check("DynamicBatching preferred_sizes", size, why="a batch holds at least one request")
        literals.number("DynamicBatching max_queue_delay_us", self.max_queue_delay_us, TRITON_QUEUE_DELAY_US)
        require("DynamicBatching preserve_ordering", self.preserve_ordering, bool)
        literals.number("DynamicBatching max_queue_size", self.max_queue_size, TRITON_QUEUE_SIZE)
        literals.number("DynamicBatching queue_timeout_us", self.queue_timeout_us, TRITON_QUEUE_TIMEOUT_US)

    def check_batch(self, what: str, largest: int) -> None:
        """Refuse preferred sizes that the model cannot take.

        Args:
            what: The model, as the user typed it.
            largest: The model's largest batch.

        Raises:
            ConfigurationError: When a preferred size is greater.
        """
        over = [size for size in self.preferred_sizes if size > largest]
        if over:
            raise ConfigurationError(
                f"{what} batching preferred_sizes must be at most max_batch_size {largest}, got {over[0]}: no batch becomes "
                "that large"
            )
