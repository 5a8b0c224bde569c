"""EKS' own API: what describes and lists, and what an autoscaler or an operator changes of a node group.

Clusters and all that is in them are made by CloudFormation alone. Nothing takes time, so updates are successful at once.
"""

import json
import re
import uuid
from collections.abc import Callable
from typing import Any
from urllib.parse import unquote

from ministack import app
from ministack.services import eks

from tests.local_aws.server.eks import describing, node_groups, records
from tests.local_aws.server.eks.describing import Document
from tests.local_aws.server.sagemaker.errors import ServiceError

Answer = tuple[int, dict[str, str], bytes]
_Operation = Callable[..., Document]


def install() -> None:
    """Answer in the place of ministack's EKS."""
    eks.handle_request = _handle
    app.SERVICE_HANDLERS["eks"] = _handle


async def _handle(method: str, path: str, _headers: dict[str, str], body: bytes, _query: dict[str, Any]) -> Answer:
    try:
        return _answer(200, _operation(method, path)(json.loads(body) if body else {}))
    except ServiceError as error:
        document = {"__type": error.code, "message": error.message}
        status, headers, content = _answer(error.status, document)
        return status, {**headers, "x-amzn-errortype": error.code}, content


def _answer(status: int, document: Document) -> Answer:
    return status, {"Content-Type": "application/json"}, json.dumps(document).encode()


def _operation(method: str, path: str) -> Callable[[Document], Document]:
    for wanted, pattern, operation in _ROUTES:
        match = re.fullmatch(pattern, path)
        if method == wanted and match:
            parts = [unquote(part) for part in match.groups()]
            return lambda request: operation(*parts, request)
    raise ServiceError("InvalidRequestException", f"{method} {path} is not served by the local AWS.")


def _list_clusters(_request: Document) -> Document:
    return {"clusters": [each["Name"] for each in records.clusters()]}


def _describe_cluster(name: str, _request: Document) -> Document:
    return {"cluster": describing.cluster(_cluster(name))}


def _update_cluster_config(name: str, request: Document) -> Document:
    _cluster(name)
    if request.keys() - {"clientRequestToken"} != {"deletionProtection"}:
        raise ServiceError(
            "InvalidParameterException", "Only deletionProtection can be changed here: the rest is for stacks."
        )
    records.changed(records.CLUSTER, name, {"DeletionProtection": request["deletionProtection"]})
    return _update("DeletionProtectionUpdate")


def _list_node_groups(name: str, _request: Document) -> Document:
    _cluster(name)
    return {"nodegroups": [each["NodegroupName"] for each in records.of_cluster(records.NODE_GROUP, name)]}


def _describe_node_group(cluster: str, name: str, _request: Document) -> Document:
    return {"nodegroup": describing.node_group(_node_group(cluster, name))}


def _update_node_group_config(cluster: str, name: str, request: Document) -> Document:
    group = _node_group(cluster, name)
    changes: records.Properties = {}
    if "scalingConfig" in request:
        changes["ScalingConfig"] = {**group["ScalingConfig"], **describing.pascal(request["scalingConfig"])}
        problem = node_groups.scaling_problem(changes["ScalingConfig"])
        if problem:
            raise ServiceError("InvalidParameterException", problem)
    if "labels" in request:
        labels = {**group.get("Labels", {}), **request["labels"].get("addOrUpdateLabels", {})}
        gone = request["labels"].get("removeLabels", [])
        changes["Labels"] = {key: value for key, value in labels.items() if key not in gone}
    if "updateConfig" in request:
        changes["UpdateConfig"] = describing.pascal(request["updateConfig"])
    return _updated(cluster, name, changes, "ConfigUpdate")


def _update_node_group_version(cluster: str, name: str, request: Document) -> Document:
    group = _node_group(cluster, name)
    changes = describing.pascal({key: request[key] for key in ("version", "releaseVersion") if key in request})
    if "launchTemplate" in request:
        changes["LaunchTemplate"] = describing.pascal(request["launchTemplate"])
    problem = node_groups.problem({**group, **changes})
    if problem:
        raise ServiceError("InvalidParameterException", problem)
    return _updated(cluster, name, changes, "VersionUpdate")


def _updated(cluster: str, name: str, changes: records.Properties, kind: str) -> Document:
    records.changed(records.NODE_GROUP, f"{cluster}/{name}", changes)
    return _update(kind)


def _update(kind: str) -> Document:
    return {"update": {"id": str(uuid.uuid4()), "status": "Successful", "type": kind, "params": [], "errors": []}}


def _list_add_ons(name: str, _request: Document) -> Document:
    _cluster(name)
    return {"addons": [each["AddonName"] for each in records.of_cluster(records.ADD_ON, name)]}


def _describe_add_on(cluster: str, name: str, _request: Document) -> Document:
    found = records.found(records.ADD_ON, f"{cluster}|{name}")
    return {"addon": describing.add_on(_there(found, f"No addon: {name} found in cluster: {cluster}"))}


def _list_access_entries(name: str, _request: Document) -> Document:
    _cluster(name)
    return {"accessEntries": [each["PrincipalArn"] for each in records.of_cluster(records.ACCESS_ENTRY, name)]}


def _describe_access_entry(cluster: str, principal: str, _request: Document) -> Document:
    return {"accessEntry": describing.access_entry(_access_entry(cluster, principal))}


def _list_access_policies(cluster: str, principal: str, _request: Document) -> Document:
    policies = _access_entry(cluster, principal).get("AccessPolicies", [])
    described = [describing.access_policy(each) for each in policies]
    return {"clusterName": cluster, "principalArn": principal, "associatedAccessPolicies": described}


def _list_pod_identities(name: str, _request: Document) -> Document:
    _cluster(name)
    return {"associations": [describing.pod_identity(each) for each in records.of_cluster(records.POD_IDENTITY, name)]}


def _describe_pod_identity(cluster: str, identifier: str, _request: Document) -> Document:
    known = {each["AssociationId"]: each for each in records.of_cluster(records.POD_IDENTITY, cluster)}
    found = _there(known.get(identifier), f"No association found for the given associationId: {identifier}")
    return {"association": describing.pod_identity(found)}


def _cluster(name: str) -> records.Properties:
    return _there(records.cluster(name), f"No cluster found for name: {name}.")


def _node_group(cluster: str, name: str) -> records.Properties:
    _cluster(cluster)
    return _there(records.node_group(cluster, name), f"No node group found for name: {name}.")


def _access_entry(cluster: str, principal: str) -> records.Properties:
    found = records.found(records.ACCESS_ENTRY, f"{principal}|{cluster}")
    return _there(
        found,
        "The specified principalArn could not be found. You can view your available access entries with 'list-access-entries'.",
    )


def _there(found: records.Properties | None, otherwise: str) -> records.Properties:
    if found is None:
        raise ServiceError("ResourceNotFoundException", otherwise, 404)
    return found


_ROUTES: tuple[tuple[str, str, _Operation], ...] = (
    ("GET", "/clusters", _list_clusters),
    ("GET", "/clusters/([^/]+)", _describe_cluster),
    ("POST", "/clusters/([^/]+)/update-config", _update_cluster_config),
    ("GET", "/clusters/([^/]+)/node-groups", _list_node_groups),
    ("GET", "/clusters/([^/]+)/node-groups/([^/]+)", _describe_node_group),
    ("POST", "/clusters/([^/]+)/node-groups/([^/]+)/update-config", _update_node_group_config),
    ("POST", "/clusters/([^/]+)/node-groups/([^/]+)/update-version", _update_node_group_version),
    ("GET", "/clusters/([^/]+)/addons", _list_add_ons),
    ("GET", "/clusters/([^/]+)/addons/([^/]+)", _describe_add_on),
    ("GET", "/clusters/([^/]+)/access-entries", _list_access_entries),
    ("GET", "/clusters/([^/]+)/access-entries/(.+)/access-policies", _list_access_policies),
    ("GET", "/clusters/([^/]+)/access-entries/(.+)", _describe_access_entry),
    ("GET", "/clusters/([^/]+)/pod-identity-associations", _list_pod_identities),
    ("GET", "/clusters/([^/]+)/pod-identity-associations/([^/]+)", _describe_pod_identity),
)
