"""Models on file systems: how a function finds them, who publishes them, and what each of these may do."""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING, Any

import aws_cdk as cdk
import pytest
from aws_cdk import aws_ec2 as ec2
from cdk_nag import AwsSolutionsChecks
from constructs import Construct

from cdk_model_hosting import ModelDelivery, Network
from cdk_model_hosting.functions import delivery as module
from cdk_model_hosting.functions.file_system import ModelFileSystem
from cdk_model_hosting.handlers.file_system_publisher import surroundings
from cdk_model_hosting.handlers.file_system_writer import entry
from tests.unit.builders import att, new_stack, refused, resources, text_token
from tests.unit.functions.made import function

if TYPE_CHECKING:
    from pathlib import Path

    from cdk_model_hosting.functions.delivery import BoundDelivery

SHA = "0" * 63 + "F"
PUBLISHED = "Custom::ModelOnFileSystem"


def file_system(stack: cdk.Stack, construct_id: str = "Models") -> ModelFileSystem:
    vpc = ec2.Vpc(stack, f"{construct_id}Vpc", max_azs=2, nat_gateways=0)
    return ModelFileSystem(stack, construct_id, network=Network(vpc=vpc))


def bound(scope: Construct, delivery: ModelDelivery, construct_id: str = "Fraud") -> BoundDelivery:
    return delivery.bind(Construct(scope, construct_id))


def told(bound_: BoundDelivery) -> dict[str, str]:
    return {name.removeprefix("MODEL_FUNCTION_"): value for name, value in bound_.variables.items()}


def archive_of(model: Path, scratch: Path) -> str:
    """The SHA-256 of the archive that the CDK uploads."""
    app = cdk.App(outdir=str(scratch))
    stack = cdk.Stack(app, "Other")
    bound(stack, ModelDelivery.bucket_asset(model))
    app.synth()
    (archive,) = scratch.glob("asset.*.tar")
    return hashlib.sha256(archive.read_bytes()).hexdigest()


def statements_of(stack: cdk.Stack, kind: str, name: str) -> list[dict[str, Any]]:
    """The statements of the one policy of a kind whose logical ID holds a name."""
    ((_, policy),) = [(key, each) for key, each in resources(stack, kind).items() if name in key]
    found: list[dict[str, Any]] = policy["Properties"]["PolicyDocument"]["Statement"]
    return found


def named(stack: cdk.Stack, kind: str, *parts: str) -> str:
    """The one logical ID of a kind that holds all of these."""
    (found,) = [key for key in resources(stack, kind) if all(part in key for part in parts)]
    return found


@pytest.fixture
def stack() -> cdk.Stack:
    return new_stack()


def test_the_function_finds_it_in_a_folder_that_is_named_by_its_content(
    stack: cdk.Stack, model: Path, tmp_path: Path
) -> None:
    place = file_system(stack)
    found = bound(stack, ModelDelivery.file_system_asset(place, model))

    digest = archive_of(model, tmp_path / "out")
    assert told(found) == {"DELIVERY": "file_system", "PATH": f"/mnt/models/{digest}"}
    assert found.mount == place.mount
    # The archive is the publisher's business.
    assert found.permissions == ()


def test_it_is_published_before_the_function_changes(stack: cdk.Stack, model: Path, tmp_path: Path) -> None:
    place = file_system(stack)
    found = bound(stack, ModelDelivery.file_system_asset(place, model))

    digest = archive_of(model, tmp_path / "out")
    (properties,) = (each["Properties"] for each in resources(stack, PUBLISHED).values())
    assert properties["Digest"] == digest
    assert properties["AccessPoint"] == att(named(stack, "AWS::EFS::AccessPoint"), "Arn")
    assert properties["ServiceTimeout"] == 960
    assert properties["ServiceToken"] == att(named(stack, "AWS::Lambda::Function", "FileSystemPublisher"), "Arn")
    assert properties["Writer"] == att(named(stack, "AWS::Lambda::Function", "FileSystemWriter"), "Arn")
    assert found.after[:-1] == place.ready
    assert found.after[-1].cfn_resource_type == PUBLISHED


def test_another_model_is_published_beside_it(model: Path) -> None:
    """The one before goes when the deployment is over, and stays when it is rolled back: CloudFormation removes last."""
    ids = []
    for content in (b"graph", b"another"):
        (model / "model.onnx").write_bytes(content)
        stack = new_stack()
        bound(stack, ModelDelivery.file_system_asset(file_system(stack), model))
        ids.append(set(resources(stack, PUBLISHED)))

    assert not ids[0] & ids[1]


def test_the_publisher_stands_outside_and_the_writer_inside(stack: cdk.Stack, model: Path) -> None:
    bound(stack, ModelDelivery.file_system_asset(file_system(stack), model))
    functions = resources(stack, "AWS::Lambda::Function")
    publisher = functions[named(stack, "AWS::Lambda::Function", "FileSystemPublisher")]["Properties"]
    writer = functions[named(stack, "AWS::Lambda::Function", "FileSystemWriter")]["Properties"]

    assert {"VpcConfig", "FileSystemConfigs"}.isdisjoint(publisher)
    assert publisher["Timeout"] == 900
    assert writer["Timeout"] == surroundings.WRITER_SECONDS
    assert writer["Environment"] == {"Variables": {entry.MOUNT: "/mnt/models"}}
    assert writer["FileSystemConfigs"] == [
        {"Arn": att(named(stack, "AWS::EFS::AccessPoint"), "Arn"), "LocalMountPath": "/mnt/models"}
    ]
    assert writer["VpcConfig"]["SecurityGroupIds"] == [
        att(named(stack, "AWS::EC2::SecurityGroup", "SecurityGroup"), "GroupId")
    ]
    assert len(writer["VpcConfig"]["SubnetIds"]) == 2


def test_what_publishing_needs_is_there_until_the_model_is_removed(stack: cdk.Stack, model: Path) -> None:
    bound(stack, ModelDelivery.file_system_asset(file_system(stack), model))
    (published,) = resources(stack, PUBLISHED).values()
    writer = resources(stack, "AWS::Lambda::Function")[named(stack, "AWS::Lambda::Function", "FileSystemWriter")]

    shared = {
        *resources(stack, "AWS::EFS::MountTarget"),
        *resources(stack, "AWS::EC2::VPCEndpoint"),
        named(stack, "AWS::IAM::Policy", "Mount"),
    }
    assert shared <= set(writer["DependsOn"])
    assert shared <= set(published["DependsOn"])
    assert named(stack, "AWS::IAM::Policy", "Invoke") in published["DependsOn"]
    assert named(stack, "AWS::IAM::ManagedPolicy", "Read1") in published["DependsOn"]


def test_the_publisher_may_invoke_the_writer_alone(stack: cdk.Stack, model: Path) -> None:
    bound(stack, ModelDelivery.file_system_asset(file_system(stack), model))
    writer = named(stack, "AWS::Lambda::Function", "FileSystemWriter")

    assert statements_of(stack, "AWS::IAM::Policy", "Invoke") == [
        {"Action": "lambda:InvokeFunction", "Effect": "Allow", "Resource": att(writer, "Arn")}
    ]


def test_the_writer_may_write_there_and_read_the_archive_alone(stack: cdk.Stack, model: Path) -> None:
    bound(stack, ModelDelivery.file_system_asset(file_system(stack), model))
    point = named(stack, "AWS::EFS::AccessPoint")
    write, *others = statements_of(stack, "AWS::IAM::Policy", "Mount")
    (read,) = statements_of(stack, "AWS::IAM::ManagedPolicy", "Read1")
    (properties,) = (each["Properties"] for each in resources(stack, PUBLISHED).values())

    assert write == {
        "Action": ["elasticfilesystem:ClientMount", "elasticfilesystem:ClientWrite"],
        "Effect": "Allow",
        "Resource": att(named(stack, "AWS::EFS::FileSystem"), "Arn"),
        "Condition": {"StringEquals": {"elasticfilesystem:AccessPointArn": att(point, "Arn")}},
    }
    assert {action.partition(":")[0] for each in others for action in each["Action"]} == {"ec2"}
    assert read["Action"] == "s3:GetObject"
    assert read["Resource"]["Fn::Join"][1][-1] == f"/{properties['Key']}"


def test_a_stack_has_one_pair_of_functions_for_a_file_system(stack: cdk.Stack, model: Path) -> None:
    place = file_system(stack)
    for name in ("First", "Second"):
        bound(stack, ModelDelivery.file_system_asset(place, model), name)
    assert len(resources(stack, PUBLISHED)) == 2
    assert len(resources(stack, "AWS::Lambda::Function")) == 2


def test_each_file_system_has_a_writer(stack: cdk.Stack, model: Path) -> None:
    for name in ("First", "Second"):
        bound(stack, ModelDelivery.file_system_asset(file_system(stack, name), model), f"{name}Function")

    assert len(resources(stack, "AWS::Lambda::Function")) == 3
    assert len([each for each in resources(stack, "AWS::IAM::Policy") if "Invoke" in each]) == 2


def test_a_file_system_of_another_stack_is_published_to_from_here(model: Path) -> None:
    """Its own stack is deployed before: a model that was removed there would be missing here."""
    app = cdk.App()
    shared, stack = cdk.Stack(app, "Shared"), cdk.Stack(app, "Stack")
    bound(stack, ModelDelivery.file_system_asset(file_system(shared), model))

    assert resources(shared, "AWS::Lambda::Function") == {}
    assert len(resources(stack, "AWS::Lambda::Function")) == 2
    assert [each.stack_name for each in stack.dependencies] == ["Shared"]


def test_one_that_is_there_already_is_published_to_as_well(stack: cdk.Stack, model: Path) -> None:
    vpc = ec2.Vpc(stack, "Vpc", max_azs=2, nat_gateways=0)
    place = ModelFileSystem.from_attributes(
        stack,
        "Theirs",
        file_system_id="fs-0123",
        access_point_id="fsap-0123",
        network=Network(vpc=vpc),
        security_group=ec2.SecurityGroup.from_security_group_id(stack, "Group", "sg-01234567"),
    )
    bound(stack, ModelDelivery.file_system_asset(place, model))

    write, *_ = statements_of(stack, "AWS::IAM::Policy", "Mount")
    (rule,) = resources(stack, "AWS::EC2::SecurityGroupIngress")
    writer = resources(stack, "AWS::Lambda::Function")[named(stack, "AWS::Lambda::Function", "FileSystemWriter")]
    assert write["Resource"]["Fn::Join"][1][-1] == ":file-system/fs-0123"
    assert rule in writer["DependsOn"]
    # A route table that is not associated yet would lead nowhere.
    assert set(resources(stack, "AWS::EC2::SubnetRouteTableAssociation")) & set(writer["DependsOn"])


def test_what_others_put_there_is_known_by_its_version(stack: cdk.Stack) -> None:
    place = file_system(stack)
    found = bound(stack, ModelDelivery.file_system(place, "fraud/{version}", version="3"))

    assert told(found) == {"DELIVERY": "file_system", "PATH": "/mnt/models/fraud/3"}
    assert found.after == place.ready
    assert found.mount == place.mount
    assert resources(stack, "AWS::Lambda::Function") == {}


def test_or_by_its_checksum(stack: cdk.Stack) -> None:
    found = bound(stack, ModelDelivery.file_system(file_system(stack), "fraud/model.onnx", sha256=SHA))

    assert told(found) == {"DELIVERY": "file_system", "PATH": "/mnt/models/fraud/model.onnx", "SHA256": SHA}


def test_tokens_pass_as_path_version_and_checksum(stack: cdk.Stack) -> None:
    token = text_token(stack)
    place = file_system(stack)

    versioned = bound(stack, ModelDelivery.file_system(place, "fraud/{version}", version=token), "First")
    checked = bound(stack, ModelDelivery.file_system(place, token, sha256=token), "Second")
    both = bound(stack, ModelDelivery.file_system(place, token, version=token), "Third")

    assert told(versioned)["PATH"] == f"/mnt/models/fraud/{token}"
    assert told(checked)["SHA256"] == token
    assert told(both)["PATH"] == f"/mnt/models/{token}"


def test_another_version_is_another_model_even_where_the_path_is_known_at_deploy_time_only(stack: cdk.Stack) -> None:
    place = file_system(stack)
    path = text_token(stack)
    found = [
        bound(stack, ModelDelivery.file_system(place, path, version=version), f"V{version}").content
        for version in ("3", "4")
    ]

    assert found == ["3", "4"]


INSIDE = "must be a path inside of the access point's folder, got"


@pytest.mark.parametrize(
    ("path", "options", "message"),
    [
        (
            "fraud",
            {},
            (
                "ModelDelivery.file_system must have a version or a sha256, got neither for 'fraud': a model that is written anew under its "
                "path would be another one in some environments and not in others"
            ),
        ),
        (
            "fraud/{version}",
            {"sha256": SHA},
            (
                "ModelDelivery.file_system version must be given with {version} in the path, got none for 'fraud/{version}': it stands "
                "for it"
            ),
        ),
        (
            "fraud",
            {"version": "3"},
            (
                "ModelDelivery.file_system path must hold {version} when there is a version, got 'fraud': a version that is not part of the "
                "path tells no model from another"
            ),
        ),
        (
            "/fraud",
            {"sha256": SHA},
            f"ModelDelivery.file_system path {INSIDE} '/fraud': nothing else of the file system is seen",
        ),
        (
            "../{version}",
            {"version": "3"},
            f"ModelDelivery.file_system path {INSIDE} '../{{version}}': nothing else of the file system is seen",
        ),
        (
            "fraud/{version}",
            {"version": ".."},
            f"ModelDelivery.file_system version {INSIDE} '..': nothing else of the file system is seen",
        ),
        (
            "fraud",
            {"sha256": "abc"},
            (
                "ModelDelivery.file_system sha256 must be 64 hexadecimal digits, got 'abc': it is what sha256sum prints of the file, or of "
                "the list of the folder's files"
            ),
        ),
        (
            7,
            {"sha256": SHA},
            "ModelDelivery.file_system path must be a str, got 7: nothing else is understood there",
        ),
    ],
)
def test_fails_when_a_model_is_not_told_from_others(
    stack: cdk.Stack, path: Any, options: dict[str, str], message: str
) -> None:
    with refused(message):
        ModelDelivery.file_system(file_system(stack), path, **options)


def test_fails_when_the_file_system_is_none(model: Path) -> None:
    why = "must be a MountableFileSystem, got 'fs-1': nothing else is understood there"
    with refused(f"ModelDelivery.file_system file_system {why}"):
        ModelDelivery.file_system("fs-1", "fraud", sha256=SHA)  # type: ignore[arg-type]
    with refused(f"ModelDelivery.file_system_asset file_system {why}"):
        ModelDelivery.file_system_asset("fs-1", model)  # type: ignore[arg-type]


def test_fails_when_there_is_no_model(stack: cdk.Stack, tmp_path: Path) -> None:
    missing = tmp_path / "missing"
    with refused(
        f"ModelDelivery.file_system_asset model must be an existing folder, got {missing}: its files are what the loader gets"
    ):
        ModelDelivery.file_system_asset(file_system(stack), missing)


def test_fails_when_publishing_would_take_too_long(
    stack: cdk.Stack, model: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "megabytes", lambda _: 20_481.04)
    with refused(
        "ModelDelivery.file_system_asset model must be 0-20480 MB, got 20481.0: what unpacks it is a function of twelve minutes, with 30 MB "
        "a second to be safe; bring a larger one there in another way"
    ):
        ModelDelivery.file_system_asset(file_system(stack), model)


def test_a_function_has_it_mounted_to_read(source: Path, model: Path, stack: cdk.Stack) -> None:
    place = file_system(stack)
    function(source, model, stack, delivery=ModelDelivery.file_system_asset(place, model))

    (served,) = (each for name, each in resources(stack, "AWS::Lambda::Function").items() if name.startswith("Fraud"))
    point = att(named(stack, "AWS::EFS::AccessPoint"), "Arn")
    assert served["Properties"]["FileSystemConfigs"] == [{"Arn": point, "LocalMountPath": "/mnt/models"}]
    waited = {*resources(stack, PUBLISHED), *resources(stack, "AWS::EFS::MountTarget")}
    assert waited <= set(served["DependsOn"])
    (allows,) = (name for name in resources(stack, "AWS::IAM::Policy") if name.startswith("FraudNeeds"))
    assert allows in served["DependsOn"]
    allowed = json.dumps(resources(stack, "AWS::IAM::Policy")[allows])
    assert "elasticfilesystem:ClientMount" in allowed
    assert "elasticfilesystem:ClientWrite" not in allowed


def test_cdk_nag_finds_nothing(source: Path, model: Path, tmp_path: Path) -> None:
    app = cdk.App(outdir=str(tmp_path / "out"))
    stack = cdk.Stack(app, "Stack")
    place = file_system(stack)
    function(source, model, stack, delivery=ModelDelivery.file_system_asset(place, model))
    reason = "The VPC is the user's."
    for vpc in (each for each in stack.node.children if isinstance(each, ec2.Vpc)):
        cdk.Validations.of(vpc).acknowledge(cdk.Acknowledgment(id="AwsSolutions-VPC7", reason=reason))
    cdk.Validations.of(app).add_plugins(AwsSolutionsChecks(app))

    app.synth()
