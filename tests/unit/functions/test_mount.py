"""What a function does with a file system that its delivery asks for."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import aws_cdk as cdk
import pytest
from aws_cdk import aws_ec2 as ec2

from cdk_model_hosting import Concurrency, ModelDelivery, Network
from cdk_model_hosting.functions.delivery import BoundDelivery
from cdk_model_hosting.functions.mount import Mount
from cdk_model_hosting.permissions import Permission
from tests.unit.builders import att, new_stack, refused, resources, stack_in, text_token
from tests.unit.functions.made import function, only_own, own, policies
from tests.unit.functions.test_vpc import brought, group

if TYPE_CHECKING:
    from pathlib import Path

    from constructs import Construct

ACCESS_POINT = "arn:aws:elasticfilesystem:eu-west-1:123456789012:access-point/fsap-0123456789abcdef0"
PERMISSION = Permission(
    actions=("elasticfilesystem:ClientMount",), resources=("arn:aws:elasticfilesystem:eu-west-1:123456789012:fs",)
)


@dataclass(frozen=True)
class Mounted(ModelDelivery):
    """A model on a file system."""

    network: Network
    path: str = "/mnt/models"
    access_point_arn: str = ACCESS_POINT
    zones: tuple[str, ...] = ()

    def bind(self, scope: Construct) -> BoundDelivery:
        """Make what must be there before, and tell of the rest."""
        before = cdk.CfnResource(scope, "MountTarget", type="AWS::EFS::MountTarget")
        mount = Mount(
            access_point_arn=self.access_point_arn,
            path=self.path,
            network=self.network,
            permissions=(PERMISSION,),
            zones=self.zones,
        )
        return BoundDelivery(variables={"MODEL_FUNCTION_PATH": f"{self.path}/fraud"}, mount=mount, after=(before,))


def network(stack: cdk.Stack) -> Network:
    """Where the file system is reached from."""
    return Network(vpc=brought(stack), security_groups=[group(stack, "sg-nfs")])


def test_the_function_mounts_it_where_it_is_reached(source: Path, model: Path) -> None:
    stack = new_stack()
    made = function(source, model, stack, delivery=Mounted(network(stack)))

    properties = only_own(made, "AWS::Lambda::Function")
    assert properties["FileSystemConfigs"] == [{"Arn": ACCESS_POINT, "LocalMountPath": "/mnt/models"}]
    (own_group,) = own(made, "AWS::EC2::SecurityGroup")
    assert properties["VpcConfig"] == {
        "SecurityGroupIds": [att(own_group, "GroupId"), "sg-nfs"],
        "SubnetIds": ["subnet-1", "subnet-2"],
    }
    (found,) = own(made, "AWS::Lambda::Function").values()
    assert set(own(made, "AWS::EFS::MountTarget")) <= set(found["DependsOn"])
    assert PERMISSION.render() in policies(made)


@pytest.mark.parametrize(
    ("given", "taken"),
    [
        (["sg-1"], ["sg-1", "sg-nfs"]),
        (["sg-nfs", "sg-1"], ["sg-nfs", "sg-1"]),
        (None, [att("FraudSecurityGroupF6393D12", "GroupId"), "sg-nfs"]),
    ],
)
def test_a_network_of_the_users_gets_the_groups_that_the_file_system_lets_in(
    source: Path, model: Path, given: list[str] | None, taken: list[Any]
) -> None:
    stack = new_stack()
    known = {"sg-nfs": group(stack, "sg-nfs"), "sg-1": group(stack)}
    mounted = Network(vpc=brought(stack), security_groups=[known["sg-nfs"]])
    groups = None if given is None else [known[each] for each in given]
    public = ec2.SubnetSelection(subnet_type=ec2.SubnetType.PUBLIC)
    wanted = Network(vpc=mounted.vpc, subnets=public, security_groups=groups)

    made = function(source, model, stack, delivery=Mounted(mounted), network=wanted)

    assert only_own(made, "AWS::Lambda::Function")["VpcConfig"] == {
        "SecurityGroupIds": taken,
        "SubnetIds": ["subnet-3", "subnet-4"],
    }


@pytest.mark.parametrize("given", [True, False])
def test_what_one_function_may_reach_the_others_of_the_file_system_may_not(
    source: Path, model: Path, *, given: bool
) -> None:
    stack = new_stack()
    mounted = network(stack)
    groups = [group(stack, "sg-mine")] if given else None
    wanted = Network(vpc=mounted.vpc, security_groups=groups)
    made = function(source, model, stack, delivery=Mounted(mounted), network=wanted)
    made.connections.allow_to(group(stack, "sg-database"), ec2.Port.tcp(5432))

    let_in = [each["Properties"] for each in resources(stack, "AWS::EC2::SecurityGroupIngress").values()]
    expected = "sg-mine" if given else att("FraudSecurityGroupF6393D12", "GroupId")
    assert [(each["GroupId"], each["SourceSecurityGroupId"]) for each in let_in] == [("sg-database", expected)]


def test_fails_when_the_file_system_is_in_another_vpc(source: Path, model: Path) -> None:
    stack = new_stack()
    delivery = Mounted(network(stack))
    elsewhere = Network(vpc=brought(stack, "Elsewhere", "vpc-2"))
    with refused(
        "ModelFunction network must be in the VPC of the model's file system, Stack/Vpc, got Stack/Elsewhere: the function "
        "reaches it from there alone"
    ):
        function(source, model, stack, delivery=delivery, network=elsewhere)


def test_fails_when_the_file_system_is_in_another_vpc_of_the_app(source: Path, model: Path) -> None:
    stack = new_stack()
    one, other = (ec2.Vpc(stack, name, max_azs=1) for name in ("One", "Other"))
    with refused(
        "ModelFunction network must be in the VPC of the model's file system, Stack/One, got Stack/Other: the function reaches "
        "it from there alone"
    ):
        function(source, model, stack, delivery=Mounted(Network(vpc=one)), network=Network(vpc=other))


def test_a_vpc_that_is_known_at_deploy_time_only_passes(source: Path, model: Path) -> None:
    stack = new_stack()
    elsewhere = Network(vpc=brought(stack, "Elsewhere", text_token(stack)))

    function(source, model, stack, delivery=Mounted(network(stack)), network=elsewhere)


def test_a_vpc_that_is_looked_up_later_passes(source: Path, model: Path) -> None:
    """Its ID, and its zones, are known when the app is synthesized once more."""
    stack = stack_in("eu-west-1")
    later = Network(vpc=ec2.Vpc.from_lookup(stack, "Later", vpc_id="vpc-1"))

    function(source, model, stack, "One", delivery=Mounted(network(stack), zones=("a",)), network=later)
    mounted = Mounted(replace(later, security_groups=[group(stack, "sg-more")]), zones=("dummy1a",))
    function(source, model, stack, "Two", delivery=mounted, network=Network(vpc=brought(stack, "Again")))


def test_fails_when_it_is_to_be_kept_in_a_snapshot(source: Path, model: Path) -> None:
    stack = new_stack()
    with refused(
        "Concurrency snap_start must be False with a model on a file system, got True: Lambda makes no snapshot of a function "
        "that has one mounted"
    ):
        function(source, model, stack, delivery=Mounted(network(stack)), concurrency=Concurrency(snap_start=True))


def version(source: Path, model: Path, **options: Any) -> list[str]:
    stack = new_stack()
    return list(
        own(function(source, model, stack, delivery=Mounted(network(stack), **options)), "AWS::Lambda::Version")
    )


@pytest.mark.parametrize("options", [{"path": "/mnt/more"}, {"access_point_arn": ACCESS_POINT.replace("abc", "bcd")}])
def test_another_mount_is_a_new_version(source: Path, model: Path, options: dict[str, Any]) -> None:
    assert version(source, model) == version(source, model)
    assert version(source, model, **options) != version(source, model)


def test_fails_when_the_function_stands_in_zones_without_the_file_system(source: Path, model: Path) -> None:
    stack = new_stack()
    mounted = network(stack)
    with refused(
        "ModelFunction network subnets must be in zones of the model's file system, a, c, got some in b: a function mounts it through "
        "the mount target of its own zone"
    ):
        function(source, model, stack, delivery=Mounted(mounted, zones=("a", "c")), network=Network(vpc=mounted.vpc))
    only_a = Network(vpc=mounted.vpc, subnets=ec2.SubnetSelection(availability_zones=["a"]))
    function(source, model, stack, "There", delivery=Mounted(mounted, zones=("a", "c")), network=only_a)


def test_zones_that_are_known_at_deploy_time_only_pass(source: Path, model: Path) -> None:
    stack = new_stack()
    mounted = network(stack)
    unknown = ec2.Subnet.from_subnet_id(stack, "Unknown", "subnet-9")
    wanted = Network(vpc=mounted.vpc, subnets=ec2.SubnetSelection(subnets=[unknown]))

    function(source, model, stack, "One", delivery=Mounted(mounted, zones=("c",)), network=wanted)
    token = text_token(stack)
    function(source, model, stack, "Two", delivery=Mounted(mounted, zones=(token,)), network=Network(vpc=mounted.vpc))


@pytest.mark.parametrize("given", [True, False])
def test_a_function_has_no_group_of_its_own_when_the_file_system_has_all_that_lambda_takes(
    source: Path, model: Path, *, given: bool
) -> None:
    stack = new_stack()
    names = [f"sg-{each}" for each in range(5)]
    vpc = brought(stack)
    mounted = Network(vpc=vpc, security_groups=[group(stack, each) for each in names])
    made = function(
        source, model, stack, delivery=Mounted(mounted), network=Network(vpc=mounted.vpc) if given else None
    )

    assert only_own(made, "AWS::Lambda::Function")["VpcConfig"]["SecurityGroupIds"] == names
    assert own(made, "AWS::EC2::SecurityGroup") == {}


def test_fails_when_there_are_too_many_groups_with_those_of_the_file_system(source: Path, model: Path) -> None:
    stack = new_stack()
    mounted = network(stack)
    mine = [group(stack, f"sg-{each}") for each in range(5)]
    with refused(
        "ModelFunction network security_groups and those of the model's file system in all must have 1-5 security groups, got 6: "
        "SageMaker and Lambda attach their network interfaces to that many at most, and to one at least"
    ):
        function(
            source, model, stack, delivery=Mounted(mounted), network=Network(vpc=mounted.vpc, security_groups=mine)
        )
