from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any
from unittest import mock

import aws_cdk as cdk
import pytest
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_kms as kms
from aws_cdk.assertions import Annotations, Match
from cdk_nag import AwsSolutionsChecks

from cdk_model_hosting.kubernetes.chart import Chart
from cdk_model_hosting.kubernetes.gpu_cluster import GpuCluster
from cdk_model_hosting.kubernetes.node_scaling import NodeScaling
from cdk_model_hosting.kubernetes.system_nodes import SystemNodes
from tests.unit.builders import new_stack, only, resources, stack_in, text_token
from tests.unit.kubernetes import made

if TYPE_CHECKING:
    from pathlib import Path

ADD_ONS = {
    "coredns",
    "eks-node-monitoring-agent",
    "eks-pod-identity-agent",
    "kube-proxy",
    "metrics-server",
    "vpc-cni",
}


def gpu_cluster(scope: cdk.Stack | None = None, **options: Any) -> GpuCluster:
    stack = stack_in("eu-west-1") if scope is None else scope
    if "vpc" not in options:
        options["vpc"] = made.vpc(stack)
    return GpuCluster(stack, "Cluster", **options)


@pytest.fixture(scope="module")
def usual() -> dict[str, Any]:
    """The resources of a cluster for which nothing is said, in a network that exists."""
    cluster = gpu_cluster(admins=["arn:aws:iam::111122223333:role/ops"])
    cluster.install(cluster, "Keda", Chart(name="keda", repository="https://k", version="2.0.0", namespace="keda"), {})
    found: dict[str, Any] = made.template(cluster)["Resources"]
    return found


def of(found: dict[str, Any], kind: str) -> dict[str, dict[str, Any]]:
    return {name: each for name, each in found.items() if each["Type"] == kind}


def add_ons(found: dict[str, Any]) -> dict[str, tuple[str, dict[str, Any]]]:
    """The add-ons of a template by their name: logical ID and all."""
    return {each["Properties"]["AddonName"]: (name, each) for name, each in of(found, "AWS::EKS::Addon").items()}


def test_the_control_plane(usual: dict[str, Any]) -> None:
    (cluster,) = of(usual, "AWS::EKS::Cluster").values()
    properties = cluster["Properties"]
    assert properties["Version"] == "1.36"
    assert properties["AccessConfig"] == {
        "AuthenticationMode": "API",
        "BootstrapClusterCreatorAdminPermissions": False,
    }
    assert properties["ResourcesVpcConfig"]["EndpointPublicAccess"] is False
    assert properties["ResourcesVpcConfig"]["EndpointPrivateAccess"] is True
    assert properties["ResourcesVpcConfig"]["SubnetIds"] == [f"subnet-private-{each}" for each in "abc"]
    assert {each["Type"] for each in properties["Logging"]["ClusterLogging"]["EnabledTypes"]} == {
        *("api", "audit", "authenticator", "controllerManager", "scheduler")
    }
    (key,) = of(usual, "AWS::KMS::Key")
    assert properties["EncryptionConfig"] == [
        {"Provider": {"KeyArn": {"Fn::GetAtt": [key, "Arn"]}}, "Resources": ["secrets"]}
    ]
    assert usual[key]["Properties"]["EnableKeyRotation"] is True
    assert properties["UpgradePolicy"] == {"SupportType": "STANDARD"}
    assert properties["BootstrapSelfManagedAddons"] is False
    assert "DeletionProtection" not in properties


def test_logs_are_kept_for_a_time(usual: dict[str, Any]) -> None:
    (cluster,) = of(usual, "AWS::EKS::Cluster").values()
    name = cluster["Properties"]["Name"]
    groups = {
        each["Properties"].get("LogGroupName"): (key, each) for key, each in of(usual, "AWS::Logs::LogGroup").items()
    }
    key, group = groups[f"/aws/eks/{name}/cluster"]
    assert group["Properties"]["RetentionInDays"] == 90
    # Otherwise EKS makes it first, and it cannot be made again.
    assert key in cluster["DependsOn"]


@pytest.mark.parametrize("flag", [False, True])
def test_what_runs_kubectl_logs_for_a_month_whatever_the_cdk_would_do(flag: bool) -> None:
    app = cdk.App(context={"@aws-cdk/aws-lambda:useCdkManagedLogGroup": flag})
    found = made.template(gpu_cluster(cdk.Stack(app, "Stack")))["Resources"]

    ((name, group),) = (
        (name, each)
        for name, each in of(found, "AWS::Logs::LogGroup").items()
        if "LogGroupName" not in each["Properties"]
    )
    assert group["Properties"] == {"RetentionInDays": 30}
    assert group["DeletionPolicy"] == "Delete"
    assert len(of(found, "AWS::Logs::LogGroup")) == 2
    functions = of(found, "AWS::Lambda::Function").values()
    assert [each["Properties"]["LoggingConfig"]["LogGroup"] for each in functions] == [{"Ref": name}] * 2
    (role,) = (each for key, each in of(found, "AWS::IAM::Role").items() if key.startswith("ClusterKubectlRole"))
    statements = role["Properties"]["Policies"][0]["PolicyDocument"]["Statement"]
    assert [each for each in statements if "logs:" in str(each["Action"])] == [
        {
            "Action": ["logs:CreateLogStream", "logs:PutLogEvents"],
            "Effect": "Allow",
            "Resource": {"Fn::GetAtt": [name, "Arn"]},
        }
    ]


def test_no_policy_of_aws_on_any_role_of_ours(usual: dict[str, Any]) -> None:
    roles = of(usual, "AWS::IAM::Role")
    with_policies = [name for name, each in roles.items() if each["Properties"].get("ManagedPolicyArns")]
    assert len(with_policies) == 1
    assert "framework" in with_policies[0]


def test_kubectl_runs_in_the_private_subnets(usual: dict[str, Any]) -> None:
    (handler,) = [
        each
        for each in of(usual, "AWS::Lambda::Function").values()
        if each["Properties"].get("Description") == "onEvent handler for EKS kubectl resource provider"
    ]
    assert handler["Properties"]["VpcConfig"]["SubnetIds"] == [f"subnet-private-{each}" for each in "abc"]
    layers = [usual[each["Ref"]]["Properties"]["Description"] for each in handler["Properties"]["Layers"]]
    assert any("kubectl 1.36." in each for each in layers)


def test_who_is_let_in(usual: dict[str, Any]) -> None:
    entries = of(usual, "AWS::EKS::AccessEntry").values()
    principals = [each["Properties"]["PrincipalArn"] for each in entries]
    assert len(principals) == 2
    assert "arn:aws:iam::111122223333:role/ops" in principals
    (kubectl,) = [each for each in principals if isinstance(each, dict)]
    assert kubectl["Fn::GetAtt"][0].startswith("ClusterKubectlRole")


def test_add_ons(usual: dict[str, Any]) -> None:
    found = add_ons(usual)
    assert set(found) == ADD_ONS
    network = found["vpc-cni"][1]
    assert json.loads(network["Properties"]["ConfigurationValues"]) == {"enableNetworkPolicy": "true"}
    (identity,) = network["Properties"]["PodIdentityAssociations"]
    role = usual[identity["RoleArn"]["Fn::GetAtt"][0]]["Properties"]
    tags = role["AssumeRolePolicyDocument"]["Statement"][0]["Condition"]["StringEquals"]
    assert tags["aws:RequestTag/kubernetes-service-account"] == identity["ServiceAccount"] == "aws-node"
    assert json.loads(found["eks-pod-identity-agent"][1]["Properties"]["ConfigurationValues"]) == {
        "tolerations": [{"operator": "Exists"}]
    }
    assert json.loads(found["eks-node-monitoring-agent"][1]["Properties"]["ConfigurationValues"]) == {
        "dcgmAgent": {"tolerations": [{"operator": "Exists"}]}
    }
    assert all("AddonVersion" not in each["Properties"] for _, each in found.values())


def test_what_comes_before_nodes_and_what_after(usual: dict[str, Any]) -> None:
    found = add_ons(usual)
    (group_id,) = of(usual, "AWS::EKS::Nodegroup")
    before = {found[each][0] for each in ("eks-pod-identity-agent", "kube-proxy", "vpc-cni")}
    assert before <= set(usual[group_id]["DependsOn"])
    assert found["eks-pod-identity-agent"][0] in found["vpc-cni"][1]["DependsOn"]
    for each in ("coredns", "eks-node-monitoring-agent", "metrics-server"):
        assert group_id in found[each][1]["DependsOn"]
    # A chart's pods need nodes, and names.
    (chart,) = of(usual, made.HELM).values()
    assert {group_id, found["coredns"][0]} <= set(chart["DependsOn"])


def test_the_system_nodes(usual: dict[str, Any]) -> None:
    (group,) = of(usual, "AWS::EKS::Nodegroup").values()
    properties = group["Properties"]
    assert properties["AmiType"] == "AL2023_ARM_64_STANDARD"
    assert properties["InstanceTypes"] == ["m7g.large"]
    assert properties["ScalingConfig"] == {"DesiredSize": 2, "MaxSize": 2, "MinSize": 2}
    assert properties["NodeRepairConfig"] == {"Enabled": True}
    assert properties["Subnets"] == [f"subnet-private-{each}" for each in "abc"]
    assert properties["Version"] == "1.36"
    (template,) = of(usual, "AWS::EC2::LaunchTemplate").values()
    data = template["Properties"]["LaunchTemplateData"]
    assert data["MetadataOptions"] == {"HttpPutResponseHopLimit": 1, "HttpTokens": "required"}
    (disk,) = data["BlockDeviceMappings"]
    assert (disk["Ebs"]["Encrypted"], disk["Ebs"]["VolumeSize"]) == (True, 50)
    role = usual[properties["NodeRole"]["Fn::GetAtt"][0]]["Properties"]
    actions = json.dumps(role["Policies"])
    assert "AssumeRoleForPodIdentity" in actions
    assert "AttachNetworkInterface" not in actions


def test_the_name_is_of_the_place() -> None:
    names = set()
    for each in ("One", "Two"):
        stack = new_stack(each)
        names.add(only(gpu_cluster(stack), "AWS::EKS::Cluster")["Name"])
    assert len(names) == 2


def test_a_network_of_its_own() -> None:
    stack = stack_in("eu-west-1")
    GpuCluster(stack, "Cluster")
    assert len(resources(stack, "AWS::EC2::NatGateway")) == 1
    assert len(resources(stack, "AWS::EC2::FlowLog")) == 1
    assert len(resources(stack, "AWS::EC2::Subnet")) == 6
    (endpoint,) = resources(stack, "AWS::EC2::VPCEndpoint").values()
    assert endpoint["Properties"]["VpcEndpointType"] == "Gateway"
    # Whoever runs kubectl must find a way out before it runs.
    (cluster,) = resources(stack, "AWS::EKS::Cluster").values()
    assert set(resources(stack, "AWS::EC2::NatGateway")) <= set(cluster["DependsOn"])


def test_all_that_can_be_said() -> None:
    stack = stack_in("eu-west-1")
    key = kms.Key.from_key_arn(stack, "Key", "arn:aws:kms:eu-west-1:111122223333:key/1")
    cluster = gpu_cluster(
        stack,
        public_access=["203.0.113.0/24"],
        secrets_key=key,
        node_scaling=NodeScaling.KARPENTER,
        system_nodes=SystemNodes(instance_type="m7i.xlarge", count=3, disk_gb=100),
        add_on_versions={"vpc-cni": "v1.22.0-eksbuild.1"},
        name="serving",
        log_days=365,
        deletion_protection=True,
        subnets=ec2.SubnetSelection(
            subnet_type=ec2.SubnetType.PRIVATE_WITH_EGRESS, availability_zones=["eu-west-1a", "eu-west-1b"]
        ),
    )
    properties = only(cluster, "AWS::EKS::Cluster")
    assert properties["Name"] == "serving"
    assert properties["DeletionProtection"] is True
    assert properties["EncryptionConfig"][0]["Provider"]["KeyArn"] == "arn:aws:kms:eu-west-1:111122223333:key/1"
    where = properties["ResourcesVpcConfig"]
    assert where["PublicAccessCidrs"] == ["203.0.113.0/24"]
    assert (where["EndpointPublicAccess"], where["EndpointPrivateAccess"]) == (True, True)
    assert where["SubnetIds"] == ["subnet-private-a", "subnet-private-b"]
    assert resources(cluster, "AWS::KMS::Key") == {}
    group = only(cluster, "AWS::EKS::Nodegroup")
    assert (group["AmiType"], group["Subnets"]) == ("AL2023_x86_64_STANDARD", where["SubnetIds"])
    assert group["ScalingConfig"] == {"DesiredSize": 3, "MaxSize": 3, "MinSize": 3}
    found = add_ons(made.template(cluster)["Resources"])
    assert found["vpc-cni"][1]["Properties"]["AddonVersion"] == "v1.22.0-eksbuild.1"
    assert cluster.node_scaling is NodeScaling.KARPENTER
    assert cluster.node_groups == (cluster.system_node_group,)


def test_auto_mode() -> None:
    cluster = gpu_cluster(node_scaling=NodeScaling.AUTO_MODE)
    found = made.template(cluster)["Resources"]

    (properties,) = [each["Properties"] for each in of(found, "AWS::EKS::Cluster").values()]
    assert cluster.node_role is not None
    (node_role,) = [name for name in of(found, "AWS::IAM::Role") if name.startswith("ClusterNodeRole")]
    assert properties["ComputeConfig"] == {
        "Enabled": True,
        "NodePools": ["system", "general-purpose"],
        "NodeRoleArn": {"Fn::GetAtt": [node_role, "Arn"]},
    }
    assert of(found, "AWS::EKS::Nodegroup") == {}
    assert set(add_ons(found)) == {"metrics-server"}
    role = found[properties["RoleArn"]["Fn::GetAtt"][0]]["Properties"]
    assert [each["Fn::Join"][1][-1] for each in role["ManagedPolicyArns"]] == [
        f":iam::aws:policy/AmazonEKS{each}"
        for each in (
            "BlockStoragePolicyV2",
            "ClusterPolicy",
            "ComputePolicy",
            "LoadBalancingPolicy",
            "NetworkingPolicy",
        )
    ]
    assert role["AssumeRolePolicyDocument"]["Statement"][0]["Action"] == ["sts:AssumeRole", "sts:TagSession"]
    assert [each["metadata"]["name"] for each in made.manifests(cluster)] == ["amazon-vpc-cni"]
    (switch,) = of(found, made.MANIFEST).values()
    assert switch["Properties"]["Overwrite"] is True
    assert cluster.system_node_group is None
    assert cluster.before_nodes == ()


@pytest.mark.parametrize("options", [{}, {"node_scaling": NodeScaling.AUTO_MODE}])
def test_cdk_nag_finds_nothing(options: dict[str, Any], tmp_path: Path) -> None:
    app = cdk.App(outdir=str(tmp_path))
    GpuCluster(cdk.Stack(app, "Stack"), "Cluster", **options)
    cdk.Validations.of(app).add_plugins(AwsSolutionsChecks(app))
    app.synth()


def test_what_is_acknowledged_is_ours_to_answer_for(tmp_path: Path) -> None:
    """cdk-nag's own rules for clusters know the CDK's older module alone: the endpoint and the logs are tested above."""
    app = cdk.App(outdir=str(tmp_path))
    with mock.patch.object(cdk.Validations, "acknowledge"):
        GpuCluster(cdk.Stack(app, "Stack"), "Cluster")
    cdk.Validations.of(app).add_plugins(AwsSolutionsChecks(app))
    with pytest.raises(RuntimeError, match="ValidationFailed"):
        app.synth()

    reports = json.loads((tmp_path / "validation-report.json").read_text())["pluginReports"]
    found = [
        (each["ruleName"], where["constructPath"].removeprefix("Stack/Cluster/"))
        for report in reports
        for each in report["violations"]
        for where in each["violatingConstructs"]
    ]
    wildcards = [path for rule, path in found if rule.startswith("AwsSolutions-IAM5[Resource::")]
    assert {path.rpartition("/")[0] or path for path in wildcards} == {
        *("AddOns", "SystemNodes", "Role", "KubectlRole"),
        "Cluster/KubectlProvider/Provider/framework-onEvent/ServiceRole/DefaultPolicy",
    }
    framework = "Cluster/KubectlProvider/Provider/framework-onEvent/ServiceRole/Resource"
    policy = "AwsSolutions-IAM4[Policy::arn:<AWS::Partition>:iam::aws:policy/service-role/AWSLambda"
    assert sorted(each for each in found if each[1] not in wildcards) == [
        (f"{policy}BasicExecutionRole]", framework),
        (f"{policy}VPCAccessExecutionRole]", framework),
        ("AwsSolutions-L1", "Cluster/KubectlProvider/Handler/Resource"),
    ]


def test_an_endpoint_for_everybody_is_said_to_be_one() -> None:
    text = (
        "the endpoint of the cluster can be reached from everywhere: only who may come in is checked; name the ranges that you come from "
        "[ack: cdk-model-hosting:openEndpoint]"
    )
    cluster = gpu_cluster(public_access=["0.0.0.0/0"])
    Annotations.from_stack(cdk.Stack.of(cluster)).has_warning("/Stack/Cluster", text)
    narrow = gpu_cluster(public_access=["203.0.113.0/24"])
    Annotations.from_stack(cdk.Stack.of(narrow)).has_no_warning(
        "/Stack/Cluster", Match.string_like_regexp("everywhere")
    )


def test_tokens_pass() -> None:
    stack = new_stack()
    cluster = gpu_cluster(
        stack,
        admins=[text_token(stack, "Admin")],
        add_on_versions={"coredns": text_token(stack, "Names")},
        name=text_token(stack, "Name"),
        public_access=[text_token(stack, "Range")],
    )
    properties = only(cluster, "AWS::EKS::Cluster")
    assert properties["Name"] == {"Ref": "Name"}
    assert properties["ResourcesVpcConfig"]["PublicAccessCidrs"] == [{"Ref": "Range"}]
