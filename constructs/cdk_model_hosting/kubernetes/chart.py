"""A Helm chart in one version."""

from __future__ import annotations

import re
from dataclasses import dataclass

from cdk_model_hosting.arguments import require
from cdk_model_hosting.errors import ConfigurationError
from cdk_model_hosting.limits.clusters import HELM_RELEASE, KUBERNETES_NAMESPACE
from cdk_model_hosting.tokens import is_token

_REPOSITORY = r"(https|oci)://\S+"
_VERSION = r"v?\d+\.\d+\.\d+([-+][0-9A-Za-z.+-]+)?"


@dataclass(frozen=True, slots=True, kw_only=True)
class Chart:
    """A Helm chart, pinned to a version.

    Args:
        name: Name of the chart.
        repository: Address of the repository that holds it, beginning with ``https://``; for a chart in an OCI registry the address
            of the chart itself, beginning with ``oci://`` and ending in its name.
        version: The version, such as ``1.14.1``.
        namespace: Namespace that it is installed into, which is made where there is none.
        release: Name of the installation; the chart's when omitted.

    Raises:
        ConfigurationError: When a value has another form, or the version is a range.

    See: https://helm.sh/docs/topics/charts/
    """

    name: str
    repository: str
    version: str
    namespace: str
    release: str | None = None

    def __post_init__(self) -> None:
        require("Chart name", self.name, str)
        require("Chart repository", self.repository, str)
        require("Chart version", self.version, str)
        if not (is_token(self.repository) or re.fullmatch(_REPOSITORY, self.repository)):
            raise ConfigurationError(
                f"Chart repository must begin with https:// or oci://, got {self.repository!r}: Helm reads charts from there"
            )
        if self.repository.startswith("oci://") and not is_token(self.repository + self.name):
            self._check_registry()
        if not (is_token(self.version) or re.fullmatch(_VERSION, self.version)):
            raise ConfigurationError(
                f"Chart version must be one version such as 1.14.1, got {self.version!r}: a range installs something else tomorrow"
            )
        KUBERNETES_NAMESPACE.check("Chart namespace", self.namespace, optional=False)
        HELM_RELEASE.check("Chart release", self.release_name)

    @property
    def release_name(self) -> str:
        """Name of the installation."""
        return self.release if self.release is not None else self.name

    def _check_registry(self) -> None:
        """The handler pulls the address as it stands, and never appends the name."""
        if self.repository.rstrip("/").rsplit("/", 1)[-1] != self.name:
            raise ConfigurationError(
                f"Chart repository must end in /{self.name}, got {self.repository!r}: a chart in an OCI registry is pulled by its whole "
                "address"
            )
