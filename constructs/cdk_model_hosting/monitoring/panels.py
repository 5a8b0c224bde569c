"""What a dashboard draws of an endpoint, as data."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from cdk_model_hosting.monitoring.watched import INSTANCES, REQUESTS

if TYPE_CHECKING:
    from cdk_model_hosting.monitoring.condition import Counted

_PER_MINUTE = "{0}*60/PERIOD({0})"
"""CloudWatch widens the periods of a graph with the time that it shows; this stays a number per minute."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Stat:
    """A statistic of a metric.

    Args:
        metric: The metric's name.
        statistic: Such as ``Sum`` or ``p99``.
        namespace: Its namespace.
    """

    metric: str
    statistic: str
    namespace: str = REQUESTS

    @property
    def sums(self) -> bool:
        """Whether it says how much of something there was, rather than what one was like."""
        return self.statistic == "Sum"


@dataclass(frozen=True, slots=True, kw_only=True)
class Series:
    """A line for each variant.

    Args:
        label: What the legend says, after the variant's name where there are several.
        of: What it is made of.
        formula: CloudWatch metric math with ``{0}``, ``{1}`` for the parts; the one part as it is when omitted.
        counted: What the metric adds up over on each instance, by which it is divided.
    """

    label: str
    of: tuple[Stat, ...]
    formula: str | None = None
    counted: Counted | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Panel:
    """A graph, or a row of numbers.

    Args:
        title: What is shown, with the unit.
        series: What is drawn of every variant.
        factor: What the values are multiplied by, to be in that unit.
        highest: Top of the axis; as high as the data when None.
        width: Columns of 24.
        height: Rows.
        view: A graph over time, or numbers for all the time that is shown.
        by: Whether every variant publishes the metrics, or the endpoint as a whole.
        bounds: Whether the bounds of scaling are drawn.
    """

    title: str
    series: tuple[Series, ...]
    factor: float = 1
    highest: float | None = None
    width: int = 8
    height: int = 6
    view: Literal["timeSeries", "singleValue"] = "timeSeries"
    by: Literal["variant", "endpoint"] = "variant"
    bounds: bool = False


def _plain(metric: str, statistic: str, label: str, *, namespace: str = REQUESTS) -> Series:
    return Series(label=label, of=(Stat(metric=metric, statistic=statistic, namespace=namespace),))


def _per_minute(metric: str, label: str) -> Series:
    return Series(label=label, of=(Stat(metric=metric, statistic="Sum"),), formula=_PER_MINUTE)


def _use(metric: str, label: str, counted: Counted | None = None) -> Series:
    return Series(label=label, of=(Stat(metric=metric, statistic="Average", namespace=INSTANCES),), counted=counted)


_REQUESTS_SUM = Stat(metric="Invocations", statistic="Sum")
# SageMaker says the number of instances nowhere. Each instance sends its CPU use once a minute, so that the number of
# samples counts those that are paid for; and it sends 1/n for each request, so that the ratio counts those that answer.
_SAMPLES = Stat(metric="CPUUtilization", statistic="SampleCount", namespace=INSTANCES)
_SHARES = Stat(metric="InvocationsPerInstance", statistic="Sum")

TOTALS = Panel(
    title="In the time shown",
    series=(
        Series(label="requests", of=(_REQUESTS_SUM,)),
        Series(label="instance hours", of=(_SAMPLES,), formula="{0}/60"),
        Series(label="requests per instance hour", of=(_REQUESTS_SUM, _SAMPLES), formula="{0}/({1}/60)"),
    ),
    width=12,
    height=4,
    view="singleValue",
)
TRAFFIC = Panel(title="Requests a minute", series=(_per_minute("Invocations", "requests"),))
ERROR_SHARES = Panel(
    title="Errors, % of the requests",
    series=(
        _plain("Invocation4XXErrors", "Average", "4xx"),
        _plain("Invocation5XXErrors", "Average", "5xx"),
        _plain("InvocationModelErrors", "Average", "from the container"),
    ),
    factor=100,
)
ERRORS = Panel(
    title="Errors a minute",
    series=(
        _per_minute("Invocation4XXErrors", "4xx"),
        _per_minute("Invocation5XXErrors", "5xx"),
        _per_minute("InvocationModelErrors", "from the container"),
    ),
)
MODEL_LATENCY = Panel(
    title="Latency of the model, ms",
    series=tuple(_plain("ModelLatency", each, each) for each in ("p50", "p90", "p99")),
    factor=0.001,
)
OVERHEAD_LATENCY = Panel(
    title="Latency that SageMaker adds, ms",
    series=(_plain("OverheadLatency", "Average", "average"), _plain("OverheadLatency", "Maximum", "largest")),
    factor=0.001,
)
CONCURRENCY = Panel(
    title="Requests in flight", series=(_plain("ConcurrentRequestsPerModel", "Maximum", "most at once"),)
)
MACHINES = Panel(
    title="In use on the instances, %",
    series=(
        _use("CPUUtilization", "CPU", "vcpus"),
        _use("MemoryUtilization", "memory"),
        _use("DiskUtilization", "disk"),
    ),
    highest=100,
)
GPUS = Panel(
    title="In use on the GPUs, %",
    series=(
        _use("GPUUtilization", "GPU", "accelerators"),
        _use("GPUMemoryUtilization", "GPU memory", "accelerators"),
    ),
    highest=100,
)
FLEET = Panel(
    title="Instances",
    series=(
        Series(label="running", of=(_SAMPLES,), formula=_PER_MINUTE),
        Series(label="answering", of=(_REQUESTS_SUM, _SHARES), formula="{0}/{1}"),
    ),
    bounds=True,
)
LOAD = Panel(
    title="Requests a minute per instance", series=(_per_minute("InvocationsPerInstance", "requests per instance"),)
)
