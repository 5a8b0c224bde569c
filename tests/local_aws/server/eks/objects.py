"""The Kubernetes objects and Helm releases of each cluster, as stacks have put them there."""

import dataclasses
from typing import Any

from tests.local_aws.server.cloudformation import engine
from tests.local_aws.server.eks import records

Manifest = dict[str, Any]

_FIRST_NAMESPACES = ("default", "kube-node-lease", "kube-public", "kube-system")

_CLUSTER_WIDE = frozenset(
    {
        *("APIService", "CSIDriver", "CertificateSigningRequest", "ClusterRole", "ClusterRoleBinding"),
        *("CustomResourceDefinition", "DeviceClass", "FlowSchema", "IngressClass", "MutatingAdmissionPolicy"),
        *("MutatingAdmissionPolicyBinding", "MutatingWebhookConfiguration", "Namespace", "Node", "PersistentVolume"),
        *("PriorityClass", "PriorityLevelConfiguration", "ResourceSlice", "RuntimeClass", "StorageClass"),
        *("ValidatingAdmissionPolicy", "ValidatingAdmissionPolicyBinding", "ValidatingWebhookConfiguration"),
        "VolumeAttributesClass",
        # Of Karpenter and of Auto Mode.
        *("EC2NodeClass", "NodeClaim", "NodeClass", "NodeOverlay", "NodePool"),
        # Of Kueue, of KEDA, of Argo Rollouts and of cert-manager.
        *("AdmissionCheck", "ClusterQueue", "Cohort", "ResourceFlavor", "Topology", "WorkloadPriorityClass"),
        *("ClusterAnalysisTemplate", "ClusterIssuer", "ClusterTriggerAuthentication"),
    }
)
"""Kinds whose objects are in no namespace."""


@dataclasses.dataclass(frozen=True)
class Key:
    """What one object of a cluster is known by; the version of its API is none of it."""

    group: str
    kind: str
    namespace: str
    name: str


@dataclasses.dataclass
class Release:
    """A release of a Helm chart."""

    name: str
    namespace: str
    chart: str
    repository: str | None
    version: str | None
    values: dict[str, Any]
    wait: bool
    revision: int = 1


@dataclasses.dataclass
class Contents:
    """What is in a cluster."""

    version: str
    objects: dict[Key, Manifest] = dataclasses.field(default_factory=dict)
    releases: dict[tuple[str, str], Release] = dataclasses.field(default_factory=dict)

    def key(self, manifest: Manifest) -> Key:
        """Return what an object is known by."""
        group, metadata = group_of(manifest), manifest.get("metadata") or {}
        kind = str(manifest["kind"])
        namespace = "" if self._is_cluster_wide(group, kind) else str(metadata.get("namespace") or "default")
        return Key(group, kind, namespace, str(metadata.get("name", "")))

    def has_namespace(self, name: str) -> bool:
        """Tell whether there is a namespace."""
        return name in _FIRST_NAMESPACES or Key("", "Namespace", "", name) in self.objects

    def remove(self, key: Key) -> None:
        """Delete an object, and all that goes with it."""
        gone = self.objects.pop(key, None)
        if gone is None:
            return
        if key.kind == "Namespace":
            self.objects = {each: kept for each, kept in self.objects.items() if each.namespace != key.name}
            self.releases = {each: kept for each, kept in self.releases.items() if each[0] != key.name}
        if key.kind == "CustomResourceDefinition":
            group, kind = gone["spec"]["group"], gone["spec"]["names"]["kind"]
            self.objects = {
                each: kept for each, kept in self.objects.items() if (each.group, each.kind) != (group, kind)
            }

    def definition(self, group: str, kind: str) -> Manifest | None:
        """Return what defines a custom kind among the objects, or None."""
        for each in self.objects.values():
            if each["kind"] == "CustomResourceDefinition":
                spec: Manifest = each["spec"]
                if (spec["group"], spec["names"]["kind"]) == (group, kind):
                    return spec
        return None

    def _is_cluster_wide(self, group: str, kind: str) -> bool:
        definition = self.definition(group, kind)
        return kind in _CLUSTER_WIDE if definition is None else definition["scope"] == "Cluster"

    def told(self) -> dict[str, Any]:
        """Return all of it for whoever asks."""
        made = [key.name for key in self.objects if key.kind == "Namespace"]
        return {
            "version": self.version,
            "namespaces": sorted({*_FIRST_NAMESPACES, *made}),
            "manifests": list(self.objects.values()),
            "releases": [dataclasses.asdict(each) for each in self.releases.values()],
        }


_contents: dict[tuple[str, str, str], Contents] = {}
"""Account, region, ID of the cluster -> what is in it."""


def contents(cluster_name: str) -> Contents | None:
    """Return what is in a cluster of this account and region, or None where there is no such cluster."""
    cluster = records.cluster(cluster_name)
    if cluster is None:
        return None
    found = _contents.setdefault((engine.account(), engine.region(), str(cluster["Id"])), Contents(version=""))
    found.version = records.version_of(cluster)
    return found


def group_of(manifest: Manifest) -> str:
    """Return the API group of an object; the first one has no name."""
    group, _, _ = str(manifest["apiVersion"]).rpartition("/")
    return group
