"""Telling cdk-nag why a policy of ours must hold a wildcard."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import aws_cdk as cdk

from cdk_model_hosting.tokens import is_token

if TYPE_CHECKING:
    from collections.abc import Iterable

    from constructs import IConstruct

    from cdk_model_hosting.permissions import Permission


def acknowledge_wildcards(holder: IConstruct, permissions: Iterable[Permission]) -> None:
    """Acknowledge each wildcard resource by itself, so that no other finding on `holder` is hidden.

    Args:
        holder: The role or policy that holds the permissions.
        permissions: The permissions; those without a wildcard need no word.
    """
    found = [
        cdk.Acknowledgment(
            id=f"AwsSolutions-IAM5[Resource::{_as_nag_reads_it(holder, resource)}]", reason=permission.wildcard_reason
        )
        for permission in permissions
        if permission.wildcard_reason is not None
        for resource in permission.resources
    ]
    if found:
        cdk.Validations.of(holder).acknowledge(*found)


def _as_nag_reads_it(holder: IConstruct, resource: str | dict[str, Any]) -> str:
    """A resource as cdk-nag writes it in its findings: references in angle brackets."""
    if not isinstance(resource, str) or not is_token(resource):
        return _flat(resource)
    return _flat(cdk.Stack.of(holder).resolve(_imported(holder, resource)))


def _imported(holder: IConstruct, resource: str) -> str:
    """A resource with references to other stacks replaced by the imports that synthesis will make of them."""
    stack = cdk.Stack.of(holder)
    for token in cdk.Tokenization.reverse_string(resource).tokens:
        if isinstance(token, cdk.Reference) and cdk.Stack.of(token.target) is not stack:
            reference = cdk.Token.as_string(token)
            resource = resource.replace(reference, cdk.Stack.of(token.target).export_value(reference))
    return resource


def _flat(value: Any) -> str:
    match value:
        case {"Fn::Join": [str(separator), [*parts]]}:
            return separator.join(_flat(part) for part in parts)
        case {"Fn::GetAtt": [str(resource), str(attribute)]}:
            return f"<{resource}.{attribute}>"
        case {"Ref": str(name)}:
            return f"<{name}>"
        case {"Fn::Sub": inner} | {"Fn::ImportValue": inner}:
            return _flat(inner)
        case _:
            return str(value).replace("${", "<").replace("}", ">")
