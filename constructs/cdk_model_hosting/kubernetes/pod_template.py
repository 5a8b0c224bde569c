"""The pod of a server, typed as Kubernetes has it."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from cdk_model_hosting.kubernetes.manifests import Manifests
from cdk_model_hosting.kubernetes.names import number_text
from cdk_model_hosting.kubernetes.scheduling import ZONE_LABEL
from cdk_model_hosting.kubernetes.servers.downloads import downloads
from cdk_model_hosting.kubernetes.servers.served import MODELS
from cdk_model_hosting.kubernetes.servers.volumes import PodVolume

if TYPE_CHECKING:
    from collections.abc import Mapping

    from cdk8s_plus_36 import k8s

    from cdk_model_hosting.kubernetes.pod_size import PodSize
    from cdk_model_hosting.kubernetes.servers.served import Served, ServerKind

_TMP = "/tmp"  # noqa: S108 - a path in a container that is one pod's alone
_HOSTNAME = "kubernetes.io/hostname"
_PROBE_SECONDS = 10
# Until every node and load balancer has heard that a pod goes away, requests still come.
_HEARD_SECONDS = 10
_STOP_SECONDS = 20
LEAVING_SECONDS = _HEARD_SECONDS + _STOP_SECONDS
"""What a pod needs to go, beside the time of its longest request."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ServerPod:
    """All that the pod of a server is made of.

    Args:
        name: Name of the server.
        namespace: Namespace of the server.
        labels: Labels of the pod.
        hash_label: Label by which whoever replaces pods tells versions apart.
        kind: The server.
        served: How it is run.
        pod: What it gets.
        longest_seconds: How long the longest request takes.
        fetches: Whether it takes its work by itself, and must hear at once that it is to take no more.
        region: Region of the stack.
        downloader: Image of the AWS CLI.
    """

    name: str
    namespace: str
    labels: Mapping[str, str]
    hash_label: str
    kind: ServerKind
    served: Served
    pod: PodSize
    longest_seconds: int
    fetches: bool
    region: str
    downloader: str

    def template(self) -> k8s.PodTemplateSpec:
        """The pod."""
        from cdk8s_plus_36 import k8s  # noqa: PLC0415 - loaded by stacks with clusters alone

        user = self.kind.user
        return k8s.PodTemplateSpec(
            metadata=k8s.ObjectMeta(labels=dict(self.labels), annotations=self._annotations()),
            spec=k8s.PodSpec(
                service_account_name=self.name,
                # It does not talk to Kubernetes; its role in AWS comes another way.
                automount_service_account_token=False,
                # A service called vllm would set VLLM_PORT.
                enable_service_links=False,
                node_selector=self.pod.node_selector,
                tolerations=self.pod.tolerations(),
                topology_spread_constraints=[self._spread(ZONE_LABEL), self._spread(_HOSTNAME)],
                termination_grace_period_seconds=self._stop_after + self._stopping,
                security_context=k8s.PodSecurityContext(
                    run_as_user=user,
                    run_as_group=user,
                    fs_group=user or None,
                    run_as_non_root=True if user else None,
                    seccomp_profile=k8s.SeccompProfile(type="RuntimeDefault"),
                ),
                init_containers=downloads(
                    self.served.artifact,
                    image=self.kind.image,
                    downloader=self.downloader,
                    region=self.region,
                    memory_mb=self.pod.memory_mb,
                )
                or None,
                containers=[self._container()],
                volumes=[
                    *(each.volume(name) for name, each in self._volumes().items()),
                    k8s.Volume(
                        name="shared-memory",
                        empty_dir=k8s.EmptyDirVolumeSource(
                            medium="Memory",
                            size_limit=k8s.Quantity.from_string(f"{number_text(self.pod.shared_memory_mb)}Mi"),
                        ),
                    ),
                ],
            ),
        )

    def rendered(self, selector: Mapping[str, str]) -> dict[str, Any]:
        """The pod as plain data, for objects that are not Kubernetes' own.

        Args:
            selector: Labels that find it.
        """
        from cdk8s_plus_36 import k8s  # noqa: PLC0415 - loaded by stacks with clusters alone

        with Manifests() as m:
            spec = k8s.DeploymentSpec(selector=k8s.LabelSelector(match_labels=dict(selector)), template=self.template())
            k8s.KubeDeployment(m.chart, "Pod", metadata=k8s.ObjectMeta(name=self.name), spec=spec)
        template: dict[str, Any] = m.rendered()[0]["spec"]["template"]
        return template

    @property
    def _stop_after(self) -> int:
        """How long it goes on as if nothing were before it is told to stop."""
        if self.fetches:
            return 0
        return _HEARD_SECONDS + (0 if self.served.finishes else self.longest_seconds)

    @property
    def _stopping(self) -> int:
        """How long it may take to stop then."""
        return _STOP_SECONDS + (self.longest_seconds if self.served.finishes or self.fetches else 0)

    def _annotations(self) -> dict[str, str] | None:
        if self.served.metrics is None:
            return None
        port, path = self.served.metrics
        return {
            "prometheus.io/scrape": "true",
            "prometheus.io/port": number_text(self.served.ports[port]),
            "prometheus.io/path": path,
        }

    def _volumes(self) -> dict[str, PodVolume]:
        volumes = {"scratch": PodVolume.scratch(_TMP)}
        if self.served.artifact is not None:
            volumes["models"] = PodVolume.scratch(MODELS)
            if self.served.artifact.compressed:
                volumes["archive"] = PodVolume.scratch("/archive")
        for number, each in enumerate(self.served.volumes, 1):
            volumes[f"volume-{number}"] = each
        return volumes

    def _spread(self, over: str) -> k8s.TopologySpreadConstraint:
        """Pods of one version are spread, each version by itself; where devices are scarce, any node will do."""
        from cdk8s_plus_36 import k8s  # noqa: PLC0415 - loaded by stacks with clusters alone

        return k8s.TopologySpreadConstraint(
            max_skew=1,
            topology_key=over,
            when_unsatisfiable="ScheduleAnyway",
            label_selector=k8s.LabelSelector(match_labels=dict(self.labels)),
            match_label_keys=[self.hash_label],
        )

    def _container(self) -> k8s.Container:
        from cdk8s_plus_36 import k8s  # noqa: PLC0415 - loaded by stacks with clusters alone

        served = self.served
        ready, live = (self._probe(each) for each in (served.ready_path, served.live_path))
        return k8s.Container(
            name="server",
            image=self.kind.image,
            command=list(served.command) or None,
            args=list(served.arguments) or None,
            env=[
                *(k8s.EnvVar(name=name, value=value) for name, value in {"HOME": _TMP, **served.environment}.items()),
                *(each.as_variable(name) for name, each in served.secrets.items()),
            ],
            ports=[k8s.ContainerPort(name=name, container_port=port) for name, port in served.ports.items()],
            resources=self.pod.resources(),
            # Until it has been ready once, it loads its models, and is not looked at otherwise.
            startup_probe=k8s.Probe(
                http_get=ready,
                period_seconds=_PROBE_SECONDS,
                timeout_seconds=5,
                failure_threshold=math.ceil(self.kind.startup_seconds / _PROBE_SECONDS),
            ),
            readiness_probe=k8s.Probe(http_get=ready, period_seconds=5, timeout_seconds=5, failure_threshold=3),
            liveness_probe=k8s.Probe(
                http_get=live, period_seconds=_PROBE_SECONDS, timeout_seconds=10, failure_threshold=6
            ),
            lifecycle=self._lifecycle(),
            security_context=k8s.SecurityContext(
                allow_privilege_escalation=False,
                capabilities=k8s.Capabilities(drop=["ALL"]),
                read_only_root_filesystem=self.kind.read_only_root,
            ),
            volume_mounts=[
                *(each.mount(name) for name, each in self._volumes().items() if name != "archive"),
                k8s.VolumeMount(name="shared-memory", mount_path="/dev/shm"),  # noqa: S108 - the same
            ],
        )

    def _lifecycle(self) -> k8s.Lifecycle | None:
        from cdk8s_plus_36 import k8s  # noqa: PLC0415 - loaded by stacks with clusters alone

        if not self._stop_after:
            return None
        return k8s.Lifecycle(pre_stop=k8s.LifecycleHandler(sleep=k8s.SleepAction(seconds=self._stop_after)))

    def _probe(self, path: str) -> k8s.HttpGetAction:
        from cdk8s_plus_36 import k8s  # noqa: PLC0415 - loaded by stacks with clusters alone

        port = next(iter(self.served.ports))
        return k8s.HttpGetAction(path=path, port=k8s.IntOrString.from_string(port))
