"""The resources of a function: its log, its role, itself, its newest version, and the alias that is live."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import aws_cdk as cdk

from cdk_model_hosting.functions.assets import upload
from cdk_model_hosting.functions.image import image_of
from cdk_model_hosting.functions.role import role_of
from cdk_model_hosting.functions.versions import LIVE, Live, release_of
from cdk_model_hosting.handlers.model_function.contract import HANDLER
from cdk_model_hosting.models.image import Architecture

if TYPE_CHECKING:
    from collections.abc import Mapping

    from aws_cdk import aws_iam as iam
    from aws_cdk import aws_kms as kms
    from aws_cdk import aws_lambda as lambda_
    from aws_cdk import aws_logs as logs
    from constructs import Construct

    from cdk_model_hosting.functions.bundle import Bundle
    from cdk_model_hosting.functions.delivery import BoundDelivery

_ARCHITECTURES = {Architecture.X86_64: "x86_64", Architecture.ARM64: "arm64"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """How a function is configured.

    Args:
        variables: Its environment variables.
        memory_mb: Its memory.
        seconds: Time for one event.
        ephemeral_mb: Size of /tmp.
        layer_arns: Its layers, in order.
        key: KMS key of the environment variables.
        log_days: Days that its log is kept.
        reserved: Environments that it has for itself.
        provisioned: Environments that are kept ready.
        verify: Whether a new version is let begin before it is live.
    """

    variables: Mapping[str, str]
    memory_mb: int
    seconds: int
    ephemeral_mb: int
    layer_arns: tuple[str, ...]
    key: kms.IKey | None
    log_days: int
    reserved: int | None
    provisioned: int | None
    verify: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Resources:
    """What was made.

    Args:
        log_group: The log group.
        role: The role.
        function: The function.
        version: Its newest version.
        live: The alias.
    """

    log_group: logs.CfnLogGroup
    role: iam.CfnRole
    function: lambda_.CfnFunction
    version: lambda_.CfnVersion
    live: Live


def make(scope: Construct, stack: cdk.Stack, bundle: Bundle, delivery: BoundDelivery, settings: Settings) -> Resources:
    """Make the resources of a function.

    Args:
        scope: The function's construct.
        stack: Its stack.
        bundle: What becomes its code.
        delivery: How the model comes to it.
        settings: How it is configured.
    """
    from aws_cdk import aws_lambda as lambda_  # noqa: PLC0415 - loaded by stacks with functions alone
    from aws_cdk import aws_logs as logs  # noqa: PLC0415 - the same

    log_group = logs.CfnLogGroup(scope, "Logs", retention_in_days=settings.log_days)
    log_group.apply_removal_policy(cdk.RemovalPolicy.DESTROY)
    role = role_of(scope, "Role", log_group_arn=log_group.attr_arn, key=settings.key, permissions=delivery.permissions)
    facts: dict[str, Any] = {
        "architectures": [_ARCHITECTURES[bundle.target.architecture]],
        "kms_key_arn": None if settings.key is None else settings.key.key_arn,
        "layers": list(settings.layer_arns) or None,
        "memory_size": settings.memory_mb,
        "role": role.attr_arn,
        "timeout": settings.seconds,
    }
    code = _image(scope, bundle, facts) if delivery.is_image else _archive(scope, stack, bundle, facts)
    function = lambda_.CfnFunction(
        scope,
        "Function",
        code=code,
        environment=lambda_.CfnFunction.EnvironmentProperty(variables=settings.variables),
        ephemeral_storage=lambda_.CfnFunction.EphemeralStorageProperty(size=settings.ephemeral_mb),
        logging_config=lambda_.CfnFunction.LoggingConfigProperty(log_group=log_group.ref, log_format="JSON"),
        tracing_config=lambda_.CfnFunction.TracingConfigProperty(mode="Active"),
        reserved_concurrent_executions=settings.reserved,
        **facts,
    )
    facts |= {
        "code": bundle.digest,
        "content": delivery.content,
        "environment": dict(settings.variables),
        "ephemeral_storage": settings.ephemeral_mb,
        "log_group": log_group.ref,
    }
    version = lambda_.CfnVersion(scope, f"Version{release_of(stack, facts)}", function_name=function.ref)
    return Resources(
        log_group=log_group,
        role=role,
        function=function,
        version=version,
        live=_alias(scope, stack, function, version, settings),
    )


def _archive(
    scope: Construct, stack: cdk.Stack, bundle: Bundle, facts: dict[str, Any]
) -> lambda_.CfnFunction.CodeProperty:
    from aws_cdk import aws_lambda as lambda_  # noqa: PLC0415 - loaded by stacks with functions alone

    asset = upload(scope, "Code", stack=stack, digest=bundle.digest, make=bundle.archive, source=bundle.code.folder)
    facts |= {"handler": HANDLER, "runtime": f"python{bundle.code.python}"}
    return lambda_.CfnFunction.CodeProperty(s3_bucket=asset.s3_bucket_name, s3_key=asset.s3_object_key)


def _image(scope: Construct, bundle: Bundle, facts: dict[str, Any]) -> lambda_.CfnFunction.CodeProperty:
    from aws_cdk import aws_lambda as lambda_  # noqa: PLC0415 - loaded by stacks with functions alone

    facts["package_type"] = "Image"
    return lambda_.CfnFunction.CodeProperty(image_uri=image_of(scope, "Image", bundle).image_uri)


def _alias(
    scope: Construct,
    stack: cdk.Stack,
    function: lambda_.CfnFunction,
    version: lambda_.CfnVersion,
    settings: Settings,
) -> Live:
    from aws_cdk import aws_lambda as lambda_  # noqa: PLC0415 - loaded by stacks with functions alone

    ready = None
    if settings.provisioned is not None:
        ready = lambda_.CfnAlias.ProvisionedConcurrencyConfigurationProperty(
            provisioned_concurrent_executions=settings.provisioned
        )
    alias = lambda_.CfnAlias(
        scope,
        "Live",
        name=LIVE,
        function_name=function.ref,
        function_version=version.attr_version,
        provisioned_concurrency_config=ready,
    )
    if settings.verify:
        from cdk_model_hosting.functions.version_check import VersionCheck  # noqa: PLC0415 - loads Lambda's module

        checked = VersionCheck.of(stack).check(
            scope,
            f"Check{version.node.id.removeprefix('Version')}",
            version_arn=version.ref,
            function_arn=function.attr_arn,
        )
        alias.add_resource_dependency(checked)
    return Live(arn=alias.ref, function_name=function.ref, function_arn=function.attr_arn, cfn_alias=alias)
