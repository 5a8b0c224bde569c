"""A batch job on nodes with accelerators."""

from __future__ import annotations

import hashlib
import json
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

import aws_cdk as cdk
from constructs import Construct

from cdk_model_hosting.arguments import require, require_several
from cdk_model_hosting.durations import seconds
from cdk_model_hosting.errors import ConfigurationError
from cdk_model_hosting.kubernetes.jobs.output import JobOutput
from cdk_model_hosting.kubernetes.jobs.queue import KueueQueue
from cdk_model_hosting.kubernetes.jobs.retries import ShardRetries
from cdk_model_hosting.kubernetes.jobs.shards import JobShards
from cdk_model_hosting.kubernetes.jobs.start import JobStart
from cdk_model_hosting.kubernetes.jobs.worker import CONTAINER, LISTING, STAY, JobWorker
from cdk_model_hosting.kubernetes.manifests import Manifests
from cdk_model_hosting.kubernetes.model_namespace import ModelNamespace
from cdk_model_hosting.kubernetes.names import name_of
from cdk_model_hosting.kubernetes.pod_fit import check_fit
from cdk_model_hosting.kubernetes.pod_nodes import advice_on_drain, advice_on_taints, check_own, pools_of
from cdk_model_hosting.kubernetes.pod_room import check_quota
from cdk_model_hosting.kubernetes.pod_size import PodSize
from cdk_model_hosting.kubernetes.serving_cluster import ServingCluster
from cdk_model_hosting.limits.clusters import KUBERNETES_NAMESPACE
from cdk_model_hosting.limits.jobs import GPU_JOB_NAME, GPU_JOB_SECONDS, JOB_PARALLEL, KEEP_JOB_SECONDS
from cdk_model_hosting.permissions import Permission
from cdk_model_hosting.tokens import is_token

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from aws_cdk import aws_iam as iam
    from cdk8s_plus_36 import k8s

    from cdk_model_hosting.kubernetes.kubernetes_objects import KubernetesObjects
    from cdk_model_hosting.kubernetes.service_account import ServiceAccount

JOB_LABEL = "model-hosting/job"
"""Name of the batch job that a Kubernetes job, or a pod of one, belongs to."""

_DIGEST_LENGTH = 8
# No name that Kubernetes would take.
_TO_BE_NAMED = "<name of the job>"
_WEEK_SECONDS = 604_800


class GpuBatchJob(Construct):
    """A job over many shards of an input in S3: a pod with accelerators for each, a number of them at once.

    Each shard is tried again by itself. A pod that its node takes along is none that has failed, so that the job may run on
    spot instances. No node is emptied while a pod of the job works on it, and a node without pods is taken away by what
    scales the cluster: when the job has ended, nothing is left that costs.

    What a worker is told, and what it must keep to, stands in `cdk_model_hosting.kubernetes.jobs.contract`.

    Args:
        scope: Where to make it.
        construct_id: ID below `scope`.
        cluster: The cluster.
        namespace: Namespace to run in.
        image: Address of the workers' container image, such as ``DockerImageAsset(...).image_uri``. The nodes pull it.
        command: What a worker runs. No shell is around it.
        shards: What they read.
        output: Where they write.
        time_limit: Time that all of it may take, 1 minute to 30 days: Kubernetes stops what runs then. Time in a queue does not
            count.
        pod: What each worker gets of its node; one GPU when omitted.
        parallel: Workers at once; as many as there are shards when omitted, which starts a node for each.
        retries: How often a shard is tried again; three times when omitted.
        shard_time_limit: Time that one try of a shard may take; a worker that hangs is tried again then. No limit but
            `time_limit` when omitted.
        keep_for: Time that an ended job and the logs of its pods are kept in the cluster; 7 days when omitted. A deployment
            that must make the job anew after that starts it.
        start: When it runs; on each deployment that changes it when omitted.
        queue: The queue that holds it back until there is room; it starts at once when omitted.
        environment: Further environment of the workers. It is not secret.
        permissions: What workers may do in AWS beside reading their shards and writing their answers.
        user: Number of the user that workers run as; the image's own when omitted. A namespace with `PodSecurity.RESTRICTED`
            needs one that is not 0.
        name: Name, 1-37 characters; made from `construct_id` when omitted.

    Raises:
        ConfigurationError: When a value is outside what Kubernetes takes, the output lies in the input, or no node or queue has
            room for it.

    Attributes:
        name: Name, as pods are labelled by ``model-hosting/job``.
        namespace: Namespace that it runs in.
        resource_name: Name of the Kubernetes job, or of the schedule that makes jobs.
        service_account: Service account of the workers.
        role: Their role, to grant more to it.
        manifest: What makes the job.

    See: https://kubernetes.io/docs/concepts/workloads/controllers/job/
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        cluster: ServingCluster,
        namespace: ModelNamespace | str,
        image: str,
        command: Sequence[str],
        shards: JobShards,
        output: JobOutput,
        time_limit: cdk.Duration,
        pod: PodSize | None = None,
        parallel: int | None = None,
        retries: ShardRetries | None = None,
        shard_time_limit: cdk.Duration | None = None,
        keep_for: cdk.Duration | None = None,
        start: JobStart | None = None,
        queue: KueueQueue | None = None,
        environment: Mapping[str, str] = MappingProxyType({}),
        permissions: Sequence[Permission] = (),
        user: int | None = None,
        name: str | None = None,
    ) -> None:
        require("GpuBatchJob cluster", cluster, ServingCluster)
        require("GpuBatchJob namespace", namespace, ModelNamespace, str)
        require("GpuBatchJob shards", shards, JobShards)
        require("GpuBatchJob output", output, JobOutput)
        require_several("GpuBatchJob command", command, str)
        require_several("GpuBatchJob permissions", permissions, Permission)
        self._size = pod if pod is not None else PodSize()
        self._retries = retries if retries is not None else ShardRetries()
        self._start = start if start is not None else JobStart.on_deploy()
        require("GpuBatchJob pod", self._size, PodSize)
        require("GpuBatchJob retries", self._retries, ShardRetries)
        require("GpuBatchJob start", self._start, JobStart)
        self.namespace: str = namespace.name if isinstance(namespace, ModelNamespace) else namespace
        KUBERNETES_NAMESPACE.check("GpuBatchJob namespace", self.namespace, optional=False)
        self.name: str = name_of(GPU_JOB_NAME, "GpuBatchJob", name, construct_id=construct_id)
        self._parallel = _parallel(parallel, shards)
        _check_failed(self._retries, shards)
        _check_apart(shards, output)
        self._seconds = seconds("GpuBatchJob time_limit", time_limit)
        GPU_JOB_SECONDS.check("GpuBatchJob time_limit", self._seconds, optional=False)
        self._shard_seconds = seconds("GpuBatchJob shard_time_limit", shard_time_limit)
        GPU_JOB_SECONDS.check("GpuBatchJob shard_time_limit", self._shard_seconds)
        kept = seconds("GpuBatchJob keep_for", keep_for)
        self._kept = kept if kept is not None else _WEEK_SECONDS
        KEEP_JOB_SECONDS.check("GpuBatchJob keep_for", self._kept)
        self._shards = shards
        self._output = output
        self._worker = JobWorker(image=image, command=tuple(command), environment=dict(environment), user=user)
        self._queue = queue
        if queue is not None:
            require("GpuBatchJob queue", queue, KueueQueue)
            queue.check_takes(cluster=cluster, namespace=self.namespace, pod=self._size, parallel=self._parallel)
        check_own("GpuBatchJob namespace", cluster, namespace)
        advice = check_fit(cluster, self._size)
        if queue is None:
            # A queue makes its jobs tolerate the nodes that it sends them to.
            advice += advice_on_taints(cluster, self._size)
        longest = self._shard_seconds if self._shard_seconds is not None else self._seconds
        advice += advice_on_drain(cluster, self._size, seconds=longest)
        # A job gets on with fewer pods than it may have.
        check_quota("GpuBatchJob pod", namespace=namespace, pod=self._size, pods=1)
        super().__init__(scope, construct_id)
        for each in advice:
            cdk.Annotations.of(self).add_warning_v2(f"cdk-model-hosting:{each.id}", each.text)
        cluster.claim(f"batch job {self.namespace}/{self.name}", self)
        first = namespace.after if isinstance(namespace, ModelNamespace) else ()
        self.service_account: ServiceAccount = cluster.service_account(
            self,
            "Worker",
            namespace=self.namespace,
            name=self.name,
            permissions=(*shards.permissions, *output.permissions, *permissions),
            after=first,
        )
        self.role: iam.IRole = self.service_account.role
        self.resource_name, manifests = self._named()
        # Pods get their role when they start, and not later.
        after = [*first, self.service_account, *pools_of(self, cluster, self._size)]
        if queue is not None:
            after.append(queue)
        self.manifest: KubernetesObjects = cluster.apply(self, "Manifest", manifests, after=after)

    def _named(self) -> tuple[str, list[dict[str, Any]]]:
        """The objects, and the job's name: with a digest of all that a job of the same name could not have otherwise."""
        rendered = self._rendered(_TO_BE_NAMED)
        name = self.name
        if self._start.once:
            name = f"{name}-{self._digest(rendered)}"
        elif self._shards.listing is not None:
            name = f"{name}-{self._digest(self._shards.listing)}"
        named: list[dict[str, Any]] = json.loads(json.dumps(rendered).replace(_TO_BE_NAMED, name))
        return name, named

    def _digest(self, told: Any) -> str:
        text = json.dumps(cdk.Stack.of(self).resolve(told), sort_keys=True)
        return hashlib.sha256(text.encode()).hexdigest()[:_DIGEST_LENGTH]

    def _rendered(self, name: str) -> list[dict[str, Any]]:
        from cdk8s_plus_36 import k8s  # noqa: PLC0415 - loaded by stacks with clusters alone

        labels = {JOB_LABEL: self.name}
        queued = {} if self._queue is None else self._queue.labels
        with Manifests() as m:
            if self._shards.listing is not None:
                k8s.KubeConfigMap(
                    m.chart,
                    "Shards",
                    metadata=k8s.ObjectMeta(name=name, namespace=self.namespace, labels=labels),
                    data={LISTING: self._shards.listing},
                    immutable=True,
                )
            self._start.add(
                m,
                metadata=k8s.ObjectMeta(
                    name=name,
                    namespace=self.namespace,
                    labels={**labels, **self._start.labels, **(queued if self._start.once else {})},
                ),
                labels={**labels, **queued},
                spec=self._spec(labels, listing=name),
            )
        return m.rendered()

    def _spec(self, labels: Mapping[str, str], *, listing: str) -> k8s.JobSpec:
        from cdk8s_plus_36 import k8s  # noqa: PLC0415 - loaded by stacks with clusters alone

        pod = self._worker.pod(
            shards=self._shards,
            output=self._output,
            size=self._size,
            account=self.name,
            listing=listing,
            seconds=self._shard_seconds,
        )
        return k8s.JobSpec(
            completion_mode="Indexed",
            completions=self._shards.size,
            parallelism=self._parallel,
            backoff_limit_per_index=self._retries.per_shard,
            max_failed_indexes=self._retries.failed_shards,
            pod_failure_policy=self._retries.policy(CONTAINER),
            # A shard has one pod at a time: the next is made when the one before is gone.
            pod_replacement_policy="Failed",
            active_deadline_seconds=self._seconds,
            ttl_seconds_after_finished=self._kept,
            # Kueue lets it go.
            suspend=None if self._queue is None else True,
            template=k8s.PodTemplateSpec(metadata=k8s.ObjectMeta(labels=dict(labels), annotations=STAY), spec=pod),
        )


def _parallel(parallel: int | None, shards: JobShards) -> int:
    if parallel is None:
        return shards.size
    JOB_PARALLEL.check("GpuBatchJob parallel", parallel)
    if not is_token(parallel) and not is_token(shards.size) and parallel > shards.size:
        raise ConfigurationError(
            f"GpuBatchJob parallel must be at most the {shards.size} shards, got {parallel}: each pod works on one of them"
        )
    return parallel


def _check_failed(retries: ShardRetries, shards: JobShards) -> None:
    allowed = retries.failed_shards
    if allowed is not None and not is_token(allowed) and not is_token(shards.size) and allowed > shards.size:
        raise ConfigurationError(
            f"GpuBatchJob retries failed_shards must be at most the {shards.size} shards, got {allowed}: no more can fail"
        )


def _check_apart(shards: JobShards, output: JobOutput) -> None:
    """Refuse answers among the input, where both are known to be in one bucket."""
    if output.bucket is not shards.bucket or is_token(output.prefix):
        return
    for each in shards.prefixes:
        if not is_token(each) and output.prefix.startswith(each):
            raise ConfigurationError(
                f"JobOutput prefix must not lie below {each!r} of the shards, got {output.prefix!r}: the answers of one run would be read "
                "by the next"
            )
