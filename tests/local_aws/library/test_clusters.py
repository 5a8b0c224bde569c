"""GPU clusters and node groups of the library, through the real command line: their life, and what each change does to them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import aws_cdk as cdk

from cdk_model_hosting.kubernetes.gpu_cluster import GpuCluster
from cdk_model_hosting.kubernetes.gpu_node_pool import GpuNodePool
from cdk_model_hosting.kubernetes.imported_cluster import ImportedCluster
from cdk_model_hosting.kubernetes.karpenter import Karpenter
from cdk_model_hosting.kubernetes.keda import Keda
from cdk_model_hosting.kubernetes.model_namespace import ModelNamespace
from cdk_model_hosting.kubernetes.node_group import GpuNodeGroup
from cdk_model_hosting.kubernetes.node_image import NodeImage
from cdk_model_hosting.kubernetes.node_scaling import NodeScaling
from tests.local_aws.kubernetes import Kubernetes

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.local_aws.cdk import Cdk
    from tests.local_aws.lifecycle import LocalAws

    Build = Callable[[cdk.Stack], None]
    Assemble = Callable[[str, Build], Cdk]

SETTINGS = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "settings"}, "data": {"threshold": "0.5"}}
ZONES = ["us-east-1a", "us-east-1b", "us-east-1c"]


@dataclass(frozen=True)
class Groups:
    """The node groups of a cluster, as EKS describes them."""

    eks: Any
    cluster: str

    def names(self) -> list[str]:
        """The names of all groups."""
        return list(self.eks.list_nodegroups(clusterName=self.cluster)["nodegroups"])

    def named(self, prefix: str) -> dict[str, Any]:
        """The group whose name begins so."""
        (name,) = (each for each in self.names() if each.startswith(prefix))
        return dict(self.eks.describe_nodegroup(clusterName=self.cluster, nodegroupName=name)["nodegroup"])

    def scale(self, prefix: str, nodes: int) -> None:
        """Do what an autoscaler does, as EKS comes to see it."""
        name = self.named(prefix)["nodegroupName"]
        self.eks.update_nodegroup_config(
            clusterName=self.cluster, nodegroupName=name, scalingConfig={"desiredSize": nodes}
        )


def with_group(
    name: str, *, between: tuple[int, int] = (0, 4), types: tuple[str, ...] = ("g5.xlarge",), **options: Any
) -> Build:
    """A stack with a cluster, a group of GPU nodes, an object and a role for pods."""

    def build(stack: cdk.Stack) -> None:
        _zones(stack)
        cluster = GpuCluster(stack, "Cluster", name=name)
        GpuNodeGroup(stack, "Gpu", cluster=cluster, instance_types=list(types), between=between, **options)
        cluster.apply(stack, "Settings", [SETTINGS])
        cluster.service_account(stack, "Server", namespace="default", name="server")

    return build


def test_a_cluster_lives_with_its_nodes(assemble: Assemble, local_aws: LocalAws) -> None:
    groups = Groups(local_aws.client("eks"), "lived")
    made = assemble("ClusterLived", with_group("lived"))
    made.deploy("ClusterLived")
    assert groups.eks.describe_cluster(name="lived")["cluster"]["status"] == "ACTIVE"
    gpu = groups.named("gpu-")
    assert gpu["scalingConfig"] == {"minSize": 0, "maxSize": 4, "desiredSize": 0}
    assert len(groups.names()) == 2
    assert Kubernetes(local_aws, "lived").object("ConfigMap", "settings")["data"] == SETTINGS["data"]

    groups.scale("gpu-", 3)
    released = NodeImage.amazon_linux(release="1.36.4-20261102")
    changed = assemble("ClusterLived", with_group("lived", between=(0, 6), image=released))
    changed.deploy("ClusterLived")
    after = groups.named("gpu-")
    assert after["nodegroupArn"] == gpu["nodegroupArn"]
    assert after["releaseVersion"] == "1.36.4-20261102"
    assert after["scalingConfig"] == {"minSize": 0, "maxSize": 6, "desiredSize": 3}
    assert changed.is_deployed("ClusterLived")

    changed.destroy("ClusterLived")
    assert "lived" not in groups.eks.list_clusters()["clusters"]


def test_another_disk_rolls_the_nodes_and_other_types_take_their_place(assemble: Assemble, local_aws: LocalAws) -> None:
    groups = Groups(local_aws.client("eks"), "rolled")

    def deployed(**options: Any) -> Cdk:
        made = assemble("ClusterRolled", with_group("rolled", **options))
        made.deploy("ClusterRolled")
        return made

    deployed()
    first = groups.named("gpu-")
    groups.scale("gpu-", 2)
    deployed(disk_gb=300)
    rolled = groups.named("gpu-")
    assert rolled["nodegroupArn"] == first["nodegroupArn"]
    assert (first["launchTemplate"]["version"], rolled["launchTemplate"]["version"]) == ("1", "2")
    assert rolled["scalingConfig"]["desiredSize"] == 2

    other = deployed(types=("g6.xlarge",))
    replaced = groups.named("gpu-")
    assert replaced["nodegroupName"] != rolled["nodegroupName"]
    assert replaced["scalingConfig"]["desiredSize"] == 2
    other.destroy("ClusterRolled")


def test_an_imported_cluster_gains_a_node_group(assemble: Assemble, local_aws: LocalAws) -> None:
    from aws_cdk import aws_ec2 as ec2  # noqa: PLC0415 - loaded by stacks with clusters alone
    from aws_cdk import aws_eks_v2 as eks  # noqa: PLC0415 - the same

    owner = assemble("ClusterOwner", lambda stack: _plain_cluster(stack, "owned"))
    outputs = owner.deploy("ClusterOwner")["ClusterOwner"]
    groups = Groups(local_aws.client("eks"), "owned")
    assert groups.names() == []

    def build(stack: cdk.Stack) -> None:
        vpc = ec2.Vpc.from_vpc_attributes(
            stack,
            "Vpc",
            vpc_id=outputs["VpcId"],
            availability_zones=ZONES,
            private_subnet_ids=outputs["Subnets"].split(","),
            private_subnet_route_table_ids=["rtb-1", "rtb-2", "rtb-3"],
        )
        found = eks.Cluster.from_cluster_attributes(
            stack, "Found", cluster_name="owned", vpc=vpc, cluster_security_group_id=outputs["SecurityGroup"]
        )
        inside = ec2.SubnetSelection(subnets=vpc.private_subnets)
        cluster = ImportedCluster(stack, "Cluster", cluster=found, version="1.36", kubectl_subnets=inside)
        cluster.apply(stack, "Settings", [SETTINGS])
        GpuNodeGroup(stack, "Gpu", cluster=cluster, instance_types=["g6.xlarge"], between=(1, 1))

    guest = assemble("ClusterGuest", build)
    guest.deploy("ClusterGuest")
    described = groups.named("gpu-")
    assert (described["status"], described["amiType"]) == ("ACTIVE", "AL2023_x86_64_NVIDIA")
    assert Kubernetes(local_aws, "owned").names("ConfigMap") == ["settings"]
    assert guest.is_deployed("ClusterGuest")
    guest.destroy("ClusterGuest")
    assert groups.names() == []
    assert Kubernetes(local_aws, "owned").names("ConfigMap") == []
    owner.destroy("ClusterOwner")


def test_charts_come_before_what_they_know_and_go_after_it(assemble: Assemble, local_aws: LocalAws) -> None:
    def build(stack: cdk.Stack) -> None:
        _zones(stack)
        cluster = GpuCluster(stack, "Cluster", name="charted", node_scaling=NodeScaling.KARPENTER)
        image = NodeImage.amazon_linux(release="1.36.4-20261102")
        Karpenter(stack, "Karpenter", cluster=cluster)
        GpuNodePool(stack, "Pool", cluster=cluster, devices=4, instance_families=["g5"], image=image)
        Keda(stack, "Keda", cluster=cluster)
        ModelNamespace(stack, "Namespace", cluster=cluster, name="fraud", gpus=4)

    made = assemble("ClusterCharted", build)
    made.deploy("ClusterCharted")
    inside = Kubernetes(local_aws, "charted")
    assert inside.releases().keys() >= {"karpenter", "keda"}
    assert inside.names("NodePool") == ["pool"]
    assert "fraud" in inside.told()["namespaces"]
    assert made.is_deployed("ClusterCharted")
    made.destroy("ClusterCharted")
    assert "charted" not in local_aws.client("eks").list_clusters()["clusters"]


def test_auto_mode_makes_its_nodes_itself(assemble: Assemble, local_aws: LocalAws) -> None:
    def build(stack: cdk.Stack) -> None:
        _zones(stack)
        cluster = GpuCluster(stack, "Cluster", name="automatic", node_scaling=NodeScaling.AUTO_MODE)
        GpuNodePool(stack, "Pool", cluster=cluster, devices=4, instance_families=["g5"])

    made = assemble("ClusterAutomatic", build)
    made.deploy("ClusterAutomatic")
    eks = local_aws.client("eks")
    assert eks.list_nodegroups(clusterName="automatic")["nodegroups"] == []
    assert eks.describe_cluster(name="automatic")["cluster"]["computeConfig"]["enabled"] is True
    assert Kubernetes(local_aws, "automatic").names("NodePool") == ["pool"]
    made.destroy("ClusterAutomatic")


def _zones(stack: cdk.Stack) -> None:
    """Say which zones there are, which the command line asks AWS for otherwise, and synthesizes once more."""
    stack.node.set_context(f"availability-zones:account={stack.account}:region={stack.region}", ZONES)


def _plain_cluster(stack: cdk.Stack, name: str) -> None:
    """A cluster as somebody without this library has made it."""
    from aws_cdk import aws_ec2 as ec2  # noqa: PLC0415 - loaded by stacks with clusters alone
    from aws_cdk import aws_eks_v2 as eks  # noqa: PLC0415 - the same

    vpc = ec2.Vpc(stack, "Vpc", nat_gateways=1, availability_zones=ZONES, restrict_default_security_group=False)
    made = eks.Cluster(
        stack,
        "Cluster",
        cluster_name=name,
        version=eks.KubernetesVersion.of("1.36"),
        vpc=vpc,
        default_capacity_type=eks.DefaultCapacityType.NODEGROUP,
        default_capacity=0,
    )
    cdk.CfnOutput(stack, "SecurityGroup", value=made.cluster_security_group_id)
    cdk.CfnOutput(stack, "VpcId", value=vpc.vpc_id)
    cdk.CfnOutput(stack, "Subnets", value=",".join(each.subnet_id for each in vpc.private_subnets))
