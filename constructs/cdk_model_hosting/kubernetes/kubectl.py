"""What the CDK itself makes to run kubectl: where it logs, and what cdk-nag hears of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

import aws_cdk as cdk

from cdk_model_hosting.acknowledgments import acknowledge_wildcards
from cdk_model_hosting.kubernetes.cluster_roles import acknowledge_managed
from cdk_model_hosting.permissions import Permission

if TYPE_CHECKING:
    from aws_cdk import aws_logs as logs
    from constructs import Construct, IConstruct

_MANAGED = ("service-role/AWSLambdaBasicExecutionRole", "service-role/AWSLambdaVPCAccessExecutionRole")
_FRAMEWORK = "the CDK makes this function and its role, between CloudFormation and the one that runs kubectl, and lets nobody choose either"
_LOG_DAYS = 30
_RUNTIME = "the CDK chooses the runtime of the function that runs kubectl, by what is to be had in all regions"


def kubectl_logs(scope: Construct, construct_id: str) -> logs.CfnLogGroup:
    """A log group for the functions that run kubectl and Helm, which goes with the stack.

    Args:
        scope: Where to make it.
        construct_id: ID below `scope`.
    """
    from aws_cdk import aws_logs as logs  # noqa: PLC0415 - loaded by stacks with clusters alone

    group = logs.CfnLogGroup(scope, construct_id, retention_in_days=_LOG_DAYS)
    group.apply_removal_policy(cdk.RemovalPolicy.DESTROY)
    return group


def settle_kubectl(cluster: IConstruct, log_group: logs.CfnLogGroup) -> None:
    """Let the CDK's own functions log to a log group, and acknowledge, one by one, what they have that this library cannot change.

    Args:
        cluster: What their ``KubectlProvider`` stands in.
        log_group: The log group.
    """
    provider = _below(cluster, "KubectlProvider")
    handler, framework = _below(provider, "Handler"), _below(provider, "Provider", "framework-onEvent")
    role = _below(framework, "ServiceRole")
    if handler is None or framework is None or role is None:
        return
    for each in (handler, framework):
        _log(each, log_group)
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


def _log(function: IConstruct, log_group: logs.CfnLogGroup) -> None:
    resource = cast("cdk.CfnResource", function.node.default_child)
    resource.add_property_override("LoggingConfig.LogGroup", log_group.ref)
    # One that the CDK makes, where its flag is set, keeps all for two years, and stays when the stack goes.
    function.node.try_remove_child("LogGroup")


def _below(scope: IConstruct | None, *path: str) -> IConstruct | None:
    """A descendant; None where another version of the CDK builds otherwise, whose findings are then the user's to see."""
    for each in path:
        scope = None if scope is None else scope.node.try_find_child(each)
    return scope
