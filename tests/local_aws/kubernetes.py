"""What is in a Kubernetes cluster of the local AWS, for tests."""

from dataclasses import dataclass
from typing import Any

from tests.local_aws.lifecycle import LocalAws


@dataclass(frozen=True)
class Kubernetes:
    """One cluster.

    Args:
        local: The local AWS.
        cluster: The cluster's name.
    """

    local: LocalAws
    cluster: str

    def told(self) -> dict[str, Any]:
        """Return all that is in it: ``version``, ``namespaces``, ``manifests`` and ``releases``."""
        found: dict[str, Any] = self.local._ask("GET", f"/_local_aws/kubernetes/{self.cluster}")
        return found

    def names(self, kind: str) -> list[str]:
        """Return the names of the objects of a kind."""
        return [each["metadata"]["name"] for each in self.told()["manifests"] if each["kind"] == kind]

    def object(self, kind: str, name: str) -> dict[str, Any]:
        """Return an object."""
        (found,) = (
            each for each in self.told()["manifests"] if (each["kind"], each["metadata"]["name"]) == (kind, name)
        )
        return dict(found)

    def releases(self) -> dict[str, dict[str, Any]]:
        """Return the Helm releases by name."""
        return {each["name"]: each for each in self.told()["releases"]}
