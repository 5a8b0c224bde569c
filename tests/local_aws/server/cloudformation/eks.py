"""EKS: clusters, node groups, add-ons, access entries and Pod Identity, which the registry's schemas describe and rules refuse."""

import base64
import json
import uuid
from typing import Any, NoReturn

from ministack.services import ec2, iam

from tests.local_aws.server.cloudformation import engine
from tests.local_aws.server.cloudformation.delegate import HandlerError, as_given, put_back
from tests.local_aws.server.cloudformation.generic import GenericProvider
from tests.local_aws.server.cloudformation.provider import Created, Properties, Provider
from tests.local_aws.server.cloudformation.registry import resource_type
from tests.local_aws.server.eks import node_groups, records

_GROUP = "AWS::EC2::SecurityGroup"
_NEED_NODES = frozenset({"coredns", "metrics-server"})
"""Add-ons that EKS calls active once their pods run on nodes without taints."""


_came_from: dict[str, str] = {}
"""ID of a cluster -> the version that it was upgraded from, or rolled back from."""


class EksProvider(GenericProvider):
    """A cluster, or what stands in one."""

    def read(self, physical_id: str, properties: Properties) -> Properties | None:
        """Return what was given as it is now: neither what EKS adds nor what it never tells has drifted."""
        found = super().read(physical_id, properties)
        if found is None:
            return None
        known: Properties = put_back(properties, as_given(properties, found), self.resource_type.write_only)
        return known


class InClusterProvider(EksProvider):
    """What stands in a cluster."""

    def create(self, logical_id: str, properties: Properties, stack_name: str) -> Created:
        """Create a resource in a cluster that is there."""
        _require_cluster(properties["ClusterName"])
        return super().create(logical_id, properties, stack_name)


class ClusterProvider(EksProvider):
    """A cluster, with the security group that EKS makes for it and its nodes."""

    def create(self, logical_id: str, properties: Properties, stack_name: str) -> Created:
        """Create a cluster."""
        _require_version(records.version_of(properties))
        _require_subnets(properties["ResourcesVpcConfig"]["SubnetIds"])
        return super().create(logical_id, properties, stack_name)

    def completed(self, model: Properties) -> Properties:
        """Return a cluster with its addresses, and with a security group that its functions and nodes can be members of."""
        identifier = uuid.uuid4().hex.upper()
        region = engine.region()
        subnet = ec2._subnets[model["ResourcesVpcConfig"]["SubnetIds"][0]]
        group = {
            "GroupName": f"eks-cluster-sg-{model['Name']}-{str(uuid.uuid4().int)[:9]}",
            "GroupDescription": "EKS created security group applied to ENI that is attached to EKS Control Plane master nodes",
            "VpcId": subnet["VpcId"],
        }
        group_id, _ = engine.type_handlers[_GROUP]["create"]("ClusterSecurityGroup", group, model["Name"])
        return {
            **model,
            "Id": str(uuid.uuid4()),
            "Arn": f"arn:aws:eks:{region}:{engine.account()}:cluster/{model['Name']}",
            "Endpoint": f"https://{identifier}.gr7.{region}.eks.example.com",
            "CertificateAuthorityData": base64.b64encode(b"a certificate of nobody").decode(),
            "ClusterSecurityGroupId": ec2._security_groups[group_id]["GroupId"],
            "EncryptionConfigKeyArn": next(
                (each["Provider"]["KeyArn"] for each in model.get("EncryptionConfig", [])), ""
            ),
            "OpenIdConnectIssuerUrl": f"https://oidc.eks.{region}.example.com/id/{identifier}",
        }

    def update(self, physical_id: str, old: Properties, new: Properties, stack_name: str, logical_id: str) -> Created:
        """Change a cluster; its version by one step, and back to the one before where it has come from there."""
        before, after = records.version_of(old), records.version_of(new)
        _require_version(after)
        if before != after:
            _require_step(physical_id, before, after)
        made = super().update(physical_id, old, new, stack_name, logical_id)
        if before != after:
            _came_from[str(made[1]["Id"])] = before
        return made

    def delete(self, physical_id: str, properties: Properties) -> None:
        """Delete a cluster that has no node groups, and all else that is in it."""
        known = records.cluster(physical_id)
        if known is None:
            return
        if records.of_cluster(records.NODE_GROUP, physical_id):
            _refuse("Cluster has nodegroups attached", status=409, code="ResourceConflict")
        if known.get("DeletionProtection"):
            _refuse(f"The cluster {physical_id} has deletion protection: turn it off first", code="InvalidRequest")
        super().delete(physical_id, properties)
        ec2._security_groups.pop(known["ClusterSecurityGroupId"], None)


class NodeGroupProvider(InClusterProvider):
    """A node group, whose nodes are ready at once."""

    def create(self, logical_id: str, properties: Properties, stack_name: str) -> Created:
        """Create a group whose nodes can become ready."""
        _require_cluster(properties["ClusterName"])
        scaled = {**properties, "ScalingConfig": node_groups.scaling(properties)}
        _refuse_if(node_groups.problem(scaled))
        trouble = node_groups.trouble(scaled)
        if trouble:
            _refuse(trouble, code="NotStabilized")
        return super().create(logical_id, scaled, stack_name)

    def completed(self, model: Properties) -> Properties:
        """Return a group with its identifiers."""
        place = f"{model['ClusterName']}/{model['NodegroupName']}"
        arn = f"arn:aws:eks:{engine.region()}:{engine.account()}:nodegroup/{place}/{uuid.uuid4()}"
        return {**model, "Id": place, "Arn": arn}

    def update(self, physical_id: str, old: Properties, new: Properties, stack_name: str, logical_id: str) -> Created:
        """Change a group; the size that a template omits stays what it is."""
        present = records.found(records.NODE_GROUP, physical_id) or {}
        scaled = {**new, "ScalingConfig": node_groups.scaling(new, present.get("ScalingConfig"))}
        _refuse_if(node_groups.problem(scaled))
        return super().update(physical_id, old, scaled, stack_name, logical_id)


class AddOnProvider(InClusterProvider):
    """An add-on, which is active once its pods run."""

    def create(self, logical_id: str, properties: Properties, stack_name: str) -> Created:
        """Create an add-on."""
        name, cluster = properties["AddonName"], properties["ClusterName"]
        _require_cluster(cluster)
        if records.found(records.ADD_ON, f"{cluster}|{name}"):
            _refuse(f"Addon {name} already exists.", status=409, code="AlreadyExists")
        if name in _NEED_NODES and not node_groups.takes_pods(cluster):
            _refuse(
                f"The addon {name} is unhealthy: InsufficientNumberOfReplicas: the cluster has no nodes that its pods could run on",
                code="NotStabilized",
            )
        return super().create(logical_id, properties, stack_name)

    def completed(self, model: Properties) -> Properties:
        """Return an add-on with its ARN."""
        place = f"{model['ClusterName']}/{model['AddonName']}/{uuid.uuid4()}"
        return {**model, "Arn": f"arn:aws:eks:{engine.region()}:{engine.account()}:addon/{place}"}


class AccessEntryProvider(InClusterProvider):
    """Who is let into a cluster, of those that IAM has."""

    def create(self, logical_id: str, properties: Properties, stack_name: str) -> Created:
        """Create an entry."""
        principal, cluster = properties["PrincipalArn"], properties["ClusterName"]
        _require_cluster(cluster)
        mode = ((records.cluster(cluster) or {}).get("AccessConfig") or {}).get("AuthenticationMode", "CONFIG_MAP")
        if mode == "CONFIG_MAP":
            _refuse(
                "The cluster's authentication mode must be set to one of [API, API_AND_CONFIG_MAP] to perform this operation."
            )
        if records.found(records.ACCESS_ENTRY, f"{principal}|{cluster}"):
            _refuse(
                "The specified access entry resource is already in use on this cluster.",
                status=409,
                code="AlreadyExists",
            )
        if not _is_known(principal):
            _refuse("The specified principalArn is invalid: invalid principal.")
        return super().create(logical_id, properties, stack_name)

    def completed(self, model: Properties) -> Properties:
        """Return an entry with its ARN."""
        place = (
            f"{model['ClusterName']}/role/{engine.account()}/{model['PrincipalArn'].rpartition('/')[2]}/{uuid.uuid4()}"
        )
        return {**model, "AccessEntryArn": f"arn:aws:eks:{engine.region()}:{engine.account()}:access-entry/{place}"}


class PodIdentityProvider(InClusterProvider):
    """The role of a service account's pods."""

    def create(self, logical_id: str, properties: Properties, stack_name: str) -> Created:
        """Create an association with a role that lets Pod Identity take it."""
        account = (properties["Namespace"], properties["ServiceAccount"])
        for each in records.of_cluster(records.POD_IDENTITY, properties["ClusterName"]):
            if (each["Namespace"], each["ServiceAccount"]) == account:
                _refuse(f"Association already exists: {each['AssociationId']}", status=409, code="AlreadyExists")
        _require_trust(properties["RoleArn"])
        return super().create(logical_id, properties, stack_name)

    def completed(self, model: Properties) -> Properties:
        """Return an association with its identifiers."""
        identifier = f"a-{uuid.uuid4().hex[:17]}"
        place = f"{model['ClusterName']}/{identifier}"
        arn = f"arn:aws:eks:{engine.region()}:{engine.account()}:podidentityassociation/{place}"
        return {**model, "AssociationId": identifier, "AssociationArn": arn}


def providers() -> tuple[Provider, ...]:
    """Return the providers of EKS."""
    played: dict[str, type[EksProvider]] = {
        records.CLUSTER: ClusterProvider,
        records.NODE_GROUP: NodeGroupProvider,
        records.ADD_ON: AddOnProvider,
        records.ACCESS_ENTRY: AccessEntryProvider,
        records.POD_IDENTITY: PodIdentityProvider,
    }
    return tuple(provider(resource_type(name)) for name, provider in played.items())


def _is_known(principal: str) -> bool:
    """Tell whether there is a role or user, as far as this account can know."""
    *_, account, resource = principal.split(":", 5)
    kind, _, name = resource.partition("/")
    return account != engine.account() or name.rpartition("/")[2] in (iam._users if kind == "user" else iam._roles)


def _require_cluster(name: str) -> None:
    if records.cluster(name) is None:
        _refuse(f"No cluster found for name: {name}.", status=404, code="NotFound")


def _require_version(version: str) -> None:
    if version not in records.VERSIONS:
        _refuse(f"unsupported Kubernetes version {version}")


def _require_step(name: str, before: str, after: str) -> None:
    """Refuse an upgrade that skips a version or leaves nodes behind, and a way back that there is not.

    See: https://docs.aws.amazon.com/eks/latest/userguide/update-cluster.html
    and https://docs.aws.amazon.com/eks/latest/userguide/rollback-cluster.html
    """
    known = records.cluster(name) or {}
    steps = _minor(after) - _minor(before)
    if steps != 1 and not (steps == -1 and _came_from.get(str(known.get("Id"))) == after):
        _refuse(f"Unsupported Kubernetes minor version update from {before} to {after}")
    needed = min(before, after, key=_minor)
    for group in records.of_cluster(records.NODE_GROUP, name):
        if str(group.get("Version") or before) != needed:
            _refuse(
                f"Nodegroup {group['NodegroupName']} must be at Kubernetes version {needed} before the cluster can be updated to {after}"
            )


def _require_subnets(subnets: list[str]) -> None:
    for each in subnets:
        if each not in ec2._subnets:
            _refuse(f"The subnet ID '{each}' does not exist")
    if len({ec2._subnets[each]["AvailabilityZone"] for each in subnets}) < 2:
        _refuse("Subnets specified must be in at least two different AZs")


def _require_trust(role_arn: str) -> None:
    role = iam._roles.get(role_arn.rpartition("/")[2])
    if role is None:
        _refuse(f"Role provided in the request does not exist: {role_arn}")
    document = role["AssumeRolePolicyDocument"]
    policy: Any = json.loads(document) if isinstance(document, str) else document
    allowed: set[str] = set()
    for statement in policy["Statement"]:
        services = (statement.get("Principal") or {}).get("Service", [])
        if "pods.eks.amazonaws.com" in ([services] if isinstance(services, str) else services):
            actions = statement["Action"]
            allowed.update([actions] if isinstance(actions, str) else actions)
    if not {"sts:AssumeRole", "sts:TagSession"} <= allowed:
        _refuse(
            f"Trust policy of {role_arn} is not valid: it must let pods.eks.amazonaws.com take the role by sts:AssumeRole and "
            "sts:TagSession"
        )


def _minor(version: str) -> int:
    return int(version.partition(".")[2])


def _refuse_if(problem: str) -> None:
    if problem:
        _refuse(problem)


def _refuse(message: str, *, status: int = 400, code: str = "InvalidRequest") -> NoReturn:
    raise HandlerError(
        f'Resource handler returned message: "{message} (Service: Eks, Status Code: {status})" (HandlerErrorCode: {code})'
    )
