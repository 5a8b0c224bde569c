"""What a pod must know of the server that it runs, whichever it is."""

from __future__ import annotations

import re
from abc import ABC, abstractmethod
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import TYPE_CHECKING, ClassVar, Literal

from cdk_model_hosting.arguments import require, require_several
from cdk_model_hosting.durations import literal, seconds
from cdk_model_hosting.errors import ConfigurationError
from cdk_model_hosting.limits.servers import POD_USER, STARTUP_SECONDS, VARIABLE_NAME
from cdk_model_hosting.tokens import is_token

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import aws_cdk as cdk
    from constructs import Construct

    from cdk_model_hosting.advice import Advice
    from cdk_model_hosting.kubernetes.pod_size import PodSize
    from cdk_model_hosting.kubernetes.servers.volumes import PodVolume, SecretKey
    from cdk_model_hosting.models.artifact import BoundArtifact
    from cdk_model_hosting.permissions import Permission

Measure = Literal["waiting", "errors", "latency"]
"""What a server tells Prometheus: requests that wait, the percentage that fails, the 99th percentile of their seconds."""

MODELS = "/models"
"""Where a server finds the files that are downloaded for it."""
OWN_PATHS = ("/tmp", "/dev/shm", MODELS)  # noqa: S108 - paths in a container that is one pod's alone
"""Paths at which every server has volumes already."""
_NAMED = re.compile(r"[^\s@]+(:[\w][\w.-]{0,127}|@sha256:[0-9a-f]{64})")
_PORT = re.compile(r":\d+/")


@dataclass(frozen=True, slots=True, kw_only=True)
class Served:
    """A server as its pod runs it.

    Args:
        command: Its program; the image's own when empty.
        arguments: What the program is told.
        environment: Its environment.
        ports: Ports by name. The first answers the probes, and is the one in the server's address.
        ready_path: Path that answers when requests may come.
        live_path: Path that answers while the server must not be started anew.
        metrics: Name of the port, and the path, of what Prometheus reads; None where there is nothing.
        secrets: Environment variables whose values lie in secrets.
        volumes: Further volumes.
        artifact: What is downloaded before it starts.
        finishes: Whether it answers what it has begun when it is told to stop; the pod waits for that before otherwise.
    """

    command: tuple[str, ...] = ()
    arguments: tuple[str, ...] = ()
    environment: Mapping[str, str] = field(default_factory=dict)
    ports: Mapping[str, int]
    ready_path: str
    live_path: str
    metrics: tuple[str, str] | None
    secrets: Mapping[str, SecretKey] = field(default_factory=dict)
    volumes: tuple[PodVolume, ...] = ()
    artifact: BoundArtifact | None = None
    finishes: bool = False

    @property
    def permissions(self) -> tuple[Permission, ...]:
        """What its pods need in AWS."""
        return () if self.artifact is None else self.artifact.permissions

    @property
    def main_port(self) -> int:
        """The port of its address."""
        return next(iter(self.ports.values()))


@dataclass(frozen=True, slots=True, kw_only=True)
class ServerKind(ABC):
    """A server, as its factory was told.

    Args:
        what: The factory as the user typed it.
        image: Address of the image, with tag or digest.
        environment: Further environment variables.
        startup_seconds: How long it may take until it is ready.
        user: User that it runs as.
        read_only_root: Whether it cannot change the files of its image.
    """

    what: str
    image: str
    environment: Mapping[str, str]
    startup_seconds: int
    user: int
    read_only_root: bool

    may_fetch: ClassVar[bool] = False
    """Whether it may take its work from a queue by itself."""

    def __post_init__(self) -> None:
        check_image(f"{self.what} image", self.image)
        STARTUP_SECONDS.check(f"{self.what} startup", self.startup_seconds, optional=False)
        POD_USER.check(f"{self.what} user", self.user, optional=False)
        require(f"{self.what} read_only_root", self.read_only_root, bool)
        check_environment(f"{self.what} environment", self.environment)

    @abstractmethod
    def bind(self, scope: Construct, *, pod: PodSize, longest_seconds: int) -> Served:
        """Make what the server needs below `scope`, and say how its pod runs it.

        Args:
            scope: Where to make it.
            pod: What the pod gets.
            longest_seconds: How long the longest request takes.

        Raises:
            ConfigurationError: When the pod is not one that the server runs in.
        """

    def advice_on_turns(self) -> Advice | None:
        """What goes wrong where pods take turns on a GPU; None where nothing is known to."""
        return None

    def promql(self, measure: Measure) -> str | None:  # noqa: ARG002 - a server that is not known says nothing
        """What Prometheus is asked; None where the server does not say.

        Args:
            measure: What is to be known.

        Returns:
            A query of one number, with ``{pods}`` for the labels that select the pods.
        """
        return None


def check_image(what: str, image: str) -> None:
    """Refuse an image that Kubernetes would keep from one version to the next.

    Args:
        what: The argument as the user typed it.
        image: Address of the image.

    Raises:
        ConfigurationError: When it names no version.
    """
    if is_token(image):
        return
    require(what, image, str)
    name = _PORT.sub("/", image, count=1)
    if _NAMED.fullmatch(name) is None or name.endswith(":latest"):
        raise ConfigurationError(
            f"{what} must end in a tag other than latest, or a digest, got {image!r}: a new version rolls out by its new name"
        )


def check_environment(what: str, environment: Mapping[str, str]) -> None:
    """Refuse what is no environment.

    Args:
        what: The argument as the user typed it.
        environment: Values by name.

    Raises:
        ConfigurationError: When a name is none, or a value no text.
    """
    require(what, environment, dict, MappingProxyType)
    for name, value in environment.items():
        VARIABLE_NAME.check(f"{what} name", name, optional=False)
        if not is_token(value):
            require(f"{what}[{name!r}]", value, str)


def check_texts(what: str, values: Sequence[str]) -> tuple[str, ...]:
    """Refuse what is no list of texts.

    Args:
        what: The argument as the user typed it.
        values: The texts.

    Raises:
        ConfigurationError: When it is none.
    """
    require_several(what, values, str)
    return tuple(values)


def startup_of(what: str, startup: cdk.Duration | None, *, default: int) -> int:
    """How long a server may take until it is ready, in seconds.

    Args:
        what: The factory as the user typed it.
        startup: What was given.
        default: What holds when nothing was.

    Raises:
        ConfigurationError: When it is no whole number of seconds, or a Token.
    """
    known = seconds(f"{what} startup", startup)
    return default if known is None else int(literal(f"{what} startup", known))
