"""What lies around one invocation: Lambda, the log."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from ..log import Log

# A version has as much time as Lambda gives any function, this one too.
_PATIENCE_SECONDS = 890


@dataclass(frozen=True, kw_only=True)
class Surroundings:
    """What the handler may use of the world; tests bring their own.

    Args:
        lambda_: Gives the client of Lambda.
        log: Where to write.
        sleep: Waits so many seconds.
    """

    lambda_: Callable[[], Any]
    log: Log
    sleep: Callable[[float], None] = time.sleep


@lru_cache
def client() -> Any:
    """The client of Lambda, made when it is first needed: an answer to a deleted resource needs none."""
    import boto3  # noqa: PLC0415 - the same
    from botocore.config import Config  # noqa: PLC0415 - the same

    # A second try would begin while the first goes on.
    return boto3.client("lambda", config=Config(read_timeout=_PATIENCE_SECONDS, retries={"total_max_attempts": 1}))
