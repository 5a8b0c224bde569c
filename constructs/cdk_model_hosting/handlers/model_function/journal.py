"""One line of JSON for each event, from which CloudWatch makes metrics too.

The line has the metrics in CloudWatch's embedded format beside what a log says, so that nothing but the log is called. It goes to
the standard output as it is: what goes through Python's logging, Lambda would wrap, and CloudWatch would find no metrics in it.
"""

import json
import sys
import time
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any

from .contract import FUNCTION_DIMENSION, METRIC_NAMESPACE, VERSION_DIMENSION, VERSION_METRICS, Metric

_MILLISECONDS = frozenset({Metric.MODEL_LOAD_TIME, Metric.PREDICT_TIME, Metric.ENDPOINT_TIME})
_DECIMALS = 3
_MILLI = 1000
_NOTHING: Mapping[Metric, float] = MappingProxyType({})


def print_line(line: str) -> None:
    """Write a line to the standard output.

    Args:
        line: The line.
    """
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


class Journal:
    """Where the function writes.

    Args:
        environment: The environment variables.
        write: Writes a line.
    """

    def __init__(self, environment: Mapping[str, str], write: Callable[[str], None] = print_line) -> None:
        self._environment = environment
        self._write = write
        self._dimensions = {
            FUNCTION_DIMENSION: environment.get("AWS_LAMBDA_FUNCTION_NAME", "local"),
            VERSION_DIMENSION: environment.get("AWS_LAMBDA_FUNCTION_VERSION", "$LATEST"),
        }
        # Nobody waits for an environment that was made beforehand.
        self._is_cold = environment.get("AWS_LAMBDA_INITIALIZATION_TYPE") != "provisioned-concurrency"

    def restored(self) -> None:
        """Note that the environment was made anew from a snapshot."""
        self._is_cold = True

    def cold_start(self) -> bool:
        """Whether the event is the first one of an environment that was made for it. To be asked once an event."""
        is_cold, self._is_cold = self._is_cold, False
        return is_cold

    def write(
        self,
        message: str,
        *,
        level: str = "INFO",
        metrics: Mapping[Metric, float] = _NOTHING,
        error: BaseException | None = None,
        **details: Any,
    ) -> None:
        """Write a line.

        Args:
            message: What happened.
            level: How bad it is; ``ERROR`` whenever there is an error.
            metrics: The values of metrics.
            error: What was raised, which is written with its traceback.
            details: What else to tell.
        """
        now = time.time()
        line: dict[str, Any] = {
            "timestamp": f"{time.strftime('%Y-%m-%dT%H:%M:%S', time.gmtime(now))}.{int(now * _MILLI) % _MILLI:03d}Z",
            "level": level if error is None else "ERROR",
            "message": message,
            **self._dimensions,
            **details,
        }
        trace_id = _trace_id(self._environment.get("_X_AMZN_TRACE_ID", ""))
        if trace_id is not None:
            line["traceId"] = trace_id
        if error is not None:
            line |= _told(error)
        if metrics:
            line["_aws"] = {"Timestamp": int(now * _MILLI), "CloudWatchMetrics": _described(metrics)}
            line |= {name: round(value, _DECIMALS) for name, value in metrics.items()}
        self._write(json.dumps(line, default=str, separators=(",", ":")))


def _told(error: BaseException) -> dict[str, str]:
    from traceback import format_exception  # noqa: PLC0415 - most environments never need it

    return {"errorType": type(error).__name__, "stackTrace": "".join(format_exception(error))}


def _described(metrics: Mapping[Metric, float]) -> list[dict[str, Any]]:
    """What CloudWatch must know of the metrics of a line: those of the function, and some for each of its versions."""
    described = [_directive([FUNCTION_DIMENSION], metrics)]
    by_version = [name for name in VERSION_METRICS if name in metrics]
    if by_version:
        described.append(_directive([FUNCTION_DIMENSION, VERSION_DIMENSION], by_version))
    return described


def _directive(dimensions: list[str], metrics: Any) -> dict[str, Any]:
    units = [{"Name": name, "Unit": "Milliseconds" if name in _MILLISECONDS else "Count"} for name in metrics]
    return {"Namespace": METRIC_NAMESPACE, "Dimensions": [dimensions], "Metrics": units}


def _trace_id(header: str) -> str | None:
    """The ID of X-Ray's trace in its header."""
    for field in header.split(";"):
        name, _, value = field.partition("=")
        if name.strip() == "Root":
            return value.strip()
    return None
