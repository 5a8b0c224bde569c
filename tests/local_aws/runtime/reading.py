"""What tests read again and again: metrics, and what becomes true after a while."""

import time
from collections.abc import Callable
from typing import Any, TypeVar

from tests.local_aws.lifecycle import LocalAws
from tests.local_aws.runtime.hosting import Hosting

SECONDS_TO_COME_TRUE = 120.0

Value = TypeVar("Value")
_clients: dict[int, Any] = {}


def metric(hosting: Hosting, name: str, statistic: str = "Sum", **dimensions: str) -> float | None:
    """Read a metric of SageMaker's of the last hour; None where there is none."""
    now = time.time()
    points = _cloudwatch(hosting.local).get_metric_statistics(
        Namespace="AWS/SageMaker",
        MetricName=name,
        Dimensions=[{"Name": key, "Value": value} for key, value in dimensions.items()],
        StartTime=now - 3600,
        EndTime=now + 3600,
        Period=7200,
        Statistics=[statistic],
    )["Datapoints"]
    # The period may fall on a boundary of the clock, which leaves two points.
    values = [float(point[statistic]) for point in points]
    return (sum(values) if statistic == "Sum" else max(values)) if values else None


def eventually(read: Callable[[], Value], is_wanted: Callable[[Value], object]) -> Value:
    """Read until what was read is wanted, and return it."""
    deadline = time.monotonic() + SECONDS_TO_COME_TRUE
    while not is_wanted(value := read()):
        assert time.monotonic() < deadline, f"still {value} after {SECONDS_TO_COME_TRUE} seconds"
        time.sleep(0.02)
    return value


def rollout_ends(sagemaker: Any, endpoint: str) -> None:
    """Wait until an update of an endpoint begins and has ended, well or not; another one may be under way by then."""

    def pending() -> str:
        known = sagemaker.describe_endpoint(EndpointName=endpoint).get("PendingDeploymentSummary", {})
        return str(known.get("EndpointConfigName", ""))

    first = eventually(pending, bool)
    eventually(pending, lambda found: found != first)


def _cloudwatch(local: LocalAws) -> Any:
    """Return a client that is made once for each server: that takes longer than what it is asked."""
    if local.port not in _clients:
        _clients[local.port] = local.client("cloudwatch")
    return _clients[local.port]
