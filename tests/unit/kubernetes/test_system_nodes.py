import pytest

from cdk_model_hosting.kubernetes.system_nodes import SystemNodes
from tests.unit.builders import new_stack, number_token, refused, text_token


@pytest.mark.parametrize(
    ("instance_type", "image"),
    [
        ("m7g.large", "AL2023_ARM_64_STANDARD"),
        ("t4g.large", "AL2023_ARM_64_STANDARD"),
        ("c8gn.xlarge", "AL2023_ARM_64_STANDARD"),
        ("m7i.large", "AL2023_x86_64_STANDARD"),
        ("m7i-flex.large", "AL2023_x86_64_STANDARD"),
        ("c6a.xlarge", "AL2023_x86_64_STANDARD"),
    ],
)
def test_the_image_goes_by_the_processor(instance_type: str, image: str) -> None:
    assert SystemNodes(instance_type=instance_type).image == image


@pytest.mark.parametrize("instance_type", ["g5.xlarge", "p5.48xlarge", "inf2.xlarge", "trn1.2xlarge"])
def test_fails_when_the_nodes_have_accelerators(instance_type: str) -> None:
    with refused(
        f"SystemNodes instance_type must have no accelerator, got {instance_type!r}: system pods would keep an expensive node from ever "
        "being scaled away; make a GpuNodeGroup"
    ):
        SystemNodes(instance_type=instance_type)


@pytest.mark.parametrize("instance_type", ["t4g.nano", "t3.micro", "t4g.small", "m7g.medium"])
def test_fails_when_the_nodes_take_too_few_pods(instance_type: str) -> None:
    with refused(
        f"SystemNodes instance_type must be large or larger, got {instance_type!r}: smaller ones take few pods, and add-ons would wait for "
        "room until their installation fails"
    ):
        SystemNodes(instance_type=instance_type)


def test_fails_when_the_type_is_none() -> None:
    with refused(
        "SystemNodes instance_type must be <family>.<size> such as g5.xlarge, got 'ml.m5.large': nodes are EC2 instances, without "
        "SageMaker's ml."
    ):
        SystemNodes(instance_type="ml.m5.large")


def test_fails_when_the_type_is_a_token() -> None:
    with refused(
        "SystemNodes instance_type must be known at synth, got a Token: the image of the nodes goes by its processor"
    ):
        SystemNodes(instance_type=text_token(new_stack()))


@pytest.mark.parametrize("count", [0, 451])
def test_fails_when_there_cannot_be_so_many(count: int) -> None:
    with refused(
        f"SystemNodes count must be 1-450 nodes, got {count}: a managed node group has no more, and the cluster's DNS needs one"
    ):
        SystemNodes(count=count)


def test_fails_when_the_disk_is_too_small() -> None:
    with refused(
        "SystemNodes disk_gb must be 50-65536 GB, got 20: machine images with drivers take 20 GB or more, an inference server's container "
        "image 10 to 30, twice while it is unpacked"
    ):
        SystemNodes(disk_gb=20)


def test_numbers_that_are_tokens_pass() -> None:
    stack = new_stack()
    count, disk = (number_token(stack, each) for each in ("Count", "Disk"))
    assert SystemNodes(count=count, disk_gb=disk).count == count  # type: ignore[arg-type] # Tokens are floats
