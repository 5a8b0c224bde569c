"""Limits of EKS clusters and of what Kubernetes keeps in them."""

from dataclasses import replace

from cdk_model_hosting.limits import functions
from cdk_model_hosting.limits.kinds import Choice, Limit, TextLimit

_READ = "2026-11-21"
_VERSIONS = "https://docs.aws.amazon.com/eks/latest/userguide/kubernetes-versions.html"
_LAYERS = "https://github.com/cdklabs/awscdk-asset-kubectl"
_HELM = "https://helm.sh/docs/chart_best_practices/conventions/"
_NAMES = "https://kubernetes.io/docs/concepts/overview/working-with-objects/names/"
_CLUSTER = "https://docs.aws.amazon.com/eks/latest/APIReference/API_CreateCluster.html"
_QUOTAS = "https://docs.aws.amazon.com/eks/latest/userguide/service-quotas.html"
_CIDRS = "https://docs.aws.amazon.com/eks/latest/userguide/config-cluster-endpoint.html"
_LABEL = r"[a-z0-9]([-a-z0-9]*[a-z0-9])?"

KUBERNETES_VERSION = Choice(
    name="Kubernetes version of a cluster",
    allowed=("1.31", "1.32", "1.33", "1.34", "1.35", "1.36"),
    why="EKS runs no other, and each has a kubectl of its own",
    source=_VERSIONS,
    read=_READ,
)
KUBERNETES_STANDARD_VERSION = Choice(
    name="Kubernetes version of a cluster in standard support",
    allowed=("1.34", "1.35", "1.36"),
    why="older ones are in extended support, which costs six times as much an hour and ends in an upgrade that EKS does by itself",
    source=_VERSIONS,
    read=_READ,
)
KUBERNETES_NAMESPACE = TextLimit(
    name="name of a Kubernetes namespace",
    low=1,
    high=63,
    pattern=_LABEL,
    shape="lower case letters, digits and hyphens, beginning and ending with a letter or digit",
    why="Kubernetes takes no other name",
    source=_NAMES,
    read=_READ,
)
KUBERNETES_NAME = TextLimit(
    name="name of most Kubernetes objects",
    low=1,
    high=253,
    pattern=rf"{_LABEL}(\.{_LABEL})*",
    shape="lower case letters, digits, hyphens and dots, beginning and ending with a letter or digit",
    why="Kubernetes takes no other name",
    source=_NAMES,
    read=_READ,
)
HELM_RELEASE = TextLimit(
    name="name of a Helm release",
    low=1,
    high=53,
    pattern=_LABEL,
    shape="lower case letters, digits and hyphens, beginning and ending with a letter or digit",
    why="Helm makes names of Kubernetes objects from it",
    source=_HELM,
    read=_READ,
)
CLUSTER_NAME = TextLimit(
    name="name of a cluster",
    low=1,
    high=100,
    pattern=r"[0-9A-Za-z][A-Za-z0-9_-]*",
    shape="letters, digits, hyphens and underscores, beginning with a letter or digit",
    why="EKS takes no other name",
    source=_CLUSTER,
    read=_READ,
)
CLUSTER_ZONES = Limit(
    name="availability zones of a control plane",
    low=2,
    high=None,
    unit="availability zones",
    why="EKS puts a control plane into two at least, so that one may fail",
    source="https://docs.aws.amazon.com/eks/latest/userguide/network-reqs.html",
    read=_READ,
)
PUBLIC_ACCESS_RANGES = Limit(
    name="address ranges that may reach a public cluster endpoint",
    low=1,
    high=40,
    unit="address ranges",
    why="EKS keeps no more",
    source=_QUOTAS,
    read=_READ,
)
SYSTEM_NODES = Limit(
    name="nodes for system pods",
    low=1,
    high=450,
    unit="nodes",
    why="a managed node group has no more, and the cluster's DNS needs one",
    source=_QUOTAS,
    read=_READ,
)
CONTROL_PLANE_LOG_DAYS = replace(
    functions.FUNCTION_LOG_DAYS, name="days that the logs of a cluster's control plane are kept"
)
PORT = Limit(
    name="port of a pod",
    low=1,
    high=65_535,
    why="TCP has no other ports",
    source="https://kubernetes.io/docs/concepts/services-networking/network-policies/",
    read=_READ,
)
NAMESPACE_DEVICES = Limit(
    name="devices that the pods of a namespace may have together",
    low=0,
    high=None,
    unit="devices",
    why="a quota counts whole devices",
    source="https://kubernetes.io/docs/concepts/policy/resource-quotas/",
    read=_READ,
)
