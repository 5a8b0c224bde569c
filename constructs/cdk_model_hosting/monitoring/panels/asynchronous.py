"""Graphs of an asynchronous endpoint's queue, and of what becomes of its requests."""

from __future__ import annotations

from cdk_model_hosting.monitoring.panels.fleets import INSTANCE_HOURS
from cdk_model_hosting.monitoring.panels.panel import Panel, Series, Stat, per_minute, plain

_FINISHED = "TotalProcessingTime"
"""Published once for each request that is finished, so that the number of its samples counts them: AWS prints the name of
the metric that does so by itself in a doubtful spelling."""

TOTALS = Panel(
    title="In the time shown",
    series=(
        Series(label="requests finished", of=(Stat(metric=_FINISHED, statistic="SampleCount"),)),
        Series(label="failed", of=(Stat(metric="InvocationFailures", statistic="Sum"),)),
        INSTANCE_HOURS,
    ),
    width=12,
    height=4,
    view="singleValue",
)
BACKLOG = Panel(
    title="Requests that wait or are in work",
    series=(
        plain("ApproximateBacklogSize", "Average", "in all"),
        plain("ApproximateBacklogSizePerInstance", "Average", "per instance"),
    ),
    by="endpoint",
)
AGE = Panel(
    title="Age of the oldest request, s",
    series=(plain("ApproximateAgeOfOldestRequest", "Maximum", "oldest"),),
    by="endpoint",
)
WITHOUT_CAPACITY = Panel(
    title="Requests wait and no instance runs, % of the time",
    series=(plain("HasBacklogWithoutCapacity", "Average", "without an instance"),),
    factor=100,
    highest=100,
    by="endpoint",
)
OUTCOMES = Panel(
    title="Requests a minute",
    series=(
        per_minute(_FINISHED, "finished", statistic="SampleCount"),
        per_minute("InvocationFailures", "failed"),
        per_minute("ExpiredRequests", "expired"),
    ),
)
FAILURES = Panel(
    title="Failures a minute around the model",
    series=(
        per_minute("RequestDownloadFailures", "reading the request"),
        per_minute("ResponseUploadFailures", "writing the answer"),
        per_minute("NotificationFailures", "notifying"),
    ),
)
TIMES = Panel(
    title="Time of a request, s on average",
    series=(plain("TimeInBacklog", "Average", "in the queue"), plain(_FINISHED, "Average", "in all")),
    factor=0.001,
)
MODEL_LATENCY = Panel(
    title="Latency of the model, s",
    series=(plain("ModelLatency", "Average", "average"), plain("ModelLatency", "Maximum", "largest")),
    factor=0.000_001,
)
TRANSFERS = Panel(
    title="To and from S3, ms on average",
    series=(
        plain("RequestDownloadLatency", "Average", "reading the request"),
        plain("ResponseUploadLatency", "Average", "writing the answer"),
    ),
    factor=0.001,
)
