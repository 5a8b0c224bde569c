"""Kubernetes' own word on manifests."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import kubernetes_validate  # type: ignore[import-untyped] # it ships no types

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

VERSIONS = ("1.34", "1.35", "1.36")
"""Versions that EKS runs in standard support."""

# Others end in k8s.io as well, and are custom: those of Kueue, or of the Gateway API.
_OWN_GROUPS = frozenset(
    f"{each}.k8s.io"
    for each in (
        *("admissionregistration", "apiextensions", "apiregistration", "authentication", "authorization"),
        *("certificates", "coordination", "discovery", "events", "flowcontrol.apiserver", "internal.apiserver"),
        *("networking", "node", "rbac.authorization", "resource", "scheduling", "storage", "storagemigration"),
    )
)


def assert_valid(manifests: Iterable[Mapping[str, Any]], version: str = "1.36") -> None:
    """Every object must be one that Kubernetes of that version takes, without a field it does not know.

    Objects of kinds that are not Kubernetes' own must at least say what they are, and how they are called.
    """
    for each in manifests:
        manifest = json.loads(json.dumps(each))
        if _is_own(manifest["apiVersion"]):
            kubernetes_validate.validate(manifest, version, strict=True)
        else:
            assert {"apiVersion", "kind", "metadata"} <= manifest.keys(), manifest
            assert manifest["metadata"]["name"], manifest


def _is_own(api_version: str) -> bool:
    group, _, _ = api_version.rpartition("/")
    return "." not in group or group in _OWN_GROUPS
