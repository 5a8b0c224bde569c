"""What Kubernetes does not let change of an object: it must be deleted and made again under its name, or under another one."""

from typing import Any

from tests.local_aws.server.eks.objects import Manifest

_PATHS: dict[str, tuple[str, ...]] = {
    "ClusterRoleBinding": ("roleRef",),
    "DaemonSet": ("spec.selector",),
    "Deployment": ("spec.selector",),
    "Job": (
        *("spec.completionMode", "spec.completions", "spec.managedBy", "spec.manualSelector", "spec.podFailurePolicy"),
        *(
            "spec.backoffLimitPerIndex",
            "spec.podReplacementPolicy",
            "spec.selector",
            "spec.successPolicy",
            "spec.template",
        ),
    ),
    "PriorityClass": ("preemptionPolicy", "value"),
    "ReplicaSet": ("spec.selector",),
    "RoleBinding": ("roleRef",),
    "RuntimeClass": ("handler",),
    "Service": ("spec.clusterIP",),
    "StatefulSet": ("spec.podManagementPolicy", "spec.selector", "spec.serviceName", "spec.volumeClaimTemplates"),
    "StorageClass": ("parameters", "provisioner", "reclaimPolicy", "volumeBindingMode"),
    "PersistentVolumeClaim": (
        "spec.accessModes",
        "spec.selector",
        "spec.storageClassName",
        "spec.volumeMode",
        "spec.volumeName",
    ),
    "Secret": ("type",),
}
"""Kind -> the fields. Of an elastic Indexed Job `completions` may change together with `parallelism`; nobody does that here."""
_FROZEN = frozenset({"ConfigMap", "Secret"})


def changed(before: Manifest, after: Manifest) -> str | None:
    """Return the first field that changed and must not, or None.

    Args:
        before: The object as it was applied before.
        after: The object as it is applied now.
    """
    kind = after["kind"]
    if (
        kind in _FROZEN
        and before.get("immutable")
        and any(before.get(each) != after.get(each) for each in ("data", "immutable"))
    ):
        return "data"
    return next((path for path in _PATHS.get(kind, ()) if _at(before, path) != _at(after, path)), None)


def _at(manifest: Manifest, path: str) -> Any:
    node: Any = manifest
    for step in path.split("."):
        node = node.get(step) if isinstance(node, dict) else None
    return node
