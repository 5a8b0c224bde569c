from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any
from unittest import mock

import aws_cdk as cdk
import pytest
from cdk_nag import AwsSolutionsChecks

from cdk_model_hosting.kubernetes.chart import Chart
from cdk_model_hosting.kubernetes.gpu_cluster import GpuCluster
from cdk_model_hosting.kubernetes.karpenter import Karpenter
from cdk_model_hosting.kubernetes.node_scaling import NodeScaling
from cdk_model_hosting.kubernetes.system_nodes import SystemNodes
from tests.unit.builders import att, new_stack, number_token, only, refused, resources, text_token
from tests.unit.kubernetes import made

if TYPE_CHECKING:
    from pathlib import Path

    from cdk_model_hosting.kubernetes.serving_cluster import ServingCluster

CLUSTER = "eks:eks-cluster-name"
POOL = "karpenter.sh/nodepool"


def cluster_of(scope: cdk.Stack | None = None, **options: Any) -> ServingCluster:
    return made.cluster(scope, **{"node_scaling": NodeScaling.KARPENTER, **options})


def karpenter(cluster: ServingCluster | None = None, **options: Any) -> Karpenter:
    served = cluster_of() if cluster is None else cluster
    return Karpenter(served, "Karpenter", cluster=served, **options)


def roles(scope: Karpenter) -> tuple[dict[str, Any], dict[str, Any]]:
    """The role of the controller, and that of the nodes."""
    found = resources(scope, "AWS::IAM::Role")
    (controller,) = [each["Properties"] for name, each in found.items() if "Account" in name]
    (nodes,) = [each["Properties"] for name, each in found.items() if "NodeRole" in name]
    return controller, nodes


def statements(scope: Karpenter) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = roles(scope)[0]["Policies"][0]["PolicyDocument"]["Statement"]
    return found


def test_it_knows_its_cluster_and_its_queue() -> None:
    scope = karpenter()

    (queue,) = resources(scope, "AWS::SQS::Queue")
    installed = made.charts(scope)["karpenter"]
    assert installed["Values"]["settings"] == {"clusterName": "models", "interruptionQueue": f"<{queue}.QueueName>"}
    association = only(scope, "AWS::EKS::PodIdentityAssociation")
    assert association["ServiceAccount"] == installed["Values"]["serviceAccount"]["name"]
    assert association["Namespace"] == installed["Namespace"] == "kube-system"


@pytest.mark.parametrize(("count", "replicas"), [(1, {"replicas": 1}), (2, {})])
def test_one_node_has_room_for_one_of_it(count: int, replicas: dict[str, int]) -> None:
    cluster = GpuCluster(
        new_stack(), "Cluster", node_scaling=NodeScaling.KARPENTER, system_nodes=SystemNodes(count=count)
    )
    Karpenter(cluster, "Karpenter", cluster=cluster)

    found = made.charts(cluster)["karpenter"]["Values"]
    assert {name: value for name, value in found.items() if name == "replicas"} == replicas


def test_the_number_of_system_nodes_may_be_a_token() -> None:
    stack = new_stack()
    nodes = SystemNodes(count=number_token(stack))  # type: ignore[arg-type] # a float
    cluster = GpuCluster(stack, "Cluster", node_scaling=NodeScaling.KARPENTER, system_nodes=nodes)
    Karpenter(cluster, "Karpenter", cluster=cluster)

    assert "replicas" not in made.charts(cluster)["karpenter"]["Values"]


def test_its_kinds_come_first_and_with_its_version() -> None:
    scope = karpenter()

    installed = made.charts(scope)
    assert installed["karpenter-crd"]["Version"] == installed["karpenter"]["Version"]
    charts = {each["Properties"]["Release"]: (name, each) for name, each in resources(scope, made.HELM).items()}
    first = charts["karpenter"][1]["DependsOn"]
    assert charts["karpenter-crd"][0] in first
    for kind in ("AWS::EKS::PodIdentityAssociation", "AWS::EKS::AccessEntry", "AWS::SQS::QueuePolicy"):
        assert next(iter(resources(scope, kind))) in first


def test_another_version_brings_its_kinds() -> None:
    chart = Chart(name="karpenter", repository="oci://registry/karpenter", version="1.14.1", namespace="karpenter")
    kinds = Chart(
        name="karpenter-crd", repository="oci://registry/karpenter-crd", version="1.14.1", namespace="karpenter"
    )

    installed = made.charts(karpenter(chart=chart))
    assert (installed["karpenter-crd"]["Version"], installed["karpenter-crd"]["Namespace"]) == ("1.14.1", "karpenter")
    installed = made.charts(karpenter(chart=chart, kinds_chart=kinds))
    assert installed["karpenter-crd"]["Repository"] == "oci://registry/karpenter-crd"


def test_its_nodes_come_in_by_one_role() -> None:
    scope = karpenter()

    (name,) = [each for each in resources(scope, "AWS::IAM::Role") if "NodeRole" in each]
    assert only(scope, "AWS::IAM::InstanceProfile") == {"Roles": [{"Ref": name}]}
    assert only(scope, "AWS::EKS::AccessEntry") == {
        "ClusterName": "models",
        "PrincipalArn": att(name, "Arn"),
        "Type": "EC2_LINUX",
    }
    assert "ManagedPolicyArns" not in roles(scope)[1]


@pytest.mark.parametrize("pod_network", [False, True])
def test_nodes_serve_the_network_of_pods_where_nobody_else_does(pod_network: bool) -> None:
    document = json.dumps(roles(karpenter(pod_network=pod_network))[1]["Policies"])

    assert ("ec2:AssignPrivateIpAddresses" in document) is pod_network


def test_it_makes_nothing_without_the_cluster_s_tags() -> None:
    making = [each for each in statements(karpenter()) if "ec2:CreateLaunchTemplate" in each["Action"]]

    (one,) = making
    assert one["Condition"] == {
        "StringEquals": {f"aws:RequestTag/{CLUSTER}": "models"},
        "StringLike": {f"aws:RequestTag/{POOL}": "*"},
    }


def test_it_ends_and_uses_what_has_the_cluster_s_tags_alone() -> None:
    owned = {
        "StringEquals": {f"aws:ResourceTag/{CLUSTER}": "models"},
        "StringLike": {f"aws:ResourceTag/{POOL}": "*"},
    }
    found = statements(karpenter())

    (ending,) = [each for each in found if "ec2:TerminateInstances" in each["Action"]]
    assert ending["Condition"] == owned
    template = "arn:${AWS::Partition}:ec2:${AWS::Region}:*:launch-template/*"
    (launching,) = [each for each in found if each["Resource"] == {"Fn::Sub": template}]
    assert launching["Condition"] == owned


def test_tags_are_set_by_what_it_makes_and_on_its_own_instances() -> None:
    making, naming = [each for each in statements(karpenter()) if each["Action"] == "ec2:CreateTags"]

    assert making["Condition"]["StringEquals"]["ec2:CreateAction"] == [
        "RunInstances",
        "CreateFleet",
        "CreateLaunchTemplate",
    ]
    assert making["Condition"]["StringEquals"][f"aws:RequestTag/{CLUSTER}"] == "models"
    assert naming["Condition"]["StringEquals"] == {f"aws:ResourceTag/{CLUSTER}": "models"}
    assert naming["Condition"]["ForAllValues:StringEquals"]["aws:TagKeys"] == [
        CLUSTER,
        "karpenter.sh/nodeclaim",
        "Name",
    ]


def test_it_makes_no_instance_profiles_and_passes_one_role() -> None:
    scope = karpenter()

    actions = {
        action: each for each in statements(scope) for action in _listed(each["Action"]) if action.startswith("iam:")
    }
    assert set(actions) == {"iam:GetInstanceProfile", "iam:ListInstanceProfiles", "iam:PassRole"}
    (nodes,) = [each for each in resources(scope, "AWS::IAM::Role") if "NodeRole" in each]
    assert actions["iam:PassRole"]["Resource"] == att(nodes, "Arn")
    assert actions["iam:PassRole"]["Condition"]["StringEquals"]["iam:PassedToService"][0] == "ec2.amazonaws.com"


def test_it_hears_of_interruptions() -> None:
    scope = karpenter()

    (queue,) = resources(scope, "AWS::SQS::Queue")
    rules = resources(scope, "AWS::Events::Rule")
    assert {each["Properties"]["EventPattern"]["detail-type"][0] for each in rules.values()} == {
        "AWS Health Event",
        "EC2 Capacity Reservation Instance Interruption Warning",
        "EC2 Instance Rebalance Recommendation",
        "EC2 Instance State-change Notification",
        "EC2 Spot Instance Interruption Warning",
    }
    assert all(each["Properties"]["Targets"] == [{"Arn": att(queue, "Arn"), "Id": "Queue"}] for each in rules.values())
    send, deny = only(scope, "AWS::SQS::QueuePolicy")["PolicyDocument"]["Statement"]
    assert send["Principal"] == {"Service": "events.amazonaws.com"}
    assert send["Condition"] == {"ArnEquals": {"aws:SourceArn": [att(name, "Arn") for name in rules]}}
    assert (deny["Effect"], deny["Condition"]) == ("Deny", {"Bool": {"aws:SecureTransport": "false"}})
    assert only(scope, "AWS::SQS::Queue") == {"MessageRetentionPeriod": 300, "SqsManagedSseEnabled": True}


@pytest.mark.parametrize("scaling", [NodeScaling.NONE, NodeScaling.CLUSTER_AUTOSCALER, NodeScaling.AUTO_MODE])
def test_fails_when_something_else_adds_nodes(scaling: NodeScaling) -> None:
    with refused(
        f"Karpenter cluster must have NodeScaling.KARPENTER, got NodeScaling.{scaling.name}: others count on what the cluster says, and "
        "two that add nodes would take them from each other"
    ):
        karpenter(cluster_of(node_scaling=scaling))


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"pod_network": 1}, "Karpenter pod_network must be a bool, got 1: nothing else is understood there"),
        (
            {"kinds_chart": "1.15.0"},
            "Karpenter kinds_chart must be a Chart, got '1.15.0': nothing else is understood there",
        ),
    ],
)
def test_fails_when_an_argument_is_of_another_kind(options: dict[str, Any], message: str) -> None:
    with refused(message):
        karpenter(**options)


def test_fails_when_its_kinds_are_of_another_version() -> None:
    kinds = Chart(
        name="karpenter-crd", repository="oci://registry/karpenter-crd", version="1.14.1", namespace="karpenter"
    )
    with refused(
        "Karpenter kinds_chart must be of version 1.15.0, got 1.14.1: Karpenter reads its kinds as its own version has them"
    ):
        karpenter(kinds_chart=kinds)


def test_tokens_pass() -> None:
    stack = cdk.Stack(cdk.App(), "Stack")
    scope = karpenter(cluster_of(stack, attributes={"cluster_name": text_token(stack, "Name")}))

    (ending,) = [each for each in statements(scope) if "ec2:TerminateInstances" in each["Action"]]
    assert ending["Condition"]["StringEquals"] == {f"aws:ResourceTag/{CLUSTER}": {"Ref": "Name"}}


def test_cdk_nag_finds_nothing(tmp_path: Path) -> None:
    app = cdk.App(outdir=str(tmp_path))
    karpenter(cluster_of(cdk.Stack(app, "Stack")))
    cdk.Validations.of(app).add_plugins(AwsSolutionsChecks(app))
    app.synth()


def test_what_is_acknowledged_is_ours_to_answer_for(tmp_path: Path) -> None:
    app = cdk.App(outdir=str(tmp_path))
    with mock.patch.object(cdk.Validations, "acknowledge"):
        karpenter(cluster_of(cdk.Stack(app, "Stack")))
    cdk.Validations.of(app).add_plugins(AwsSolutionsChecks(app))
    with pytest.raises(RuntimeError, match="ValidationFailed"):
        app.synth()

    reports = json.loads((tmp_path / "validation-report.json").read_text())["pluginReports"]
    found = {
        (each["ruleName"].partition("[")[0], where["constructPath"].removeprefix("Stack/Cluster/Karpenter/"))
        for report in reports
        for each in report["violations"]
        for where in each["violatingConstructs"]
    }
    assert found == {
        ("AwsSolutions-IAM5", "Account/Role"),
        ("AwsSolutions-IAM5", "NodeRole"),
        ("AwsSolutions-SQS3", "Interruptions/Queue"),
    }


def _listed(actions: str | list[str]) -> list[str]:
    return [actions] if isinstance(actions, str) else actions
