"""A namespace for models, kept apart from the others."""

from __future__ import annotations

from enum import Enum
from typing import TYPE_CHECKING, Any

from constructs import Construct

from cdk_model_hosting.arguments import require, require_several
from cdk_model_hosting.errors import ConfigurationError
from cdk_model_hosting.kubernetes.manifests import Manifests
from cdk_model_hosting.kubernetes.network_policies import OWN_NAMESPACE, TrafficSource, policy
from cdk_model_hosting.kubernetes.scheduling import GPU_RESOURCE, NEURON_RESOURCE
from cdk_model_hosting.kubernetes.serving_cluster import ServingCluster
from cdk_model_hosting.limits.clusters import KUBERNETES_NAMESPACE, NAMESPACE_DEVICES
from cdk_model_hosting.tokens import is_token

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from constructs import IDependable

    from cdk_model_hosting.kubernetes.kubernetes_objects import KubernetesObjects

_OWN_OF_KUBERNETES = ("default", "kube-node-lease", "kube-public", "kube-system")
_PREFIX = "pod-security.kubernetes.io"


class PodSecurity(Enum):
    """What the pods of a namespace must do without, after Kubernetes' own standards.

    Attributes:
        PRIVILEGED: Nothing: for drivers and other add-ons that change their nodes.
        BASELINE: What is known to let a pod out of itself, such as the node's network, paths or processes.
        RESTRICTED: That, and all that a well-behaved program need not have: it must not run as root.

    See: https://kubernetes.io/docs/concepts/security/pod-security-standards/
    """

    PRIVILEGED = "privileged"
    BASELINE = "baseline"
    RESTRICTED = "restricted"


class ModelNamespace(Construct):
    """A Kubernetes namespace whose pods nobody reaches who is not named, with a limit to the devices that they may have.

    Args:
        scope: Where to make it.
        construct_id: ID below `scope`.
        cluster: The cluster, which must enforce network policies: a `GpuCluster` does.
        name: Name of the namespace.
        pod_security: What its pods must do without. Kubernetes warns of all that `PodSecurity.RESTRICTED` forbids in any case.
        gpus: NVIDIA GPUs, or shares of them where they are shared, that its pods may have together; any number when omitted.
        neuron_devices: Inferentia or Trainium devices that its pods may have together; any number when omitted.
        allow_from: Who may talk to its pods beside themselves.

    Raises:
        ConfigurationError: When the name is Kubernetes' own, or made twice, or a quota is no number.

    Attributes:
        cluster: The cluster.
        name: Name of the namespace.
        quota: Devices that its pods may have together, by the name of their resource; none that any number may be had of.
        manifest: What makes it.
        after: What must wait for it waits for this.

    See: https://kubernetes.io/docs/concepts/overview/working-with-objects/namespaces/
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        cluster: ServingCluster,
        name: str,
        pod_security: PodSecurity = PodSecurity.BASELINE,
        gpus: int | None = None,
        neuron_devices: int | None = None,
        allow_from: Sequence[TrafficSource] = (),
    ) -> None:
        require("ModelNamespace cluster", cluster, ServingCluster)
        KUBERNETES_NAMESPACE.check("ModelNamespace name", name, optional=False)
        if not is_token(name) and (name in _OWN_OF_KUBERNETES or name.startswith("kube-")):
            raise ConfigurationError(
                f"ModelNamespace name must not be {', '.join(_OWN_OF_KUBERNETES)} or begin with kube-, got {name!r}: those are "
                "Kubernetes' own"
            )
        require("ModelNamespace pod_security", pod_security, PodSecurity)
        NAMESPACE_DEVICES.check("ModelNamespace gpus", gpus)
        NAMESPACE_DEVICES.check("ModelNamespace neuron_devices", neuron_devices)
        require_several("ModelNamespace allow_from", allow_from, TrafficSource)
        super().__init__(scope, construct_id)
        cluster.claim(f"namespace {name}", self)
        self.cluster: ServingCluster = cluster
        self.name: str = name
        limits = {GPU_RESOURCE: gpus, NEURON_RESOURCE: neuron_devices}
        self.quota: Mapping[str, int] = {each: count for each, count in limits.items() if count is not None}
        self.manifest: KubernetesObjects = cluster.apply(
            self,
            "Manifest",
            _rendered(
                name,
                labels=_security(pod_security, cluster.version),
                quota={f"requests.{each}": count for each, count in self.quota.items()},
                sources=(OWN_NAMESPACE, *allow_from),
            ),
        )
        self.after: tuple[IDependable, ...] = (self.manifest,)


def _rendered(
    name: str, *, labels: dict[str, str], quota: dict[str, int], sources: Sequence[TrafficSource]
) -> list[dict[str, Any]]:
    from cdk8s_plus_36 import k8s  # noqa: PLC0415 - loaded by stacks with clusters alone

    with Manifests() as m:
        k8s.KubeNamespace(m.chart, "Namespace", metadata=k8s.ObjectMeta(name=name, labels=labels))
        if quota:
            k8s.KubeResourceQuota(
                m.chart,
                "Quota",
                metadata=k8s.ObjectMeta(name="devices", namespace=name),
                spec=k8s.ResourceQuotaSpec(
                    hard={each: k8s.Quantity.from_number(count) for each, count in quota.items()}
                ),
            )
        policy(m, "Policy", name="who-may-ask", namespace=name, sources=sources)
    return m.rendered()


def _security(level: PodSecurity, version: str) -> dict[str, str]:
    """The labels by which Kubernetes knows what to refuse, and what to warn of."""
    return {
        f"{_PREFIX}/enforce": level.value,
        f"{_PREFIX}/enforce-version": f"v{version}",
        f"{_PREFIX}/warn": PodSecurity.RESTRICTED.value,
        f"{_PREFIX}/warn-version": f"v{version}",
    }
