"""The container's entry point: `python -m feature_server serve`, as SageMaker starts it."""

import os
import signal
import sys
from collections.abc import Sequence
from types import FrameType

import uvicorn

from .app import create_app

_USAGE = 2
# SageMaker kills 30 seconds after SIGTERM.
_GRACE_SECONDS = 25
# Longer than the caller's side keeps a connection, so that it is never this side that closes one in use.
_KEEP_ALIVE_SECONDS = 75


def main(arguments: Sequence[str]) -> int:
    """Serve until told to stop; the process's exit code."""
    if list(arguments) != ["serve"]:
        print(f"usage: python -m feature_server serve, got {' '.join(arguments) or 'no argument'}", file=sys.stderr)
        return _USAGE
    # uvicorn raises the signal again once it has shut down; without these the process would end as killed, not as finished.
    signal.signal(signal.SIGTERM, _leave)
    signal.signal(signal.SIGINT, _leave)
    uvicorn.run(
        create_app(),
        # A container's only address, and the port that SageMaker gives it beside others.
        host=os.environ.get("SAGEMAKER_BIND_TO_HOST", "0.0.0.0"),  # noqa: S104
        port=int(os.environ.get("SAGEMAKER_BIND_TO_PORT", "8080")),
        lifespan="off",
        log_config=None,
        access_log=False,
        server_header=False,
        timeout_keep_alive=_KEEP_ALIVE_SECONDS,
        timeout_graceful_shutdown=_GRACE_SECONDS,
    )
    return 0


def _leave(_signal: int, _frame: FrameType | None) -> None:
    sys.exit(0)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
