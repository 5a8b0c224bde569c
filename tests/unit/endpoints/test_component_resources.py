from typing import Any

import pytest

from cdk_model_hosting import ComponentResources
from cdk_model_hosting.endpoints.component_room import ComponentRoom
from cdk_model_hosting.instances import InstanceType, instance
from tests.unit.builders import new_stack, number_token, refused, text_token
from tests.unit.endpoints.shared import component_in


def machine(name: str) -> InstanceType:
    return instance(name, what="Fleet instance_type")


def test_a_copy_needs_memory_and_may_need_more() -> None:
    everything = ComponentResources(memory_mb=1024, max_memory_mb=2048, cpus=1.5, accelerators=2)
    for resources, rendered in (
        (ComponentResources(memory_mb=128), {"MinMemoryRequiredInMb": 128}),
        (
            everything,
            {
                "MinMemoryRequiredInMb": 1024,
                "MaxMemoryRequiredInMb": 2048,
                "NumberOfCpuCoresRequired": 1.5,
                "NumberOfAcceleratorDevicesRequired": 2,
            },
        ),
    ):
        # An unknown type has room for everything.
        found = component_in(new_stack(), resources=resources, instance_type="ml.x99.large")
        assert found["Specification"]["ComputeResourceRequirements"] == rendered


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"memory_mb": 127}, "memory_mb must be at least 128 MB, got 127: SageMaker places no smaller copy"),
        ({"memory_mb": 512.5}, "memory_mb must be at least 128 MB, got 512.5: it must be a whole number"),
        ({"max_memory_mb": 1}, "max_memory_mb must be at least 128 MB, got 1: SageMaker places no smaller copy"),
        ({"cpus": 0.2}, "cpus must be at least 0.25 cores, got 0.2: SageMaker gives away no smaller part of a core"),
        ({"accelerators": 0}, "accelerators must be at least 1, got 0: copies that need none leave it out"),
        (
            {"max_memory_mb": 256},
            "max_memory_mb must be at least memory_mb 512, got 256: a copy would be placed with more than it may use",
        ),
    ],
)
def test_fails_when_a_number_is_outside_its_range(options: dict[str, Any], message: str) -> None:
    with refused(f"ComponentResources {message}"):
        ComponentResources(**{"memory_mb": 512, **options})


@pytest.mark.parametrize(
    ("options", "name", "message"),
    [
        ({"accelerators": 1}, "ml.c6i.large", "accelerators must be omitted on ml.c6i.large, got 1: it has none"),
        (
            {"accelerators": 5},
            "ml.g5.12xlarge",
            "accelerators must be at most the 4 of ml.g5.12xlarge, got 5: a copy runs on one instance",
        ),
        (
            {"cpus": 2.5},
            "ml.c6i.large",
            "cpus must be at most the 2 of ml.c6i.large, got 2.5: a copy runs on one instance",
        ),
    ],
)
def test_fails_when_no_instance_has_so_much(options: dict[str, Any], name: str, message: str) -> None:
    with refused(f"ComponentResources {message}"):
        ComponentResources(memory_mb=512, **options).check(machine(name))


@pytest.mark.parametrize(
    ("options", "name"),
    [
        ({"accelerators": 4, "cpus": 48}, "ml.g5.12xlarge"),
        ({"accelerators": 99}, "ml.g99.xlarge"),
        ({"cpus": 999}, "ml.c99.large"),
    ],
)
def test_what_an_instance_has_or_may_have_passes(options: dict[str, Any], name: str) -> None:
    ComponentResources(memory_mb=512, **options).check(machine(name))


def test_tokens_pass() -> None:
    stack = new_stack()
    number: Any = number_token(stack)
    resources = ComponentResources(memory_mb=number, max_memory_mb=number, cpus=number, accelerators=number)
    assert resources.max_memory_mb == number
    resources.check(machine("ml.c6i.large"))
    ComponentResources(memory_mb=512, accelerators=9).check(machine(text_token(stack)))
    ComponentResources(memory_mb=512, max_memory_mb=number)


# Room for all of them


def test_fails_when_the_copies_need_more_accelerators_than_there_are() -> None:
    room = ComponentRoom(machine=machine("ml.g5.xlarge"), instances=3)
    one = ComponentResources(memory_mb=512, accelerators=1)
    room.take(one, 2)
    room.take(one, 1)
    with refused(
        "InferenceComponent copies must need at most the 3 accelerators of the endpoint's 3 ml.g5.xlarge, got 4 with those of "
        "all components: SageMaker places no copy without room"
    ):
        room.take(one, 1)


def test_fails_when_the_copies_need_more_cores_than_there_are() -> None:
    room = ComponentRoom(machine=machine("ml.c6i.large"), instances=1)
    room.take(ComponentResources(memory_mb=512, cpus=1.5), 1)
    with refused(
        "InferenceComponent copies must need at most the 2 cores of the endpoint's 1 ml.c6i.large, got 2.25 with those of "
        "all components: SageMaker places no copy without room"
    ):
        room.take(ComponentResources(memory_mb=512, cpus=0.25), 3)


def test_what_shares_the_rest_needs_no_room() -> None:
    room = ComponentRoom(machine=machine("ml.c6i.large"), instances=1)
    room.take(ComponentResources(memory_mb=512), 100)


def test_nothing_is_said_of_room_that_is_known_at_deploy_time_only() -> None:
    stack = new_stack()
    number: Any = number_token(stack)
    whole = ComponentResources(memory_mb=512, cpus=2)
    ComponentRoom(machine=machine("ml.c6i.large"), instances=number).take(whole, 9)
    ComponentRoom(machine=machine(text_token(stack)), instances=1).take(whole, 9)
    ComponentRoom(machine=machine("ml.c99.large"), instances=1).take(whole, 9)
    ComponentRoom(machine=machine("ml.c6i.large"), instances=1).take(whole, number)
    ComponentRoom(machine=machine("ml.c6i.large"), instances=1).take(ComponentResources(memory_mb=512, cpus=number), 9)
