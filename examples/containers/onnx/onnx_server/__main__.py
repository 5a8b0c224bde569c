"""The container's entry point: `python -m onnx_server serve`, as SageMaker starts it."""

import os
import sys
from collections.abc import Sequence

from .server import run
from .settings import Settings, SettingsError

_USAGE = 2


def main(arguments: Sequence[str]) -> int:
    """Serve until told to stop; the process's exit code."""
    if list(arguments) != ["serve"]:
        print(f"usage: python -m onnx_server serve, got {' '.join(arguments) or 'no argument'}", file=sys.stderr)
        return _USAGE
    try:
        settings = Settings.from_environment(os.environ)
    except SettingsError as error:
        print(error, file=sys.stderr)
        return _USAGE
    return run(settings)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
