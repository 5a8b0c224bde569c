"""Functions with a file system: a folder for each access point, which all functions that mount it share.

A function cannot be given a folder ``/mnt/...`` on this machine. As with layers, an environment variable that names something
below the mount path is made to name it where it lies. Nobody enforces who may write, or as which user.
"""

import http
import json
import os
import shutil
from ipaddress import ip_network
from pathlib import Path
from typing import Any

from ministack.services import ec2, efs, lambda_svc

from tests.local_aws.server.sagemaker import cloud

Document = dict[str, Any]

_NFS_PORT = 2049
_STATUSES = {"EFSMountFailureException": 403, "EFSMountConnectivityException": 408}


class MountError(Exception):
    """A file system that cannot be mounted; `kind` is what Lambda calls the error."""

    def __init__(self, kind: str, message: str) -> None:
        super().__init__(message)
        self.kind = kind


def install() -> None:
    """Look at file systems before an invocation, and delete their folders with them."""
    execute = lambda_svc._execute_function
    invoke = lambda_svc._invoke
    delete = efs._delete_file_system

    def execute_mounted(function: Document, event: Any) -> Document:
        config = function.get("config") or function
        if lambda_svc._function_config_scope_mismatch(config):
            return dict(execute(function, event))  # which comes back here for the function's own account and region
        try:
            for mount in config.get("FileSystemConfigs") or []:
                _reach(mount["Arn"], config.get("VpcConfig") or {})
        except MountError as error:
            return {"body": {"errorType": error.kind, "errorMessage": str(error)}, "error": True, "log": str(error)}
        return dict(execute(function, event))

    async def invoke_mounted(*arguments: Any, **named: Any) -> Any:
        status, headers, body = await invoke(*arguments, **named)
        # Lambda's own errors, and none of the function.
        if "X-Amz-Function-Error" in headers and body.startswith(b'{"errorType": "EFSMount'):
            told = json.loads(body)
            return lambda_svc.error_response_json(told["errorType"], told["errorMessage"], _STATUSES[told["errorType"]])
        return status, headers, body

    def delete_with_folder(identifier: str) -> Any:
        answer = delete(identifier)
        if answer[0] < http.HTTPStatus.BAD_REQUEST:
            shutil.rmtree(_place(identifier), ignore_errors=True)
        return answer

    lambda_svc._execute_function = execute_mounted
    lambda_svc._invoke = invoke_mounted
    efs._delete_file_system = delete_with_folder


def access_point(arn: str) -> Document | None:
    """Return the access point of an ARN, or None where there is none."""
    record: Document | None = efs._access_points.get(arn.rpartition("/")[2])
    return record if record is not None and record["AccessPointArn"] == arn else None


def mount_targets(file_system: str) -> list[Document]:
    """List the mount targets of a file system that are available."""
    return [
        target
        for target in efs._mount_targets.values()
        if target["FileSystemId"] == file_system and target["LifeCycleState"] == "available"
    ]


def localized(variables: dict[str, str], config: Document) -> dict[str, str]:
    """Let variables name the files of a function's file systems where they lie."""
    for mount in config.get("FileSystemConfigs") or []:
        folder = _folder(mount["Arn"])
        variables = {name: _renamed(value, mount["LocalMountPath"], folder) for name, value in variables.items()}
    return variables


def _renamed(value: str, path: str, folder: Path) -> str:
    parts = value.split(os.pathsep)
    return os.pathsep.join(
        f"{folder}{part.removeprefix(path)}" if part == path or part.startswith(f"{path}/") else part for part in parts
    )


def _place(file_system: str) -> Path:
    return Path(cloud.scratch(), "file-systems", file_system)


def _folder(arn: str) -> Path:
    """Return the folder of an access point, which is made where EFS makes one."""
    point = access_point(arn)
    if point is None:
        raise MountError("EFSMountFailureException", f"The access point {arn} does not exist.")
    root = point.get("RootDirectory") or {}
    path = root.get("Path", "/")
    folder = Path(_place(point["FileSystemId"]), path.lstrip("/"))
    if path == "/" or root.get("CreationInfo"):
        folder.mkdir(parents=True, exist_ok=True)
    if not folder.is_dir():
        raise MountError(
            "EFSMountFailureException",
            f"The root directory {path} of {arn} is not there, and the access point has no CreationInfo to make it.",
        )
    return folder


def _reach(arn: str, network: Document) -> None:
    """Go the way from a function to its file system.

    Raises:
        MountError: There is none.
    """
    _folder(arn)
    point = access_point(arn)
    targets = mount_targets(point["FileSystemId"]) if point is not None else []
    for subnet in map(ec2._subnets.get, network.get("SubnetIds", [])):
        near = [t for t in targets if subnet is not None and t["AvailabilityZoneName"] == subnet["AvailabilityZone"]]
        if not any(_connected(network.get("SecurityGroupIds", []), subnet, target) for target in near):
            zone = subnet["AvailabilityZone"] if subnet is not None else "its zone"
            raise MountError(
                "EFSMountConnectivityException",
                f"The function could not connect to the file system of {arn} from {zone}: a mount target must be there, and the "
                f"security groups of both must let port {_NFS_PORT} through.",
            )


def _connected(groups: list[str], subnet: Document, target: Document) -> bool:
    """Tell whether a function's groups let it out to a mount target, and the target's groups let it in."""
    address = f"{target.get('IpAddress', '0.0.0.0')}/32"  # noqa: S104 - an address to compare, not to listen on
    out = any(_lets(group, "IpPermissionsEgress", target["SecurityGroups"], address) for group in groups)
    return out and any(_lets(group, "IpPermissions", groups, subnet["CidrBlock"]) for group in target["SecurityGroups"])


def _lets(group: str, direction: str, peers: list[str], block: str) -> bool:
    rules = (ec2._security_groups.get(group) or {}).get(direction, [])
    return any(_is_about_nfs(rule) and _names(rule, peers, block) for rule in rules)


def _is_about_nfs(rule: Document) -> bool:
    protocol = str(rule.get("IpProtocol", "-1"))
    ports = range(int(rule.get("FromPort", 0)), int(rule.get("ToPort", 0)) + 1)
    return protocol == "-1" or (protocol in {"tcp", "6"} and _NFS_PORT in ports)


def _names(rule: Document, peers: list[str], block: str) -> bool:
    if any(pair.get("GroupId") in peers for pair in rule.get("UserIdGroupPairs", [])):
        return True
    wanted = ip_network(block, strict=False)
    known = [ip_network(entry["CidrIp"], strict=False) for entry in rule.get("IpRanges", [])]
    return any(wanted.network_address in each and wanted.prefixlen >= each.prefixlen for each in known)
