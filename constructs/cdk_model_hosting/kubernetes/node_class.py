"""How Karpenter makes the instances of a pool: the node class."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import aws_cdk as cdk

from cdk_model_hosting.errors import ConfigurationError
from cdk_model_hosting.tokens import is_token

if TYPE_CHECKING:
    from collections.abc import Sequence

    from aws_cdk import aws_ec2 as ec2

    from cdk_model_hosting.kubernetes.node_image import NodeImage
    from cdk_model_hosting.kubernetes.serving_cluster import ServingCluster

_LINUX_RELEASE = r"\d+\.\d+\.\d+-(\d{8})"
_BOTTLEROCKET_RELEASE = r"(\d+\.\d+\.\d+)(-[0-9a-f]+)?"
_ROOT = "/dev/xvda"
# Bottlerocket keeps images and all that pods write on a second disk, and needs little for itself.
_DATA = "/dev/xvdb"
_BOTTLEROCKET_ROOT_GB = 4
_THROUGHPUT_MB = 500


def node_class(
    cluster: ServingCluster,
    *,
    name: str,
    image: NodeImage,
    disk_gb: int,
    instance_profile: str,
    subnets: Sequence[str],
    user_data: str | None = None,
) -> dict[str, Any]:
    """The specification of a node class: the same nodes as those of a node group.

    Args:
        cluster: The cluster.
        name: Name of the pool, which its instances are tagged with.
        image: The machine image.
        disk_gb: The disk that images and pods use.
        instance_profile: Instance profile of the nodes.
        subnets: IDs of the subnets that they stand in.
        user_data: What they do when they start, before Karpenter's own part of it; nothing when None.

    Raises:
        ConfigurationError: When the image is not one release of Amazon Linux or Bottlerocket.
    """
    return {
        "amiSelectorTerms": [{"alias": image_alias(image)}],
        "instanceProfile": instance_profile,
        "subnetSelectorTerms": [{"id": each} for each in subnets],
        "securityGroupSelectorTerms": [{"id": _security_group(cluster)}],
        # One hop reaches the node and ends before its pods: they have roles of their own, and must not have the node's.
        "metadataOptions": {
            "httpEndpoint": "enabled",
            "httpProtocolIPv6": "disabled",
            "httpPutResponseHopLimit": 1,
            "httpTokens": "required",
        },
        "blockDeviceMappings": _disks(image, disk_gb),
        "tags": {"Name": name},
        **({} if user_data is None else {"userData": user_data}),
    }


def with_unit(number: float, unit: str) -> str:
    """A number as Karpenter writes it, such as ``200Gi``, also one that is known at deploy time.

    Args:
        number: The number.
        unit: What follows it.
    """
    return f"{cdk.Token.as_string(number) if is_token(number) else int(number)}{unit}"


def image_alias(image: NodeImage) -> str:
    """The image as Karpenter calls it.

    Args:
        image: The image.

    Raises:
        ConfigurationError: When it is not one release of Amazon Linux or Bottlerocket.
    """
    if image.told is not None:
        raise ConfigurationError(
            f"GpuNodePool image must be NodeImage.amazon_linux(...) or .bottlerocket(...), got NodeImage.of({image.told!r}): Karpenter finds "
            "the image with the drivers by the instance that it launches"
        )
    if image.release is None:
        raise ConfigurationError(
            "GpuNodePool image must name a release, such as NodeImage.amazon_linux(release='1.36.1-20261102'), got none: Karpenter would "
            "replace every node on the day on which EKS builds another"
        )
    bottlerocket = image.system == "Bottlerocket"
    family = "bottlerocket" if bottlerocket else "al2023"
    if is_token(image.release):
        return f"{family}@{image.release}"
    found = re.fullmatch(_BOTTLEROCKET_RELEASE if bottlerocket else _LINUX_RELEASE, image.release)
    if found is None:
        example = "1.52.0-0f1e2d3c" if bottlerocket else "1.36.1-20261102"
        raise ConfigurationError(
            f"GpuNodePool image must have a release of {image.system} such as {example}, got {image.release!r}: Karpenter takes its version "
            "from it"
        )
    return f"{family}@v{found[1]}"


def pool_subnets(
    cluster: ServingCluster, *, subnets: Sequence[ec2.ISubnet] | None, zones: Sequence[str] | None
) -> list[str]:
    """The subnets of a pool.

    Args:
        cluster: The cluster, in whose network they are when none are given.
        subnets: The subnets; the private ones of the cluster's network when omitted.
        zones: Availability zones that nodes must stay in.

    Raises:
        ConfigurationError: When there is none, or none in one of the zones.
    """
    if subnets is not None:
        ids = [each.subnet_id for each in subnets]
        known = [each.availability_zone for each in subnets]
    else:
        selected = cluster.vpc.select_subnets()
        # Without a word the CDK takes public ones where there are no others.
        ids = [] if selected.has_public else list(selected.subnet_ids)
        known = list(selected.availability_zones)
    if not ids:
        raise ConfigurationError(
            "GpuNodePool subnets must have at least one subnet, got none: nodes stand in private subnets of the cluster's vpc, or in those "
            "that are given"
        )
    if zones is not None and not any(is_token(each) for each in (*known, *zones)):
        missing = [each for each in zones if each not in known]
        if missing:
            raise ConfigurationError(
                f"GpuNodePool zones must be zones with a subnet for nodes, got {', '.join(missing)}: there are subnets in "
                f"{', '.join(sorted(set(known)))}"
            )
    return ids


def _security_group(cluster: ServingCluster) -> str:
    try:
        return cluster.cluster.cluster_security_group_id
    except RuntimeError as error:
        raise ConfigurationError(
            "GpuNodePool cluster must have a cluster_security_group_id, got none: its nodes are members of that group; pass it to "
            "from_cluster_attributes"
        ) from error


def _disks(image: NodeImage, disk_gb: int) -> list[dict[str, Any]]:
    if image.system == "Bottlerocket":
        return [_disk(_ROOT, _BOTTLEROCKET_ROOT_GB, None), _disk(_DATA, disk_gb, _THROUGHPUT_MB)]
    return [_disk(_ROOT, disk_gb, _THROUGHPUT_MB)]


def _disk(device: str, size_gb: int, throughput_mb: int | None) -> dict[str, Any]:
    disk = {"deleteOnTermination": True, "encrypted": True, "volumeSize": with_unit(size_gb, "Gi"), "volumeType": "gp3"}
    if throughput_mb is not None:
        disk["throughput"] = throughput_mb
    return {"deviceName": device, "ebs": disk}
