"""Resources of EKS as its API describes them: in lower camel case, and always well."""

from typing import Any

from tests.local_aws.server.cloudformation import engine
from tests.local_aws.server.eks import records
from tests.local_aws.server.eks.records import Properties

Document = dict[str, Any]

_LOGS = ("api", "audit", "authenticator", "controllerManager", "scheduler")
_MAPS = frozenset({"Labels", "Tags"})
"""Their keys are the user's."""
_OF_GROUPS = (
    "Labels",
    "LaunchTemplate",
    "NodeRepairConfig",
    "RemoteAccess",
    "ScalingConfig",
    "Subnets",
    "UpdateConfig",
)


def camel(value: Any) -> Any:
    """Return properties in the spelling of the API."""
    if isinstance(value, list):
        return [camel(each) for each in value]
    if not isinstance(value, dict):
        return value
    return {key[:1].lower() + key[1:]: each if key in _MAPS else camel(each) for key, each in value.items()}


def pascal(value: Any) -> Any:
    """Return what a request says in the spelling of the registry."""
    if isinstance(value, list):
        return [pascal(each) for each in value]
    if not isinstance(value, dict):
        return value
    return {key[:1].upper() + key[1:]: pascal(each) for key, each in value.items()}


def cluster(properties: Properties) -> Document:
    """Describe a cluster."""
    network = properties["ResourcesVpcConfig"]
    enabled = {each["Type"] for each in _at(properties, "Logging", "ClusterLogging", "EnabledTypes") or []}
    logs = [(on, [each for each in _LOGS if (each in enabled) is on]) for on in (True, False)]
    addresses = properties.get("KubernetesNetworkConfig") or {}
    shown = {
        key: each for key, each in addresses.items() if key != "ServiceIpv6Cidr" or addresses.get("IpFamily") == "ipv6"
    }
    optional = ("ComputeConfig", "DeletionProtection", "EncryptionConfig", "UpgradePolicy")
    return {
        "name": properties["Name"],
        "arn": properties["Arn"],
        "version": records.version_of(properties),
        "roleArn": properties["RoleArn"],
        "status": "ACTIVE",
        "endpoint": properties["Endpoint"],
        "certificateAuthority": {"data": properties["CertificateAuthorityData"]},
        "identity": {"oidc": {"issuer": properties["OpenIdConnectIssuerUrl"]}},
        "resourcesVpcConfig": {
            "endpointPublicAccess": True,
            "endpointPrivateAccess": False,
            **camel(network),
            "clusterSecurityGroupId": properties["ClusterSecurityGroupId"],
        },
        "logging": {"clusterLogging": [{"types": types, "enabled": on} for on, types in logs if types]},
        "accessConfig": {
            "authenticationMode": _at(properties, "AccessConfig", "AuthenticationMode") or "CONFIG_MAP",
        },
        "kubernetesNetworkConfig": {"serviceIpv4Cidr": "10.100.0.0/16", **camel(shown)},
        "health": {"issues": []},
        "tags": engine.tag_map(properties.get("Tags")),
        **{key: value for key, value in camel(properties).items() if key[:1].upper() + key[1:] in optional},
    }


def node_group(properties: Properties) -> Document:
    """Describe a node group."""
    of_cluster = records.cluster(properties["ClusterName"]) or {}
    version = str(properties.get("Version") or records.version_of(of_cluster))
    return {
        "clusterName": properties["ClusterName"],
        "nodegroupName": properties["NodegroupName"],
        "nodegroupArn": properties["Arn"],
        "status": "ACTIVE",
        "version": version,
        "releaseVersion": properties.get("ReleaseVersion") or f"{version}.0-20261101",
        "amiType": properties.get("AmiType", "AL2023_x86_64_STANDARD"),
        "capacityType": properties.get("CapacityType", "ON_DEMAND"),
        "instanceTypes": properties.get("InstanceTypes", []),
        "nodeRole": properties["NodeRole"],
        "taints": camel(properties.get("Taints", [])),
        "tags": engine.tag_map(properties.get("Tags")),
        "health": {"issues": []},
        **camel({key: properties[key] for key in _OF_GROUPS if key in properties}),
    }


def add_on(properties: Properties) -> Document:
    """Describe an add-on."""
    given = {
        key: properties[key]
        for key in ("AddonVersion", "ConfigurationValues", "ServiceAccountRoleArn")
        if key in properties
    }
    return {
        "addonName": properties["AddonName"],
        "clusterName": properties["ClusterName"],
        "addonArn": properties["Arn"],
        "status": "ACTIVE",
        "health": {"issues": []},
        "tags": engine.tag_map(properties.get("Tags")),
        **camel(given),
    }


def access_entry(properties: Properties) -> Document:
    """Describe an access entry."""
    return {
        "clusterName": properties["ClusterName"],
        "principalArn": properties["PrincipalArn"],
        "accessEntryArn": properties["AccessEntryArn"],
        "kubernetesGroups": properties.get("KubernetesGroups", []),
        "type": properties.get("Type", "STANDARD"),
        "tags": engine.tag_map(properties.get("Tags")),
        "username": properties.get("Username", properties["PrincipalArn"]),
    }


def access_policy(policy: Properties) -> Document:
    """Describe what an access entry may do."""
    return {"policyArn": policy["PolicyArn"], "accessScope": camel(policy["AccessScope"])}


def pod_identity(properties: Properties) -> Document:
    """Describe an association of a service account with a role."""
    known = (
        "ClusterName",
        "Namespace",
        "ServiceAccount",
        "RoleArn",
        "AssociationArn",
        "AssociationId",
        "TargetRoleArn",
    )
    described: Document = camel({key: properties[key] for key in known if key in properties})
    return described | {"tags": engine.tag_map(properties.get("Tags"))}


def _at(properties: Properties, *path: str) -> Any:
    value: Any = properties
    for step in path:
        value = (value or {}).get(step)
    return value
