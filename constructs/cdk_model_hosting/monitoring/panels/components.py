"""Graphs of inference components and their copies, and of the instances that they share."""

from __future__ import annotations

from dataclasses import replace

from cdk_model_hosting.monitoring.panels import requests
from cdk_model_hosting.monitoring.panels.fleets import INSTANCE_HOURS
from cdk_model_hosting.monitoring.panels.panel import PER_MINUTE, Panel, Series, Stat, per_minute, plain
from cdk_model_hosting.monitoring.watched import COPIES, INSTANCES

_REQUESTS = Stat(metric="Invocations", statistic="Sum")
_FAILURES = Stat(metric="NoCapacityInvocationFailures", statistic="Sum")
# As for instances: each copy sends its CPU use once a minute, and each request is divided by the copies that answer.
_SAMPLES = Stat(metric="CPUUtilizationNormalized", statistic="SampleCount", namespace=COPIES)
_SHARES = Stat(metric="InvocationsPerCopy", statistic="Sum")

TOTALS = Panel(
    title="In the time shown",
    series=(
        Series(label="requests", of=(_REQUESTS,)),
        Series(label="failed for want of a copy", of=(_FAILURES,)),
        replace(INSTANCE_HOURS, by="variant"),
    ),
    width=12,
    height=4,
    view="singleValue",
    by="component",
)
TRAFFIC = replace(requests.TRAFFIC, by="component")
ERROR_SHARES = replace(requests.ERROR_SHARES, by="component")
ERRORS = replace(requests.ERRORS, by="component")
MODEL_LATENCY = replace(requests.MODEL_LATENCY, by="component")
OVERHEAD_LATENCY = replace(requests.OVERHEAD_LATENCY, by="component")
CONCURRENCY = Panel(
    title="Requests in flight per copy",
    series=(plain("ConcurrentRequestsPerCopy", "Maximum", "most at once"),),
    by="component",
)
NO_CAPACITY = Panel(
    title="Requests a minute that fail for want of a copy",
    series=(per_minute("NoCapacityInvocationFailures", "failed"),),
    by="component",
)
COPIES_RUNNING = Panel(
    title="Copies",
    series=(
        Series(label="running", of=(_SAMPLES,), formula=PER_MINUTE),
        Series(label="answering", of=(_REQUESTS, _SHARES), formula="{0}/{1}"),
    ),
    by="component",
    bounds=True,
)
LOAD = Panel(
    title="Requests a minute per copy",
    series=(per_minute("InvocationsPerCopy", "requests per copy"),),
    by="component",
)
USE = Panel(
    title="In use in the copies, %",
    series=(
        plain("CPUUtilizationNormalized", "Average", "CPU", namespace=COPIES),
        plain("MemoryUtilizationNormalized", "Average", "memory", namespace=COPIES),
    ),
    by="component",
)
GPU_USE = Panel(
    title="In use on the copies' GPUs, %",
    series=(
        plain("GPUUtilizationNormalized", "Average", "GPU", namespace=COPIES),
        plain("GPUMemoryUtilizationNormalized", "Average", "GPU memory", namespace=COPIES),
    ),
    by="component",
    gpus=True,
)
RESERVED = Panel(
    title="Reserved on the instances, %",
    series=(
        plain("CPUReservation", "Average", "CPU", namespace=INSTANCES),
        plain("MemoryReservation", "Average", "memory", namespace=INSTANCES),
        plain("GPUReservation", "Average", "GPU", namespace=INSTANCES),
    ),
    highest=100,
)
