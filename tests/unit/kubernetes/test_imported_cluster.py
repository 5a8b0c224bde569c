from __future__ import annotations

from typing import TYPE_CHECKING

import aws_cdk as cdk
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_eks
from aws_cdk import aws_eks_v2 as eks
from aws_cdk.assertions import Annotations, Match
from aws_cdk.lambda_layer_kubectl_v36 import KubectlV36Layer
from cdk_nag import AwsSolutionsChecks

from cdk_model_hosting.kubernetes.imported_cluster import ImportedCluster
from cdk_model_hosting.kubernetes.node_scaling import NodeScaling
from tests.unit.builders import new_stack, only, refused, resources, text_token
from tests.unit.kubernetes import made

if TYPE_CHECKING:
    from pathlib import Path


def test_what_is_known_of_it() -> None:
    cluster = made.cluster(node_scaling=NodeScaling.KARPENTER)

    assert cluster.cluster_name == "models"
    assert cluster.cluster_arn.endswith(":cluster/models")
    assert cluster.version == "1.36"
    assert cluster.node_scaling is NodeScaling.KARPENTER
    assert cluster.vpc.vpc_id == "vpc-1"
    assert cluster.before_nodes == cluster.after_nodes == ()
    assert resources(cluster, "AWS::EKS::Cluster") == {}


def test_nothing_scales_its_nodes_when_nothing_is_said() -> None:
    assert made.cluster().node_scaling is NodeScaling.NONE


def test_a_name_that_is_a_token() -> None:
    stack = new_stack()
    cluster = made.cluster(stack, attributes={"cluster_name": text_token(stack)})
    cluster.service_account(cluster, "Account", namespace="models", name="triton", make=False)

    assert only(stack, "AWS::EKS::PodIdentityAssociation")["ClusterName"] == {"Ref": "Text"}


def test_fails_when_there_is_no_network() -> None:
    cluster = made.cluster(attributes={"vpc": None})
    with refused(
        "ImportedCluster cluster must have a vpc, got none: pass vpc to from_cluster_attributes where nodes, or what they reach, are made"
    ):
        _ = cluster.vpc


def test_fails_when_there_is_no_kubectl() -> None:
    cluster = made.cluster(attributes={"kubectl_provider": None})
    message = (
        "ImportedCluster cluster must have a kubectl_provider, got none: nothing else in the app can make Kubernetes objects; pass "
        "kubectl_provider to from_cluster_attributes, or say in which kubectl_subnets to run one"
    )
    for _ in range(2):
        with refused(message):
            cluster.apply(cluster, "Manifest", [])


def test_a_kubectl_of_its_own(tmp_path: Path) -> None:
    app = cdk.App(outdir=str(tmp_path))
    cluster = made.cluster(
        cdk.Stack(app, "Stack"),
        attributes={"kubectl_provider": None},
        kubectl_subnets=ec2.SubnetSelection(one_per_az=True),
    )
    cluster.apply(cluster, "Map", [{"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "a"}}])
    cdk.Validations.of(app).add_plugins(AwsSolutionsChecks(app))
    app.synth()

    entry_id = next(iter(resources(cluster, "AWS::EKS::AccessEntry")))
    entry = only(cluster, "AWS::EKS::AccessEntry")
    assert entry["AccessPolicies"][0]["PolicyArn"]["Fn::Sub"].endswith("/AmazonEKSClusterAdminPolicy")
    (applied,) = resources(cluster, made.MANIFEST).values()
    assert applied["DependsOn"] == [entry_id]
    assert "Conditions" not in made.template(cluster)
    assert "Fn::GetAtt" in applied["Properties"]["ServiceToken"]
    (handler,) = [
        each["Properties"]
        for each in resources(cluster, "AWS::Lambda::Function").values()
        if each["Properties"]["Role"] == entry["PrincipalArn"]
    ]
    (logs,) = resources(cluster, "AWS::Logs::LogGroup")
    assert handler["LoggingConfig"] == {"LogGroup": {"Ref": logs}}
    assert handler["VpcConfig"] == {
        "SecurityGroupIds": ["sg-1"],
        "SubnetIds": [f"subnet-private-{each}" for each in "abc"],
    }
    assert cluster.vpc.vpc_id == "vpc-1"


def test_fails_when_kubectl_could_not_reach_the_endpoint() -> None:
    with refused(
        "ImportedCluster cluster must have a cluster_security_group_id for kubectl_subnets, got none: kubectl reaches the endpoint as a "
        "member of that group; pass it to from_cluster_attributes"
    ):
        made.cluster(
            attributes={"kubectl_provider": None, "cluster_security_group_id": None},
            kubectl_subnets=ec2.SubnetSelection(one_per_az=True),
        )


def test_fails_when_it_is_no_cluster() -> None:
    stack = new_stack()
    with refused(
        "ImportedCluster cluster must be a cluster of aws_eks_v2, got 'models': nothing else is understood there"
    ):
        ImportedCluster(stack, "Cluster", cluster="models", version="1.36")  # type: ignore[arg-type] # no types


OLD = (
    "ImportedCluster cluster must be a cluster of aws_eks_v2, got one of aws_eks: take it over by "
    "aws_eks_v2.Cluster.from_cluster_attributes, with its name"
)


def test_fails_when_it_is_imported_in_the_old_way() -> None:
    stack = new_stack()
    old = aws_eks.Cluster.from_cluster_attributes(stack, "Old", cluster_name="models")
    with refused(OLD):
        ImportedCluster(stack, "Cluster", cluster=old, version="1.36")  # type: ignore[arg-type] # another module's


def test_fails_when_it_is_made_in_the_old_way() -> None:
    stack = new_stack()
    old = aws_eks.Cluster(
        stack,
        "Old",
        version=aws_eks.KubernetesVersion.V1_32,
        kubectl_layer=KubectlV36Layer(stack, "Kubectl"),
        vpc=made.vpc(stack),
        default_capacity=0,
    )
    with refused(OLD):
        ImportedCluster(stack, "Cluster", cluster=old, version="1.36")  # type: ignore[arg-type] # another module's


def test_fails_when_the_scaling_is_none() -> None:
    with refused(
        "ImportedCluster node_scaling must be a NodeScaling, got 'karpenter': nothing else is understood there"
    ):
        made.cluster(node_scaling="karpenter")


def test_a_cluster_of_this_app() -> None:
    stack = new_stack()
    own = eks.Cluster(
        stack,
        "Own",
        version=eks.KubernetesVersion.V1_36,
        vpc=ec2.Vpc(stack, "Vpc", nat_gateways=1),
        default_capacity_type=eks.DefaultCapacityType.NODEGROUP,
        default_capacity=0,
    )
    # The CDK's type says nothing of what imported clusters alone have.
    cluster = ImportedCluster(stack, "Cluster", cluster=own, version="1.36")  # type: ignore[arg-type]
    cluster.service_account(cluster, "Account", namespace="models", name="triton", make=False)

    (own_id,) = resources(stack, "AWS::EKS::Cluster")
    (association,) = resources(stack, "AWS::EKS::PodIdentityAssociation").values()
    assert association["Properties"]["ClusterName"] == {"Ref": own_id}


def test_an_old_version_is_said_to_cost_more() -> None:
    cluster = made.cluster(version="1.33")
    text = (
        "Kubernetes 1.33 is in extended support: it costs six times as much an hour "
        "[ack: cdk-model-hosting:kubernetesExtendedSupport]"
    )
    Annotations.from_stack(cdk.Stack.of(cluster)).has_warning("/Stack/Cluster", text)

    Annotations.from_stack(cdk.Stack.of(made.cluster())).has_no_warning("/Stack/Cluster", Match.any_value())
