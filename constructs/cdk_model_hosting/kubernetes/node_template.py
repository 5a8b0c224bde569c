"""The launch template of a group's nodes: metadata service, disks, tags, and what fabric, capacity blocks and cut GPUs need."""

from __future__ import annotations

from base64 import b64encode
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from aws_cdk import aws_ec2 as ec2
    from constructs import Construct

    from cdk_model_hosting.kubernetes.capacity import Capacity
    from cdk_model_hosting.kubernetes.node_image import NodeImage

_ROOT = "/dev/xvda"
# Bottlerocket keeps images and all that pods write on a second disk, and needs little for itself.
_DATA = "/dev/xvdb"
_BOTTLEROCKET_ROOT_GB = 4
# Four times the throughput that a gp3 volume has by itself, and within what its 3000 operations a second can carry: to pull and
# unpack an image is what a new node waits for.
_THROUGHPUT_MB = 500


def node_template(
    scope: Construct,
    construct_id: str,
    *,
    name: str,
    image: NodeImage,
    disk_gb: int,
    capacity: Capacity,
    instance_type: str | None,
    interfaces: Sequence[ec2.CfnLaunchTemplate.NetworkInterfaceProperty],
    placement_group: str | None,
    user_data: str | None = None,
) -> ec2.CfnLaunchTemplate:
    """A launch template. It is never named, and each change makes a new version, to which the group rolls.

    Args:
        scope: Where to make it.
        construct_id: ID below `scope`.
        name: Name of the group, which its instances and disks are tagged with.
        image: The machine image, whose disks they are.
        disk_gb: The disk that images and pods use, in GB.
        capacity: How instances are bought.
        instance_type: Their type, where the node group may not name it.
        interfaces: Their network interfaces; one that EKS chooses when empty.
        placement_group: Where they are launched close to each other.
        user_data: What they do when they start, before EKS' own part of it; nothing when None.
    """
    from aws_cdk import aws_ec2 as ec2  # noqa: PLC0415 - loaded by stacks with node groups alone

    template = ec2.CfnLaunchTemplate
    market = reservation = placement = None
    if capacity.is_block:
        market = template.InstanceMarketOptionsProperty(market_type="capacity-block")
        reservation = template.CapacityReservationSpecificationProperty(
            capacity_reservation_target=template.CapacityReservationTargetProperty(
                capacity_reservation_id=capacity.reservation
            )
        )
    if placement_group is not None:
        placement = template.PlacementProperty(group_name=placement_group)
    tags = [{"key": "Name", "value": name}]
    encoded = None if user_data is None else b64encode(user_data.encode()).decode()
    return template(
        scope,
        construct_id,
        launch_template_data=template.LaunchTemplateDataProperty(
            block_device_mappings=_disks(image, disk_gb),
            capacity_reservation_specification=reservation,
            instance_market_options=market,
            instance_type=instance_type,
            # One hop reaches the node and ends before its pods: they have roles of their own, and must not have the node's.
            metadata_options=template.MetadataOptionsProperty(http_tokens="required", http_put_response_hop_limit=1),
            network_interfaces=list(interfaces) or None,
            placement=placement,
            tag_specifications=[
                template.TagSpecificationProperty(resource_type=each, tags=tags) for each in ("instance", "volume")
            ],
            user_data=encoded,
        ),
    )


def _disks(image: NodeImage, disk_gb: int) -> list[ec2.CfnLaunchTemplate.BlockDeviceMappingProperty]:
    if image.system == "Bottlerocket":
        return [_disk(_ROOT, _BOTTLEROCKET_ROOT_GB, None), _disk(_DATA, disk_gb, _THROUGHPUT_MB)]
    return [_disk(_ROOT, disk_gb, _THROUGHPUT_MB)]


def _disk(device: str, size_gb: int, throughput_mb: int | None) -> ec2.CfnLaunchTemplate.BlockDeviceMappingProperty:
    from aws_cdk import aws_ec2 as ec2  # noqa: PLC0415 - loaded by stacks with node groups alone

    return ec2.CfnLaunchTemplate.BlockDeviceMappingProperty(
        device_name=device,
        ebs=ec2.CfnLaunchTemplate.EbsProperty(
            delete_on_termination=True,
            encrypted=True,
            throughput=throughput_mb,
            volume_size=size_gb,
            volume_type="gp3",
        ),
    )
