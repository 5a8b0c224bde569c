"""EKS on the local AWS: what its API tells, what it refuses, and what replaces what."""

from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.local_aws.lifecycle import LocalAws
from tests.local_aws.runtime import clustered
from tests.local_aws.runtime.clustered import at, resource
from tests.local_aws.stacks import Stack

CLUSTER = "models"
TEMPLATE_DATA = {"InstanceType": "g5.xlarge"}


@pytest.fixture(scope="module")
def outputs(local_aws: LocalAws) -> dict[str, str]:
    """Deploy a cluster that the tests put node groups into; return what they refer to."""
    stack = Stack(local_aws, "ClusterOfAll")
    assert stack.apply(clustered.template(CLUSTER)) == "CREATE_COMPLETE", stack.log()
    return stack.outputs()


@pytest.fixture(scope="module")
def eks(local_aws: LocalAws) -> Any:
    return local_aws.client("eks")


def refused(local: LocalAws, name: str, template: dict[str, Any], resource_name: str) -> str:
    """Return why a stack with a resource cannot be created."""
    stack = Stack(local, name)
    assert stack.apply(template) == "ROLLBACK_COMPLETE", stack.log()
    why = stack.reasons("CREATE_FAILED")[resource_name]
    assert stack.delete() == "DELETE_COMPLETE"
    return why


def test_the_api_tells_what_the_template_says(local_aws: LocalAws, eks: Any, outputs: dict[str, str]) -> None:
    stack = Stack(local_aws, "ClusterToldGroup")
    told = {"Labels": {"Team": "fraud"}, "Taints": [{"Key": "nvidia.com/gpu", "Effect": "NO_SCHEDULE"}]}
    assert stack.apply(clustered.group(outputs, "told", CLUSTER, **told)) == "CREATE_COMPLETE", stack.log()
    assert stack.physical_id("Group") == f"{CLUSTER}/told"

    assert CLUSTER in eks.list_clusters()["clusters"]
    cluster = eks.describe_cluster(name=CLUSTER)["cluster"]
    assert (cluster["status"], cluster["version"]) == ("ACTIVE", "1.35")
    assert cluster["resourcesVpcConfig"]["subnetIds"] == [outputs["Subnet0"], outputs["Subnet1"]]
    (group,) = local_aws.client("ec2").describe_security_groups(
        GroupIds=[cluster["resourcesVpcConfig"]["clusterSecurityGroupId"]]
    )["SecurityGroups"]
    assert group["GroupName"].startswith(f"eks-cluster-sg-{CLUSTER}-")

    assert eks.list_nodegroups(clusterName=CLUSTER)["nodegroups"] == ["told"]
    described = eks.describe_nodegroup(clusterName=CLUSTER, nodegroupName="told")["nodegroup"]
    assert described["labels"] == {"Team": "fraud"}
    assert described["taints"] == [{"key": "nvidia.com/gpu", "effect": "NO_SCHEDULE"}]
    assert described["scalingConfig"] == {"minSize": 1, "maxSize": 4, "desiredSize": 1}
    assert eks.list_addons(clusterName=CLUSTER)["addons"] == ["vpc-cni"]
    assert eks.describe_addon(clusterName=CLUSTER, addonName="vpc-cni")["addon"]["status"] == "ACTIVE"
    (principal,) = eks.list_access_entries(clusterName=CLUSTER)["accessEntries"]
    policies = eks.list_associated_access_policies(clusterName=CLUSTER, principalArn=principal)
    assert [each["policyArn"] for each in policies["associatedAccessPolicies"]] == [clustered.CLUSTER_ADMIN]
    with pytest.raises(ClientError, match="No cluster found for name: nobody"):
        eks.describe_cluster(name="nobody")
    assert not stack.has_drifted()
    assert stack.delete() == "DELETE_COMPLETE"


def test_a_size_that_the_template_omits_is_kept(local_aws: LocalAws, eks: Any, outputs: dict[str, str]) -> None:
    stack = Stack(local_aws, "ClusterKeptSize")

    def described() -> dict[str, Any]:
        return dict(eks.describe_nodegroup(clusterName=CLUSTER, nodegroupName="kept")["nodegroup"])

    assert stack.apply(clustered.group(outputs, "kept", CLUSTER)) == "CREATE_COMPLETE", stack.log()
    arn = described()["nodegroupArn"]
    eks.update_nodegroup_config(clusterName=CLUSTER, nodegroupName="kept", scalingConfig={"desiredSize": 3})
    with pytest.raises(ClientError, match=r"desired capacity 5 can't be greater than max size 4"):
        eks.update_nodegroup_config(clusterName=CLUSTER, nodegroupName="kept", scalingConfig={"desiredSize": 5})
    released = clustered.group(outputs, "kept", CLUSTER, ReleaseVersion="1.35.4-20261102")
    assert stack.apply(released) == "UPDATE_COMPLETE", stack.log()
    assert described()["releaseVersion"] == "1.35.4-20261102"
    assert described()["scalingConfig"]["desiredSize"] == 3
    assert described()["nodegroupArn"] == arn
    stated = clustered.group(outputs, "kept", CLUSTER, ScalingConfig={"MinSize": 1, "MaxSize": 4, "DesiredSize": 2})
    assert stack.apply(stated) == "UPDATE_COMPLETE", stack.log()
    assert described()["scalingConfig"]["desiredSize"] == 2
    assert stack.delete() == "DELETE_COMPLETE"


def test_other_instance_types_are_another_group(local_aws: LocalAws, eks: Any, outputs: dict[str, str]) -> None:
    stack = Stack(local_aws, "ClusterOtherGroup")
    assert stack.apply(clustered.group(outputs, "first", CLUSTER)) == "CREATE_COMPLETE", stack.log()
    same_name = clustered.group(outputs, "first", CLUSTER, InstanceTypes=["g6.xlarge"])
    assert stack.apply(same_name) == "UPDATE_ROLLBACK_COMPLETE"
    assert "custom-named resource" in stack.reasons("UPDATE_FAILED")["Group"]
    other_name = clustered.group(outputs, "second", CLUSTER, InstanceTypes=["g6.xlarge"])
    assert stack.apply(other_name) == "UPDATE_COMPLETE", stack.log()
    assert eks.list_nodegroups(clusterName=CLUSTER)["nodegroups"] == ["second"]
    assert stack.delete() == "DELETE_COMPLETE"


REFUSED_GROUPS: dict[str, tuple[dict[str, Any], str]] = {
    "Subnet": ({"Subnets": ["subnet-0"]}, "The subnet ID 'subnet-0' does not exist"),
    "Cluster": ({"ClusterName": "nobody"}, "No cluster found for name: nobody."),
    "Role": ({"NodeRole": "arn:aws:iam::123456789012:role/nobody"}, "node role is not there: arn:aws:iam"),
    "Minimum": (
        {"ScalingConfig": {"MinSize": 3, "DesiredSize": 2, "MaxSize": 4}},
        "Minimum capacity 3 can't be greater than desired size 2",
    ),
    "Maximum": (
        {"ScalingConfig": {"MinSize": 1, "DesiredSize": 5, "MaxSize": 4}},
        "desired capacity 5 can't be greater than max size 4",
    ),
    "Newer": ({"Version": "1.36"}, "version 1.36 must not be newer than that of the cluster, 1.35"),
    "Release": (
        {"ReleaseVersion": "1.34.1-20261102"},
        "Requested release version 1.34.1-20261102 is not valid for kubernetes version 1.35.",
    ),
    "Template": ({"LaunchTemplate": {"Id": "lt-0", "Version": "1"}}, "Launch template lt-0 does not exist."),
}


@pytest.mark.parametrize("what", REFUSED_GROUPS)
def test_a_group_that_eks_refuses(local_aws: LocalAws, outputs: dict[str, str], what: str) -> None:
    properties, words = REFUSED_GROUPS[what]
    template = clustered.group(outputs, "refused", CLUSTER, **properties)
    why = refused(local_aws, f"ClusterRefused{what}", template, "Group")
    assert words in why
    assert "(Service: Eks, Status Code: 4" in why


@pytest.mark.parametrize(
    ("what", "properties", "words"),
    [
        ("Version", {"LaunchTemplate": {"Id": {"Ref": "Data"}, "Version": "7"}}, "Version 7 of launch template lt-"),
        ("Disk", {"InstanceTypes": None, "DiskSize": 50}, "Disk size must be specified within the launch template."),
        ("Types", {}, "either in the launch template or in the node group, and not in both"),
    ],
)
def test_a_launch_template_that_does_not_go_with_its_group(
    local_aws: LocalAws, outputs: dict[str, str], what: str, properties: dict[str, Any], words: str
) -> None:
    launch = {"Id": {"Ref": "Data"}, "Version": at("Data", "LatestVersionNumber")}
    template = clustered.group(outputs, "refused", CLUSTER, **{"LaunchTemplate": launch, **properties})
    template["Resources"]["Data"] = resource("AWS::EC2::LaunchTemplate", LaunchTemplateData=TEMPLATE_DATA)
    assert words in refused(local_aws, f"ClusterTemplate{what}", template, "Group")


def test_a_new_version_of_a_launch_template_goes_to_the_group(
    local_aws: LocalAws, eks: Any, outputs: dict[str, str]
) -> None:
    stack = Stack(local_aws, "ClusterTemplated")

    def template(hops: int) -> dict[str, Any]:
        launch = {"Id": {"Ref": "Data"}, "Version": at("Data", "LatestVersionNumber")}
        built = clustered.group(outputs, "templated", CLUSTER, LaunchTemplate=launch)
        data = {"MetadataOptions": {"HttpPutResponseHopLimit": hops}}
        built["Resources"]["Data"] = resource("AWS::EC2::LaunchTemplate", LaunchTemplateData=data)
        return built

    def described() -> tuple[str, str]:
        group = eks.describe_nodegroup(clusterName=CLUSTER, nodegroupName="templated")["nodegroup"]
        return group["nodegroupArn"], group["launchTemplate"]["version"]

    assert stack.apply(template(1)) == "CREATE_COMPLETE", stack.log()
    arn, version = described()
    assert version == "1"
    assert stack.apply(template(2)) == "UPDATE_COMPLETE", stack.log()
    assert described() == (arn, "2")
    assert stack.delete() == "DELETE_COMPLETE"


def test_nodes_need_a_network_for_pods_and_some_add_ons_need_nodes(local_aws: LocalAws) -> None:
    name = "bare"

    def template(**more: Any) -> dict[str, Any]:
        resources = {**clustered.network(), **clustered.cluster(name)}
        del resources["Network"]
        return {"Resources": {**resources, **more}}

    given: dict[str, Any] = {
        "ClusterName": {"Ref": "Cluster"},
        "NodeRole": at("NodeRole"),
        "Subnets": [{"Ref": "Subnet0"}],
    }
    group = resource("AWS::EKS::Nodegroup", **given)
    assert "NodeCreationFailure" in refused(local_aws, "ClusterBareGroup", template(Group=group), "Group")
    add_on = resource("AWS::EKS::Addon", ClusterName={"Ref": "Cluster"}, AddonName="coredns")
    why = refused(local_aws, "ClusterBareAddOn", template(Dns=add_on), "Dns")
    assert "InsufficientNumberOfReplicas" in why


def test_a_cluster_goes_after_its_node_groups(local_aws: LocalAws, eks: Any) -> None:
    cluster, group = Stack(local_aws, "ClusterLeftLast"), Stack(local_aws, "ClusterLeftGroup")
    assert cluster.apply(clustered.template("left")) == "CREATE_COMPLETE", cluster.log()
    assert group.apply(clustered.group(cluster.outputs(), "left", "left")) == "CREATE_COMPLETE", group.log()
    assert cluster.delete() == "DELETE_FAILED"
    assert "Cluster has nodegroups attached" in cluster.reasons("DELETE_FAILED")["Cluster"]
    assert group.delete() == "DELETE_COMPLETE"
    assert cluster.delete() == "DELETE_COMPLETE"
    assert "left" not in eks.list_clusters()["clusters"]


def test_versions_of_kubernetes_go_up_one_by_one(local_aws: LocalAws, eks: Any) -> None:
    stack = Stack(local_aws, "ClusterVersions")
    assert stack.apply(clustered.template("versions", Version="1.33")) == "CREATE_COMPLETE", stack.log()
    assert stack.apply(clustered.template("versions", Version="1.35")) == "UPDATE_ROLLBACK_COMPLETE"
    assert "minor version update from 1.33 to 1.35" in stack.reasons("UPDATE_FAILED")["Cluster"]
    assert stack.apply(clustered.template("versions", Version="1.34")) == "UPDATE_COMPLETE", stack.log()
    assert eks.describe_cluster(name="versions")["cluster"]["version"] == "1.34"
    assert stack.apply(clustered.template("versions", Version="1.34", DeletionProtection=True)) == "UPDATE_COMPLETE"
    assert stack.delete() == "DELETE_FAILED"
    assert "deletion protection" in stack.reasons("DELETE_FAILED")["Cluster"]
    eks.update_cluster_config(name="versions", deletionProtection=False)
    assert stack.delete() == "DELETE_COMPLETE"
    why = refused(local_aws, "ClusterVersionOf2030", clustered.template("later", Version="1.40"), "Cluster")
    assert "unsupported Kubernetes version 1.40" in why


def test_nodes_go_with_their_cluster_and_a_cluster_goes_back_after_them(local_aws: LocalAws, eks: Any) -> None:
    name = "together"
    cluster, group = Stack(local_aws, "ClusterTogether"), Stack(local_aws, "ClusterTogetherGroup")

    def goes_to(version: str) -> str:
        return cluster.apply(clustered.template(name, Version=version))

    def nodes_go_to(version: str) -> str:
        return group.apply(clustered.group(cluster.outputs(), "gpu", name, Version=version))

    assert goes_to("1.33") == "CREATE_COMPLETE", cluster.log()
    assert nodes_go_to("1.33") == "CREATE_COMPLETE", group.log()
    assert goes_to("1.34") == "UPDATE_COMPLETE", cluster.log()
    assert goes_to("1.35") == "UPDATE_ROLLBACK_COMPLETE"
    assert "Nodegroup gpu must be at Kubernetes version 1.34" in cluster.reasons("UPDATE_FAILED")["Cluster"]
    assert nodes_go_to("1.34") == "UPDATE_COMPLETE", group.log()
    assert goes_to("1.33") == "UPDATE_ROLLBACK_COMPLETE"
    assert nodes_go_to("1.33") == "UPDATE_COMPLETE", group.log()
    assert goes_to("1.33") == "UPDATE_COMPLETE", cluster.log()
    assert eks.describe_cluster(name=name)["cluster"]["version"] == "1.33"
    assert goes_to("1.32") == "UPDATE_ROLLBACK_COMPLETE"
    assert group.delete() == "DELETE_COMPLETE"
    assert cluster.delete() == "DELETE_COMPLETE"


def test_pods_take_roles_that_let_them(local_aws: LocalAws, eks: Any, outputs: dict[str, str]) -> None:
    def template(*actions: str, **more: Any) -> dict[str, Any]:
        association = resource(
            "AWS::EKS::PodIdentityAssociation",
            ClusterName=CLUSTER,
            Namespace="default",
            ServiceAccount="server",
            RoleArn=at("Role"),
        )
        taken = clustered.role("pods.eks.amazonaws.com", *actions)
        return {"Resources": {"Role": taken, "Identity": association, **more}}

    assert outputs
    why = refused(local_aws, "ClusterUntrusted", template("sts:AssumeRole"), "Identity")
    assert "it must let pods.eks.amazonaws.com take the role by sts:AssumeRole and sts:TagSession" in why
    stack = Stack(local_aws, "ClusterIdentity")
    trusted = ("sts:AssumeRole", "sts:TagSession")
    assert stack.apply(template(*trusted)) == "CREATE_COMPLETE", stack.log()
    (told,) = eks.list_pod_identity_associations(clusterName=CLUSTER)["associations"]
    assert (told["namespace"], told["serviceAccount"]) == ("default", "server")
    why = refused(local_aws, "ClusterSecondIdentity", template(*trusted), "Identity")
    assert f"Association already exists: {told['associationId']}" in why
    assert stack.delete() == "DELETE_COMPLETE"


def test_one_access_entry_a_principal_that_there_is(local_aws: LocalAws, outputs: dict[str, str]) -> None:
    def template(principal: Any) -> dict[str, Any]:
        return {"Resources": {"Entry": resource("AWS::EKS::AccessEntry", ClusterName=CLUSTER, PrincipalArn=principal)}}

    nobody = f"arn:aws:iam::{local_aws.account}:role/nobody"
    why = refused(local_aws, "ClusterEntryOfNobody", template(nobody), "Entry")
    assert "The specified principalArn is invalid: invalid principal." in why
    stack = Stack(local_aws, "ClusterEntry")
    assert stack.apply(template(outputs["NodeRole"])) == "CREATE_COMPLETE", stack.log()
    why = refused(local_aws, "ClusterSecondEntry", template(outputs["NodeRole"]), "Entry")
    assert "already in use on this cluster" in why
    assert stack.delete() == "DELETE_COMPLETE"
