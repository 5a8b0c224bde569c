"""The resources of a function: its log, its role, itself, its newest version, and the alias that is live."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import aws_cdk as cdk

from cdk_model_hosting.functions.assets import upload
from cdk_model_hosting.functions.image import image_of
from cdk_model_hosting.functions.role import policy_beside, role_of
from cdk_model_hosting.functions.versions import LIVE, Live, release_of
from cdk_model_hosting.handlers.model_function.contract import HANDLER
from cdk_model_hosting.models.image import Architecture
from cdk_model_hosting.permissions import Permission
from cdk_model_hosting.same_region import check_arn

if TYPE_CHECKING:
    from collections.abc import Mapping

    from aws_cdk import aws_iam as iam
    from aws_cdk import aws_kms as kms
    from aws_cdk import aws_lambda as lambda_
    from aws_cdk import aws_logs as logs
    from constructs import Construct

    from cdk_model_hosting.functions.bundle import Bundle
    from cdk_model_hosting.functions.concurrency import Concurrency
    from cdk_model_hosting.functions.delivery import BoundDelivery
    from cdk_model_hosting.functions.mount import Mount
    from cdk_model_hosting.functions.size import FunctionSize
    from cdk_model_hosting.functions.vpc import BoundVpc

_ARCHITECTURES = {Architecture.X86_64: "x86_64", Architecture.ARM64: "arm64"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """How a function is configured.

    Args:
        variables: Its environment variables.
        size: How large it is, and how long it may take.
        layer_arns: Its layers, in order.
        layer_contents: What the user's own layers are made of.
        key: KMS key of the environment variables.
        log_days: Days that its log is kept.
        concurrency: How many environments there may be, and how many are kept ready.
        verify: Whether a new version is let begin before it is live.
        vpc: The VPC that it is attached to.
        permissions: What its role needs beside what the model, the key and the VPC take.
    """

    variables: Mapping[str, str]
    size: FunctionSize
    layer_arns: tuple[str, ...]
    layer_contents: tuple[Any, ...]
    key: kms.IKey | None
    log_days: int
    concurrency: Concurrency
    verify: bool
    vpc: BoundVpc | None
    permissions: tuple[Permission, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Resources:
    """What was made.

    Args:
        log_group: The log group.
        role: The role.
        function: The function.
        version: Its newest version.
        release: What tells that version from others.
        live: The alias.
    """

    log_group: logs.CfnLogGroup
    role: iam.CfnRole
    function: lambda_.CfnFunction
    version: lambda_.CfnVersion
    release: str
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
    attaching = () if settings.vpc is None else settings.vpc.permissions
    role = role_of(scope, "Role", log_group_arn=log_group.attr_arn, permissions=attaching)
    needs = _needs(scope, role, delivery, settings)
    facts: dict[str, Any] = {
        "architectures": [_ARCHITECTURES[bundle.target.architecture]],
        "kms_key_arn": None if settings.key is None else settings.key.key_arn,
        "layers": list(settings.layer_arns) or None,
        "memory_size": settings.size.memory_mb,
        "role": role.attr_arn,
        "timeout": settings.size.timeout_seconds,
    }
    code, digest = _image(scope, bundle, facts) if delivery.is_image else _archive(scope, stack, bundle, facts)
    function = lambda_.CfnFunction(
        scope,
        "Function",
        code=code,
        environment=lambda_.CfnFunction.EnvironmentProperty(variables=settings.variables),
        ephemeral_storage=lambda_.CfnFunction.EphemeralStorageProperty(size=settings.size.ephemeral_mb),
        logging_config=lambda_.CfnFunction.LoggingConfigProperty(log_group=log_group.ref, log_format="JSON"),
        tracing_config=lambda_.CfnFunction.TracingConfigProperty(mode="Active"),
        reserved_concurrent_executions=settings.concurrency.reserved,
        **_options(settings, delivery.mount),
        **facts,
    )
    for each in (*delivery.after, *(() if needs is None else (needs,))):
        function.add_resource_dependency(each)
    if settings.vpc is not None:
        # The version check lets it begin at once, and it may begin with a download.
        function.node.add_dependency(settings.vpc.after)
        facts["vpc"] = [[*settings.vpc.subnet_ids], [*settings.vpc.group_ids]]
    if delivery.mount is not None:
        facts["mount"] = [delivery.mount.access_point_arn, delivery.mount.path, *delivery.mount.content]
    if settings.concurrency.snap_start:
        facts["snap_start"] = True
    facts |= {
        "code": digest,
        "content": delivery.content,
        "environment": dict(settings.variables),
        "layer_contents": list(settings.layer_contents),
        "ephemeral_storage": settings.size.ephemeral_mb,
        "log_group": log_group.ref,
    }
    release = release_of(stack, facts)
    version = lambda_.CfnVersion(scope, f"Version{release}", function_name=function.ref)
    alias = _alias(scope, function, version, settings)
    if settings.verify:
        settings.concurrency.check_room()
        from cdk_model_hosting.functions.version_check import VersionCheck  # noqa: PLC0415 - loads Lambda's module

        alias.add_resource_dependency(VersionCheck.of(stack).check(scope, release, version_arn=version.ref))
    live = Live(
        arn=alias.ref,
        function_name=function.ref,
        function_arn=function.attr_arn,
        cfn_alias=alias,
        role=role,
        timeout_seconds=settings.size.timeout_seconds,
        reserved=settings.concurrency.reserved,
    )
    return Resources(log_group=log_group, role=role, function=function, version=version, release=release, live=live)


def _needs(scope: Construct, role: iam.CfnRole, delivery: BoundDelivery, settings: Settings) -> iam.CfnPolicy | None:
    """What the version needs that is made of this: its model, its file system, its key, where its failed events go.

    None where that is nothing.
    """
    key, mount = settings.key, delivery.mount
    decrypt = () if key is None else (_decrypting(scope, key.key_arn),)
    mounting, content = ((), ()) if mount is None else (mount.permissions, mount.content)
    needed = (*decrypt, *delivery.permissions, *mounting, *settings.permissions)
    return policy_beside(scope, role, needed, prefix="Needs", content=content) if needed else None


def _decrypting(scope: Construct, key_arn: str) -> Permission:
    check_arn("ModelFunction encryption_key", key_arn, scope, why="Lambda encrypts with keys of its own region only")
    return Permission(actions=("kms:Decrypt",), resources=(key_arn,))


def _options(settings: Settings, mount: Mount | None) -> dict[str, Any]:
    """What few functions have."""
    from aws_cdk import aws_lambda as lambda_  # noqa: PLC0415 - loaded by stacks with functions alone

    options: dict[str, Any] = {}
    if settings.concurrency.snap_start:
        options["snap_start"] = lambda_.CfnFunction.SnapStartProperty(apply_on="PublishedVersions")
    if settings.vpc is not None:
        options["vpc_config"] = lambda_.CfnFunction.VpcConfigProperty(
            subnet_ids=list(settings.vpc.subnet_ids), security_group_ids=list(settings.vpc.group_ids)
        )
    if mount is not None:
        options["file_system_configs"] = [
            lambda_.CfnFunction.FileSystemConfigProperty(arn=mount.access_point_arn, local_mount_path=mount.path)
        ]
    return options


def _archive(
    scope: Construct, stack: cdk.Stack, bundle: Bundle, facts: dict[str, Any]
) -> tuple[lambda_.CfnFunction.CodeProperty, str]:
    """The code, and what tells it from other code."""
    from aws_cdk import aws_lambda as lambda_  # noqa: PLC0415 - loaded by stacks with functions alone

    asset = upload(scope, "Code", stack=stack, digest=bundle.digest, make=bundle.archive, source=bundle.code.folder)
    facts |= {"handler": HANDLER, "runtime": f"python{bundle.code.python}"}
    code = lambda_.CfnFunction.CodeProperty(s3_bucket=asset.s3_bucket_name, s3_key=asset.s3_object_key)
    return code, bundle.digest


def _image(scope: Construct, bundle: Bundle, facts: dict[str, Any]) -> tuple[lambda_.CfnFunction.CodeProperty, str]:
    """The same of an image, which its Dockerfile belongs to."""
    from aws_cdk import aws_lambda as lambda_  # noqa: PLC0415 - loaded by stacks with functions alone

    facts["package_type"] = "Image"
    image = image_of(scope, "Image", bundle)
    return lambda_.CfnFunction.CodeProperty(image_uri=image.image_uri), image.asset_hash


def _alias(
    scope: Construct, function: lambda_.CfnFunction, version: lambda_.CfnVersion, settings: Settings
) -> lambda_.CfnAlias:
    from aws_cdk import aws_lambda as lambda_  # noqa: PLC0415 - loaded by stacks with functions alone

    ready = None
    if settings.concurrency.provisioned is not None:
        ready = lambda_.CfnAlias.ProvisionedConcurrencyConfigurationProperty(
            provisioned_concurrent_executions=settings.concurrency.provisioned
        )
    return lambda_.CfnAlias(
        scope,
        "Live",
        name=LIVE,
        function_name=function.ref,
        function_version=version.attr_version,
        provisioned_concurrency_config=ready,
    )
