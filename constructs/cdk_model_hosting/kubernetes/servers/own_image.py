"""A server of one's own, in an image."""

from __future__ import annotations

from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING

from cdk_model_hosting.arguments import require, require_several
from cdk_model_hosting.errors import ConfigurationError
from cdk_model_hosting.kubernetes.servers.served import OWN_PATHS, Served, ServerKind, check_texts
from cdk_model_hosting.kubernetes.servers.volumes import PodVolume, SecretKey
from cdk_model_hosting.limits.clusters import PORT
from cdk_model_hosting.limits.servers import VARIABLE_NAME
from cdk_model_hosting.models.artifact import ModelArtifact
from cdk_model_hosting.tokens import is_token

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from constructs import Construct

    from cdk_model_hosting.kubernetes.pod_size import PodSize


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnServer(ServerKind):
    """Whatever an image runs.

    Args:
        port: Port that it listens on.
        ready_path: Path that answers when requests may come.
        live_path: Path that answers while it must not be started anew.
        metrics_path: Path of what Prometheus reads.
        command: Its program and what that is told.
        secrets: Environment variables whose values lie in secrets.
        volumes: Further volumes.
        artifact: What is downloaded before it starts.
    """

    port: int
    ready_path: str
    live_path: str
    metrics_path: str | None
    command: tuple[str, ...]
    secrets: Mapping[str, SecretKey]
    volumes: Sequence[PodVolume]
    artifact: ModelArtifact | None

    may_fetch = True

    def __post_init__(self) -> None:
        super(OwnServer, self).__post_init__()
        PORT.check(f"{self.what} port", self.port, optional=False)
        for name, path in (
            ("ready_path", self.ready_path),
            ("live_path", self.live_path),
            ("metrics_path", self.metrics_path),
        ):
            if path is not None and not is_token(path):
                require(f"{self.what} {name}", path, str)
                if not path.startswith("/"):
                    raise ConfigurationError(
                        f"{self.what} {name} must begin with /, got {path!r}: it is the path of a request"
                    )
        check_texts(f"{self.what} command", self.command)
        require(f"{self.what} secrets", self.secrets, dict, MappingProxyType)
        for name, value in self.secrets.items():
            VARIABLE_NAME.check(f"{self.what} secrets name", name, optional=False)
            require(f"{self.what} secrets[{name!r}]", value, SecretKey)
        require_several(f"{self.what} volumes", self.volumes, PodVolume)
        taken = list(OWN_PATHS)
        for each in self.volumes:
            if each.path in taken:
                raise ConfigurationError(
                    f"{self.what} volumes must have paths of their own, got {each.path!r} again: a container sees one volume at a path, and "
                    f"{', '.join(OWN_PATHS)} are the pod's"
                )
            taken.append(each.path)
        if self.artifact is not None:
            require(f"{self.what} artifact", self.artifact, ModelArtifact)

    def bind(self, scope: Construct, *, pod: PodSize, longest_seconds: int) -> Served:  # noqa: ARG002 - nothing is known of it
        """Run the image, on files from S3 where it is given any."""
        return Served(
            command=self.command,
            environment=self.environment,
            secrets=self.secrets,
            ports={"http": self.port},
            ready_path=self.ready_path,
            live_path=self.live_path,
            metrics=None if self.metrics_path is None else ("http", self.metrics_path),
            volumes=tuple(self.volumes),
            artifact=None if self.artifact is None else self.artifact.bind(scope, "Model"),
        )
