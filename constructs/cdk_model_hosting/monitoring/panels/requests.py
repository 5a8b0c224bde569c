"""Graphs of requests and their answers."""

from __future__ import annotations

from cdk_model_hosting.monitoring.panels.panel import Panel, per_minute, plain

_CLIENT, _SERVER, _MODEL = "Invocation4XXErrors", "Invocation5XXErrors", "InvocationModelErrors"

TRAFFIC = Panel(title="Requests a minute", series=(per_minute("Invocations", "requests"),))
CODE_SHARES = Panel(
    title="Errors, % of the requests",
    series=(plain(_CLIENT, "Average", "4xx"), plain(_SERVER, "Average", "5xx")),
    factor=100,
)
CODES = Panel(title="Errors a minute", series=(per_minute(_CLIENT, "4xx"), per_minute(_SERVER, "5xx")))
ERROR_SHARES = Panel(
    title=CODE_SHARES.title,
    series=(*CODE_SHARES.series, plain(_MODEL, "Average", "from the container")),
    factor=100,
)
ERRORS = Panel(title=CODES.title, series=(*CODES.series, per_minute(_MODEL, "from the container")))
MODEL_LATENCY = Panel(
    title="Latency of the model, ms",
    series=tuple(plain("ModelLatency", each, each) for each in ("p50", "p90", "p99")),
    factor=0.001,
)
OVERHEAD_LATENCY = Panel(
    title="Latency that SageMaker adds, ms",
    series=(plain("OverheadLatency", "Average", "average"), plain("OverheadLatency", "Maximum", "largest")),
    factor=0.001,
)
CONCURRENCY = Panel(
    title="Requests in flight", series=(plain("ConcurrentRequestsPerModel", "Maximum", "most at once"),)
)
LOAD = Panel(
    title="Requests a minute per instance", series=(per_minute("InvocationsPerInstance", "requests per instance"),)
)
