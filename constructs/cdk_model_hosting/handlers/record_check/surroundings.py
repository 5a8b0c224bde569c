"""What lies around one invocation: S3, the time left, the log."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from ..log import Log

OBJECTS_AT_ONCE = 8
"""How many objects are read at the same time."""


@dataclass(frozen=True, kw_only=True)
class Surroundings:
    """What the handler may use of the world; tests bring their own.

    Args:
        s3: Gives the client of S3.
        remaining: Seconds until Lambda ends this invocation.
        log: Where to write.
    """

    s3: Callable[[], Any]
    remaining: Callable[[], float]
    log: Log


@lru_cache
def client() -> Any:
    """The client of S3, made when it is first needed."""
    import boto3  # noqa: PLC0415 - importing the handler must not load the SDK
    from botocore.config import Config  # noqa: PLC0415 - the same

    return boto3.client(
        "s3",
        config=Config(
            retries={"mode": "standard", "total_max_attempts": 8},
            max_pool_connections=OBJECTS_AT_ONCE + 1,
            # A read that hangs must not outlast what is left of the invocation when the check gives up.
            read_timeout=10,
            # Whoever counts lines need not compute the checksum of every byte too.
            response_checksum_validation="when_required",
        ),
    )
