"""What lies around one invocation: the services, the clock, the time left, and the function itself."""

import json
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from .log import log

MARGIN_SECONDS = 60.0
"""How much of an invocation's time is kept for handing over to the next."""

Clients = Callable[[str], Any]


@dataclass(frozen=True, kw_only=True)
class Surroundings:
    """What a handler may use of the world; tests bring their own.

    Args:
        function: ARN of the function that runs.
        clients: Gives the client of a service.
        remaining: Seconds until Lambda ends this invocation.
        now: Seconds since 1970.
        sleep: Waits so many seconds.
    """

    function: str
    clients: Clients
    remaining: Callable[[], float]
    now: Callable[[], float] = time.time
    sleep: Callable[[float], None] = time.sleep

    def has_time(self) -> bool:
        """Whether there is time for another round of waiting."""
        return self.remaining() > MARGIN_SECONDS

    def invoke_again(self, payload: Mapping[str, Any]) -> None:
        """Invoke this function once more, beside this invocation.

        Args:
            payload: The event it gets.
        """
        log("invoking this function again", keys=sorted(payload))
        self.clients("lambda").invoke(
            FunctionName=self.function, InvocationType="Event", Payload=json.dumps(payload).encode()
        )


@lru_cache
def client(service: str) -> Any:
    """The client of a service, made when it is first needed: a rollout check needs none of the scaling ones.

    botocore alone is used, which is what boto3 stands on: it starts faster.

    Args:
        service: The service's name.
    """
    import botocore.session  # noqa: PLC0415 - a deleted stack's answers need no client at all
    from botocore.config import Config  # noqa: PLC0415 - the same

    return botocore.session.get_session().create_client(
        service, config=Config(retries={"mode": "standard", "total_max_attempts": 8})
    )
