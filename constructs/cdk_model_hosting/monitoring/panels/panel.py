"""Graphs and rows of numbers, as data."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from cdk_model_hosting.monitoring.watched import REQUESTS

if TYPE_CHECKING:
    from cdk_model_hosting.monitoring.condition import Counted
    from cdk_model_hosting.monitoring.watched import By

PER_MINUTE = "{0}*60/PERIOD({0})"
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
    """A line for each variant, container or component.

    Args:
        label: What the legend says, after the name of whom it is about where there are several.
        of: What it is made of.
        formula: CloudWatch metric math with ``{0}``, ``{1}`` for the parts; the one part as it is when omitted.
        counted: What the metric adds up over on each instance, by which it is divided.
        by: Who publishes it, where that is not who publishes the rest of the panel.
    """

    label: str
    of: tuple[Stat, ...]
    formula: str | None = None
    counted: Counted | None = None
    by: By | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Panel:
    """A graph, or a row of numbers.

    Args:
        title: What is shown, with the unit.
        series: What is drawn of every variant, container or component.
        factor: What the values are multiplied by, to be in that unit.
        highest: Top of the axis; as high as the data when None.
        width: Columns of 24.
        height: Rows.
        view: A graph over time, or numbers for all the time that is shown.
        by: Who publishes the metrics.
        gpus: Whether it is drawn only of what runs on GPUs.
        bounds: Whether the bounds of scaling are drawn.
    """

    title: str
    series: tuple[Series, ...]
    factor: float = 1
    highest: float | None = None
    width: int = 8
    height: int = 6
    view: Literal["timeSeries", "singleValue"] = "timeSeries"
    by: By = "variant"
    gpus: bool = False
    bounds: bool = False


def plain(metric: str, statistic: str, label: str, *, namespace: str = REQUESTS) -> Series:
    """A statistic as it is.

    Args:
        metric: The metric's name.
        statistic: The statistic.
        label: What the legend says.
        namespace: The metric's namespace.
    """
    return Series(label=label, of=(Stat(metric=metric, statistic=statistic, namespace=namespace),))


def per_minute(metric: str, label: str, *, statistic: str = "Sum") -> Series:
    """A number of events in each minute.

    Args:
        metric: The metric's name.
        label: What the legend says.
        statistic: What counts the events: their sum, or ``SampleCount`` where each publishes what it was like.
    """
    return Series(label=label, of=(Stat(metric=metric, statistic=statistic),), formula=PER_MINUTE)
