"""The pods of a batch job, as Kubernetes reads them."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import aws_cdk as cdk

from cdk_model_hosting.arguments import require, require_several
from cdk_model_hosting.errors import ConfigurationError
from cdk_model_hosting.kubernetes.jobs import contract
from cdk_model_hosting.limits.servers import POD_USER, VARIABLE_NAME
from cdk_model_hosting.tokens import is_token

if TYPE_CHECKING:
    from collections.abc import Mapping

    from cdk8s_plus_36 import k8s

    from cdk_model_hosting.kubernetes.jobs.output import JobOutput
    from cdk_model_hosting.kubernetes.jobs.shards import JobShards
    from cdk_model_hosting.kubernetes.pod_size import PodSize

CONTAINER = "worker"
LISTING = "shards"
"""Name of the file with the shards, and of what it is mounted from."""

_FOLDER = "/etc/model-hosting"
_INDEX_LABEL = "metadata.labels['batch.kubernetes.io/job-completion-index']"
_RUN_LABEL = "metadata.labels['batch.kubernetes.io/job-name']"
# A spot instance goes two minutes after it has said so.
_GRACE_SECONDS = 90
# A node is not emptied to save money while a shard is worked on: its hours would be lost.
STAY = {
    "cluster-autoscaler.kubernetes.io/safe-to-evict": "false",
    "karpenter.sh/do-not-disrupt": "true",
}
"""Annotations that keep a pod's node until the pod has ended."""


@dataclass(frozen=True, slots=True, kw_only=True)
class JobWorker:
    """What each pod of a batch job runs, after the contract in `cdk_model_hosting.kubernetes.jobs.contract`.

    Args:
        image: Address of the container image, such as ``DockerImageAsset(...).image_uri``. The nodes pull it.
        command: The command, without a shell around it.
        environment: Further environment. It is not secret: whoever may read jobs reads it.
        user: Number of the user to run as; the image's own when omitted. A namespace with `PodSecurity.RESTRICTED` needs one
            that is not 0.

    Raises:
        ConfigurationError: When the command is empty, or the environment says what the contract says.
    """

    image: str
    command: tuple[str, ...]
    environment: Mapping[str, str] = field(default_factory=dict)
    user: int | None = None

    def __post_init__(self) -> None:
        require("GpuBatchJob image", self.image, str)
        if not self.image:
            raise ConfigurationError("GpuBatchJob image must name an image, got '': a pod runs one")
        require_several("GpuBatchJob command", self.command, str)
        if not self.command:
            raise ConfigurationError(
                "GpuBatchJob command must name what runs, got []: Kubernetes cannot tell the image's own where a shard is looked up before it"
            )
        require("GpuBatchJob environment", self.environment, dict)
        for name, value in self.environment.items():
            VARIABLE_NAME.check("GpuBatchJob environment name", name, optional=False)
            require(f"GpuBatchJob environment {name}", value, str)
            if name in contract.OWN:
                raise ConfigurationError(
                    f"GpuBatchJob environment must hold none of {', '.join(contract.OWN)}, got {name!r}: they tell a worker its shard"
                )
        POD_USER.check("GpuBatchJob user", self.user)

    def pod(
        self, *, shards: JobShards, output: JobOutput, size: PodSize, account: str, listing: str, seconds: int | None
    ) -> k8s.PodSpec:
        """The pods.

        Args:
            shards: What they read.
            output: Where they write.
            size: What each gets of its node.
            account: Name of their service account.
            listing: Name of the ConfigMap with the shards, where these are listed.
            seconds: Time that each may take.
        """
        from cdk8s_plus_36 import k8s  # noqa: PLC0415 - loaded by stacks with clusters alone

        listed = shards.listing is not None
        shared = k8s.EmptyDirVolumeSource(
            medium="Memory",
            size_limit=k8s.Quantity.from_string(f"{cdk.Tokenization.stringify_number(size.shared_memory_mb)}Mi"),
        )
        mounts = [k8s.VolumeMount(name="shared-memory", mount_path="/dev/shm")]  # noqa: S108 - where processes look for it
        volumes = [k8s.Volume(name="shared-memory", empty_dir=shared)]
        if listed:
            mounts.append(k8s.VolumeMount(name=LISTING, mount_path=_FOLDER, read_only=True))
            volumes.append(k8s.Volume(name=LISTING, config_map=k8s.ConfigMapVolumeSource(name=listing)))
        container = k8s.Container(
            name=CONTAINER,
            image=self.image,
            command=contract.find_shard(self.command) if listed else list(self.command),
            env=self._environment(shards, output),
            resources=size.resources(),
            volume_mounts=mounts,
            # The last lines of its log say why it has failed, where it says nothing else.
            termination_message_policy="FallbackToLogsOnError",
            security_context=k8s.SecurityContext(
                allow_privilege_escalation=False, capabilities=k8s.Capabilities(drop=["ALL"])
            ),
        )
        return k8s.PodSpec(
            containers=[container],
            restart_policy="Never",
            active_deadline_seconds=seconds,
            termination_grace_period_seconds=_GRACE_SECONDS,
            service_account_name=account,
            # Workers ask AWS, with a token of its own, and not Kubernetes.
            automount_service_account_token=False,
            enable_service_links=False,
            node_selector=size.node_selector,
            tolerations=size.tolerations(),
            volumes=volumes,
            security_context=self._security(),
        )

    def _security(self) -> k8s.PodSecurityContext:
        from cdk8s_plus_36 import k8s  # noqa: PLC0415 - loaded by stacks with clusters alone

        ordinary = self.user is not None and (is_token(self.user) or self.user != 0)
        return k8s.PodSecurityContext(
            run_as_user=self.user,
            run_as_non_root=True if ordinary else None,
            seccomp_profile=k8s.SeccompProfile(type="RuntimeDefault"),
        )

    def _environment(self, shards: JobShards, output: JobOutput) -> list[k8s.EnvVar]:
        from cdk8s_plus_36 import k8s  # noqa: PLC0415 - loaded by stacks with clusters alone

        told = {
            # The text of a Token is another one than that of the number that stands for it in Python.
            contract.COUNT: cdk.Tokenization.stringify_number(shards.size),
            contract.PART: shards.part,
            contract.OUTPUT: output.uri,
            **(
                {contract.URI: shards.base}
                if shards.listing is None
                else {contract.BASE: shards.base, contract.LIST: f"{_FOLDER}/{LISTING}"}
            ),
            **self.environment,
        }
        fields = {contract.INDEX: _INDEX_LABEL, contract.RUN: _RUN_LABEL}
        return [
            *(
                k8s.EnvVar(name=name, value_from=k8s.EnvVarSource(field_ref=k8s.ObjectFieldSelector(field_path=path)))
                for name, path in fields.items()
            ),
            *(k8s.EnvVar(name=name, value=value) for name, value in told.items()),
        ]
