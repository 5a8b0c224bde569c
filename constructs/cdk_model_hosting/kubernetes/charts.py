"""The Helm charts that this library installs, and the version of each that it was written for."""

from __future__ import annotations

from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING

from cdk_model_hosting.kubernetes.chart import Chart

if TYPE_CHECKING:
    from collections.abc import Mapping

_READ = "2026-11-21"


@dataclass(frozen=True, slots=True, kw_only=True)
class Pin:
    """A chart, and where its version was read.

    Args:
        chart: The chart.
        source: Address of the page that states the version.
        read: Day on which that page was read, ISO format.
    """

    chart: Chart
    source: str
    read: str = _READ


KEDA = Pin(
    chart=Chart(name="keda", repository="https://kedacore.github.io/charts", version="2.21.1", namespace="keda"),
    source="https://github.com/kedacore/charts/releases/tag/v2.21.1",
)
PROMETHEUS = Pin(
    chart=Chart(
        name="prometheus",
        repository="https://prometheus-community.github.io/helm-charts",
        version="29.48.0",
        namespace="prometheus",
    ),
    source="https://newreleases.io/project/github/prometheus-community/helm-charts/release/prometheus-29.48.0",
)
ARGO_ROLLOUTS = Pin(
    chart=Chart(
        name="argo-rollouts",
        repository="https://argoproj.github.io/argo-helm",
        version="2.42.0",
        namespace="argo-rollouts",
    ),
    source="https://github.com/argoproj/argo-helm/releases/tag/argo-rollouts-2.42.0",
)
KUEUE = Pin(
    chart=Chart(
        name="kueue",
        repository="oci://registry.k8s.io/kueue/charts/kueue",
        version="0.20.7",
        namespace="kueue-system",
    ),
    source="https://newreleases.io/project/github/kubernetes-sigs/kueue/release/v0.20.7",
)
DEVICE_PLUGIN = Pin(
    chart=Chart(
        name="nvidia-device-plugin",
        repository="https://nvidia.github.io/k8s-device-plugin",
        version="0.20.1",
        namespace="nvidia-device-plugin",
    ),
    source="https://sourceforge.net/projects/nvidia-device-plugin-k.mirror/files/",
)
# 4.9.0 has other names and units for the metrics that servers scale by.
DCGM_EXPORTER = Pin(
    chart=Chart(
        name="dcgm-exporter",
        repository="https://nvidia.github.io/dcgm-exporter/helm-charts",
        version="4.8.4",
        namespace="dcgm-exporter",
    ),
    source="https://newreleases.io/project/github/NVIDIA/dcgm-exporter/release/4.8.4",
)
NEURON_PLUGIN = Pin(
    chart=Chart(
        name="neuron-helm-chart",
        repository="oci://public.ecr.aws/neuron/neuron-helm-chart",
        version="1.10.0",
        namespace="kube-system",
    ),
    source="https://github.com/aws-neuron/neuron-helm-charts/releases",
)
EFA_PLUGIN = Pin(
    chart=Chart(
        name="aws-efa-k8s-device-plugin",
        repository="https://aws.github.io/eks-charts",
        version="v0.5.29",
        namespace="kube-system",
    ),
    source="https://github.com/aws/eks-charts/pull/1338",
)
CLUSTER_AUTOSCALER = Pin(
    chart=Chart(
        name="cluster-autoscaler",
        repository="https://kubernetes.github.io/autoscaler",
        version="9.59.0",
        namespace="kube-system",
    ),
    source="https://github.com/kubernetes/autoscaler/releases/tag/cluster-autoscaler-chart-9.59.0",
)
KARPENTER = Pin(
    chart=Chart(
        name="karpenter",
        repository="oci://public.ecr.aws/karpenter/karpenter",
        version="1.15.0",
        namespace="kube-system",
    ),
    source="https://karpenter.sh/v1.15/getting-started/getting-started-with-karpenter/",
)
KARPENTER_KINDS = Pin(
    chart=Chart(
        name="karpenter-crd",
        repository="oci://public.ecr.aws/karpenter/karpenter-crd",
        version="1.15.0",
        namespace="kube-system",
    ),
    source="https://karpenter.sh/v1.15/upgrading/upgrade-guide/",
)

AUTOSCALER_IMAGES: Mapping[str, str] = MappingProxyType(
    {
        "1.31": "v1.31.4",
        "1.32": "v1.32.7",
        "1.33": "v1.33.5",
        "1.34": "v1.34.4",
        "1.35": "v1.35.0",
        "1.36": "v1.36.1",
    }
)
"""The image of the Cluster Autoscaler by the Kubernetes version that it must be of.

See: https://github.com/kubernetes/kops/blob/master/pkg/model/components/clusterautoscaler.go
"""
