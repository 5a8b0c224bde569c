"""What Lambda refuses about functions and ministack does not: file systems out of reach, and what SnapStart excludes.

The messages about file systems are Lambda's where users have shown them; the others say the rule in our words.

See: https://docs.aws.amazon.com/lambda/latest/dg/configuration-filesystem-efs.html
and https://docs.aws.amazon.com/lambda/latest/dg/snapstart.html
"""

import json
from typing import Any

from ministack.services import ec2, efs, lambda_svc

from tests.local_aws.server.awslambda import file_systems, provisioned

Document = dict[str, Any]

_ABOUT = ("FileSystemConfigs", "VpcConfig", "SnapStart", "Runtime", "EphemeralStorage", "PackageType", "Layers")


def install() -> None:
    """Check functions when they are created and changed."""
    create = lambda_svc._create_function
    update = lambda_svc._update_config

    def create_checked(data: Document) -> Any:
        why_not = refusal(data)
        return lambda_svc._invalid_parameter_value(why_not) if why_not else create(data)

    def update_checked(name: str, data: Document) -> Any:
        function = lambda_svc._functions.get(name)
        if function is not None:
            known = {key: function["config"][key] for key in _ABOUT if key in function["config"]}
            why_not = refusal({**known, **data})
            if why_not:
                return lambda_svc._invalid_parameter_value(why_not)
        return update(name, data)

    lambda_svc._create_function = create_checked
    lambda_svc._update_config = update_checked


def refusal(function: Document) -> str:
    """Return why Lambda refuses a function, or nothing.

    Args:
        function: Its properties, as in a request or a template.
    """
    network = function.get("VpcConfig") or {}
    problems = [_unknown(network)]
    problems += [_out_of_reach(mount["Arn"], network) for mount in function.get("FileSystemConfigs") or []]
    if provisioned.takes_snapshots(function):
        problems.append(_without_snapshot(function))
    if function.get("PackageType") == "Image" and function.get("Layers"):
        problems.append(
            "Layers are not supported for functions of the package type Image: put their files into the image."
        )
    return next(filter(None, problems), "")


def _unknown(network: Document) -> str:
    ec2._ensure_defaults_initialized()
    for subnet in network.get("SubnetIds") or []:
        if subnet not in ec2._subnets:
            return (
                "Error occurred while DescribeSubnets. EC2 Error Code: InvalidSubnetID.NotFound. "
                f"EC2 Error Message: The subnet ID '{subnet}' does not exist"
            )
    for group in network.get("SecurityGroupIds") or []:
        if group not in ec2._security_groups:
            return (
                "Error occurred while DescribeSecurityGroups. EC2 Error Code: InvalidGroup.NotFound. "
                f"EC2 Error Message: The security group '{group}' does not exist"
            )
    return ""


def _out_of_reach(arn: str, network: Document) -> str:
    subnets = network.get("SubnetIds") or []
    if not subnets:
        return f"Function must be configured to execute in a VPC to reference access point {arn}."
    point = file_systems.access_point(arn)
    if point is None:
        return f"EFS access point {arn} does not exist."
    system = efs._file_systems[point["FileSystemId"]]
    zones = {ec2._subnets[subnet]["AvailabilityZone"] for subnet in subnets}
    missing = zones - {target["AvailabilityZoneName"] for target in file_systems.mount_targets(point["FileSystemId"])}
    if missing:
        return (
            f"EFS file system {system['FileSystemArn']} referenced by access point {arn} must have available mount targets in all "
            f"availability zones the function will execute in, which are missing in {', '.join(sorted(missing))}."
        )
    return ""


def _without_snapshot(function: Document) -> str:
    if function.get("FileSystemConfigs"):
        return "SnapStart is not supported for functions with a file system."
    # ministack checks this for requests, and not for templates.
    refused = lambda_svc._validate_snapstart(
        function["SnapStart"],
        runtime=function.get("Runtime", ""),
        package_type=function.get("PackageType", "Zip"),
        ephemeral_size=(function.get("EphemeralStorage") or {}).get("Size", 512),
    )
    return str(json.loads(refused[2])["message"]) if refused else ""
