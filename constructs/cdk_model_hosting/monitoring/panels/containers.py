"""Graphs of the containers of a model that has several: a line for each."""

from __future__ import annotations

from cdk_model_hosting.monitoring.panels.panel import Panel, per_minute, plain

CONTAINER_LATENCY = Panel(
    title="Latency of each container, ms on average",
    series=(plain("ContainerLatency", "Average", "average"),),
    factor=0.001,
    by="container",
)
SLOWEST_ANSWERS = Panel(
    title="Slowest answer of each container, ms",
    series=(plain("ContainerLatency", "Maximum", "slowest"),),
    factor=0.001,
    by="container",
)
CONTAINER_TRAFFIC = Panel(
    title="Requests a minute to each container", series=(per_minute("Invocations", "requests"),), by="container"
)
CONTAINER_ERRORS = Panel(
    title="Errors a minute of each container",
    series=(per_minute("Invocation4XXErrors", "4xx"), per_minute("Invocation5XXErrors", "5xx")),
    by="container",
)
