"""What Argo Rollouts and KEDA are told of a server."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from cdk_model_hosting.kubernetes.manifests import Manifests
from cdk_model_hosting.kubernetes.server_objects import HISTORY, labels_of, selector_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from cdk_model_hosting.kubernetes.pod_alarm import PodAlarm
    from cdk_model_hosting.kubernetes.pod_rollout import PodRollout
    from cdk_model_hosting.kubernetes.pod_scaling import PodScaling
    from cdk_model_hosting.kubernetes.pod_template import ServerPod
    from cdk_model_hosting.kubernetes.pod_triggers import Scaled

ARGO = "argoproj.io/v1alpha1"
"""API of Argo Rollouts."""
_KEDA = "keda.sh/v1alpha1"
_CANARY = "canary"


def rollout_objects(
    pod: ServerPod,
    *,
    rollout: PodRollout,
    replicas: int | None,
    alarms: Sequence[PodAlarm],
    prometheus: str | None,
) -> list[dict[str, Any]]:
    """The rollout of a server, and what takes it back.

    Args:
        pod: The pod.
        rollout: How pods are replaced.
        replicas: How many there are; None where something scales them.
        alarms: What takes it back.
        prometheus: Address of Prometheus.

    Raises:
        ConfigurationError: When the server does not say what is measured.
    """
    metadata = {"name": pod.name, "namespace": pod.namespace, "labels": labels_of(pod.name)}
    canary: dict[str, Any] = {**rollout.bounds, "steps": rollout.steps()}
    with Manifests() as m:
        if alarms:
            # Pods are named after the version that they are of.
            pods = f'namespace="{pod.namespace}",pod=~"{pod.name}-{{{{args.{_CANARY}}}}}-.+"'
            metrics = [each.metric(pod.kind, pods=pods, address=prometheus or "") for each in alarms]
            m.custom(ARGO, "AnalysisTemplate", metadata, {"args": [{"name": _CANARY}], "metrics": metrics})
            canary["analysis"] = {
                "templates": [{"templateName": pod.name}],
                # From when the first new pods are ready until the rollout is over.
                "startingStep": 1,
                "args": [{"name": _CANARY, "valueFrom": {"podTemplateHashValue": "Latest"}}],
            }
        spec = {
            "replicas": replicas,
            "revisionHistoryLimit": HISTORY,
            "progressDeadlineSeconds": rollout.progress_seconds,
            # Pods that never become ready take the rollout back as well.
            "progressDeadlineAbort": True,
            "selector": {"matchLabels": selector_of(pod.name)},
            "template": pod.rendered(selector_of(pod.name)),
            "strategy": {"canary": canary},
        }
        m.custom(ARGO, "Rollout", metadata, {name: value for name, value in spec.items() if value is not None})
    return m.rendered()


def scaling_objects(scaled: Scaled, scaling: PodScaling, *, by_argo: bool) -> list[dict[str, Any]]:
    """What scales a server.

    Args:
        scaled: The server.
        scaling: How it is scaled.
        by_argo: Whether Argo Rollouts replaces its pods.

    Raises:
        ConfigurationError: When the server does not say what is measured.
    """
    target = {
        "apiVersion": ARGO if by_argo else "apps/v1",
        "kind": "Rollout" if by_argo else "Deployment",
        "name": scaled.name,
    }
    metadata = {"name": scaled.name, "namespace": scaled.namespace, "labels": labels_of(scaled.name)}
    with Manifests() as m:
        m.custom(_KEDA, "ScaledObject", metadata, scaling.spec(scaled, target))
    return m.rendered()


def scaling_identity(scaled: Scaled) -> list[dict[str, Any]]:
    """Who KEDA is when it asks AWS: its own operator, with the role that Pod Identity gives it.

    Args:
        scaled: The server.
    """
    metadata = {"name": scaled.name, "namespace": scaled.namespace, "labels": labels_of(scaled.name)}
    with Manifests() as m:
        m.custom(_KEDA, "TriggerAuthentication", metadata, {"podIdentity": {"provider": "aws"}})
    return m.rendered()
