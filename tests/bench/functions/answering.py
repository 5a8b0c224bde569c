"""A function in a clean interpreter, as an environment of Lambda's begins: this program stands for Lambda's own.

Run by path, with the function's code and packages on the path and nothing else: it prints when it had its first answer, and what
the further ones took.
"""

import importlib
import json
import sys
from time import perf_counter_ns

_MILLI = 1_000_000


class _Context:
    """As much of Lambda's context as the function asks for."""

    aws_request_id = "bench"

    @staticmethod
    def get_remaining_time_in_millis() -> int:
        return 60_000


def main() -> None:
    """Answer once, and then as often as the command line says."""
    event, more = json.loads(sys.argv[1]), int(sys.argv[2])
    log, sys.stdout = sys.stdout, open("/dev/null", "w")  # noqa: PTH123, SIM115 - its log is not what is measured
    began = perf_counter_ns()
    handler = importlib.import_module("cdk_model_function.entry").handler
    started = perf_counter_ns()
    answer = handler(event, _Context)
    first = perf_counter_ns()
    taken = []
    for _ in range(more):
        before = perf_counter_ns()
        handler(event, _Context)
        taken.append((perf_counter_ns() - before) / _MILLI)
    told = {
        "answer": answer,
        "start_ms": (started - began) / _MILLI,
        "first_ms": (first - started) / _MILLI,
        "warm_ms": taken,
    }
    print(json.dumps(told), file=log)


if __name__ == "__main__":
    main()
