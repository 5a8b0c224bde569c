"""Graphs of the instances of a fleet."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cdk_model_hosting.monitoring.panels.panel import PER_MINUTE, Panel, Series, Stat
from cdk_model_hosting.monitoring.watched import INSTANCES

if TYPE_CHECKING:
    from cdk_model_hosting.monitoring.condition import Counted


def _use(metric: str, label: str, counted: Counted | None = None) -> Series:
    return Series(label=label, of=(Stat(metric=metric, statistic="Average", namespace=INSTANCES),), counted=counted)


_REQUESTS = Stat(metric="Invocations", statistic="Sum")
# SageMaker says the number of instances nowhere. Each instance sends its CPU use once a minute, so that the number of
# samples counts those that are paid for; and it sends 1/n for each request, so that the ratio counts those that answer.
_SAMPLES = Stat(metric="CPUUtilization", statistic="SampleCount", namespace=INSTANCES)
_SHARES = Stat(metric="InvocationsPerInstance", statistic="Sum")

INSTANCE_HOURS = Series(label="instance hours", of=(_SAMPLES,), formula="{0}/60")
RUNNING = Series(label="running", of=(_SAMPLES,), formula=PER_MINUTE)

TOTALS = Panel(
    title="In the time shown",
    series=(
        Series(label="requests", of=(_REQUESTS,)),
        INSTANCE_HOURS,
        Series(label="requests per instance hour", of=(_REQUESTS, _SAMPLES), formula="{0}/({1}/60)"),
    ),
    width=12,
    height=4,
    view="singleValue",
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
    gpus=True,
)
FLEET = Panel(
    title="Instances",
    series=(RUNNING, Series(label="answering", of=(_REQUESTS, _SHARES), formula="{0}/{1}")),
    bounds=True,
)
INSTANCES_RUNNING = Panel(title=FLEET.title, series=(RUNNING,), bounds=True)
