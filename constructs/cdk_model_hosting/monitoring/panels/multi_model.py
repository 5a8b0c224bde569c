"""Graphs of the models that a multi-model endpoint loads and unloads."""

from __future__ import annotations

from cdk_model_hosting.monitoring.panels.panel import Panel, plain
from cdk_model_hosting.monitoring.watched import INSTANCES

CACHE = Panel(
    title="Requests whose model was loaded, %",
    series=(plain("ModelCacheHit", "Average", "loaded"),),
    factor=100,
    highest=100,
)
LOAD_WAIT = Panel(
    title="Wait until a model is loaded, ms",
    series=(plain("ModelLoadingWaitTime", "Average", "average"), plain("ModelLoadingWaitTime", "Maximum", "longest")),
    factor=0.001,
)
LOADING = Panel(
    title="To bring a model in and out, ms on average",
    series=(
        plain("ModelDownloadingTime", "Average", "download"),
        plain("ModelLoadingTime", "Average", "load"),
        plain("ModelUnloadingTime", "Average", "unload"),
    ),
    factor=0.001,
)
LOADED = Panel(
    title="Models loaded, per instance",
    series=(
        plain("LoadedModelCount", "Average", "average", namespace=INSTANCES),
        plain("LoadedModelCount", "Maximum", "most", namespace=INSTANCES),
    ),
)
