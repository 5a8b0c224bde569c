"""What a server in a cluster is to be, checked before anything of it is made."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from cdk_model_hosting.advice import Advice
from cdk_model_hosting.arguments import require_several
from cdk_model_hosting.durations import literal, seconds
from cdk_model_hosting.errors import ConfigurationError
from cdk_model_hosting.kubernetes.argo_rollouts import ArgoRollouts
from cdk_model_hosting.kubernetes.dcgm_exporter import DcgmExporter
from cdk_model_hosting.kubernetes.imported_cluster import ImportedCluster
from cdk_model_hosting.kubernetes.keda import Keda
from cdk_model_hosting.kubernetes.pod_alarm import PodAlarm
from cdk_model_hosting.kubernetes.pod_fit import check_fit
from cdk_model_hosting.kubernetes.pod_nodes import advice_on_taints, advice_on_update, check_own, check_use
from cdk_model_hosting.kubernetes.pod_place import advice_on_server
from cdk_model_hosting.kubernetes.pod_rollout import PodRollout, pod_rollout
from cdk_model_hosting.kubernetes.pod_room import advice_on_room, check_quota, room_for
from cdk_model_hosting.kubernetes.pod_template import LEAVING_SECONDS
from cdk_model_hosting.kubernetes.prometheus import Prometheus
from cdk_model_hosting.limits.servers import REQUEST_SECONDS
from cdk_model_hosting.tokens import is_token

if TYPE_CHECKING:
    from collections.abc import Sequence

    import aws_cdk as cdk

    from cdk_model_hosting.kubernetes.chart_add_on import ChartAddOn
    from cdk_model_hosting.kubernetes.model_namespace import ModelNamespace
    from cdk_model_hosting.kubernetes.pod_scaling import PodScaling
    from cdk_model_hosting.kubernetes.pod_size import PodSize
    from cdk_model_hosting.kubernetes.servers.model_server import ModelServer
    from cdk_model_hosting.kubernetes.serving_cluster import ServingCluster
    from cdk_model_hosting.rollout.rollout import Rollout

_LONGEST_SECONDS = 60
_MINUTE = 60


@dataclass(frozen=True, slots=True, kw_only=True)
class ServerPlan:
    """How a server runs in its cluster.

    Args:
        longest_seconds: How long the longest request takes.
        replaced: How its pods are replaced.
        alarms: What takes a new version back.
        prometheus: Where measurements are asked for; None where nobody asks.
        keda: What scales the pods; None where nothing does, or where an imported cluster has it from elsewhere.
        argo: What replaces the pods, in the same way.
        advice: What works, but not as one may expect.
    """

    longest_seconds: int
    replaced: PodRollout
    alarms: tuple[PodAlarm, ...]
    prometheus: str | None
    keda: ChartAddOn | None
    argo: ChartAddOn | None
    advice: tuple[Advice, ...]


def plan_server(
    cluster: ServingCluster,
    *,
    namespace: ModelNamespace | str,
    server: ModelServer,
    pod: PodSize,
    scaling: PodScaling,
    rollout: Rollout | None,
    rollback_on: Sequence[PodAlarm] | None,
    longest_request: cdk.Duration | None,
    prometheus: str | None,
) -> ServerPlan:
    """Refuse a server that would not run in a cluster as it is, and plan the others.

    Args:
        cluster: The cluster.
        namespace: Where the server runs.
        server: What runs.
        pod: What each pod has.
        scaling: How many pods there are.
        rollout: How they are replaced; one after the other when None.
        rollback_on: What takes a new version back; failed requests when None.
        longest_request: How long a request may take.
        prometheus: Where measurements are asked for; that of the cluster when None.

    Raises:
        ConfigurationError: When options do not go together, an add-on is missing, or a value is outside its range.
    """
    longest = _longest(longest_request)
    check_own("InferenceServer namespace", cluster, namespace)
    advice = [
        *check_fit(cluster, pod),
        *advice_on_taints(cluster, pod),
        *advice_on_update(cluster, pod, seconds=longest + LEAVING_SECONDS),
        *advice_on_server(cluster, pod, kind=server.kind, fetches=scaling.pods_fetch),
    ]
    check_quota("InferenceServer scaling", namespace=namespace, pod=pod, pods=scaling.fewest_serving)
    room = room_for(cluster, namespace=namespace, pod=pod)
    replaced = pod_rollout(
        rollout,
        scaling=scaling,
        startup_seconds=server.kind.startup_seconds,
        room=None if room is None else room.pods,
    )
    alarms = _alarms(rollback_on, replaced, server)
    prometheus = prometheus if prometheus is not None else _installed_prometheus(cluster)
    trigger = scaling.trigger
    if prometheus is None and (alarms or (trigger is not None and trigger.uses_prometheus)):
        raise ConfigurationError(
            f"InferenceServer prometheus must be given where the cluster has no Prometheus, got None: "
            f"{'rollback_on' if alarms else 'scaling'} asks it; make Prometheus(...) before the server"
        )
    keda = None if trigger is None else _add_on(cluster, "scaling", Keda)
    if trigger is not None and trigger.uses_exporter:
        check_use(cluster, pod)
        _add_on(cluster, "scaling on_gpu_use", DcgmExporter)
    return ServerPlan(
        longest_seconds=longest,
        replaced=replaced,
        alarms=alarms,
        prometheus=prometheus,
        keda=keda,
        argo=_add_on(cluster, "rollout", ArgoRollouts) if replaced.by_argo else None,
        advice=(*advice, *advice_on_room(room, scaling, replaced), *_advice_on_alarms(rollout, replaced, alarms)),
    )


def _installed_prometheus(cluster: ServingCluster) -> str | None:
    installed = cluster.claimed(Prometheus.CLAIM)
    return installed.address if isinstance(installed, Prometheus) else None


def _add_on(
    cluster: ServingCluster, argument: str, kind: type[Keda | ArgoRollouts | DcgmExporter]
) -> ChartAddOn | None:
    """The add-on that something needs; an imported cluster may have it from elsewhere."""
    found = cluster.claimed(kind.CLAIM)
    if isinstance(found, kind):
        return found
    if isinstance(cluster, ImportedCluster):
        return None
    raise ConfigurationError(
        f"InferenceServer {argument} must have {kind.__name__} in the cluster, got none: nothing would come of it; make "
        f"{kind.__name__}(...) before the server"
    )


def _longest(longest_request: cdk.Duration | None) -> int:
    what = "InferenceServer longest_request"
    known = seconds(what, longest_request)
    if known is None:
        return _LONGEST_SECONDS
    REQUEST_SECONDS.check(what, literal(what, known), optional=False)
    return known


def _alarms(rollback_on: Sequence[PodAlarm] | None, rollout: PodRollout, server: ModelServer) -> tuple[PodAlarm, ...]:
    """What takes the rollout back."""
    if rollback_on is None:
        return (PodAlarm.errors(),) if rollout.by_argo and server.kind.promql("errors") is not None else ()
    require_several("InferenceServer rollback_on", rollback_on, PodAlarm)
    if rollback_on and not rollout.by_argo:
        raise ConfigurationError(
            f"InferenceServer rollback_on must be given with Rollout.canary or Rollout.linear, got {len(rollback_on)} without: Kubernetes' "
            "own rolling update watches nothing, and does not go back"
        )
    names = [each.name for each in rollback_on]
    for name in names:
        if names.count(name) > 1:
            raise ConfigurationError(
                f"InferenceServer rollback_on must name each measurement once, got {name!r} twice: Argo Rollouts tells them apart by name"
            )
    return tuple(rollback_on)


def _advice_on_alarms(rollout: Rollout | None, replaced: PodRollout, alarms: tuple[PodAlarm, ...]) -> list[Advice]:
    if rollout is None or not replaced.by_argo:
        return []
    if not alarms:
        text = f"{rollout.plan.what} has no rollback_on: it goes back only when pods do not become ready"
        return [Advice("gradualRolloutWithoutAlarm", text)]
    waits = (replaced.wait_seconds, replaced.final_seconds)
    late = [each.name for each in alarms if each.minutes * _MINUTE > max(waits)]
    if any(is_token(each) for each in waits) or not late:
        return []
    text = (
        f"{rollout.plan.what} bakes for {max(waits)} seconds at most, in which {', '.join(late)} cannot take it back: let it bake longer, "
        "or give the alarm fewer minutes"
    )
    return [Advice("bakeShorterThanAlarm", text)]
