"""Models that pods in a cluster serve."""

from __future__ import annotations

from typing import TYPE_CHECKING

import aws_cdk as cdk
from constructs import Construct

from cdk_model_hosting.advice import Advice
from cdk_model_hosting.arguments import require, require_several
from cdk_model_hosting.durations import literal, seconds
from cdk_model_hosting.errors import ConfigurationError
from cdk_model_hosting.kubernetes.argo_rollouts import ArgoRollouts
from cdk_model_hosting.kubernetes.custom_objects import rollout_objects, scaling_identity, scaling_objects
from cdk_model_hosting.kubernetes.dcgm_exporter import DcgmExporter
from cdk_model_hosting.kubernetes.exposure import Exposure
from cdk_model_hosting.kubernetes.imported_cluster import ImportedCluster
from cdk_model_hosting.kubernetes.keda import Keda
from cdk_model_hosting.kubernetes.model_namespace import ModelNamespace
from cdk_model_hosting.kubernetes.names import name_of, number_text
from cdk_model_hosting.kubernetes.network_policies import TrafficSource
from cdk_model_hosting.kubernetes.pod_alarm import PodAlarm
from cdk_model_hosting.kubernetes.pod_fit import check_fit
from cdk_model_hosting.kubernetes.pod_nodes import advice_on_taints, advice_on_update, check_own, check_use, pools_of
from cdk_model_hosting.kubernetes.pod_place import advice_on_server
from cdk_model_hosting.kubernetes.pod_rollout import PodRollout, pod_rollout
from cdk_model_hosting.kubernetes.pod_room import advice_on_room, check_quota, room_for
from cdk_model_hosting.kubernetes.pod_scaling import PodScaling
from cdk_model_hosting.kubernetes.pod_size import PodSize
from cdk_model_hosting.kubernetes.pod_template import LEAVING_SECONDS, ServerPod
from cdk_model_hosting.kubernetes.pod_triggers import Scaled
from cdk_model_hosting.kubernetes.prometheus import Prometheus
from cdk_model_hosting.kubernetes.server_objects import (
    DEPLOYMENT_HASH,
    ROLLOUT_HASH,
    ask_policy,
    labels_of,
    server_objects,
    to_ports,
)
from cdk_model_hosting.kubernetes.servers.downloads import DOWNLOADER
from cdk_model_hosting.kubernetes.servers.model_server import ModelServer
from cdk_model_hosting.kubernetes.servers.served import check_image
from cdk_model_hosting.kubernetes.serving_cluster import ServingCluster
from cdk_model_hosting.limits.clusters import KUBERNETES_NAMESPACE
from cdk_model_hosting.limits.servers import REQUEST_SECONDS, SERVER_NAME
from cdk_model_hosting.rollout.rollout import Rollout
from cdk_model_hosting.tokens import is_token

if TYPE_CHECKING:
    from collections.abc import Sequence

    from aws_cdk import aws_iam as iam
    from constructs import IDependable

    from cdk_model_hosting.kubernetes.chart_add_on import ChartAddOn
    from cdk_model_hosting.kubernetes.kubernetes_objects import KubernetesObjects
    from cdk_model_hosting.kubernetes.service_account import ServiceAccount
    from cdk_model_hosting.permissions import Permission

_LONGEST_SECONDS = 60
_MINUTE = 60


class InferenceServer(Construct):
    """A model server in pods with accelerators, which nobody reaches from outside the cluster unless asked for.

    Pods get requests when they are ready, and finish what they have begun before they go. They are spread over zones and nodes, run
    without privileges, and have a role of their own in AWS. Requests come from those alone who are named; in a `ModelNamespace` from
    its own pods too.

    How new versions come out: a rolling update, Kubernetes' own, stops at pods that do not become ready, and leaves both versions in
    service until the next deployment. Canary and linear rollouts need `ArgoRollouts` and `Prometheus`: they watch `rollback_on` and
    go back by themselves. Shares of requests are shares of pods there, and connections that stay open, such as those of gRPC, stay
    where they are. CloudFormation does not wait for either: a deployment has succeeded when Kubernetes knows of it. Going from a
    rolling update to one of the others, or back, replaces all pods at once.

    Make add-ons and node groups before the servers that need them, so that they are known.

    Args:
        scope: Where to make it.
        construct_id: ID below `scope`.
        cluster: The cluster.
        namespace: Namespace of the server.
        server: What its pods run.
        pod: What each pod gets.
        scaling: How many pods there are; one when omitted.
        rollout: How a new version replaces the one that serves; one pod after the other when omitted. Where the known nodes, or the
            quota of the namespace, have no room for more pods, old ones go before new ones come.
        rollback_on: What takes a canary or linear rollout back; ``PodAlarm.errors()`` when omitted.
        longest_request: How long the longest request takes, 1 second to 1 hour; 1 minute when omitted. A pod that goes away takes as
            long. One that `PodScaling.on_sqs` scales is told at once to stop, and has that time to finish.
        allow_from: Who may ask it.
        exposure: How it is reached from outside the cluster; not at all when omitted.
        permissions: What its pods may do in AWS besides reading their models.
        prometheus: Address of a Prometheus of your own; the cluster's `Prometheus` when omitted.
        downloader: Image of the AWS CLI, which downloads from S3, where pods cannot pull from AWS' public registry.
        name: Name, 1-40 characters; made from `construct_id` when omitted.

    Raises:
        ConfigurationError: When options do not go together, an add-on is missing, or a value is outside its range.

    Attributes:
        name: Name of the server and of all its objects.
        namespace: Name of its namespace.
        address: Where it is asked from inside the cluster, such as ``http://ranker.models.svc:8000``.
        service_account: Its service account.
        role: Role of its pods, to grant more to it.
        manifest: What makes its objects.
        workload: What makes its pods: the same, or the rollout.

    See: https://docs.aws.amazon.com/eks/latest/userguide/machine-learning-on-eks.html
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        cluster: ServingCluster,
        namespace: ModelNamespace | str,
        server: ModelServer,
        pod: PodSize,
        scaling: PodScaling | None = None,
        rollout: Rollout | None = None,
        rollback_on: Sequence[PodAlarm] | None = None,
        longest_request: cdk.Duration | None = None,
        allow_from: Sequence[TrafficSource] = (),
        exposure: Exposure | None = None,
        permissions: Sequence[Permission] = (),
        prometheus: str | None = None,
        downloader: str = DOWNLOADER,
        name: str | None = None,
    ) -> None:
        require("InferenceServer cluster", cluster, ServingCluster)
        require("InferenceServer namespace", namespace, ModelNamespace, str)
        require("InferenceServer server", server, ModelServer)
        require("InferenceServer pod", pod, PodSize)
        scaling = scaling if scaling is not None else PodScaling.fixed(1)
        require("InferenceServer scaling", scaling, PodScaling)
        if rollout is not None:
            require("InferenceServer rollout", rollout, Rollout)
        require_several("InferenceServer allow_from", allow_from, TrafficSource)
        if exposure is not None:
            require("InferenceServer exposure", exposure, Exposure)
        check_image("InferenceServer downloader", downloader)
        self.name: str = name_of(SERVER_NAME, "InferenceServer", name, construct_id=construct_id)
        self.namespace: str = namespace if isinstance(namespace, str) else namespace.name
        KUBERNETES_NAMESPACE.check("InferenceServer namespace", self.namespace, optional=False)
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
        self._cluster = cluster
        self._prometheus = prometheus if prometheus is not None else self._installed_prometheus()
        asks_prometheus = bool(alarms) or (scaling.trigger is not None and scaling.trigger.uses_prometheus)
        if asks_prometheus and self._prometheus is None:
            raise ConfigurationError(
                f"InferenceServer prometheus must be given where the cluster has no Prometheus, got None: "
                f"{'rollback_on' if alarms else 'scaling'} asks it; make Prometheus(...) before the server"
            )
        keda = None if scaling.trigger is None else self._add_on("scaling", Keda)
        if scaling.trigger is not None and scaling.trigger.uses_exporter:
            check_use(cluster, pod)
            self._add_on("scaling on_gpu_use", DcgmExporter)
        argo = self._add_on("rollout", ArgoRollouts) if replaced.by_argo else None
        super().__init__(scope, construct_id)
        cluster.claim(f"server {self.namespace}/{self.name}", self)
        for each in (*advice, *advice_on_room(room, scaling, replaced), *_advice_on_alarms(rollout, replaced, alarms)):
            cdk.Annotations.of(self).add_warning_v2(f"cdk-model-hosting:{each.id}", each.text)
        self._served = server.kind.bind(self, pod=pod, longest_seconds=longest)
        self.address: str = f"http://{self.name}.{self.namespace}.svc:{number_text(self._served.main_port)}"
        self._after: tuple[IDependable, ...] = () if isinstance(namespace, str) else namespace.after
        self.service_account: ServiceAccount = cluster.service_account(
            self,
            "Account",
            namespace=self.namespace,
            name=self.name,
            permissions=(*self._served.permissions, *permissions),
            after=self._after,
        )
        self.role: iam.IRole = self.service_account.role
        region = cdk.Stack.of(self).region
        made = ServerPod(
            name=self.name,
            namespace=self.namespace,
            labels=labels_of(self.name),
            hash_label=ROLLOUT_HASH if replaced.by_argo else DEPLOYMENT_HASH,
            kind=server.kind,
            served=self._served,
            pod=pod,
            longest_seconds=longest,
            fetches=scaling.pods_fetch and server.kind.may_fetch,
            region=region,
            downloader=downloader,
        )
        replicas = scaling.minimum if scaling.trigger is None else None
        self.manifest: KubernetesObjects = cluster.apply(
            self,
            "Manifest",
            server_objects(
                made,
                cluster=cluster,
                rollout=replaced,
                replicas=replicas,
                sources=self._sources(allow_from, exposure),
                exposure=exposure,
            ),
            after=(*self._after, self.service_account, *pools_of(self, cluster, pod)),
        )
        self.workload: KubernetesObjects = self.manifest
        if replaced.by_argo:
            self.workload = cluster.apply(
                self,
                "Rollout",
                rollout_objects(made, rollout=replaced, replicas=replicas, alarms=alarms, prometheus=self._prometheus),
                after=(self.manifest, *_ready(argo)),
            )
        if scaling.trigger is not None:
            scaled = Scaled(
                namespace=self.namespace,
                name=self.name,
                pod=pod,
                kind=server.kind,
                region=region,
                prometheus=self._prometheus,
            )
            self._scale(scaled, scaling, keda, by_argo=replaced.by_argo)

    def grant_ask(self, source: TrafficSource) -> KubernetesObjects:
        """Let somebody ask the server.

        Args:
            source: Who; where it names no ports, all at which models are asked.
        """
        require("InferenceServer.grant_ask source", source, TrafficSource)
        name = f"{self.name}-{source.name}"
        return self._cluster.apply(
            self,
            f"Ask{source.name}",
            ask_policy(
                name=name, namespace=self.namespace, server=self.name, sources=[to_ports(source, self._served.ports)]
            ),
            after=self._after,
        )

    def _scale(self, scaled: Scaled, scaling: PodScaling, keda: ChartAddOn | None, *, by_argo: bool) -> None:
        after: tuple[IDependable, ...] = (self.workload, *_ready(keda))
        permissions = () if scaling.trigger is None else scaling.trigger.permissions()
        if permissions:
            if isinstance(keda, Keda):
                after = (*after, keda.allow(self, "KedaMayLook", permissions))
            after = (self._cluster.apply(self, "ScalingIdentity", scaling_identity(scaled), after=after),)
        self._cluster.apply(self, "Scaling", scaling_objects(scaled, scaling, by_argo=by_argo), after=after)

    def _sources(self, allow_from: Sequence[TrafficSource], exposure: Exposure | None) -> list[TrafficSource]:
        ports = self._served.ports
        sources = [to_ports(each, ports) for each in allow_from]
        if exposure is not None:
            sources += [to_ports(each, ports) for each in exposure.sources()]
        reader = self._cluster.claimed(Prometheus.CLAIM)
        if isinstance(reader, Prometheus) and self._served.metrics is not None:
            port = ports[self._served.metrics[0]]
            sources.append(TrafficSource.from_namespace(reader.namespace, ports=[port]))
        return sources

    def _installed_prometheus(self) -> str | None:
        installed = self._cluster.claimed(Prometheus.CLAIM)
        return installed.address if isinstance(installed, Prometheus) else None

    def _add_on(self, argument: str, kind: type[Keda | ArgoRollouts | DcgmExporter]) -> ChartAddOn | None:
        """The add-on that something needs; an imported cluster may have it from elsewhere."""
        found = self._cluster.claimed(kind.CLAIM)
        if isinstance(found, kind):
            return found
        if isinstance(self._cluster, ImportedCluster):
            return None
        raise ConfigurationError(
            f"InferenceServer {argument} must have {kind.__name__} in the cluster, got none: nothing would come of it; make "
            f"{kind.__name__}(...) before the server"
        )


def _ready(add_on: ChartAddOn | None) -> tuple[IDependable, ...]:
    return () if add_on is None else (add_on.ready,)


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
