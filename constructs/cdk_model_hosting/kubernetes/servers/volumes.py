"""What a server's container sees besides its image: volumes, and values from secrets."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from cdk_model_hosting.arguments import require
from cdk_model_hosting.errors import ConfigurationError
from cdk_model_hosting.limits.clusters import KUBERNETES_NAME
from cdk_model_hosting.limits.servers import SECRET_KEY
from cdk_model_hosting.tokens import is_token

if TYPE_CHECKING:
    from cdk8s_plus_36 import k8s

_PATH = re.compile(r"/[^:]*[^:/]")


@dataclass(frozen=True, slots=True, kw_only=True)
class SecretKey:
    """A value in a Kubernetes secret of the server's namespace. The secret itself is made elsewhere: no template holds its value.

    Args:
        name: Name of the secret.
        key: Key in it.

    Raises:
        ConfigurationError: When a name is none that Kubernetes takes.
    """

    name: str
    key: str

    def __post_init__(self) -> None:
        KUBERNETES_NAME.check("SecretKey name", self.name, optional=False)
        SECRET_KEY.check("SecretKey key", self.key, optional=False)

    def as_variable(self, variable: str) -> k8s.EnvVar:
        """The value as an environment variable.

        Args:
            variable: Name of the variable.
        """
        from cdk8s_plus_36 import k8s  # noqa: PLC0415 - loaded by stacks with clusters alone

        selector = k8s.SecretKeySelector(name=self.name, key=self.key)
        return k8s.EnvVar(name=variable, value_from=k8s.EnvVarSource(secret_key_ref=selector))


@dataclass(frozen=True, slots=True)
class PodVolume:
    """A volume of a server's pod. Made by its factories.

    Args:
        path: Where the container sees it.
        kind: What it is.
        source: Name of the claim or of the secret.
        read_only: Whether the container can only read it.
    """

    path: str
    kind: Literal["scratch", "claim", "secret"]
    source: str = ""
    read_only: bool = False

    @classmethod
    def scratch(cls, path: str) -> PodVolume:
        """An empty folder on the node's disk that is gone with the pod.

        Args:
            path: Where the container sees it.

        Raises:
            ConfigurationError: When the path is not absolute.
        """
        return cls(_checked("PodVolume.scratch", path), "scratch")

    @classmethod
    def claim(cls, path: str, name: str, *, read_only: bool = False) -> PodVolume:
        """A volume that stays, such as a file system that all pods share, by its claim in the server's namespace.

        Args:
            path: Where the container sees it.
            name: Name of the ``PersistentVolumeClaim``. One that a single node can use at a time holds back new versions.
            read_only: Whether the container can only read it.

        Raises:
            ConfigurationError: When the path is not absolute, or the name none that Kubernetes takes.
        """
        KUBERNETES_NAME.check("PodVolume.claim name", name, optional=False)
        return cls(_checked("PodVolume.claim", path), "claim", name, read_only)

    @classmethod
    def secret(cls, path: str, name: str) -> PodVolume:
        """The values of a secret of the server's namespace, as files.

        Args:
            path: Where the container sees them.
            name: Name of the secret.

        Raises:
            ConfigurationError: When the path is not absolute, or the name none that Kubernetes takes.
        """
        KUBERNETES_NAME.check("PodVolume.secret name", name, optional=False)
        return cls(_checked("PodVolume.secret", path), "secret", name, read_only=True)

    def volume(self, name: str) -> k8s.Volume:
        """The volume as the pod names it.

        Args:
            name: Its name in the pod.
        """
        from cdk8s_plus_36 import k8s  # noqa: PLC0415 - loaded by stacks with clusters alone

        if self.kind == "claim":
            source = k8s.PersistentVolumeClaimVolumeSource(claim_name=self.source, read_only=self.read_only or None)
            return k8s.Volume(name=name, persistent_volume_claim=source)
        if self.kind == "secret":
            return k8s.Volume(name=name, secret=k8s.SecretVolumeSource(secret_name=self.source))
        return k8s.Volume(name=name, empty_dir=k8s.EmptyDirVolumeSource())

    def mount(self, name: str) -> k8s.VolumeMount:
        """Where the container sees it.

        Args:
            name: Its name in the pod.
        """
        from cdk8s_plus_36 import k8s  # noqa: PLC0415 - loaded by stacks with clusters alone

        return k8s.VolumeMount(name=name, mount_path=self.path, read_only=self.read_only or None)


def _checked(what: str, path: str) -> str:
    require(f"{what} path", path, str)
    if not is_token(path) and _PATH.fullmatch(path) is None:
        raise ConfigurationError(
            f"{what} path must be absolute and below the root, got {path!r}: a container sees volumes at such paths"
        )
    return path
