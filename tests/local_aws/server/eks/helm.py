"""What `helm upgrade --install` and `helm uninstall` do to a cluster, except for the objects that charts are made of.

Charts are not downloaded and not rendered: that a chart, a version or a value exists is for nobody to say here.
"""

import re
from typing import Any

from tests.local_aws.server.eks.objects import Contents, Key, Release

_NAME = re.compile(r"[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*")
_LONGEST_NAME = 53


class HelmError(Exception):
    """What Helm prints before it ends with another status than zero."""


def upgrade(contents: Contents, release: Release, *, create_namespace: bool) -> None:
    """Install a chart, or upgrade what is installed under the release's name.

    Raises:
        HelmError: It cannot be.
    """
    if not _NAME.fullmatch(release.name) or len(release.name) > _LONGEST_NAME:
        raise HelmError(
            f"Error: invalid release name, must match regex {_NAME.pattern} and the length must not be longer than {_LONGEST_NAME}"
        )
    if not contents.has_namespace(release.namespace):
        if not create_namespace:
            raise HelmError(f'Error: create: failed to create: namespaces "{release.namespace}" not found')
        manifest: dict[str, Any] = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": release.namespace}}
        contents.objects[Key("", "Namespace", "", release.namespace)] = manifest
    key = (release.namespace, release.name)
    before = contents.releases.get(key)
    if before is not None:
        release.revision = before.revision + 1
    contents.releases[key] = release


def uninstall(contents: Contents, namespace: str, name: str) -> None:
    """Take a release away; its namespace stays, and one that is gone is no matter."""
    contents.releases.pop((namespace, name), None)
