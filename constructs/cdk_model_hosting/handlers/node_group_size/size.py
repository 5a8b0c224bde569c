"""How many nodes a group is to have."""

from collections.abc import Mapping
from typing import Any

from botocore.exceptions import ClientError

from ..custom_resource import Request
from .surroundings import Surroundings

# Until a new permission holds everywhere.
_PATIENCE = (2, 4, 8, 16)


def size(request: Request, surroundings: Surroundings) -> int:
    """The nodes that a group has, or had under its name before, within its bounds; its minimum when there is none yet.

    Args:
        request: The request.
        surroundings: The world.
    """
    minimum, maximum = (int(request.properties[each]) for each in ("MinSize", "MaxSize"))
    if request.kind == "Create":
        return minimum
    now = _present(request.properties, surroundings)
    if now is None and _name(request.old_properties) not in (None, _name(request.properties)):
        now = _previous(request.old_properties, surroundings)
    surroundings.log.happened("the group has", nodes=now, minimum=minimum, maximum=maximum)
    return minimum if now is None else max(minimum, min(maximum, now))


def explain(error: BaseException) -> str:
    """Say in one sentence why something failed.

    Args:
        error: What was raised.
    """
    if isinstance(error, ClientError):
        message = str(error.response.get("Error", {}).get("Message") or error).rstrip(".")
        return (
            f"the size of the node group is not known: {error.operation_name} was refused: {message} ({_code(error)})"
        )
    return f"the size of the node group is not known: {type(error).__name__}: {error}"


def _present(group: Mapping[str, Any], surroundings: Surroundings) -> int | None:
    for pause in (*_PATIENCE, None):
        try:
            return _nodes(group, surroundings)
        except ClientError as error:
            if pause is None or _code(error) != "AccessDeniedException":
                raise
            surroundings.log.failed("not yet", error)
            surroundings.sleep(pause)
    raise AssertionError("the last try ends above")


def _previous(group: Mapping[str, Any], surroundings: Surroundings) -> int | None:
    """The nodes of the group whose place is taken; it may be one that the function has never been let see."""
    try:
        return _nodes(group, surroundings)
    except ClientError as error:
        surroundings.log.failed("the group before is not known", error)
        return None


def _nodes(group: Mapping[str, Any], surroundings: Surroundings) -> int | None:
    try:
        found = surroundings.eks().describe_nodegroup(
            clusterName=group["ClusterName"], nodegroupName=group["NodegroupName"]
        )
    except ClientError as error:
        if _code(error) == "ResourceNotFoundException":
            return None
        raise
    return int(found["nodegroup"]["scalingConfig"]["desiredSize"])


def _name(group: Mapping[str, Any]) -> tuple[Any, Any] | None:
    return (group["ClusterName"], group["NodegroupName"]) if "NodegroupName" in group else None


def _code(error: ClientError) -> str:
    return str(error.response.get("Error", {}).get("Code", ""))
