"""What stands around the pods of a server: how it is found, who may ask, and how many may go at a time."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from cdk_model_hosting.kubernetes.manifests import Manifests
from cdk_model_hosting.kubernetes.network_policies import TrafficSource, policy

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from cdk_model_hosting.kubernetes.exposure import Exposure
    from cdk_model_hosting.kubernetes.pod_rollout import PodRollout
    from cdk_model_hosting.kubernetes.pod_template import ServerPod
    from cdk_model_hosting.kubernetes.serving_cluster import ServingCluster

SERVER_LABEL = "model-hosting/server"
"""Name of the server that a pod belongs to."""
DEPLOYMENT_HASH = "pod-template-hash"
"""Label by which Kubernetes tells the versions of a deployment apart."""
ROLLOUT_HASH = "rollouts-pod-template-hash"
"""Label by which Argo Rollouts does."""
HISTORY = 3
"""Former versions that can be gone back to."""


def labels_of(name: str) -> dict[str, str]:
    """The labels of a server's objects and pods.

    Args:
        name: Name of the server.
    """
    return {
        "app.kubernetes.io/name": name,
        "app.kubernetes.io/component": "inference-server",
        "app.kubernetes.io/managed-by": "cdk-model-hosting",
        **selector_of(name),
    }


def selector_of(name: str) -> dict[str, str]:
    """The labels that find its pods.

    Args:
        name: Name of the server.
    """
    return {SERVER_LABEL: name}


def server_objects(
    pod: ServerPod,
    *,
    cluster: ServingCluster,
    rollout: PodRollout,
    replicas: int | None,
    sources: Sequence[TrafficSource],
    exposure: Exposure | None,
) -> list[dict[str, Any]]:
    """The objects of Kubernetes' own kinds.

    Args:
        pod: The pod.
        cluster: The cluster.
        rollout: How pods are replaced.
        replicas: How many there are; None where something scales them.
        sources: Who may ask.
        exposure: How it is reached from outside.
    """
    from cdk8s_plus_36 import k8s  # noqa: PLC0415 - loaded by stacks with clusters alone

    selector = k8s.LabelSelector(match_labels=selector_of(pod.name))
    metadata = k8s.ObjectMeta(name=pod.name, namespace=pod.namespace, labels=labels_of(pod.name))
    with Manifests() as m:
        policy(m, "Policy", name=pod.name, namespace=pod.namespace, sources=sources, pods=selector_of(pod.name))
        k8s.KubeService(
            m.chart, "Service", metadata=_service_metadata(pod, exposure), spec=_service(pod, cluster, exposure)
        )
        k8s.KubePodDisruptionBudget(
            m.chart,
            "Budget",
            metadata=metadata,
            spec=k8s.PodDisruptionBudgetSpec(
                # One at a time, and the only one too: nodes must be able to go.
                max_unavailable=k8s.IntOrString.from_number(1),
                selector=selector,
                unhealthy_pod_eviction_policy="AlwaysAllow",
            ),
        )
        if not rollout.by_argo:
            k8s.KubeDeployment(
                m.chart,
                "Deployment",
                metadata=metadata,
                spec=k8s.DeploymentSpec(
                    replicas=replicas,
                    revision_history_limit=HISTORY,
                    min_ready_seconds=rollout.wait_seconds or None,
                    progress_deadline_seconds=rollout.progress_seconds,
                    selector=selector,
                    strategy=k8s.DeploymentStrategy(type="RollingUpdate", rolling_update=_rolling(rollout)),
                    template=pod.template(),
                ),
            )
    return m.rendered()


def ask_policy(*, name: str, namespace: str, server: str, sources: Sequence[TrafficSource]) -> list[dict[str, Any]]:
    """One more policy: what any of several allows is allowed.

    Args:
        name: Name of the policy.
        namespace: Namespace of the server.
        server: Name of the server.
        sources: Who may ask.
    """
    with Manifests() as m:
        policy(m, "Policy", name=name, namespace=namespace, sources=sources, pods=selector_of(server))
    return m.rendered()


def to_ports(source: TrafficSource, ports: Mapping[str, int]) -> TrafficSource:
    """A source that asks models, and not metrics, where it does not name ports.

    Args:
        source: Where requests come from.
        ports: Ports of the server.
    """
    if source.ports:
        return source
    return replace(source, ports=tuple(port for name, port in ports.items() if name != "metrics"))


def _service_metadata(pod: ServerPod, exposure: Exposure | None) -> Any:
    from cdk8s_plus_36 import k8s  # noqa: PLC0415 - loaded by stacks with clusters alone

    annotations = None if exposure is None else exposure.annotations()
    return k8s.ObjectMeta(name=pod.name, namespace=pod.namespace, labels=labels_of(pod.name), annotations=annotations)


def _service(pod: ServerPod, cluster: ServingCluster, exposure: Exposure | None) -> Any:
    from cdk8s_plus_36 import k8s  # noqa: PLC0415 - loaded by stacks with clusters alone

    ports = [
        k8s.ServicePort(name=name, port=port, target_port=k8s.IntOrString.from_string(name), protocol="TCP")
        for name, port in pod.served.ports.items()
        if name != "metrics"
    ]
    if exposure is None:
        return k8s.ServiceSpec(type="ClusterIP", selector=selector_of(pod.name), ports=ports)
    return k8s.ServiceSpec(
        type="LoadBalancer",
        selector=selector_of(pod.name),
        ports=ports,
        load_balancer_class=exposure.load_balancer_class(cluster),
        load_balancer_source_ranges=list(exposure.addresses),
        # The load balancer knows the pods themselves.
        allocate_load_balancer_node_ports=False,
    )


def _rolling(rollout: PodRollout) -> Any:
    from cdk8s_plus_36 import k8s  # noqa: PLC0415 - loaded by stacks with clusters alone

    def as_typed(value: int | str) -> k8s.IntOrString:
        return k8s.IntOrString.from_string(value) if isinstance(value, str) else k8s.IntOrString.from_number(value)

    bounds = rollout.bounds
    return k8s.RollingUpdateDeployment(
        max_surge=as_typed(bounds["maxSurge"]), max_unavailable=as_typed(bounds["maxUnavailable"])
    )
