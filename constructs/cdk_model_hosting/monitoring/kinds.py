"""The kinds of endpoint: what each publishes, and what of it is worth an alarm."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from cdk_model_hosting.monitoring import panels
from cdk_model_hosting.monitoring.alarm import Alarm

if TYPE_CHECKING:
    from cdk_model_hosting.monitoring.condition import Condition
    from cdk_model_hosting.monitoring.panels import Panel


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """A kind of endpoint.

    Args:
        alarms: The conditions that operators are told of when none are named.
        totals: The numbers at the top of a dashboard.
        panels: The graphs below them, in rows of 24 columns.
    """

    alarms: tuple[Condition, ...]
    totals: Panel
    panels: tuple[Panel, ...]


REALTIME = Kind(
    alarms=(Alarm.server_errors(), Alarm.model_latency(), Alarm.memory_utilization(), Alarm.disk_utilization()),
    totals=panels.TOTALS,
    panels=(
        panels.TRAFFIC,
        panels.ERROR_SHARES,
        panels.ERRORS,
        panels.MODEL_LATENCY,
        panels.OVERHEAD_LATENCY,
        panels.CONCURRENCY,
        panels.MACHINES,
        panels.GPUS,
        panels.FLEET,
        panels.LOAD,
    ),
)
