"""Kubernetes objects, as CloudFormation makes and deletes them."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import aws_cdk as cdk
from constructs import Construct

from cdk_model_hosting.errors import ConfigurationError
from cdk_model_hosting.tokens import is_token

if TYPE_CHECKING:
    from collections.abc import Sequence

    from aws_cdk import aws_eks_v2 as eks
    from constructs import IDependable

_DIGEST_LENGTH = 8


class KubernetesObjects(Construct):
    """Kubernetes objects that belong together, each made by a custom resource of its own: `ServingCluster.apply` makes it.

    They are made one after the other, and deleted the other way round. CloudFormation knows each by its kind, namespace and name:

    - An object that is taken out is deleted, whatever its kind. kubectl alone would find some kinds, in the namespaces that are left:
      no network policy, which somebody would go on asking by, and nothing custom.
    - One that gets another name or namespace is another one: it is made before the former is deleted.
    - When one is refused, those before it go with the deployment that is rolled back, and nothing is in the way of the next.

    A name that is known only when it is deployed must not change: what had the former one would stay.

    Args:
        scope: Where to make them.
        construct_id: ID below `scope`.
        cluster: The cluster.
        manifests: The objects, in the order in which they are made.
        after: What must be there first.
        overwrite: Whether objects that are there under the same names are taken over.

    Raises:
        ConfigurationError: When an object lacks its kind or name, or is there twice.

    Attributes:
        manifests: What makes each object, in order.
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        cluster: eks.ICluster,
        manifests: Sequence[Mapping[str, Any]],
        after: Sequence[IDependable],
        overwrite: bool,
    ) -> None:
        from aws_cdk import aws_eks_v2 as eks  # noqa: PLC0415 - loaded by stacks with clusters alone

        known = [_identity(each) for each in manifests]
        for each in known:
            if known.count(each) > 1:
                raise ConfigurationError(
                    f"ServingCluster.apply manifests must name each object once, got {' '.join(each)} twice: the latter would change the "
                    "former"
                )
        super().__init__(scope, construct_id)
        made: list[eks.KubernetesManifest] = []
        first = tuple(after)
        for identity, manifest in zip(known, manifests, strict=True):
            applied = eks.KubernetesManifest(
                self,
                ".".join(_literal(self, each) for each in identity),
                cluster=cluster,
                manifest=[dict(manifest)],
                overwrite=True if overwrite else None,
            )
            if first:
                applied.node.add_dependency(*first)
            first = (applied,)
            made.append(applied)
        self.manifests: tuple[eks.KubernetesManifest, ...] = tuple(made)


def _identity(manifest: Mapping[str, Any]) -> tuple[str, ...]:
    """What an object is known by: the version of its API is none of it."""
    metadata = manifest.get("metadata")
    known = metadata if isinstance(metadata, Mapping) else {}
    kind, namespace, name = manifest.get("kind"), known.get("namespace"), known.get("name")
    if not kind or not name:
        raise ConfigurationError(
            f"ServingCluster.apply manifests element must have a kind and a metadata name, got {kind!r} and {name!r}: nobody could find "
            "the object again"
        )
    return (kind, name) if namespace is None else (kind, namespace, name)


def _literal(scope: Construct, told: str) -> str:
    """A part of a construct's ID, in which no Token may stand: a digest of what it refers to does."""
    if not is_token(told):
        return told
    resolved = json.dumps(cdk.Stack.of(scope).resolve(told), sort_keys=True)
    return hashlib.sha256(resolved.encode()).hexdigest()[:_DIGEST_LENGTH]
