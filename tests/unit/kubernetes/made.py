"""Clusters for the tests: imported ones, which cost little."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import aws_cdk as cdk
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_eks_v2 as eks
from aws_cdk.assertions import Template

from cdk_model_hosting.kubernetes.imported_cluster import ImportedCluster
from tests.unit.builders import new_stack

if TYPE_CHECKING:
    from constructs import Construct

    from cdk_model_hosting.kubernetes.serving_cluster import ServingCluster

SERVICE_TOKEN = "arn:aws:lambda:eu-west-1:111122223333:function:kubectl"  # noqa: S105 - the name of a function
MANIFEST = "Custom::AWSCDK-EKS-KubernetesResource"
HELM = "Custom::AWSCDK-EKS-HelmChart"


def cluster(scope: Construct | None = None, construct_id: str = "Cluster", **options: Any) -> ImportedCluster:
    """An imported cluster with a network of three zones, whose kubectl is imported too: no Lambda function, no asset."""
    scope = new_stack() if scope is None else scope
    provider = eks.KubectlProvider.from_kubectl_provider_attributes(
        scope, f"{construct_id}Kubectl", service_token=SERVICE_TOKEN
    )
    attributes: dict[str, Any] = {
        "cluster_name": "models",
        "kubectl_provider": provider,
        "cluster_security_group_id": "sg-1",
        "vpc": vpc(scope, f"{construct_id}Vpc"),
    }
    attributes |= options.pop("attributes", {})
    imported = eks.Cluster.from_cluster_attributes(scope, f"{construct_id}Imported", **attributes)
    return ImportedCluster(scope, construct_id, cluster=imported, **{"version": "1.36", **options})


def vpc(scope: Construct, construct_id: str = "Vpc") -> ec2.IVpc:
    """An imported network with private and public subnets in three zones."""
    zones = ["eu-west-1a", "eu-west-1b", "eu-west-1c"]
    return ec2.Vpc.from_vpc_attributes(
        scope,
        construct_id,
        vpc_id="vpc-1",
        availability_zones=zones,
        private_subnet_ids=[f"subnet-private-{each[-1]}" for each in zones],
        private_subnet_route_table_ids=[f"rtb-private-{each[-1]}" for each in zones],
        public_subnet_ids=[f"subnet-public-{each[-1]}" for each in zones],
        public_subnet_route_table_ids=[f"rtb-public-{each[-1]}" for each in zones],
    )


def template(of: Construct) -> dict[str, Any]:
    """The template of the stack that a construct stands in."""
    return dict(Template.from_stack(cdk.Stack.of(of)).to_json())


def manifests(of: ServingCluster | Construct) -> list[dict[str, Any]]:
    """The Kubernetes objects that a stack makes, without the labels by which removed ones are found; Tokens in angle brackets."""
    return list(objects(of).values())


def objects(of: Construct) -> dict[str, dict[str, Any]]:
    """The same objects by the logical IDs of what makes them."""
    found = {}
    for name, each in template(of)["Resources"].items():
        if each["Type"] == MANIFEST:
            (one,) = json.loads(_flat(each["Properties"]["Manifest"]))
            found[name] = _without_prune_label(one)
    return found


def applied(of: Construct, kind: str) -> str:
    """Logical ID of what makes the one object of a kind in a stack."""
    (found,) = (name for name, each in objects(of).items() if each["kind"] == kind)
    return found


def awaited(of: Construct, logical_id: str) -> set[str]:
    """Logical IDs of all that a resource of a stack waits for, and what that waits for."""
    found = template(of)["Resources"]
    known: set[str] = set()
    next_ones = {logical_id}
    while next_ones:
        next_ones = {each for name in next_ones for each in found[name].get("DependsOn", ())} - known
        known |= next_ones
    return known


def charts(of: ServingCluster | Construct) -> dict[str, dict[str, Any]]:
    """The properties of the Helm charts of a stack by release, their values read; Tokens in angle brackets."""
    found: dict[str, dict[str, Any]] = {}
    for each in template(of)["Resources"].values():
        if each["Type"] == HELM:
            properties = dict(each["Properties"])
            properties["Values"] = json.loads(_flat(properties.get("Values", "{}")))
            found[properties["Release"]] = properties
    return found


def _without_prune_label(manifest: dict[str, Any]) -> dict[str, Any]:
    labels = manifest.get("metadata", {}).get("labels", {})
    kept = {name: value for name, value in labels.items() if not name.startswith("aws.cdk.eks/prune-")}
    if labels:
        manifest["metadata"]["labels"] = kept
        if not kept:
            del manifest["metadata"]["labels"]
    return manifest


def _flat(value: Any) -> str:
    """A text with what only CloudFormation knows in angle brackets."""
    match value:
        case str():
            return value
        case {"Fn::Join": [str(separator), [*parts]]}:
            return separator.join(_flat(part) for part in parts)
        case {"Ref": str(name)}:
            return f"<{name}>"
        case {"Fn::GetAtt": [str(resource), str(attribute)]}:
            return f"<{resource}.{attribute}>"
        case _:
            return "<token>"
