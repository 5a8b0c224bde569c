"""A file system that functions have their models on."""

from __future__ import annotations

from dataclasses import replace
from enum import StrEnum
from typing import TYPE_CHECKING, Any

import aws_cdk as cdk

from cdk_model_hosting.arguments import require
from cdk_model_hosting.errors import ConfigurationError
from cdk_model_hosting.functions.access_point import AccessPoint
from cdk_model_hosting.functions.gateway import s3_gateway
from cdk_model_hosting.functions.imported_file_system import ImportedModelFileSystem
from cdk_model_hosting.functions.mountable import CLIENTS, NFS_PORT, MountableFileSystem
from cdk_model_hosting.functions.own_network import own_network
from cdk_model_hosting.models.network import Network
from cdk_model_hosting.same_region import check_arn
from cdk_model_hosting.tokens import is_token

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from aws_cdk import aws_ec2 as ec2
    from aws_cdk import aws_efs as efs
    from aws_cdk import aws_kms as kms
    from constructs import Construct

    from cdk_model_hosting.models.subnets import ChosenSubnets

_CLIENT = ("ClientMount", "ClientRootAccess", "ClientWrite")
_ACTIONS = [f"elasticfilesystem:{each}" for each in _CLIENT]
# Nobody is let in here: that is for the roles of those who come, which a file system with a policy asks for. The actions are named
# because those of the API, such as deleting the file system, go through no access point.
_POLICY: dict[str, Any] = {
    "Version": "2012-10-17",
    "Statement": [
        {
            "Sid": "OnlyByTls",
            "Effect": "Deny",
            "Principal": {"AWS": "*"},
            "Action": _ACTIONS,
            "Condition": {"Bool": {"aws:SecureTransport": "false"}},
        },
        {
            "Sid": "OnlyThroughAccessPoints",
            "Effect": "Deny",
            "Principal": {"AWS": "*"},
            "Action": _ACTIONS,
            "Condition": {"Null": {"elasticfilesystem:AccessPointArn": "true"}},
        },
    ],
}


class FileSystemThroughput(StrEnum):
    """How fast a file system reads and writes, and how that is paid for."""

    ELASTIC = "elastic"
    """As fast as it is asked, paid for by what is read and written: for models, which are read now and then."""

    BURSTING = "bursting"
    """By its size, which is included: for hundreds of gigabytes. A small one has 1 MB a second left when its credit is used up."""


class ModelFileSystem(MountableFileSystem):
    """A file system (EFS) that functions have their models on, with all that it takes to mount it.

    It is encrypted, has a mount target in every zone of the network's subnets, lets nobody in but the functions' security groups, by TLS
    and through its access point, and whose role says so. Functions that mount it need neither NAT nor the internet: the VPC
    gets a gateway endpoint of S3's, which is free.

    It has no backups, because models can be published again; ``cfn_file_system.backup_policy`` changes that.

    Args:
        scope: Where to make it.
        construct_id: ID below `scope`.
        network: The VPC, and where in it functions and mount targets are. A security group for the functions is made when it
            names none. When omitted, a VPC of two zones is made that has no way out: enough for functions that need nothing but
            their models.
        access_point: As whom, and in which folder, functions see it.
        throughput: How fast it is, and how that is paid for.
        encryption_key: KMS key of its files; EFS's own when omitted.
        gateway_endpoint: Whether a gateway endpoint of S3's is made in the VPC. When omitted, in a VPC of this app that has none yet:
            add your own before. Of an imported VPC nobody here knows whether it has one.
        removal_policy: What becomes of it when the stack goes. When omitted, it stays with what others have put there, while the models
            that deployments have published are removed with the stack; and it is deleted when the deployment that makes it fails.

    Raises:
        ConfigurationError: When an argument is of another kind, the key of another region, or the VPC has a gateway endpoint that is
            asked for.

    Attributes:
        file_system_id: Its ID.
        file_system_arn: Its ARN.
        access_point_arn: ARN of its access point.
        network: Where functions that mount it are, with their security groups.
        mount_path: Where they find it.
        ready: What must be there before a function can mount it.
        cfn_file_system: Its resource.
        cfn_access_point: Resource of the access point.
        cfn_mount_targets: Resources of the mount targets, one a zone.
        cfn_security_group: Resource of the mount targets' security group.

    See: https://docs.aws.amazon.com/lambda/latest/dg/configuration-filesystem.html
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        network: Network | None = None,
        access_point: AccessPoint | None = None,
        throughput: FileSystemThroughput = FileSystemThroughput.ELASTIC,
        encryption_key: kms.IKey | None = None,
        gateway_endpoint: bool | None = None,
        removal_policy: cdk.RemovalPolicy = cdk.RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE,
    ) -> None:
        from aws_cdk import aws_ec2 as ec2  # noqa: PLC0415 - loaded by stacks with file systems alone
        from aws_cdk import aws_efs as efs  # noqa: PLC0415 - the same

        point = AccessPoint() if access_point is None else access_point
        if network is not None:
            require("ModelFileSystem network", network, Network)
        require("ModelFileSystem access_point", point, AccessPoint)
        require("ModelFileSystem throughput", throughput, FileSystemThroughput)
        require("ModelFileSystem removal_policy", removal_policy, cdk.RemovalPolicy)
        if gateway_endpoint is not None:
            require("ModelFileSystem gateway_endpoint", gateway_endpoint, bool)
        super().__init__(scope, construct_id)
        own = network is None
        network = own_network(self) if network is None else network
        gateway = s3_gateway(network.vpc, asked=gateway_endpoint, own=own)
        attached = network.attach(self, description=CLIENTS)
        self.network = replace(network, security_groups=attached.security_groups)
        self.access_point = point
        self.mount_path = point.mount_path
        key_arn = None if encryption_key is None else encryption_key.key_arn
        if key_arn is not None:
            check_arn(
                "ModelFileSystem encryption_key", key_arn, self, why="EFS encrypts with keys of its own region only"
            )
        self.cfn_file_system = efs.CfnFileSystem(
            self,
            "FileSystem",
            backup_policy=efs.CfnFileSystem.BackupPolicyProperty(status="DISABLED"),
            encrypted=True,
            file_system_policy=_POLICY,
            kms_key_id=key_arn,
            lifecycle_policies=[
                efs.CfnFileSystem.LifecyclePolicyProperty(transition_to_ia="AFTER_30_DAYS"),
                # What a function begins with often must not be paid for by each reading.
                efs.CfnFileSystem.LifecyclePolicyProperty(transition_to_primary_storage_class="AFTER_1_ACCESS"),
            ],
            throughput_mode=str(throughput),
        )
        self.cfn_file_system.apply_removal_policy(removal_policy)
        self.file_system_id: str = self.cfn_file_system.ref
        self.file_system_arn = self.cfn_file_system.attr_arn
        self.cfn_access_point = _access_point(self, self.file_system_id, point)
        self.access_point_arn = self.cfn_access_point.attr_arn
        # Another one of these replaces the access point, with which functions must become new versions: the old ones lose it.
        self.content = (point.folder, point.uid, point.gid, point.mode, key_arn)
        self.cfn_security_group = ec2.CfnSecurityGroup(
            self,
            "MountTargets",
            group_description="Mount targets of a file system with models",
            vpc_id=network.vpc.vpc_id,
            security_group_ingress=[
                ec2.CfnSecurityGroup.IngressProperty(
                    ip_protocol="tcp",
                    from_port=NFS_PORT,
                    to_port=NFS_PORT,
                    source_security_group_id=each,
                    description=CLIENTS,
                )
                for each in attached.group_ids
            ],
        )
        first = _one_per_zone(attached.subnets)
        self.zones = tuple(first)
        self.cfn_mount_targets = _mount_targets(
            self, self.file_system_id, first.values(), self.cfn_security_group.attr_group_id
        )
        # The access point is waited for by whoever names it.
        self.ready = (*self.cfn_mount_targets, *(() if gateway is None else (gateway,)))

    @staticmethod
    def from_attributes(
        scope: Construct,
        construct_id: str,
        *,
        file_system_id: str,
        access_point_id: str,
        network: Network,
        mount_path: str = "/mnt/models",
        security_group: ec2.ISecurityGroup | None = None,
        mount_targets: Sequence[cdk.CfnResource] = (),
    ) -> ImportedModelFileSystem:
        """A file system that is there already, in this account and region.

        It must have a mount target in every zone of the network's subnets, and its policy, if it has one, must not refuse the functions.

        Args:
            scope: Where to make it.
            construct_id: ID below `scope`.
            file_system_id: ID of the file system, such as ``fs-0123456789abcdef0``.
            access_point_id: ID of an access point of it. To publish models, its user must be able to write in its folder.
            network: Where functions that mount it are: in the VPC of its mount targets. It names the security groups that these let in,
                unless `security_group` is given.
            mount_path: Where functions find it: ``/mnt/`` and a name.
            security_group: Security group of the mount targets, which then lets the functions' in.
            mount_targets: Resources of the mount targets, if they are made in this app: Lambda makes no function before all of
                them are there.

        Raises:
            ConfigurationError: When an ID is none, or neither security groups nor `security_group` are given.
        """
        return ImportedModelFileSystem(
            scope,
            construct_id,
            file_system_id=file_system_id,
            access_point_id=access_point_id,
            network=network,
            mount_path=mount_path,
            security_group=security_group,
            mount_targets=mount_targets,
        )


def _access_point(scope: Construct, file_system_id: str, point: AccessPoint) -> efs.CfnAccessPoint:
    from aws_cdk import aws_efs as efs  # noqa: PLC0415 - loaded by stacks with file systems alone

    uid, gid = str(point.uid), str(point.gid)
    owner = efs.CfnAccessPoint.CreationInfoProperty(owner_uid=uid, owner_gid=gid, permissions=point.mode)
    return efs.CfnAccessPoint(
        scope,
        "AccessPoint",
        file_system_id=file_system_id,
        posix_user=efs.CfnAccessPoint.PosixUserProperty(uid=uid, gid=gid),
        root_directory=efs.CfnAccessPoint.RootDirectoryProperty(path=point.folder, creation_info=owner),
    )


def _mount_targets(
    scope: Construct, file_system_id: str, subnets: Iterable[ec2.ISubnet], group_id: str
) -> tuple[efs.CfnMountTarget, ...]:
    from aws_cdk import aws_efs as efs  # noqa: PLC0415 - the same

    return tuple(
        efs.CfnMountTarget(
            scope,
            # Not by position: a zone that comes or goes must not move the others.
            f"MountTarget-{subnet.node.id}",
            file_system_id=file_system_id,
            security_groups=[group_id],
            subnet_id=subnet.subnet_id,
        )
        for subnet in subnets
    )


def _one_per_zone(subnets: ChosenSubnets) -> dict[str, ec2.ISubnet]:
    """The first subnet of each zone: EFS takes one mount target a zone."""
    if is_token(list(subnets.ids)):
        raise ConfigurationError(
            "ModelFileSystem network subnets must be known one by one, got a list that is known at deploy time only: each zone gets "
            "a mount target; split it with Fn.split(',', ids, 2)"
        )
    first: dict[str, ec2.ISubnet] = {}
    for subnet, subnet_id, zone in zip(subnets.each, subnets.ids, subnets.zones, strict=True):
        if zone is None:
            raise ConfigurationError(
                f"ModelFileSystem network subnets must say their zones, got {subnet_id} without one: each zone gets a mount target; use "
                "Subnet.from_subnet_attributes with availability_zone"
            )
        first.setdefault(zone, subnet)
    return first
