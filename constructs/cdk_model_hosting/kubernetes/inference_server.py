"""Models that pods in a cluster serve."""

from __future__ import annotations

from typing import TYPE_CHECKING

import aws_cdk as cdk
from constructs import Construct

from cdk_model_hosting.arguments import require, require_several
from cdk_model_hosting.kubernetes.custom_objects import rollout_objects, scaling_identity, scaling_objects
from cdk_model_hosting.kubernetes.exposure import Exposure
from cdk_model_hosting.kubernetes.keda import Keda
from cdk_model_hosting.kubernetes.model_namespace import ModelNamespace
from cdk_model_hosting.kubernetes.names import name_of, number_text
from cdk_model_hosting.kubernetes.network_policies import TrafficSource
from cdk_model_hosting.kubernetes.pod_nodes import pools_of
from cdk_model_hosting.kubernetes.pod_scaling import PodScaling
from cdk_model_hosting.kubernetes.pod_size import PodSize
from cdk_model_hosting.kubernetes.pod_template import ServerPod
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
from cdk_model_hosting.kubernetes.server_plan import plan_server
from cdk_model_hosting.kubernetes.servers.downloads import DOWNLOADER
from cdk_model_hosting.kubernetes.servers.model_server import ModelServer
from cdk_model_hosting.kubernetes.servers.served import check_image
from cdk_model_hosting.kubernetes.serving_cluster import ServingCluster
from cdk_model_hosting.limits.clusters import KUBERNETES_NAMESPACE
from cdk_model_hosting.limits.servers import SERVER_NAME
from cdk_model_hosting.rollout.rollout import Rollout

if TYPE_CHECKING:
    from collections.abc import Sequence

    from aws_cdk import aws_iam as iam
    from constructs import IDependable

    from cdk_model_hosting.kubernetes.chart_add_on import ChartAddOn
    from cdk_model_hosting.kubernetes.kubernetes_objects import KubernetesObjects
    from cdk_model_hosting.kubernetes.pod_alarm import PodAlarm
    from cdk_model_hosting.kubernetes.service_account import ServiceAccount
    from cdk_model_hosting.permissions import Permission


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
        plan = plan_server(
            cluster,
            namespace=namespace,
            server=server,
            pod=pod,
            scaling=scaling,
            rollout=rollout,
            rollback_on=rollback_on,
            longest_request=longest_request,
            prometheus=prometheus,
        )
        self._cluster = cluster
        super().__init__(scope, construct_id)
        cluster.claim(f"server {self.namespace}/{self.name}", self)
        for each in plan.advice:
            cdk.Annotations.of(self).add_warning_v2(f"cdk-model-hosting:{each.id}", each.text)
        self._served = server.kind.bind(self, pod=pod, longest_seconds=plan.longest_seconds)
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
            hash_label=ROLLOUT_HASH if plan.replaced.by_argo else DEPLOYMENT_HASH,
            kind=server.kind,
            served=self._served,
            pod=pod,
            longest_seconds=plan.longest_seconds,
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
                rollout=plan.replaced,
                replicas=replicas,
                sources=self._sources(allow_from, exposure),
                exposure=exposure,
            ),
            after=(*self._after, self.service_account, *pools_of(self, cluster, pod)),
        )
        self.workload: KubernetesObjects = self.manifest
        if plan.replaced.by_argo:
            self.workload = cluster.apply(
                self,
                "Rollout",
                rollout_objects(
                    made, rollout=plan.replaced, replicas=replicas, alarms=plan.alarms, prometheus=plan.prometheus
                ),
                after=(self.manifest, *_ready(plan.argo)),
            )
        if scaling.trigger is not None:
            scaled = Scaled(
                namespace=self.namespace,
                name=self.name,
                pod=pod,
                kind=server.kind,
                region=region,
                prometheus=plan.prometheus,
            )
            self._scale(scaled, scaling, plan.keda, by_argo=plan.replaced.by_argo)

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


def _ready(add_on: ChartAddOn | None) -> tuple[IDependable, ...]:
    return () if add_on is None else (add_on.ready,)
