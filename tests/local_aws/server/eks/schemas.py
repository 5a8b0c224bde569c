"""What the API server of Kubernetes refuses of an object by itself."""

import functools
import re
from typing import Any

import kubernetes_validate  # type: ignore[import-untyped] # it ships no types
from kubernetes_validate import utils

from tests.local_aws.server.eks import charts
from tests.local_aws.server.eks.objects import Contents, Key, Manifest, group_of

_OWN = frozenset({"", "apps", "autoscaling", "batch", "policy"})
_NAME = re.compile(r"[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*")
_ANY_NAME = re.compile(r"(?!\.{1,2}$)[^/%]+")
_LONGEST_NAME = 253
_LABEL_VALUE = re.compile(r"([A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?)?")
_RBAC = "rbac.authorization.k8s.io"

# Each file of a version is read once, and not once an object.
utils.schema_contents = functools.lru_cache(maxsize=256)(utils.schema_contents)


class NoSuchKindError(ValueError):
    """An object of a kind that the cluster does not have."""


def check(cluster_name: str, contents: Contents, manifest: Manifest) -> None:
    """Check an object.

    Raises:
        NoSuchKindError: The cluster does not have its kind.
        ValueError: The object breaks the schema of its kind, or the rules of names and labels.
    """
    key, group = contents.key(manifest), group_of(manifest)
    try:
        known = (group in _OWN or group.endswith(".k8s.io")) and _is_valid(manifest, contents.version)
    except kubernetes_validate.ValidationError as error:
        place = ".".join(str(step) for step in error.path)
        raise ValueError(
            f'{key.kind} in version "{manifest["apiVersion"]}" cannot be handled as a {key.kind}: strict decoding error: '
            f"{place or 'the object'}: {error.message[:300]}"
        ) from error
    if not known and not charts.knows(cluster_name, contents, group, key.kind):
        raise NoSuchKindError(
            f'resource mapping not found for name: "{key.name}" namespace: "{key.namespace}" from "manifest.yaml": no matches for '
            f'kind "{key.kind}" in version "{manifest["apiVersion"]}"\nensure CRDs are installed first'
        )
    _check_metadata(key, manifest.get("metadata") or {})


def _is_valid(manifest: Manifest, version: str) -> bool:
    """Hold an object of a kind of Kubernetes' own against its schema; tell whether there is one."""
    try:
        kubernetes_validate.validate(manifest, version, strict=True)
    except utils.SchemaNotFoundError:
        return False
    return True


def _check_metadata(key: Key, metadata: dict[str, Any]) -> None:
    pattern = _ANY_NAME if key.group == _RBAC else _NAME
    if not pattern.fullmatch(key.name) or len(key.name) > _LONGEST_NAME:
        raise ValueError(f'The {key.kind} "{key.name}" is invalid: metadata.name: Invalid value: "{key.name}"')
    for label, value in (metadata.get("labels") or {}).items():
        if not _LABEL_VALUE.fullmatch(str(value)):
            raise ValueError(
                f'The {key.kind} "{key.name}" is invalid: metadata.labels: Invalid value: "{value}": label {label} must be at most 63 '
                "letters, digits, '-', '_' and '.'"
            )
