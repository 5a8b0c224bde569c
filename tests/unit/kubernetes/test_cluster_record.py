"""Two constructs that stand for one cluster know of each other."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import aws_cdk as cdk
import pytest
from aws_cdk import aws_eks_v2 as eks
from aws_cdk import aws_iam as iam
from aws_cdk.assertions import Template

from cdk_model_hosting.kubernetes.access import ClusterAccess
from cdk_model_hosting.kubernetes.device_plugin import DevicePlugin
from cdk_model_hosting.kubernetes.gpu_cluster import GpuCluster
from cdk_model_hosting.kubernetes.imported_cluster import ImportedCluster
from cdk_model_hosting.kubernetes.keda import Keda
from cdk_model_hosting.kubernetes.node_image import NodeImage
from cdk_model_hosting.kubernetes.pod_scaling import PodScaling
from tests.unit.builders import new_stack, refused, resources, text_token
from tests.unit.kubernetes import made
from tests.unit.kubernetes.groups import group
from tests.unit.kubernetes.serving import serving

if TYPE_CHECKING:
    from collections.abc import Callable

    from cdk_model_hosting.kubernetes.serving_cluster import ServingCluster

HERE = {"account": "111122223333", "region": "eu-west-1"}
TWO_PLUGINS = "{second}/Plugin must not own the nvidia.com/gpu device plugin of a cluster, got one that {first}/Plugin owns: a cluster has one"


def plugin(cluster: ServingCluster) -> DevicePlugin:
    return DevicePlugin(cluster, "Plugin", cluster=cluster)


def stacks(*environments: Any) -> list[cdk.Stack]:
    app = cdk.App()
    return [
        cdk.Stack(app, f"Stack{number}", env=None if each is None else cdk.Environment(**each))
        for number, each in enumerate(environments, 1)
    ]


def by_name(stack: cdk.Stack) -> tuple[ServingCluster, ServingCluster]:
    return made.cluster(stack), made.cluster(stack, "Again")


def by_construct(stack: cdk.Stack) -> tuple[ServingCluster, ServingCluster]:
    attributes = {"cluster_name": text_token(stack)}
    one = made.cluster(stack, attributes=attributes)
    return one, ImportedCluster(stack, "Again", cluster=one.cluster, version="1.36")


def of_this_app(stack: cdk.Stack) -> tuple[ServingCluster, ServingCluster]:
    own = GpuCluster(stack, "Cluster")
    return own, ImportedCluster(stack, "Again", cluster=own.cluster, version="1.36")


def named_in_this_app(stack: cdk.Stack) -> tuple[ServingCluster, ServingCluster]:
    return GpuCluster(stack, "Cluster", name="models"), made.cluster(stack, "Again")


@pytest.mark.parametrize("two", [by_name, by_construct, of_this_app, named_in_this_app])
def test_fails_when_two_take_what_one_cluster_has_once(
    two: Callable[[cdk.Stack], tuple[ServingCluster, ServingCluster]],
) -> None:
    one, again = two(new_stack())
    plugin(one)
    with refused(TWO_PLUGINS.format(first="Stack/Cluster", second="Stack/Again")):
        plugin(again)


@pytest.mark.parametrize("env", [None, HERE])
def test_stacks_of_one_place_know_of_each_other(env: Any) -> None:
    one, again = (made.cluster(each) for each in stacks(env, env))
    plugin(one)
    with refused(TWO_PLUGINS.format(first="Stack1/Cluster", second="Stack2/Cluster")):
        plugin(again)


@pytest.mark.parametrize("elsewhere", [{**HERE, "region": "eu-north-1"}, {**HERE, "account": "444455556666"}, None])
def test_a_cluster_elsewhere_is_another_one(elsewhere: Any) -> None:
    one, other = (made.cluster(each) for each in stacks(HERE, elsewhere))
    assert plugin(one) is not plugin(other)


def test_a_cluster_of_another_stage_is_another_one() -> None:
    app = cdk.App()
    one, other = (made.cluster(cdk.Stack(cdk.Stage(app, each), "Stack")) for each in ("Tests", "Live"))
    assert plugin(one) is not plugin(other)


def test_names_that_are_told_later_may_be_two() -> None:
    stack = new_stack()
    one, other = (
        made.cluster(stack, each, attributes={"cluster_name": text_token(stack, f"Name{each}")})
        for each in ("One", "Other")
    )
    assert plugin(one) is not plugin(other)


def test_what_one_knows_of_nodes_the_other_does() -> None:
    one, again = by_name(new_stack())
    sealed = group("Sealed", cluster=one, image=NodeImage.bottlerocket())
    plain = group("Plain", cluster=again)
    plugin(again)

    assert one.node_groups == again.node_groups == (sealed, plain)
    affinity = made.charts(again)["nvidia-device-plugin"]["Values"]["affinity"]["nodeAffinity"]
    (term,) = affinity["requiredDuringSchedulingIgnoredDuringExecution"]["nodeSelectorTerms"]
    assert term["matchExpressions"][0]["values"] == ["sealed"]


def test_fails_when_two_let_one_principal_in() -> None:
    stack = new_stack()
    one, again = by_name(stack)
    arn = "arn:aws:iam::111122223333:role/ops"
    one.grant_access(arn, ClusterAccess.view())
    with refused(
        "ServingCluster.grant_access principal must be one without an access entry, got 'arn:aws:iam::111122223333:role/ops' again: EKS "
        "keeps one entry a principal; pass all that it may do in one call"
    ):
        again.grant_access(iam.Role.from_role_arn(stack, "Ops", arn), ClusterAccess.edit())


def test_a_server_finds_the_add_ons_of_another_stack() -> None:
    platform, models = stacks(HERE, HERE)
    one = made.cluster(platform)
    Keda(platform, "Keda", cluster=one)
    again = made.cluster(models)
    queue = cdk.aws_sqs.Queue(models, "Queue")
    serving(cluster=again, scaling=PodScaling.on_sqs(queue, per_replica=5, between=(0, 4)))

    (policy,) = (each for each in resources(models, "AWS::IAM::Policy").values())
    assert "Fn::ImportValue" in policy["Properties"]["Roles"][0]
    Template.from_stack(platform)
    assert [each.stack_name for each in models.dependencies] == ["Stack1"]


def test_an_imported_construct_stands_for_itself() -> None:
    stack = new_stack()
    imported = eks.Cluster.from_cluster_attributes(stack, "Imported", cluster_name=text_token(stack))
    clusters = [ImportedCluster(stack, each, cluster=imported, version="1.36") for each in ("One", "Again")]
    group("Gpu", cluster=clusters[0], subnets=made.vpc(stack).private_subnets)
    with refused(
        "Stack/Other must not own the node group gpu of a cluster, got one that Stack/Gpu owns: a cluster has one"
    ):
        group("Other", cluster=clusters[1], name="gpu", subnets=made.vpc(stack, "Vpc2").private_subnets)
