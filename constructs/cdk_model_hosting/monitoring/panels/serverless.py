"""Graphs of an endpoint that runs without instances."""

from __future__ import annotations

from cdk_model_hosting.monitoring.panels.panel import Panel, Series, Stat, per_minute, plain
from cdk_model_hosting.monitoring.watched import INSTANCES

_REQUESTS = Stat(metric="Invocations", statistic="Sum")
# Published once for each cold start, so that the number of its samples counts them.
_COLD_STARTS = Stat(metric="ModelSetupTime", statistic="SampleCount")

TOTALS = Panel(
    title="In the time shown",
    series=(
        Series(label="requests", of=(_REQUESTS,)),
        Series(label="cold starts", of=(_COLD_STARTS,)),
        Series(label="cold starts, % of the requests", of=(_COLD_STARTS, _REQUESTS), formula="{0}*100/{1}"),
    ),
    width=12,
    height=4,
    view="singleValue",
)
COLD_STARTS = Panel(
    title="Cold starts a minute", series=(per_minute("ModelSetupTime", "cold starts", statistic="SampleCount"),)
)
SETUP_TIME = Panel(
    title="Time of a cold start, s",
    series=(plain("ModelSetupTime", "Average", "average"), plain("ModelSetupTime", "Maximum", "longest")),
    factor=0.000_001,
)
CONCURRENCY = Panel(
    title="Concurrency in use, %",
    series=(plain("ServerlessConcurrentExecutionsUtilization", "Maximum", "most at once"),),
    factor=100,
)
PROVISIONED = Panel(
    title="Provisioned concurrency in use, %",
    series=(
        plain("ServerlessProvisionedConcurrencyUtilization", "Average", "average"),
        plain("ServerlessProvisionedConcurrencyUtilization", "Maximum", "most at once"),
    ),
    factor=100,
)
MEMORY = Panel(
    title="Memory in use, %",
    series=(plain("MemoryUtilization", "Average", "memory", namespace=INSTANCES),),
    highest=100,
)
