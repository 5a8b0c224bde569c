"""What the pages on Kubernetes show of the charts that add-ons install: cog calls these functions."""

from __future__ import annotations

from cdk_model_hosting.kubernetes import charts
from cdk_model_hosting.kubernetes.chips import CHIPS, MIG
from cdk_model_hosting.kubernetes.gpu_parts import BOTTLEROCKET_MODELS

_ADD_ONS = {
    "DevicePlugin": ((charts.DEVICE_PLUGIN,), "offers NVIDIA GPUs to pods", "groups and pools with Amazon Linux"),
    "NeuronPlugin": ((charts.NEURON_PLUGIN,), "offers Inferentia and Trainium devices", "groups and pools with such"),
    "EfaPlugin": ((charts.EFA_PLUGIN,), "offers Elastic Fabric Adapters", "groups with `efa=True`, pools"),
    "DcgmExporter": ((charts.DCGM_EXPORTER,), "says what GPUs do", "scaling by the use of GPUs"),
    "Prometheus": ((charts.PROMETHEUS,), "keeps what pods say for two days", "scaling by what servers say, canaries"),
    "Keda": ((charts.KEDA,), "scales servers, to none and back", "servers with `scaling=`"),
    "ArgoRollouts": ((charts.ARGO_ROLLOUTS,), "brings out versions step by step, and goes back", "canaries"),
    "Kueue": ((charts.KUEUE,), "lets jobs wait for their quota", "batch jobs with a queue"),
    "ClusterAutoscaler": (
        (charts.CLUSTER_AUTOSCALER,),
        "changes the size of node groups",
        "`NodeScaling.CLUSTER_AUTOSCALER`",
    ),
    "Karpenter": (
        (charts.KARPENTER, charts.KARPENTER_KINDS),
        "makes the nodes of `GpuNodePool`",
        "`NodeScaling.KARPENTER`",
    ),
}


def add_ons() -> str:
    """Every add-on with its chart, as a table."""
    known = {name for name, value in vars(charts).items() if isinstance(value, charts.Pin)}
    shown = sum(len(pins) for pins, _, _ in _ADD_ONS.values())
    if shown != len(known):
        raise ValueError(f"the page must show all {len(known)} charts, got {shown}")
    rows = [
        f"| `{name}` | {what} | {_charts(pins)} | {_versions(pins)} | {when} |"
        for name, (pins, what, when) in _ADD_ONS.items()
    ]
    return "\n".join(["| add-on | what it does | chart | version | for |", "|---|---|---|---|---|", *rows])


def gpu_parts() -> str:
    """What the GPUs of each family can be cut into, as a table: families whose GPUs are cut alike share a row."""
    rows: dict[tuple[str, str, str], list[str]] = {}
    for family, parts in MIG.items():
        shown = ", ".join(f"`{name}` ({count})" for name, count in parts.items())
        images = "both" if family in BOTTLEROCKET_MODELS else "Amazon Linux"
        rows.setdefault((CHIPS[family].name.upper().replace("-", " "), shown, images), []).append(family)
    lines = [
        f"| {', '.join(families)} | {chip} | {shown} | {images} |" for (chip, shown, images), families in rows.items()
    ]
    return "\n".join(["| family | GPU | parts (how many a GPU gives) | images |", "|---|---|---|---|", *lines])


def _charts(pins: tuple[charts.Pin, ...]) -> str:
    return ", ".join(f"`{each.chart.name}`" for each in pins)


def _versions(pins: tuple[charts.Pin, ...]) -> str:
    return ", ".join(
        f"[{each}]({source})" for each, source in {each.chart.version: each.source for each in pins}.items()
    )
