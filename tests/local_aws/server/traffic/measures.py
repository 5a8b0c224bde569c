"""The metrics of an invocation: those that Lambda publishes, and those that the function writes to its log.

See: https://docs.aws.amazon.com/lambda/latest/dg/monitoring-metrics-types.html
https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from tests.local_aws.server.cloudwatch import alarms
from tests.local_aws.server.sagemaker import cloud

_NAMESPACE = "AWS/Lambda"

Point = tuple[str, str, float, str, dict[str, str]]
"""Namespace, name, value, unit and dimensions."""


@dataclass(frozen=True)
class Invoked:
    """What was invoked.

    Args:
        function: Its name.
        qualifier: The alias or version by which it was called; nothing when by none.
        version: The version that answered, where an alias had the choice between two; nothing otherwise.
    """

    function: str
    qualifier: str
    version: str

    def dimensions(self) -> Iterator[dict[str, str]]:
        """Yield the sets of dimensions under which Lambda publishes."""
        named = {"FunctionName": self.function}
        resource = named | {"Resource": f"{self.function}:{self.qualifier}" if self.qualifier else self.function}
        yield named
        yield resource
        if self.version:
            yield resource | {"ExecutedVersion": self.version}


def publish(invoked: Invoked, result: dict[str, Any], *, seconds: float) -> None:
    """Publish the metrics of an invocation, and look at the alarms from now on."""
    for dimensions in invoked.dimensions():
        if result.get("throttle"):
            cloud.record_metric(_NAMESPACE, "Throttles", 1.0, "Count", dimensions)
            continue
        cloud.record_metric(_NAMESPACE, "Invocations", 1.0, "Count", dimensions)
        cloud.record_metric(_NAMESPACE, "Errors", float(bool(result.get("error"))), "Count", dimensions)
        cloud.record_metric(_NAMESPACE, "Duration", seconds * 1000, "Milliseconds", dimensions)
    for line in str(result.get("log") or "").splitlines():
        for point in embedded(line):
            cloud.record_metric(*point)
    alarms.watch()


def embedded(line: str) -> list[Point]:
    """Return the metrics that a line of a log has in CloudWatch's embedded format; a line without any has none."""
    if not line.startswith("{") or '"_aws"' not in line:
        return []
    try:
        return list(_points(json.loads(line)))
    except (ValueError, TypeError, KeyError, AttributeError):
        return []


def _points(document: dict[str, Any]) -> Iterator[Point]:
    for directive in document["_aws"]["CloudWatchMetrics"]:
        for names in directive["Dimensions"]:
            dimensions = {name: str(document[name]) for name in names}
            for metric in directive["Metrics"]:
                values = document[metric["Name"]]
                for value in values if isinstance(values, list) else [values]:
                    yield directive["Namespace"], metric["Name"], float(value), metric.get("Unit", "None"), dimensions
