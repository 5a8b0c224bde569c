"""Telling cdk-nag of what the CDK itself makes to run kubectl."""

from __future__ import annotations

from typing import TYPE_CHECKING

import aws_cdk as cdk

from cdk_model_hosting.acknowledgments import acknowledge_wildcards
from cdk_model_hosting.kubernetes.cluster_roles import acknowledge_managed
from cdk_model_hosting.permissions import Permission

if TYPE_CHECKING:
    from constructs import IConstruct

_MANAGED = ("service-role/AWSLambdaBasicExecutionRole", "service-role/AWSLambdaVPCAccessExecutionRole")
_FRAMEWORK = "the CDK makes this function and its role, between CloudFormation and the one that runs kubectl, and lets nobody choose either"
_RUNTIME = "the CDK chooses the runtime of the function that runs kubectl, by what is to be had in all regions"


def acknowledge_kubectl(cluster: IConstruct) -> None:
    """Acknowledge, one by one, what the CDK's own functions have that this library cannot change.

    Args:
        cluster: What their ``KubectlProvider`` stands in.
    """
    provider = _below(cluster, "KubectlProvider")
    handler = _below(provider, "Handler")
    role = _below(provider, "Provider", "framework-onEvent", "ServiceRole")
    if handler is None or role is None:
        return
    cdk.Validations.of(handler).acknowledge(cdk.Acknowledgment(id="AwsSolutions-L1", reason=_RUNTIME))
    acknowledge_managed(role, _MANAGED, _FRAMEWORK)
    # A function of the CDK's, which has an ARN.
    arn: str = handler.function_arn  # type: ignore[attr-defined]
    versions = Permission(
        actions=("lambda:InvokeFunction",),
        resources=(f"{arn}:*",),
        wildcard_reason=f"the versions of one function; {_FRAMEWORK}",
    )
    acknowledge_wildcards(role, [versions])


def _below(scope: IConstruct | None, *path: str) -> IConstruct | None:
    """A descendant; None where another version of the CDK builds otherwise, whose findings are then the user's to see."""
    for each in path:
        scope = None if scope is None else scope.node.try_find_child(each)
    return scope
