"""What lies around one invocation: S3, the time left, the log."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from ..log import Log

PARTS_AT_ONCE = 16
"""How many parts of an archive S3 copies at the same time."""


@dataclass(frozen=True, kw_only=True)
class Surroundings:
    """What the handler may use of the world; tests bring their own.

    Args:
        s3: Gives the client of S3.
        remaining: Seconds until Lambda ends this invocation.
        log: Where to write.
        sleep: Waits so many seconds.
    """

    s3: Callable[[], Any]
    remaining: Callable[[], float]
    log: Log
    sleep: Callable[[float], None] = time.sleep


@lru_cache
def client() -> Any:
    """The client of S3, made when it is first needed: an answer to a deleted resource needs none."""
    import boto3  # noqa: PLC0415 - the same
    from botocore.config import Config  # noqa: PLC0415 - the same

    return boto3.client(
        "s3",
        config=Config(retries={"mode": "standard", "total_max_attempts": 8}, max_pool_connections=PARTS_AT_ONCE),
    )
