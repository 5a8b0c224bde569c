"""What this local Application Auto Scaling knows: scalable targets, their policies and their scheduled actions."""

import re
import time
from dataclasses import dataclass, field

from tests.local_aws.server.cloudwatch import engine
from tests.local_aws.server.sagemaker import cloud
from tests.local_aws.server.sagemaker.cooldowns import Cooldown
from tests.local_aws.server.sagemaker.state import LOCK, Document

INSTANCES = "sagemaker:variant:DesiredInstanceCount"
CONCURRENCY = "sagemaker:variant:DesiredProvisionedConcurrency"
COPIES = "sagemaker:inference-component:DesiredCopyCount"
_VARIANT = re.compile(r"endpoint/(?P<endpoint>[^/]+)/variant/(?P<variant>[^/]+)")

Key = tuple[str, str, str]


@dataclass
class Target:
    """A scalable target, with its policies and scheduled actions by name.

    The alarms are those that target tracking keeps, by policy and by side; the cooldowns are by policy too.
    """

    key: Key
    arn: str
    low: int
    high: int
    role_arn: str
    suspended: Document
    tags: dict[str, str]
    created: float = field(default_factory=time.time)
    policies: dict[str, Document] = field(default_factory=dict)
    actions: dict[str, Document] = field(default_factory=dict)
    alarms: dict[str, dict[str, str]] = field(default_factory=dict)
    cooldowns: dict[str, Cooldown] = field(default_factory=dict)


@dataclass
class ScalingStore:
    """The scalable targets of one account in one region, and what was done to them."""

    targets: dict[Key, Target] = field(default_factory=dict)
    activities: list[Document] = field(default_factory=list)


_STORES: dict[tuple[str, str], ScalingStore] = {}


def scaling_store() -> ScalingStore:
    """Return what is registered in the account and region of this request."""
    with LOCK:
        return _STORES.setdefault((cloud.account(), cloud.region()), ScalingStore())


def clear() -> None:
    """Forget everything."""
    with LOCK:
        _STORES.clear()


def key_of(request: Document) -> Key:
    """Return the three names that a scalable target is known by."""
    return request["ServiceNamespace"], request["ResourceId"], request["ScalableDimension"]


def names_of(key: Key) -> dict[str, str]:
    """Return the three names of a scalable target as documents spell them."""
    return dict(zip(("ServiceNamespace", "ResourceId", "ScalableDimension"), key, strict=True))


def variant_of(resource_id: str) -> tuple[str, str] | None:
    """Return the endpoint and the variant that a resource id names, or None when it names something else."""
    match = _VARIANT.fullmatch(resource_id)
    return (match["endpoint"], match["variant"]) if match else None


def component_of(resource_id: str) -> str:
    """Return the inference component that a resource id names; empty when it names something else."""
    kind, _, name = resource_id.partition("/")
    return name if kind == "inference-component" else ""


def registered_variants(endpoint_name: str) -> frozenset[str]:
    """List the variants of an endpoint whose instance count is scaled."""
    with LOCK:
        named = [
            variant_of(resource_id)
            for namespace, resource_id, dimension in scaling_store().targets
            if namespace == "sagemaker" and dimension == INSTANCES
        ]
    return frozenset(found[1] for found in named if found is not None and found[0] == endpoint_name)


def deregister(key: Key) -> None:
    """Forget a target, with its policies, their alarms and its scheduled actions."""
    with LOCK:
        target = scaling_store().targets.pop(key)
        for names in target.alarms.values():
            for name in names.values():
                engine.delete_alarm(name)


def forget_endpoint(endpoint_name: str) -> None:
    """Deregister all variants of an endpoint that is deleted."""
    with LOCK:
        for key in list(scaling_store().targets):
            if (variant_of(key[1]) or ("",))[0] == endpoint_name:
                deregister(key)
