"""What EKS refuses about node groups.

Where users have shown EKS' own words they are kept; the others say the rule in ours.

See: https://docs.aws.amazon.com/eks/latest/APIReference/API_CreateNodegroup.html,
https://docs.aws.amazon.com/eks/latest/userguide/launch-templates.html
and https://docs.aws.amazon.com/eks/latest/userguide/update-managed-node-group.html
"""

import re
from typing import Any

from ministack.services import ec2, iam

from tests.local_aws.server.eks import records
from tests.local_aws.server.eks.records import Properties

_FEWEST, _MOST = 1, 2
"""The bounds of a group that says nothing of them."""
_KEEPS_OUT = frozenset({"NO_SCHEDULE", "NO_EXECUTE"})


def scaling(group: Properties, present: Properties | None = None) -> Properties:
    """Return a group's bounds and its size: what the template omits stays what it is, or begins as EKS has it."""
    if present is None:
        present = {"MinSize": _FEWEST, "MaxSize": _MOST, "DesiredSize": _MOST}
        given = group.get("ScalingConfig") or {}
        if given:
            present["DesiredSize"] = given.get("MinSize", _FEWEST)
    given = group.get("ScalingConfig") or {}
    return {**present, **{key: int(value) for key, value in given.items()}}


def problem(group: Properties) -> str:
    """Return why EKS refuses a group, or nothing.

    Args:
        group: The group, with its scaling complete.
    """
    cluster = records.cluster(group["ClusterName"])
    if cluster is None:
        return f"No cluster found for name: {group['ClusterName']}."
    problems = (
        *map(_subnet_problem, group["Subnets"]),
        _role_problem(group["NodeRole"]),
        scaling_problem(group["ScalingConfig"]),
        _version_problem(group, records.version_of(cluster)),
        _template_problem(group),
    )
    return next(filter(None, problems), "")


def scaling_problem(bounds: Properties) -> str:
    """Return why EKS refuses bounds and a size, or nothing."""
    fewest, desired, most = (int(bounds[key]) for key in ("MinSize", "DesiredSize", "MaxSize"))
    if fewest > desired:
        return f"Minimum capacity {fewest} can't be greater than desired size {desired}"
    if desired > most:
        return f"desired capacity {desired} can't be greater than max size {most}"
    return ""


def trouble(group: Properties) -> str:
    """Return why the nodes of a group would never be ready, or nothing."""
    cluster = records.cluster(group["ClusterName"]) or {}
    add_ons = {each["AddonName"] for each in records.of_cluster(records.ADD_ON, group["ClusterName"])}
    has_network = cluster.get("BootstrapSelfManagedAddons") is not False or "vpc-cni" in add_ons
    if records.desired(group) and not has_network:
        return (
            "NodeCreationFailure: Unhealthy nodes in the kubernetes cluster. (The cluster has no network for pods: vpc-cni must be "
            "installed before its nodes.)"
        )
    return ""


def takes_pods(cluster_name: str) -> bool:
    """Tell whether a cluster has nodes for pods that tolerate nothing."""
    cluster = records.cluster(cluster_name) or {}
    return records.in_auto_mode(cluster) or any(
        records.desired(group) and not any(taint["Effect"] in _KEEPS_OUT for taint in group.get("Taints", []))
        for group in records.of_cluster(records.NODE_GROUP, cluster_name)
    )


def _subnet_problem(subnet: str) -> str:
    return "" if subnet in ec2._subnets else f"The subnet ID '{subnet}' does not exist"


def _role_problem(arn: str) -> str:
    known = arn.rpartition("/")[2] in iam._roles
    return "" if known else f"Following required service linked role or node role is not there: {arn}"


def _version_problem(group: Properties, of_cluster: str) -> str:
    version = str(group.get("Version") or of_cluster)
    if _minor(version) > _minor(of_cluster):
        return f"Nodegroup Kubernetes version {version} must not be newer than that of the cluster, {of_cluster}"
    release = group.get("ReleaseVersion")
    # Bottlerocket counts its own versions.
    bottlerocket = str(group.get("AmiType", "")).startswith("BOTTLEROCKET")
    form = r"\d+\.\d+\.\d+-[0-9a-f]{8}" if bottlerocket else rf"{re.escape(version)}\.\d+-\d{{8}}"
    if release is not None and not re.fullmatch(form, release):
        return f"Requested release version {release} is not valid for kubernetes version {version}."
    return ""


def _template_problem(group: Properties) -> str:
    given = group.get("LaunchTemplate")
    if not given:
        return ""
    data = _data(given)
    if isinstance(data, str):
        return data
    if "DiskSize" in group:
        return "Disk size must be specified within the launch template."
    in_template = "InstanceType" in data
    if in_template and group.get("InstanceTypes"):
        return "Instance types must be specified either in the launch template or in the node group, and not in both."
    if group.get("CapacityType") == "CAPACITY_BLOCK" and not in_template:
        return "A node group of a capacity block must have its instance type in the launch template."
    return ""


def _data(given: Properties) -> Any:
    """Return what a version of a launch template says, or as a text why it cannot be had."""
    identifier, name = given.get("Id"), given.get("Name")
    templates = ec2._launch_templates.values()
    for each in templates:
        if each["LaunchTemplateId"] == identifier or (name is not None and each["LaunchTemplateName"] == name):
            wanted = int(given.get("Version") or each["DefaultVersionNumber"])
            for version in each["Versions"]:
                if int(version["VersionNumber"]) == wanted:
                    return version["LaunchTemplateData"]
            return f"Version {wanted} of launch template {each['LaunchTemplateId']} does not exist."
    return f"Launch template {identifier or name} does not exist."


def _minor(version: str) -> tuple[int, ...]:
    return tuple(map(int, version.split(".")))
