"""What functions can have mounted."""

from __future__ import annotations

from typing import TYPE_CHECKING

from constructs import Construct

from cdk_model_hosting.functions.mount import Mount
from cdk_model_hosting.permissions import Permission

if TYPE_CHECKING:
    import aws_cdk as cdk

    from cdk_model_hosting.functions.access_point import AccessPoint
    from cdk_model_hosting.models.network import Network

NFS_PORT = 2049
"""Where mount targets are asked."""

CLIENTS = "Functions with models on a file system"
"""What the security group of those who mount one is for."""


class MountableFileSystem(Construct):
    """A file system with models on it, made here or elsewhere: `ModelFileSystem`, or `ModelFileSystem.from_attributes`.

    Attributes:
        file_system_arn: ARN of the file system.
        access_point_arn: ARN of the access point.
        network: Where functions that mount it are.
        mount_path: Where they find it.
        ready: What must be there before a function can mount it.
        content: What a change of replaces the access point.
        access_point: As whom functions see it, where that is made with it.
        zones: Zones of its mount targets, where they are made with it.
    """

    file_system_arn: str
    access_point_arn: str
    network: Network
    mount_path: str
    ready: tuple[cdk.CfnResource, ...]
    content: tuple[object, ...] = ()
    access_point: AccessPoint | None = None
    zones: tuple[str, ...] = ()

    @property
    def mount(self) -> Mount:
        """What a function needs that reads models there."""
        return self._mount("elasticfilesystem:ClientMount")

    @property
    def writing_mount(self) -> Mount:
        """What a function needs that writes models there too."""
        return self._mount("elasticfilesystem:ClientMount", "elasticfilesystem:ClientWrite")

    def _mount(self, *actions: str) -> Mount:
        come = Permission(
            actions=actions,
            resources=(self.file_system_arn,),
            conditions={"StringEquals": {"elasticfilesystem:AccessPointArn": self.access_point_arn}},
        )
        return Mount(
            access_point_arn=self.access_point_arn,
            path=self.mount_path,
            network=self.network,
            permissions=(come,),
            content=self.content,
            zones=self.zones,
        )
