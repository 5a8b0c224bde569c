"""Python functions run on an interpreter that has what Lambda's has: the standard library and the SDK.

Without this they would see the packages of the local AWS itself, which on AWS are not there, and not boto3, which is.
"""

import os
import shlex
import sys
from pathlib import Path

from ministack.core import lambda_runtime


def install() -> None:
    """Change what ministack starts for a Python function. To be called before the server takes requests."""
    interpreter = _interpreter(Path(os.environ["LOCAL_AWS_SCRATCH"]) / "bin" / "lambda-python")
    sdk = os.environ["LOCAL_AWS_LAMBDA_RUNTIME"]
    known = lambda_runtime._detect_runtime_binary

    def detect(runtime: str) -> tuple[str, str]:
        binary, script = known(runtime)
        if not runtime.startswith("python"):
            return binary, script
        # A function's own packages come before the SDK: they are put in front later.
        return str(interpreter), f"import sys\nsys.path.insert(0, {sdk!r})\n{script}"

    lambda_runtime._detect_runtime_binary = detect


def _interpreter(command: Path) -> Path:
    """Return a command that starts this Python without its site packages: ministack takes a path, not a command line."""
    command.parent.mkdir(parents=True, exist_ok=True)
    command.write_text(f'#!/bin/sh\nexec {shlex.quote(sys.executable)} -S "$@"\n')
    command.chmod(0o755)
    return command
