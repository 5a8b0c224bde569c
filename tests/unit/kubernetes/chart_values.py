"""Which values the charts of the add-ons know, as far as their own pages and repositories tell: each by its path.

Helm takes a value that no template reads without a word. A value that an add-on sets must stand here, with the page that it was read on.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

KNOWN: dict[str, tuple[str, frozenset[str]]] = {
    "keda": (
        "https://github.com/kedacore/charts/blob/main/keda/README.md",
        frozenset(
            {
                *("operator.name", "operator.replicaCount", "metricsServer.replicaCount"),
                *("podDisruptionBudget.operator", "podDisruptionBudget.metricServer"),
                *("serviceAccount.operator.create", "serviceAccount.operator.name"),
            }
        ),
    ),
    "prometheus": (
        "https://github.com/prometheus-community/helm-charts/blob/main/charts/prometheus/values.schema.json",
        frozenset(
            {
                *("alertmanager.enabled", "kube-state-metrics.enabled"),
                *("prometheus-node-exporter.enabled", "prometheus-pushgateway.enabled"),
                *(
                    "server.fullnameOverride",
                    "server.global.scrape_interval",
                    "server.retention",
                    "server.retentionSize",
                ),
                *("server.emptyDir.sizeLimit", "server.persistentVolume.enabled", "server.resources"),
                *(
                    f"scrapeConfigs.{job}.enabled"
                    for job in (
                        *("kubernetes-api-servers", "kubernetes-nodes", "kubernetes-nodes-cadvisor"),
                        *("kubernetes-service-endpoints", "kubernetes-service-endpoints-slow", "kubernetes-services"),
                        *("kubernetes-pods", "kubernetes-pods-slow", "prometheus-pushgateway", "prometheus"),
                    )
                ),
            }
        ),
    ),
    "argo-rollouts": (
        "https://github.com/argoproj/argo-helm/blob/main/charts/argo-rollouts/README.md",
        frozenset(
            {
                *("dashboard.enabled", "providerRBAC.enabled", "controller.replicas", "controller.resources"),
                *("controller.pdb.enabled", "controller.pdb.maxUnavailable"),
            }
        ),
    ),
    "kueue": (
        "https://github.com/kubernetes-sigs/kueue/blob/main/charts/kueue/values.yaml",
        frozenset(
            {
                *("controllerManager.replicas", "enableKueueViz"),
                *(
                    "controllerManager.podDisruptionBudget.enabled",
                    "controllerManager.podDisruptionBudget.minAvailable",
                ),
            }
        ),
    ),
    "nvidia-device-plugin": (
        "https://github.com/NVIDIA/k8s-device-plugin/blob/main/deployments/helm/nvidia-device-plugin/values.schema.json",
        frozenset(
            {
                *("affinity", "config.default", "config.map", "gfd.enabled", "migStrategy", "nodeSelector"),
                *("tolerations", "nfd.worker.tolerations"),
            }
        ),
    ),
    "neuron-helm-chart": (
        "https://github.com/aws-neuron/neuron-helm-charts/blob/main/charts/neuron-helm-chart/values.yaml",
        frozenset({"devicePlugin.tolerations", "draDriver.enabled", "npd.enabled", "scheduler.enabled"}),
    ),
    "aws-efa-k8s-device-plugin": (
        "https://github.com/aws/eks-charts/blob/master/stable/aws-efa-k8s-device-plugin/values.yaml",
        frozenset({"supportedInstanceLabels.keys", "supportedInstanceLabels.values", "tolerations"}),
    ),
    "dcgm-exporter": (
        "https://github.com/NVIDIA/dcgm-exporter/blob/main/deployment/values.yaml",
        frozenset({"nodeSelector", "podAnnotations", "resources", "serviceMonitor.enabled", "tolerations"}),
    ),
    "cluster-autoscaler": (
        "https://github.com/kubernetes/autoscaler/blob/master/charts/cluster-autoscaler/README.md",
        frozenset(
            {
                *("autoDiscovery.clusterName", "awsRegion", "cloudProvider", "expanderPriorities", "extraArgs"),
                *("fullnameOverride", "image.tag", "replicaCount", "resources"),
                *("rbac.serviceAccount.create", "rbac.serviceAccount.name"),
            }
        ),
    ),
    "karpenter": (
        "https://github.com/aws/karpenter-provider-aws/blob/main/charts/karpenter/README.md",
        frozenset(
            {
                *("controller.resources", "serviceAccount.create", "serviceAccount.name"),
                *("settings.clusterName", "settings.interruptionQueue", "settings.featureGates.nodeOverlay"),
            }
        ),
    ),
    "karpenter-crd": ("https://github.com/aws/karpenter-provider-aws/tree/main/charts/karpenter-crd", frozenset()),
}
"""By the name of the chart: where its values were read, and their paths. What stands below a path is free, such as resources."""


def unknown(chart: str, values: Mapping[str, Any]) -> list[str]:
    """The paths of values that a chart does not know."""
    _, known = KNOWN[chart]
    return [path for path in _paths(values, known, "") if path not in known]


def _paths(values: Mapping[str, Any], known: frozenset[str], above: str) -> Iterator[str]:
    for name, value in values.items():
        path = f"{above}{name}"
        if path not in known and isinstance(value, dict):
            yield from _paths(value, known, f"{path}.")
        else:
            yield path
