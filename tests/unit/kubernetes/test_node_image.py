"""The machine image of each instance family."""

from __future__ import annotations

import botocore.session
import pytest

from cdk_model_hosting.kubernetes.accelerators import NodeType
from cdk_model_hosting.kubernetes.chips import CHIPS
from cdk_model_hosting.kubernetes.node_image import NodeImage
from cdk_model_hosting.limits.nodes import NODE_AMI_TYPE
from tests.unit.builders import new_stack, refused, text_token
from tests.unit.kubernetes.groups import group, rendered

ARM = "AL2023_ARM_64_NVIDIA"
X86 = "AL2023_x86_64_NVIDIA"
NEURON = "AL2023_x86_64_NEURON"


@pytest.mark.parametrize("family", CHIPS)
def test_amazon_linux_covers_every_family(family: str) -> None:
    types = [NodeType.parse(f"{family}.{each}xlarge") for each in ("", 2, 4, 8, 24, 32, 36, 48)]
    node = next(each for each in types if each.known)
    expected = NEURON if node.accelerator == "neuron" else (ARM if node.arm else X86)
    assert NodeImage.amazon_linux().ami_type(node) == expected


@pytest.mark.parametrize(
    ("name", "ami_type"),
    [
        ("g5.xlarge", "BOTTLEROCKET_x86_64_NVIDIA"),
        ("p5.48xlarge", "BOTTLEROCKET_x86_64_NVIDIA"),
        ("g5g.xlarge", "BOTTLEROCKET_ARM_64_NVIDIA"),
        ("inf2.xlarge", "BOTTLEROCKET_x86_64"),
        ("trn1.2xlarge", "BOTTLEROCKET_x86_64"),
    ],
)
def test_bottlerocket(name: str, ami_type: str) -> None:
    assert NodeImage.bottlerocket().ami_type(NodeType.parse(name)) == ami_type


def test_every_image_is_one_of_eks() -> None:
    model = botocore.session.get_session().get_service_model("eks")
    assert set(NODE_AMI_TYPE.allowed) <= set(model.shape_for("AMITypes").metadata["enum"])


def test_who_brings_the_device_plugin() -> None:
    assert NodeImage.bottlerocket().has_device_plugin
    assert not NodeImage.amazon_linux().has_device_plugin
    assert NodeImage.of("BOTTLEROCKET_x86_64_NVIDIA_FIPS").has_device_plugin


def test_a_named_image_stands_for_families_that_are_not_known() -> None:
    made = group(instance_types=["g9g.xlarge"], image=NodeImage.of(ARM))
    assert rendered(made)["AmiType"] == ARM
    assert made.accelerator == "nvidia"
    assert rendered(group(instance_types=["trn3.48xlarge"], image=NodeImage.of(NEURON)))["AmiType"] == NEURON


def test_a_named_image_may_be_a_token() -> None:
    image = NodeImage.of(text_token(new_stack()))
    assert image.accelerator is None
    assert image.ami_type(NodeType.parse("g5.xlarge")) == image.told


def test_a_new_size_of_a_known_family_has_its_image() -> None:
    assert NodeImage.amazon_linux().ami_type(NodeType.parse("g6.96xlarge")) == X86


@pytest.mark.parametrize("name", ["g7.2xlarge"])
def test_fails_when_bottlerocket_has_no_drivers(name: str) -> None:
    with refused(
        f"GpuNodeGroup image must be NodeImage.amazon_linux() for {name.split('.', maxsplit=1)[0]}, got Bottlerocket: it has no drivers for that "
        "family"
    ):
        group(instance_types=[name], image=NodeImage.bottlerocket())


@pytest.mark.parametrize("name", ["p2.xlarge", "g3.4xlarge", "g8.xlarge"])
def test_fails_when_a_family_is_not_known_and_no_image_is_named(name: str) -> None:
    with refused(
        f"GpuNodeGroup image must be NodeImage.of(...) for instance types that are not known at synth, got {name!r} with Amazon Linux "
        "2023: which drivers the nodes need follows from their type"
    ):
        group(instance_types=[name])


def test_fails_when_the_type_is_a_token_and_no_image_is_named() -> None:
    with refused(
        "GpuNodeGroup image must be NodeImage.of(...) for instance types that are not known at synth, got a Token with Bottlerocket: "
        "which drivers the nodes need follows from their type"
    ):
        group(instance_types=[text_token(new_stack())], image=NodeImage.bottlerocket())


def test_fails_when_a_named_image_has_no_drivers() -> None:
    with refused(
        f"NodeImage.of ami_type must be one of {', '.join(map(str, NODE_AMI_TYPE.allowed))}, got 'AL2_x86_64_GPU': no other machine image "
        "of EKS brings the drivers, or is still built"
    ):
        NodeImage.of("AL2_x86_64_GPU")


def test_fails_when_a_named_image_is_for_other_processors() -> None:
    with refused(
        f"NodeImage.of ami_type must be an x86 image for g5.xlarge, got {ARM}: the instance has such a processor"
    ):
        group(image=NodeImage.of(ARM))
    with refused(
        f"NodeImage.of ami_type must be an Arm image for g5g.xlarge, got {X86}: the instance has such a processor"
    ):
        group(instance_types=["g5g.xlarge"], image=NodeImage.of(X86))


def test_fails_when_a_named_image_has_other_drivers() -> None:
    with refused(
        f"NodeImage.of ami_type must be an image with drivers of nvidia for g5.xlarge, got {NEURON}: pods would find no device"
    ):
        group(image=NodeImage.of(NEURON))


def test_fails_when_a_release_is_for_another_version() -> None:
    with refused(
        "NodeImage release must be one for Kubernetes 1.36, got '1.35.2-20261102': releases of Amazon Linux begin with the version, and "
        "nodes run the cluster's"
    ):
        group(image=NodeImage.amazon_linux(release="1.35.2-20261102"))


def test_releases_of_bottlerocket_and_tokens_pass() -> None:
    assert (
        rendered(group(image=NodeImage.bottlerocket(release="1.52.0-0f1e2d3c")))["ReleaseVersion"] == "1.52.0-0f1e2d3c"
    )
    NodeImage.amazon_linux(release=text_token(new_stack())).check_release("1.36")


def test_fails_when_a_release_is_no_text() -> None:
    with refused("NodeImage release must be a str, got 1.36: nothing else is understood there"):
        NodeImage.amazon_linux(release=1.36)  # type: ignore[arg-type]
