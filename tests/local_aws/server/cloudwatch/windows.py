"""A metric as an alarm sees it: one value for each of the last periods."""

from tests.local_aws.server import timing
from tests.local_aws.server.cloudwatch import engine

Metric = tuple[str, str, list[dict[str, str]]]
"""Namespace, name and dimensions."""


def series(metric: Metric, statistic: str, period: float, now: float, periods: int) -> list[float | None]:
    """Return a statistic of a metric for so many periods, latest first.

    Args:
        metric: Which one.
        statistic: Its name.
        period: Seconds of a period on AWS.
        now: When the last period ends.
        periods: How many there are.
    """
    namespace, name, dimensions = metric
    seconds = timing.compressed_period(period)
    buckets: list[list[engine.Point]] = [[] for _ in range(periods)]
    for point in engine.points(namespace, name, {each["Name"]: each["Value"] for each in dimensions}):
        age = now - point["Timestamp"]
        if 0 <= age < seconds * periods:
            buckets[int(age / seconds)].append(point)
    return [engine.statistic(bucket, statistic) for bucket in buckets]
