"""Runs one container process, and ends it when told or when the server that started it is gone.

Run as a program of its own: ``python supervise.py GRACE -- command ...``. It reads its standard input, whose other end
only the server holds. The line ``stop`` ends the container as SageMaker does: SIGTERM, and SIGKILL when the grace is
over. End of file means that the server died, by whatever signal; then the grace is short.
"""

import contextlib
import os
import signal
import subprocess
import sys
import threading

_GRACE_OF_AN_ORPHAN = 3.0


def main(argv: list[str]) -> int:
    """Run the command until it ends or must end; return its exit code."""
    grace, command = float(argv[0]), argv[2:]
    # The terminal's Ctrl-C is the server's business, which then tells us to stop.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    container = subprocess.Popen(command, stdin=subprocess.DEVNULL, start_new_session=True)
    threading.Thread(target=_watch, args=(container, grace), daemon=True).start()
    code = container.wait()
    _signal(container, signal.SIGKILL)  # what the container left behind in its group
    return code if code >= 0 else 128 - code


def _watch(container: subprocess.Popen[bytes], grace: float) -> None:
    told = sys.stdin.readline().strip() == "stop"
    _signal(container, signal.SIGTERM)
    try:
        container.wait(timeout=grace if told else _GRACE_OF_AN_ORPHAN)
    except subprocess.TimeoutExpired:
        _signal(container, signal.SIGKILL)


def _signal(container: subprocess.Popen[bytes], number: signal.Signals) -> None:
    with contextlib.suppress(ProcessLookupError, PermissionError):  # the group may be gone already
        os.killpg(container.pid, number)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
