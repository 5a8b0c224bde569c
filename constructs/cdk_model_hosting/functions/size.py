"""How large a function is, and how long it may take."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from cdk_model_hosting.durations import seconds
from cdk_model_hosting.limits import FUNCTION_MEMORY_MB, FUNCTION_SECONDS, FUNCTION_TMP_MB

if TYPE_CHECKING:
    import aws_cdk as cdk

_DEFAULT_SECONDS = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class FunctionSize:
    """How large a function is, and how long it may take.

    Args:
        memory_mb: Its memory, 128-10240; 1769 when omitted, with which it has one processor, and 512 for an `EndpointProxy`, which
            mostly waits.
        ephemeral_mb: Size of /tmp, 512-10240.
        timeout: Time for one event, 1 second to 15 minutes; 10 seconds when omitted.

    Raises:
        ConfigurationError: When Lambda does not give as much, or the time is not a whole number of seconds.

    See: https://docs.aws.amazon.com/lambda/latest/dg/configuration-memory.html
    """

    memory_mb: int | None = None
    ephemeral_mb: int = 512
    timeout: cdk.Duration | None = field(default=None, compare=False, repr=False)
    timeout_seconds: int = field(init=False)

    def __post_init__(self) -> None:
        given = seconds("FunctionSize timeout", self.timeout)
        object.__setattr__(self, "timeout_seconds", _DEFAULT_SECONDS if given is None else given)
        FUNCTION_MEMORY_MB.check("FunctionSize memory_mb", self.memory_mb)
        FUNCTION_TMP_MB.check("FunctionSize ephemeral_mb", self.ephemeral_mb)
        FUNCTION_SECONDS.check("FunctionSize timeout", self.timeout_seconds)

    def with_memory(self, memory_mb: int) -> FunctionSize:
        """The same, with this memory when it says nothing of its own.

        Args:
            memory_mb: The memory.
        """
        return self if self.memory_mb is not None else replace(self, memory_mb=memory_mb)
