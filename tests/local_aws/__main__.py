"""A local AWS to play with: ``python -m tests.local_aws start``, then ``eval "$(python -m tests.local_aws env)"``."""

import argparse
import os
import shlex
import subprocess
import sys
from pathlib import Path

from tests.local_aws import environment, paths
from tests.local_aws.lifecycle import LocalAws, LocalAwsError

LIFETIME_HOURS = 12.0


def main(arguments: list[str] | None = None) -> int:
    """Run one command and return the exit status."""
    options = _parser().parse_args(arguments)
    scratch: Path = options.scratch.resolve()
    try:
        if options.command == "start":
            return _start(scratch, options.port, options.hours)
        if options.command == "run":
            return _run(scratch, options.words)
        return {"status": _status, "stop": _stop, "env": _env}[options.command](_running(scratch))
    except LocalAwsError as error:
        sys.stderr.write(f"{error}\n")
        return 1


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m tests.local_aws", description=__doc__)
    parser.add_argument("--scratch", type=Path, default=paths.DEFAULT_SCRATCH, help="its folder (%(default)s)")
    commands = parser.add_subparsers(dest="command", required=True)
    start = commands.add_parser("start", help="start one that goes on when this command ends")
    start.add_argument("--port", type=int, help="a free one when omitted")
    start.add_argument("--hours", type=float, default=LIFETIME_HOURS, help="when it stops by itself (%(default)s)")
    commands.add_parser("stop", help="stop it")
    commands.add_parser("status", help="tell where it is")
    commands.add_parser("env", help="print what to `eval` in a shell")
    run = commands.add_parser("run", help="run a command against it, or against a new one for just that command")
    run.add_argument("words", nargs="+", metavar="command", help="after `--`, such as `-- cdk deploy --all`")
    return parser


def _running(scratch: Path) -> LocalAws:
    local = LocalAws.running(scratch)
    if local is None:
        raise LocalAwsError(f"no local AWS runs in {scratch}: `python -m tests.local_aws start` starts one")
    return local


def _start(scratch: Path, port: int | None, hours: float) -> int:
    local = LocalAws.running(scratch)
    if local is None:
        local = LocalAws.start(scratch, port, lifetime=hours * 3600, detached=True)
        local.remember()
    return _status(local)


def _status(local: LocalAws) -> int:
    sys.stdout.write(f"{local.endpoint} (process {local.pid}, log {local.log})\n")
    return 0


def _stop(local: LocalAws) -> int:
    local.stop()
    return 0


def _env(local: LocalAws) -> int:
    lines = [f"unset {name}" for name in environment.leaks(os.environ)]
    lines += [f"export {name}={shlex.quote(value)}" for name, value in local.variables().items()]
    sys.stdout.write("\n".join(lines) + "\n")
    return 0


def _run(scratch: Path, words: list[str]) -> int:
    running = LocalAws.running(scratch)
    local = running if running is not None else LocalAws.start(scratch)
    try:
        return subprocess.run(words, env=local.environment(), check=False).returncode
    finally:
        if running is None:
            local.stop()


if __name__ == "__main__":
    sys.exit(main())
