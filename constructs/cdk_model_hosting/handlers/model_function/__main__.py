"""Answer an event on this machine: python -m cdk_model_hosting.handlers.model_function --event event.json --code ... --model ...

With ``--endpoint`` in place of ``--model``, the code is asked in front of an endpoint, with this machine's credentials.

The answer goes to the standard output, and the log to the standard error.
"""

import argparse
import json
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from time import time

from .contract import DEFAULT_LOADER, Delivery, Variable
from .failures import EndpointFailed, PredictionFailed, RequestRefused, StartError
from .function import ModelFunction
from .journal import Journal

_MILLI = 1000


class _Context:
    """As much of Lambda's context as the function asks for."""

    aws_request_id = "local"

    def __init__(self, seconds: float) -> None:
        self._end = time() + seconds

    def get_remaining_time_in_millis(self) -> int:
        return max(0, int((self._end - time()) * _MILLI))


def main(arguments: Sequence[str] | None = None) -> int:
    """Answer an event.

    Args:
        arguments: The command line; this process's when omitted.

    Returns:
        The exit code: 1 when the function does not start or has no answer.
    """
    parser = argparse.ArgumentParser(prog="model_function", description="Answer an event of Lambda's on this machine.")
    parser.add_argument("--event", type=Path, required=True, help="a JSON file with the event")
    parser.add_argument(
        "--code", type=Path, default=Path(), help="the folder of the function's code (default: this one)"
    )
    models = parser.add_mutually_exclusive_group(required=True)
    models.add_argument("--model", type=Path, help="the model's file or folder")
    models.add_argument("--endpoint", help="the endpoint of SageMaker's that has the model, which is really asked")
    parser.add_argument("--component", default="", help="the inference component of the endpoint, if it has any")
    parser.add_argument("--entry", default="predictor:predict", help="module:function (default: predictor:predict)")
    parser.add_argument("--loader", default=DEFAULT_LOADER, help=f"the loader (default: {DEFAULT_LOADER})")
    parser.add_argument("--batch-size", default="", help="when the function takes lists: of how many requests at most")
    given = parser.parse_args(arguments)

    sys.path.insert(0, str(given.code.resolve()))
    environment = {
        **{name: value for name, value in os.environ.items() if name not in frozenset(Variable)},
        Variable.ENTRY: given.entry,
        Variable.BATCH_SIZE: given.batch_size,
        Variable.COMPONENT: given.component,
    }
    if given.model is None:
        environment |= {Variable.DELIVERY: Delivery.ENDPOINT, Variable.ENDPOINT: given.endpoint}
    else:
        path = str(given.model.resolve())
        environment |= {Variable.DELIVERY: Delivery.BUNDLED, Variable.PATH: path, Variable.LOADER: given.loader}
    journal = Journal(environment, lambda line: print(line, file=sys.stderr))  # noqa: T201 - a command's
    try:
        function = ModelFunction.start(environment, journal)
        answer = function.handle(json.loads(given.event.read_text()), _Context(seconds=60))
    except (StartError, RequestRefused, EndpointFailed, PredictionFailed) as error:
        print(error, file=sys.stderr)  # noqa: T201 - the same
        return 1
    print(json.dumps(answer, indent=2))  # noqa: T201 - the same
    return 0


if __name__ == "__main__":
    sys.exit(main())
