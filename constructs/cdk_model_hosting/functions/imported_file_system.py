"""A file system that was there before."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import aws_cdk as cdk

from cdk_model_hosting.arguments import require
from cdk_model_hosting.errors import ConfigurationError
from cdk_model_hosting.functions.mountable import CLIENTS, NFS_PORT, MountableFileSystem
from cdk_model_hosting.limits import FUNCTION_MOUNT_PATH
from cdk_model_hosting.models.network import Network
from cdk_model_hosting.tokens import is_token

if TYPE_CHECKING:
    from collections.abc import Sequence

    from aws_cdk import aws_ec2 as ec2
    from constructs import Construct

_WHAT = "ModelFileSystem.from_attributes"


class ImportedModelFileSystem(MountableFileSystem):
    """A file system that was there before. Made by `ModelFileSystem.from_attributes`.

    Attributes:
        file_system_id: Its ID.
        file_system_arn: Its ARN.
        access_point_arn: ARN of its access point.
        network: Where functions that mount it are, with their security groups.
        mount_path: Where they find it.
        ready: What must be there before a function can mount it.
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        file_system_id: str,
        access_point_id: str,
        network: Network,
        mount_path: str,
        security_group: ec2.ISecurityGroup | None,
        mount_targets: Sequence[cdk.CfnResource],
    ) -> None:
        _check_id("file_system_id", file_system_id, "fs-")
        _check_id("access_point_id", access_point_id, "fsap-")
        require(f"{_WHAT} network", network, Network)
        FUNCTION_MOUNT_PATH.check(f"{_WHAT} mount_path", mount_path, optional=False)
        if network.security_groups is None and security_group is None:
            raise ConfigurationError(
                f"{_WHAT} must have a network with security_groups, or a security_group, got neither: the mount targets let nobody in "
                "whom they do not know"
            )
        super().__init__(scope, construct_id)
        attached = network.attach(self, description=CLIENTS)
        self.network = replace(network, security_groups=attached.security_groups)
        self.mount_path = mount_path
        self.file_system_id = file_system_id
        place = f"arn:{cdk.Aws.PARTITION}:elasticfilesystem:{cdk.Aws.REGION}:{cdk.Aws.ACCOUNT_ID}"
        self.file_system_arn = f"{place}:file-system/{file_system_id}"
        self.access_point_arn = f"{place}:access-point/{access_point_id}"
        rules = () if security_group is None else _let_in(self, security_group, attached.group_ids)
        self.ready = (*mount_targets, *rules)


def _let_in(scope: Construct, group: ec2.ISecurityGroup, clients: Sequence[str]) -> list[cdk.CfnResource]:
    from aws_cdk import aws_ec2 as ec2  # noqa: PLC0415 - loaded by stacks with file systems alone

    return [
        ec2.CfnSecurityGroupIngress(
            scope,
            f"Functions{index}",
            ip_protocol="tcp",
            from_port=NFS_PORT,
            to_port=NFS_PORT,
            group_id=group.security_group_id,
            source_security_group_id=client,
            description=CLIENTS,
        )
        for index, client in enumerate(clients)
    ]


def _check_id(name: str, value: str, prefix: str) -> None:
    require(f"{_WHAT} {name}", value, str)
    if not is_token(value) and not value.startswith(prefix):
        raise ConfigurationError(
            f"{_WHAT} {name} must begin with {prefix}, got {value!r}: it is the ID, not an ARN or a name"
        )
