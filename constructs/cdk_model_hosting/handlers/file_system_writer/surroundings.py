"""What lies around one invocation: the file system, S3, the time left, the log."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from ..log import Log


@dataclass(frozen=True, kw_only=True)
class Surroundings:
    """What the handler may use of the world; tests bring their own.

    Args:
        root: Where the file system is mounted.
        s3: Gives the client of S3.
        remaining: Seconds until Lambda ends this invocation.
        log: Where to write.
        sleep: Waits so many seconds.
    """

    root: Path
    s3: Callable[[], Any]
    remaining: Callable[[], float]
    log: Log
    sleep: Callable[[float], None] = time.sleep


@lru_cache
def client() -> Any:
    """The client of S3, made when it is first needed: removing a model takes none."""
    import boto3  # noqa: PLC0415 - the same
    from botocore.config import Config  # noqa: PLC0415 - the same

    # A VPC without a way to S3 must be told of soon. Its gateway endpoint knows the region's own address, not the global one.
    return boto3.client(
        "s3",
        config=Config(
            connect_timeout=5,
            read_timeout=30,
            retries={"mode": "standard", "total_max_attempts": 4},
            s3={"us_east_1_regional_endpoint": "regional"},
        ),
    )
