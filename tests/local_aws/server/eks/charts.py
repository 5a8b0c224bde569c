"""Which custom kinds a cluster knows: those that its Helm charts, its add-ons and EKS Auto Mode bring."""

from tests.local_aws.server.eks import records
from tests.local_aws.server.eks.objects import Contents

_GROUPS: dict[str, tuple[str, ...]] = {
    "argo-rollouts": ("argoproj.io",),
    "aws-for-fluent-bit": (),
    "cert-manager": ("cert-manager.io", "acme.cert-manager.io"),
    "cluster-autoscaler": (),
    "dcgm-exporter": (),
    "gpu-operator": ("nvidia.com", "nfd.k8s-sigs.io"),
    "jobset": ("jobset.x-k8s.io",),
    "karpenter": ("karpenter.sh", "karpenter.k8s.aws"),
    "karpenter-crd": ("karpenter.sh", "karpenter.k8s.aws"),
    "keda": ("keda.sh", "eventing.keda.sh"),
    "kube-prometheus-stack": ("monitoring.coreos.com",),
    "kueue": ("kueue.x-k8s.io",),
    "neuron-helm-chart": (),
    "nvidia-device-plugin": (),
    "prometheus": (),
    "prometheus-operator-crds": ("monitoring.coreos.com",),
}
"""Chart -> the API groups of the custom resource definitions that it brings. A chart that is none of these may bring any."""

_CARETAKERS = {
    "karpenter.k8s.aws": "karpenter",
    "karpenter.sh": "karpenter",
    "keda.sh": "keda",
    "kueue.x-k8s.io": "kueue",
}
"""API group -> the chart whose controller must see an object go before it is gone: it has a finalizer."""

_ALWAYS = ("vpcresources.k8s.aws",)
_WITH_VPC_CNI = ("crd.k8s.amazonaws.com", "networking.k8s.aws")
_WITH_AUTO_MODE = ("eks.amazonaws.com", "karpenter.sh", "metrics.eks.amazonaws.com", "networking.k8s.aws")


def knows(cluster_name: str, contents: Contents, group: str, kind: str) -> bool:
    """Tell whether a cluster has a custom kind."""
    if contents.definition(group, kind) is not None:
        return True
    cluster = records.cluster(cluster_name) or {}
    groups = set(_ALWAYS)
    if records.in_auto_mode(cluster):
        groups.update(_WITH_AUTO_MODE)
    if any(each["AddonName"] == "vpc-cni" for each in records.of_cluster(records.ADD_ON, cluster_name)):
        groups.update(_WITH_VPC_CNI)
    if group in groups:
        return True
    return any(group in _GROUPS[chart] if chart in _GROUPS else True for chart in _installed(contents))


def lets_go(cluster_name: str, contents: Contents, group: str) -> bool:
    """Tell whether somebody is there to let an object of an API group go."""
    caretaker = _CARETAKERS.get(group)
    if caretaker is None or caretaker in _installed(contents):
        return True
    return group in _WITH_AUTO_MODE and records.in_auto_mode(records.cluster(cluster_name) or {})


def _installed(contents: Contents) -> set[str]:
    return {release.chart.rpartition("/")[2] for release in contents.releases.values()}
