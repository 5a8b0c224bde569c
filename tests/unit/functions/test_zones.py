"""Functions of a stack that knows its region at deploy time only, in zones that their file system is in or not."""

from __future__ import annotations

from typing import TYPE_CHECKING

import aws_cdk as cdk
import pytest
from aws_cdk import aws_ec2 as ec2

from cdk_model_hosting import ModelDelivery, ModelFileSystem, ModelFunction, Network
from tests.unit.builders import new_stack, number_token, refused
from tests.unit.functions.made import function

if TYPE_CHECKING:
    from pathlib import Path


def mounting(source: Path, model: Path, zones: list[str], file_system: list[str], own: list[str]) -> ModelFunction:
    """A function in some zones of a VPC, and its file system in some."""
    stack = new_stack()
    vpc = ec2.Vpc(stack, "Vpc", availability_zones=zones, nat_gateways=0)
    there, here = (
        Network(
            vpc=vpc,
            subnets=ec2.SubnetSelection(availability_zones=each, subnet_type=ec2.SubnetType.PRIVATE_ISOLATED),
        )
        for each in (file_system, own)
    )
    place = ModelFileSystem(stack, "Models", network=there)
    delivery = ModelDelivery.file_system(place, "fraud/{version}", version="1")
    return function(source, model, stack, delivery=delivery, network=here)


def numbered(*numbers: int) -> list[str]:
    zones = cdk.Fn.get_azs()
    return [cdk.Fn.select(each, zones) for each in numbers]


def test_fails_when_the_file_system_is_in_another_zone(source: Path, model: Path) -> None:
    first, second, third = numbered(0, 1, 2)
    with refused(
        "ModelFunction network subnets must be in zones of the model's file system, number 1 of the region's, got some in number 2 of "
        "the region's, number 3 of the region's: a function mounts it through the mount target of its own zone"
    ):
        mounting(source, model, [first, second, third], [first], [first, second, third])


def test_the_same_zone_passes(source: Path, model: Path) -> None:
    first, second = numbered(0, 1)
    assert mounting(source, model, [first, second], [first, second], [second])


@pytest.mark.parametrize(
    ("there", "here"),
    [("named", "first"), ("first", "named"), ("named", "unknown"), ("first", "unknown"), ("unknown", "first")],
)
def test_zones_that_cannot_be_compared_pass(source: Path, model: Path, there: str, here: str) -> None:
    """A name and a number, or a number of which nobody knows which one it is."""
    zones = {
        "named": "eu-west-1a",
        "first": numbered(0)[0],
        "unknown": cdk.Fn.select(number_token(new_stack()), cdk.Fn.get_azs()),
    }

    assert mounting(source, model, [zones[there], zones[here]], [zones[there]], [zones[here]])


def test_fails_when_one_of_several_zones_is_certainly_another(source: Path, model: Path) -> None:
    first, second = numbered(0, 1)
    unknown = cdk.Fn.select(number_token(new_stack()), cdk.Fn.get_azs())
    with refused(
        "ModelFunction network subnets must be in zones of the model's file system, number 1 of the region's, got some in number 2 of "
        "the region's: a function mounts it through the mount target of its own zone"
    ):
        mounting(source, model, [first, second, unknown], [first], [second, unknown])
