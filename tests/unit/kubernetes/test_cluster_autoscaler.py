from __future__ import annotations

from typing import TYPE_CHECKING, Any

import aws_cdk as cdk
import pytest
from cdk_nag import AwsSolutionsChecks

from cdk_model_hosting.kubernetes.charts import AUTOSCALER_IMAGES
from cdk_model_hosting.kubernetes.cluster_autoscaler import ClusterAutoscaler
from cdk_model_hosting.kubernetes.node_scaling import NodeScaling
from cdk_model_hosting.limits.clusters import KUBERNETES_VERSION
from tests.unit.builders import only, refused, resources, sub, text_token
from tests.unit.kubernetes import made
from tests.unit.kubernetes.groups import group

if TYPE_CHECKING:
    from pathlib import Path

    from cdk_model_hosting.kubernetes.serving_cluster import ServingCluster


def cluster_of(scope: cdk.Stack | None = None, **options: Any) -> ServingCluster:
    return made.cluster(scope, **{"node_scaling": NodeScaling.CLUSTER_AUTOSCALER, **options})


def values(cluster: ServingCluster, **options: Any) -> dict[str, Any]:
    ClusterAutoscaler(cluster, "Autoscaler", cluster=cluster, **options)
    found: dict[str, Any] = made.charts(cluster)["cluster-autoscaler"]["Values"]
    return found


def test_it_finds_the_cluster_s_groups() -> None:
    found = values(cluster_of())

    assert found["autoDiscovery"] == {"clusterName": "models"}
    assert found["awsRegion"] == "<AWS::Region>"
    assert found["image"] == {"tag": "v1.36.1"}
    # Servers keep models on the disk of their node, which must not keep the node.
    assert found["extraArgs"]["skip-nodes-with-local-storage"] is False


def test_groups_grow_by_priority() -> None:
    cluster = cluster_of()
    spot = group("Spot", cluster=cluster, priority=20)
    other = group("Other", cluster=cluster, priority=20)
    plain = group("Plain", cluster=cluster, priority=-1)
    found = values(cluster)

    assert found["extraArgs"]["expander"] == "priority,least-waste"
    assert found["expanderPriorities"] == {
        "20": [f"^eks-{spot.node_group_name}-.*", f"^eks-{other.node_group_name}-.*"],
        "-1": [f"^eks-{plain.node_group_name}-.*"],
        "-2": [".*"],
    }


def test_groups_that_are_made_later_come_last() -> None:
    assert values(cluster_of())["expanderPriorities"] == {"-1": [".*"]}


def test_it_changes_the_groups_of_its_cluster_alone() -> None:
    cluster = cluster_of()
    ClusterAutoscaler(cluster, "Autoscaler", cluster=cluster)

    looking, changing, asking = only(cluster, "AWS::IAM::Role")["Policies"][0]["PolicyDocument"]["Statement"]
    assert looking["Resource"] == "*"
    assert not [each for each in looking["Action"] if not each.split(":")[1].startswith(("Describe", "Get"))]
    assert changing == {
        "Action": ["autoscaling:SetDesiredCapacity", "autoscaling:TerminateInstanceInAutoScalingGroup"],
        "Condition": {
            "StringEquals": {
                "aws:ResourceTag/eks:cluster-name": "models",
                "aws:ResourceTag/k8s.io/cluster-autoscaler/enabled": "true",
            }
        },
        "Effect": "Allow",
        "Resource": sub("arn:${AWS::Partition}:autoscaling:${AWS::Region}:${AWS::AccountId}:autoScalingGroup:*"),
    }
    assert asking["Action"] == "eks:DescribeNodegroup"
    assert asking["Resource"] == sub("arn:${AWS::Partition}:eks:${AWS::Region}:${AWS::AccountId}:nodegroup/models/*")


def test_its_pods_start_with_the_role() -> None:
    cluster = cluster_of()
    found = values(cluster)

    association = only(cluster, "AWS::EKS::PodIdentityAssociation")
    assert association["ServiceAccount"] == found["rbac"]["serviceAccount"]["name"]
    assert association["Namespace"] == made.charts(cluster)["cluster-autoscaler"]["Namespace"]
    (chart,) = resources(cluster, made.HELM).values()
    assert list(resources(cluster, "AWS::EKS::PodIdentityAssociation")) == chart["DependsOn"]


def test_an_image_for_every_version() -> None:
    assert tuple(AUTOSCALER_IMAGES) == KUBERNETES_VERSION.allowed
    assert all(image.startswith(f"v{version}.") for version, image in AUTOSCALER_IMAGES.items())


def test_another_image() -> None:
    assert values(cluster_of(version="1.35"), image="v1.35.2")["image"] == {"tag": "v1.35.2"}


@pytest.mark.parametrize("image", ["v1.35.2", "1.36.1", "v1.36", "latest"])
def test_fails_when_the_image_is_of_another_version(image: str) -> None:
    with refused(
        f"ClusterAutoscaler image must be a release for Kubernetes 1.36 such as v1.36.0, got {image!r}: it foretells what the scheduler of "
        "the same version does"
    ):
        values(cluster_of(), image=image)


@pytest.mark.parametrize("scaling", [NodeScaling.NONE, NodeScaling.KARPENTER, NodeScaling.AUTO_MODE])
def test_fails_when_something_else_adds_nodes(scaling: NodeScaling) -> None:
    with refused(
        f"ClusterAutoscaler cluster must have NodeScaling.CLUSTER_AUTOSCALER, got NodeScaling.{scaling.name}: others count on what the "
        "cluster says, and two that add nodes would take them from each other"
    ):
        values(cluster_of(node_scaling=scaling))


def test_tokens_pass() -> None:
    stack = cdk.Stack(cdk.App(), "Stack")
    cluster = cluster_of(stack, attributes={"cluster_name": text_token(stack, "Name")})
    found = values(cluster, image=text_token(stack, "Image"))

    assert found["image"] == {"tag": "<Image>"}
    assert found["autoDiscovery"] == {"clusterName": "<Name>"}
    changing = only(cluster, "AWS::IAM::Role")["Policies"][0]["PolicyDocument"]["Statement"][1]
    assert changing["Condition"]["StringEquals"]["aws:ResourceTag/eks:cluster-name"] == {"Ref": "Name"}


def test_cdk_nag_finds_nothing(tmp_path: Path) -> None:
    app = cdk.App(outdir=str(tmp_path))
    cluster = cluster_of(cdk.Stack(app, "Stack"))
    ClusterAutoscaler(cluster, "Autoscaler", cluster=cluster)
    cdk.Validations.of(app).add_plugins(AwsSolutionsChecks(app))
    app.synth()
