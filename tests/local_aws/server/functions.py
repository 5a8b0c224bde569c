"""Python functions run on an interpreter that has what Lambda's has: the standard library and the SDK.

Without this they would see the packages of the local AWS itself, which on AWS are not there, and not boto3, which is. An
exception has the name of its class, by which state machines catch it; ministack has one name for all.
"""

import os
import shlex
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from ministack.core import lambda_runtime
from ministack.services import lambda_svc

_NAMELESS = "Runtime.HandlerError"
_TRACE = '"trace": traceback.format_exc()'
_RAISED = "\nraised "
# The script is the text of a program: this line feed is written in it as two characters.
_TRACE_AND_NAME = f"{_TRACE} + {_RAISED!r} + type(e).__name__"


def install() -> None:
    """Change what ministack starts for a Python function. To be called before the server takes requests."""
    lambda_svc._execute_function_warm = _name_errors(lambda_svc._execute_function_warm)
    interpreter = _interpreter(Path(os.environ["LOCAL_AWS_SCRATCH"]) / "bin" / "lambda-python")
    sdk = os.environ["LOCAL_AWS_LAMBDA_RUNTIME"]
    known = lambda_runtime._detect_runtime_binary

    def detect(runtime: str) -> tuple[str, str]:
        binary, script = known(runtime)
        if not runtime.startswith("python"):
            return binary, script
        if _TRACE not in script:
            raise RuntimeError("ministack's program for Python functions tells of exceptions in another way")
        # A function's own packages come before the SDK: they are put in front later.
        return str(interpreter), f"import sys\nsys.path.insert(0, {sdk!r})\n{script.replace(_TRACE, _TRACE_AND_NAME)}"

    lambda_runtime._detect_runtime_binary = detect


def _interpreter(command: Path) -> Path:
    """Return a command that starts this Python without its site packages: ministack takes a path, not a command line."""
    command.parent.mkdir(parents=True, exist_ok=True)
    command.write_text(f'#!/bin/sh\nexec {shlex.quote(sys.executable)} -S "$@"\n')
    command.chmod(0o755)
    return command


def _name_errors(execute: Callable[..., dict[str, Any]]) -> Callable[..., dict[str, Any]]:
    """Call exceptions by their classes."""

    def named(*arguments: Any) -> dict[str, Any]:
        outcome = execute(*arguments)
        body = outcome.get("body")
        if not outcome.get("error") or not isinstance(body, dict) or body.get("errorType") != _NAMELESS:
            return outcome
        log, told, name = outcome.get("log", "").rpartition(_RAISED)
        return {**outcome, "log": log, "body": {**body, "errorType": name}} if told else outcome

    return named
