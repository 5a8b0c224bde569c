"""What lies around one invocation: Lambda, the time left, the log."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from ..log import Log

WRITER_SECONDS = 720
"""Time that the writer has: what is left of the fifteen minutes goes to mounting, and to trying again."""

PATIENCE_SECONDS = WRITER_SECONDS + 20
"""Time that the publisher waits for its answer."""


@dataclass(frozen=True, kw_only=True)
class Surroundings:
    """What the handler may use of the world; tests bring their own.

    Args:
        lambda_: Gives the client of Lambda.
        remaining: Seconds until Lambda ends this invocation.
        log: Where to write.
        sleep: Waits so many seconds.
    """

    lambda_: Callable[[], Any]
    remaining: Callable[[], float]
    log: Log
    sleep: Callable[[float], None] = time.sleep


@lru_cache
def client() -> Any:
    """The client of Lambda."""
    import boto3  # noqa: PLC0415 - loaded when it is used
    from botocore.config import Config  # noqa: PLC0415 - the same

    # A second try would begin while the first goes on; and nobody on the way may take a silent connection for a dead one.
    return boto3.client(
        "lambda",
        config=Config(read_timeout=PATIENCE_SECONDS, retries={"total_max_attempts": 1}, tcp_keepalive=True),
    )
