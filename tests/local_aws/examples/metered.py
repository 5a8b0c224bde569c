"""What an example has published of itself so far."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from tests.local_aws.lifecycle import LocalAws


def metered(local: LocalAws, metric: str, statistic: str, **dimensions: str) -> float:
    """The sum of a statistic over the last hour; 0 where nothing was published.

    Args:
        local: The local AWS.
        metric: A metric of SageMaker's.
        statistic: ``Sum`` or ``SampleCount``.
        dimensions: What it is found by.
    """
    now = time.time()
    points: list[dict[str, Any]] = local.client("cloudwatch").get_metric_statistics(
        Namespace="AWS/SageMaker",
        MetricName=metric,
        Dimensions=[{"Name": name, "Value": value} for name, value in dimensions.items()],
        StartTime=now - 3600,
        EndTime=now + 3600,
        Period=60,
        Statistics=[statistic],
    )["Datapoints"]
    return sum(float(point[statistic]) for point in points)
