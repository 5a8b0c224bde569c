"""What `kubectl create`, `apply --prune` and `delete` do to a cluster with a file of objects, one after the other.

An object that is refused does not keep the others from being made, and nothing takes them back.

See: https://github.com/kubernetes/kubectl/blob/master/pkg/util/prune/prune.go (read 2026-11-21)
"""

import copy
from collections.abc import Callable, Sequence

from tests.local_aws.server.eks import charts, immutable, schemas
from tests.local_aws.server.eks.objects import Contents, Key, Manifest
from tests.local_aws.server.eks.schemas import NoSuchKindError

PRUNED = frozenset(
    {
        *(
            ("", "ConfigMap"),
            ("", "Endpoints"),
            ("", "Namespace"),
            ("", "PersistentVolume"),
            ("", "PersistentVolumeClaim"),
        ),
        *(("", "Pod"), ("", "ReplicationController"), ("", "Secret"), ("", "Service")),
        *(("apps", "DaemonSet"), ("apps", "Deployment"), ("apps", "ReplicaSet"), ("apps", "StatefulSet")),
        *(("batch", "CronJob"), ("batch", "Job"), ("networking.k8s.io", "Ingress")),
    }
)
"""Group and kind of what `--prune` deletes; all else stays behind when it is no longer in the file."""


class KubectlError(Exception):
    """What kubectl prints before it ends with another status than zero."""


def create(cluster_name: str, contents: Contents, manifests: Sequence[Manifest]) -> None:
    """Create objects.

    Raises:
        KubectlError: Some were refused; the others are there.
    """

    def one(key: Key, manifest: Manifest) -> None:
        if key in contents.objects:
            raise ValueError(f'{_plural(key)} "{key.name}" already exists')
        contents.objects[key] = manifest

    _each(cluster_name, contents, manifests, one, "creating")


def apply(
    cluster_name: str, contents: Contents, manifests: Sequence[Manifest], *, prune_label: str | None = None
) -> None:
    """Create or change objects; delete those with the label that are no longer among them, of some kinds.

    Raises:
        KubectlError: Some were refused; the others are there, and nothing was deleted.
    """

    def one(key: Key, manifest: Manifest) -> None:
        before = contents.objects.get(key)
        field = immutable.changed(before, manifest) if before is not None else None
        if field is not None:
            raise ValueError(f'The {key.kind} "{key.name}" is invalid: {field}: Invalid value: field is immutable')
        contents.objects[key] = manifest

    _each(cluster_name, contents, manifests, one, "applying")
    if prune_label is None:
        return
    applied = {contents.key(each) for each in manifests}
    visited = {key.namespace for key in applied} | {""}
    for key, manifest in list(contents.objects.items()):
        labels = manifest["metadata"].get("labels") or {}
        prunable = (key.group, key.kind) in PRUNED and key.namespace in visited
        if prunable and prune_label in labels and key not in applied:
            contents.remove(key)


def delete(cluster_name: str, contents: Contents, manifests: Sequence[Manifest]) -> None:
    """Delete objects; those that are gone already are no matter.

    Raises:
        KubectlError: It would wait for a controller that is gone, until the time of its function is over.
    """
    for manifest in manifests:
        key = contents.key(manifest)
        if key in contents.objects and not charts.lets_go(cluster_name, contents, key.group):
            raise KubectlError(
                f"Task timed out after 900.00 seconds. ({key.kind} {key.name} has a finalizer, and the controller that would take it "
                "away is gone: it must be deleted after the object.)"
            )
        contents.remove(key)


def _each(
    cluster_name: str,
    contents: Contents,
    manifests: Sequence[Manifest],
    one: Callable[[Key, Manifest], None],
    doing: str,
) -> None:
    problems = []
    for manifest in manifests:
        try:
            schemas.check(cluster_name, contents, manifest)
            key = contents.key(manifest)
            _require_namespace(contents, key.namespace)
            one(key, copy.deepcopy(manifest))
        except NoSuchKindError as error:
            problems.append(f"error: {error}")
        except LookupError as error:
            problems.append(f'Error from server (NotFound): error when {doing} "manifest.yaml": {error.args[0]}')
        except ValueError as error:
            problems.append(f'Error from server: error when {doing} "manifest.yaml": {error}')
    if problems:
        raise KubectlError("\n".join(problems))


def _require_namespace(contents: Contents, name: str) -> None:
    if name and not contents.has_namespace(name):
        raise LookupError(f'namespaces "{name}" not found')


def _plural(key: Key) -> str:
    plural = f"{key.kind.lower()}s"
    return f"{plural}.{key.group}" if key.group else plural
