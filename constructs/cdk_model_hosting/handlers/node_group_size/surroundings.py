"""What lies around one invocation: EKS, the log."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from ..log import Log


@dataclass(frozen=True, kw_only=True)
class Surroundings:
    """What the handler may use of the world; tests bring their own.

    Args:
        eks: Gives the client of EKS.
        log: Where to write.
        sleep: Waits so many seconds.
    """

    eks: Callable[[], Any]
    log: Log
    sleep: Callable[[float], None] = time.sleep


@lru_cache
def client() -> Any:
    """The client of EKS, made when it is first needed: a new group needs none."""
    import boto3  # noqa: PLC0415 - the same

    return boto3.client("eks")
