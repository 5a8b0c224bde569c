import json
import re
from importlib.resources import files
from typing import Any

import aws_cdk as cdk
import botocore.session
import pytest
from aws_cdk import aws_ec2 as ec2

from cdk_model_hosting.errors import ConfigurationError
from cdk_model_hosting.instances import InstanceType, instance


def hosting_types() -> list[str]:
    model = botocore.session.get_session().get_service_model("sagemaker")
    return list(model.shape_for("ProductionVariantInstanceType").metadata["enum"])


@pytest.fixture(scope="module")
def known() -> list[InstanceType]:
    return [instance(name) for name in hosting_types()]


def test_every_type_of_the_service_is_known_and_nothing_else_is(known: list[InstanceType]) -> None:
    assert [found.name for found in known if not found.known] == []
    classes = {found.family for found in known}
    sizes = {found.size for found in known} | {"nano", "micro", "small", "3xlarge", "112xlarge"}
    listed = set(hosting_types())
    invented = {f"ml.{family}.{size}" for family in classes for size in sizes} - listed
    assert [name for name in sorted(invented) if instance(name).known] == []


def test_every_known_type_is_fully_described(known: list[InstanceType]) -> None:
    for found in known:
        assert found.vcpus is not None, found.name
        assert found.accelerators is not None, found.name
        assert (found.accelerators > 0) == (found.accelerator is not None), found.name
        assert found.resolved


def test_the_shape_of_accelerated_families(known: list[InstanceType]) -> None:
    def families(accelerator: str) -> set[str]:
        return {found.family for found in known if found.accelerator == accelerator}

    assert families("gpu") == {
        "g4dn", "g5", "g6", "g6e", "g7", "g7e", "p2", "p3", "p4d", "p4de", "p5", "p5e", "p5en", "p6-b200", "p6-b300", "p6e-gb200",
    }  # fmt: skip
    assert families("neuron") == {"inf1", "inf2", "trn1", "trn1n", "trn2"}
    assert families("gaudi") == {"dl1"}
    assert {found.family for found in known if found.inferentia1} == {"inf1"}


def test_arm_families(known: list[InstanceType]) -> None:
    assert {found.family for found in known if found.arm} == {
        "c6g", "c6gd", "c6gn", "c7g", "c8g", "m6g", "m6gd", "m8g", "p6e-gb200", "r6g", "r6gd", "r7gd", "r8g",
    }  # fmt: skip


def test_burstable_families(known: list[InstanceType]) -> None:
    assert {found.family for found in known if found.burstable} == {"t2"}


def test_families_by_their_disks(known: list[InstanceType]) -> None:
    assert {found.family for found in known if found.ebs_volume is None} == {"g7", "p6-b300", "p6e-gb200"}
    assert {found.family for found in known if found.ebs_volume is False} == {
        "c5d", "c6gd", "dl1", "g4dn", "g5", "g6", "g6e", "g7e", "m5d", "m6gd", "p4d", "p4de", "p5", "p5e", "p5en", "p6-b200",
        "r5d", "r6gd", "r7gd", "trn1", "trn1n", "trn2",
    }  # fmt: skip
    for found in known:
        assert found.volume_kms_key is found.ebs_volume
        assert found.local_nvme is (None if found.ebs_volume is None else not found.ebs_volume)


@pytest.mark.parametrize(
    ("name", "vcpus", "accelerators", "single_gpu"),
    [
        ("ml.t2.medium", 2, 0, False),
        ("ml.t2.2xlarge", 8, 0, False),
        ("ml.c4.8xlarge", 36, 0, False),
        ("ml.c5.large", 2, 0, False),
        ("ml.c5.9xlarge", 36, 0, False),
        ("ml.c5.18xlarge", 72, 0, False),
        ("ml.c7g.large", 2, 0, False),
        ("ml.c8g.medium", 1, 0, False),
        ("ml.c8g.48xlarge", 192, 0, False),
        ("ml.m4.10xlarge", 40, 0, False),
        ("ml.m5.xlarge", 4, 0, False),
        ("ml.m5.24xlarge", 96, 0, False),
        ("ml.r6i.32xlarge", 128, 0, False),
        ("ml.r7gd.medium", 1, 0, False),
        ("ml.g4dn.xlarge", 4, 1, True),
        ("ml.g4dn.12xlarge", 48, 4, False),
        ("ml.g4dn.16xlarge", 64, 1, True),
        ("ml.g5.xlarge", 4, 1, True),
        ("ml.g5.16xlarge", 64, 1, True),
        ("ml.g5.24xlarge", 96, 4, False),
        ("ml.g5.48xlarge", 192, 8, False),
        ("ml.g6.12xlarge", 48, 4, False),
        ("ml.g6e.16xlarge", 64, 1, True),
        ("ml.g7.8xlarge", 32, 1, True),
        ("ml.g7.12xlarge", 48, 2, False),
        ("ml.g7e.24xlarge", 96, 4, False),
        ("ml.p2.xlarge", 4, 1, True),
        ("ml.p2.16xlarge", 64, 16, False),
        ("ml.p3.8xlarge", 32, 4, False),
        ("ml.p4d.24xlarge", 96, 8, False),
        ("ml.p5.4xlarge", 16, 1, True),
        ("ml.p5.48xlarge", 192, 8, False),
        ("ml.p6-b200.48xlarge", 192, 8, False),
        ("ml.p6e-gb200.36xlarge", 144, 4, False),
        ("ml.dl1.24xlarge", 96, 8, False),
        ("ml.inf1.xlarge", 4, 1, False),
        ("ml.inf1.6xlarge", 24, 4, False),
        ("ml.inf1.24xlarge", 96, 16, False),
        ("ml.inf2.8xlarge", 32, 1, False),
        ("ml.inf2.24xlarge", 96, 6, False),
        ("ml.inf2.48xlarge", 192, 12, False),
        ("ml.trn1.2xlarge", 8, 1, False),
        ("ml.trn1n.32xlarge", 128, 16, False),
        ("ml.trn2.48xlarge", 192, 16, False),
    ],
)
def test_processors_and_devices(name: str, vcpus: int, accelerators: int, single_gpu: bool) -> None:
    found = instance(name)
    assert (found.vcpus, found.accelerators, found.single_gpu) == (vcpus, accelerators, single_gpu)


def test_agrees_with_the_regional_lists_of_cfn_lint() -> None:
    """An independent list, drawn from prices: whatever it names besides the service's enumeration reads without error."""
    listed: set[str] = set()
    folder = files("cfnlint") / "data" / "schemas" / "extensions" / "aws_sagemaker_hosting"
    content: dict[str, Any] = json.loads((folder / "instancetype_enum.json").read_text(encoding="utf-8"))
    for entry in re.findall(r"ml\.[a-z0-9-]+\.[a-z0-9-]+", json.dumps(content)):
        listed.add(entry)
    assert len(listed) > 200
    unknown = {name for name in listed if not instance(name).known}
    assert unknown == listed - set(hosting_types())


@pytest.mark.parametrize(
    ("name", "accelerator", "arm", "ebs_volume"),
    [
        ("ml.c9gd.large", None, True, False),
        ("ml.m9i.large", None, False, True),
        ("ml.g5g.xlarge", "gpu", True, False),
        ("ml.g8.xlarge", "gpu", False, None),
        ("ml.gr6.4xlarge", "gpu", False, None),
        ("ml.p7-b400.48xlarge", "gpu", False, None),
        ("ml.trn3.48xlarge", "neuron", False, None),
        ("ml.x2gd.xlarge", None, True, False),
        ("ml.i4i.xlarge", None, False, None),
    ],
)
def test_a_new_type_passes_and_is_read_by_rule(
    name: str, accelerator: str | None, arm: bool, ebs_volume: bool | None
) -> None:
    found = instance(name)
    assert not found.known
    assert found.resolved
    assert (found.accelerator, found.arm, found.ebs_volume) == (accelerator, arm, ebs_volume)
    assert found.accelerators == (None if accelerator else 0)
    assert found.single_gpu is (None if accelerator == "gpu" else False)


def test_the_processors_of_a_new_size_are_told_where_the_rule_holds() -> None:
    assert instance("ml.m9g.3xlarge").vcpus == 12
    assert instance("ml.m9g.medium").vcpus == 1
    assert instance("ml.m9i.medium").vcpus is None
    assert instance("ml.t4.nano").vcpus is None


@pytest.mark.parametrize(
    "name", ["g5.xlarge", "ml.g5", "ml.g5.", "ml.g5.xlarge.", "ml.g5.Xlarge", " ml.g5.xlarge", "ml..xlarge", "ml.g.xlarge", "", "m", None, 5, []]
)  # fmt: skip
def test_fails_when_the_form_is_wrong(name: Any) -> None:
    with pytest.raises(ConfigurationError) as refused:
        instance(name, what="Fleet instance_type")
    assert str(refused.value) == (
        f"Fleet instance_type must be ml.<family>.<size> such as ml.c7g.large, got {name!r}: "
        "SageMaker hosts on types of that form only"
    )


def test_a_token_is_neither_known_nor_refused() -> None:
    parameter = cdk.CfnParameter(cdk.Stack(cdk.App(), "Stack"), "Parameter")
    found = instance(parameter.value_as_string)
    assert not found.resolved
    assert not found.known
    assert not found.gpu
    assert not found.neuron
    assert found.ebs_volume is None
    assert found.accelerators is None


def test_fails_when_given_the_cdks_own_instance_type() -> None:
    with pytest.raises(ConfigurationError, match=r"must be ml\.<family>\.<size>"):
        instance(ec2.InstanceType("m5.large"))  # type: ignore[arg-type]
