"""What there is in EKS: the records that CloudFormation and the Cloud Control API have of it, which are the only ones.

They hold the properties of the registry's types, to which the service's own API is a second view.
"""

import json
from typing import Any

from tests.local_aws.server.cloudformation import engine

Properties = dict[str, Any]

CLUSTER = "AWS::EKS::Cluster"
NODE_GROUP = "AWS::EKS::Nodegroup"
ADD_ON = "AWS::EKS::Addon"
ACCESS_ENTRY = "AWS::EKS::AccessEntry"
POD_IDENTITY = "AWS::EKS::PodIdentityAssociation"

VERSIONS = ("1.31", "1.32", "1.33", "1.34", "1.35", "1.36")
"""The versions of Kubernetes that EKS runs, in standard and in extended support.

See: https://docs.aws.amazon.com/eks/latest/userguide/kubernetes-versions.html (read 2026-11-21)
"""


def found(type_name: str, identifier: str) -> Properties | None:
    """Return a resource's properties, or None where there is none."""
    record = engine.cloud_control_records.get(engine.record_key(type_name, identifier))
    return None if record is None else json.loads(record["Properties"])


def changed(type_name: str, identifier: str, changes: Properties) -> None:
    """Change properties of a resource."""
    record = engine.cloud_control_records[engine.record_key(type_name, identifier)]
    record["Properties"] = json.dumps({**json.loads(record["Properties"]), **changes})


def clusters() -> list[Properties]:
    """List the clusters of this account and region."""
    return _all(CLUSTER)


def cluster(name: str) -> Properties | None:
    """Return a cluster."""
    return found(CLUSTER, name)


def of_cluster(type_name: str, cluster_name: str) -> list[Properties]:
    """List what a cluster has of one type."""
    return [each for each in _all(type_name) if each["ClusterName"] == cluster_name]


def node_group(cluster_name: str, name: str) -> Properties | None:
    """Return a node group."""
    return found(NODE_GROUP, f"{cluster_name}/{name}")


def version_of(properties: Properties) -> str:
    """Return the version of a cluster, which is the newest where its template names none."""
    return str(properties.get("Version") or VERSIONS[-1])


def in_auto_mode(properties: Properties) -> bool:
    """Tell whether EKS itself makes the nodes of a cluster."""
    return bool((properties.get("ComputeConfig") or {}).get("Enabled"))


def desired(group: Properties) -> int:
    """Return how many nodes a group has."""
    return int(group["ScalingConfig"]["DesiredSize"])


def _all(type_name: str) -> list[Properties]:
    return [
        json.loads(record["Properties"])
        for record in engine.cloud_control_records.values()
        if record["TypeName"] == type_name
    ]
