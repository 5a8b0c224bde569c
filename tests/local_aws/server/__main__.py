"""The local AWS as a process: run by ``tests.local_aws.lifecycle`` inside ``.venv-local-aws``.

    python -m tests.local_aws.server --socket <fd> --lifeline <fd> --lifetime <seconds>

The listening socket is handed over by whoever starts the server, so that no other process can take the port in
between and only the loopback interface can ever be reached.
"""

import argparse
import asyncio
import contextlib
import logging
import os
import signal
import threading
import time
from collections.abc import Callable

from hypercorn.asyncio import serve
from hypercorn.config import Config

from tests.local_aws.server import (
    awslambda,
    cloudformation,
    cloudwatch,
    economy,
    ecr,
    eks,
    events,
    functions,
    gateway,
    layers,
    schedules,
    stepfunctions,
    traffic,
)
from tests.local_aws.server.sagemaker import http as sagemaker

logger = logging.getLogger("local_aws")

SECONDS_TO_STOP = 10.0


def main() -> None:
    """Serve until stopped by a signal, by the end of the lifeline or by the end of the lifetime."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--socket", type=int, required=True, help="the file descriptor of the bound socket")
    parser.add_argument("--lifeline", type=int, help="a file descriptor whose end means that the parent is gone")
    parser.add_argument("--lifetime", type=float, required=True, help="seconds after which the server stops")
    arguments = parser.parse_args()

    started = time.monotonic()
    economy.install()
    ecr.install()
    cloudwatch.install()
    functions.install()
    layers.install()
    awslambda.install()
    sagemaker.install()
    stepfunctions.install()
    schedules.install()
    events.install()
    traffic.install()
    eks.install()
    types = cloudformation.install()
    economy.spare_what_stays()
    logger.info("%d resource types after %.1f seconds", types, time.monotonic() - started)

    if arguments.lifeline is not None:
        _in_background(_stop_with_parent, arguments.lifeline)
    _in_background(_stop_after, arguments.lifetime)
    config = Config()
    config.bind = [f"fd://{arguments.socket}"]
    config.accesslog = None
    config.errorlog = "-"
    config.graceful_timeout = 1.0
    # Clients stay as long as their tests: a connection that ends when a request comes would fail that.
    config.keep_alive_timeout = arguments.lifetime
    try:
        asyncio.run(serve(gateway.application(types), config))
    finally:
        # Serving processes and Lambda workers live in this process group; none may outlive the server.
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(os.getpgrp(), signal.SIGTERM)


def _in_background(function: Callable[..., None], argument: float) -> None:
    threading.Thread(target=function, args=(argument,), daemon=True).start()


def _stop_with_parent(lifeline: int) -> None:
    """Wait for the end of the pipe that the parent holds open and never writes to."""
    with contextlib.suppress(OSError):
        while os.read(lifeline, 1):
            pass
    _stop("the process that started it is gone")


def _stop_after(seconds: float) -> None:
    time.sleep(seconds)
    _stop(f"its lifetime of {seconds:.0f} seconds is over")


def _stop(reason: str) -> None:
    """Stop in good order, and when that hangs, by force."""
    logger.warning("The local AWS stops: %s", reason)
    os.kill(os.getpid(), signal.SIGTERM)
    time.sleep(SECONDS_TO_STOP)
    os.killpg(os.getpgrp(), signal.SIGKILL)


if __name__ == "__main__":
    main()
