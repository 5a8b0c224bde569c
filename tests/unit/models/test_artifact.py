import json
import re
from pathlib import Path

import aws_cdk as cdk
import pytest
from aws_cdk import aws_kms as kms
from aws_cdk import aws_s3 as s3

from cdk_model_hosting import ModelArtifact, SingleModel
from cdk_model_hosting.models.artifact import BoundArtifact
from tests.unit.builders import (
    IMAGE,
    PULL,
    container,
    new_stack,
    number_token,
    only,
    refused,
    statements,
    sub,
    text_token,
)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "model").mkdir()
    (tmp_path / "model" / "model.onnx").write_bytes(b"weights")
    return tmp_path / "model"


@pytest.fixture(scope="module")
def stack() -> cdk.Stack:
    return new_stack()


@pytest.fixture(scope="module")
def bucket(stack: cdk.Stack) -> s3.IBucket:
    return s3.Bucket.from_bucket_name(stack, "Models", "models")


def bound(artifact: ModelArtifact, stack: cdk.Stack) -> BoundArtifact:
    return artifact.bind(stack, "Artifact")


# A folder


def keys(folder: Path) -> list[str]:
    """The S3 keys that a stack with the folder uploads to."""
    stack = new_stack()
    SingleModel(stack, "Model", container=container(ModelArtifact.from_asset(folder)))
    out = Path(cdk.App.of(stack).synth().directory)  # type: ignore[union-attr]
    manifest = json.loads((out / "Stack.assets.json").read_text())
    return [
        destination["objectKey"]
        for file in manifest["files"].values()
        if file["source"]["path"] != "Stack.template.json"
        for destination in file["destinations"].values()
    ]


def test_a_folder_is_uploaded_as_one_archive_under_its_content_hash(folder: Path) -> None:
    first = keys(folder)
    assert len(first) == 1
    assert re.fullmatch(r"[0-9a-f]{64}(\.tar)?\.gz", first[0])
    (folder / "model.onnx").touch()
    assert keys(folder) == first
    (folder / "model.onnx").write_bytes(b"better weights")
    assert keys(folder) != first


def test_the_role_may_read_the_uploaded_archive_alone(folder: Path) -> None:
    stack = new_stack()
    SingleModel(stack, "Model", container=container(ModelArtifact.from_asset(folder)))
    url = only(stack, "AWS::SageMaker::Model")["PrimaryContainer"]["ModelDataUrl"]["Fn::Join"][1]
    pull, read = statements(stack)
    assert pull["Action"] == PULL
    assert (read["Action"], set(read)) == ("s3:GetObject", {"Action", "Effect", "Resource"})
    arn = read["Resource"]["Fn::Join"][1]
    assert url[0] == "s3://"
    assert arn[:2] == ["arn:", {"Ref": "AWS::Partition"}]
    assert arn[2:] == [":s3:::", *url[1:]]
    assert "*" not in json.dumps(arn)


def test_fails_when_the_folder_is_missing(tmp_path: Path) -> None:
    missing = tmp_path / "nowhere"
    message = (
        f"ModelArtifact.from_asset folder must be an existing folder, got {missing}: "
        "its files become /opt/ml/model in the container; a ready archive goes to S3 and ModelArtifact.from_bucket"
    )
    with refused(message):
        ModelArtifact.from_asset(missing)
    with refused(message):
        ModelArtifact.from_asset(str(missing))


def test_fails_when_a_file_is_given_for_a_folder(folder: Path) -> None:
    message = (
        f"ModelArtifact.from_asset folder must be an existing folder, got {folder / 'model.onnx'}: "
        "its files become /opt/ml/model in the container; a ready archive goes to S3 and ModelArtifact.from_bucket"
    )
    with refused(message):
        ModelArtifact.from_asset(folder / "model.onnx")


# An archive in a bucket


def test_an_archive_in_a_bucket(stack: cdk.Stack, bucket: s3.IBucket) -> None:
    found = bound(ModelArtifact.from_bucket(bucket, "fraud/7/model.tar.gz"), stack)
    assert (found.url, found.compressed) == ("s3://models/fraud/7/model.tar.gz", True)
    (read,) = found.permissions
    assert (read.actions, read.conditions, read.wildcard_reason) == (("s3:GetObject",), None, None)
    assert stack.resolve(list(read.resources)) == [sub("arn:${AWS::Partition}:s3:::models/fraud/7/model.tar.gz")]


def test_a_version_takes_its_place_in_the_key(stack: cdk.Stack, bucket: s3.IBucket) -> None:
    found = bound(ModelArtifact.from_bucket(bucket, "fraud/{version}/model.tar.gz", version="7"), stack)
    assert found.url == "s3://models/fraud/7/model.tar.gz"
    found = bound(ModelArtifact.uncompressed(bucket, "fraud/{version}/", version="7"), stack)
    assert found.url == "s3://models/fraud/7/"


@pytest.mark.parametrize(("key", "version"), [("fraud/{version}/model.tar.gz", None), ("fraud/model.tar.gz", "7")])
def test_fails_when_only_one_of_version_and_its_place_is_given(
    bucket: s3.IBucket, key: str, version: str | None
) -> None:
    message = (
        f"ModelArtifact key and version must be given together, got key {key!r} and version {version!r}: "
        "the version takes the place of {version} in the key, so that a new version has a new address"
    )
    with refused(message):
        ModelArtifact.from_bucket(bucket, key, version=version)


@pytest.mark.parametrize("key", ["model.zip", "models/", "", "model.tar", "model.tar.gz/"])
def test_fails_when_the_key_is_no_archives(bucket: s3.IBucket, key: str) -> None:
    message = (
        f"ModelArtifact.from_bucket key must end in .tar.gz, got {key!r}: SageMaker unpacks one gzipped tar "
        "archive; use ModelArtifact.uncompressed for files under a prefix"
    )
    with refused(message):
        ModelArtifact.from_bucket(bucket, key)


def test_fails_when_the_address_is_too_long(stack: cdk.Stack, bucket: s3.IBucket) -> None:
    key = "k" * 1012 + ".tar.gz"
    shown = repr(f"s3://models/{key}")[:59] + "…"
    with refused(
        f"ModelArtifact address must be 1-1024 characters (an s3:// or https:// address), got {shown} of 1031 "
        "characters: SageMaker downloads the model from there"
    ):
        bound(ModelArtifact.from_bucket(bucket, key), stack)


def test_a_key_and_a_version_may_be_tokens(stack: cdk.Stack, bucket: s3.IBucket) -> None:
    key, version = text_token(stack, "Key"), text_token(stack, "Version")
    assert bound(ModelArtifact.from_bucket(bucket, key), stack).url == f"s3://models/{key}"
    assert bound(ModelArtifact.uncompressed(bucket, key), stack).url == f"s3://models/{key}"
    found = bound(ModelArtifact.from_bucket(bucket, "{version}/model.tar.gz", version=version), stack)
    assert found.url == f"s3://models/{version}/model.tar.gz"
    number = cdk.Token.as_string(number_token(stack, "Build"))
    assert bound(ModelArtifact.uncompressed(bucket, f"{number}/"), stack).url == f"s3://models/{number}/"


# Files under a prefix


def test_files_under_a_prefix(stack: cdk.Stack, bucket: s3.IBucket) -> None:
    found = bound(ModelArtifact.uncompressed(bucket, "llm/7/"), stack)
    assert (found.url, found.compressed) == ("s3://models/llm/7/", False)
    read, find = found.permissions
    assert read.actions == ("s3:GetObject",)
    assert stack.resolve(read.resources[0]) == sub("arn:${AWS::Partition}:s3:::models/llm/7/*")
    assert read.wildcard_reason == "SageMaker reads every object below the artifact's own prefix"
    assert find.actions == ("s3:ListBucket",)
    assert stack.resolve(find.resources[0])["Fn::Join"][1][-1] == ":s3:::models"
    assert find.conditions == {"StringLike": {"s3:prefix": ["llm/7/*"]}}


def test_files_under_a_prefix_are_named_as_a_data_source() -> None:
    stack = new_stack()
    models = s3.Bucket.from_bucket_name(stack, "Models", "models")
    SingleModel(stack, "Model", container=container(ModelArtifact.uncompressed(models, "llm/7/")))
    assert only(stack, "AWS::SageMaker::Model")["PrimaryContainer"] == {
        "Image": IMAGE,
        "ModelDataSource": {
            "S3DataSource": {"S3Uri": "s3://models/llm/7/", "S3DataType": "S3Prefix", "CompressionType": "None"}
        },
    }


@pytest.mark.parametrize("prefix", ["", "llm", "llm/7/model.tar.gz"])
def test_fails_when_the_prefix_is_no_prefix(bucket: s3.IBucket, prefix: str) -> None:
    message = (
        f"ModelArtifact.uncompressed prefix must end in '/', got {prefix!r}: SageMaker copies every object "
        "below it; use ModelArtifact.from_bucket for one archive"
    )
    with refused(message):
        ModelArtifact.uncompressed(bucket, prefix)


# Encryption


def test_a_bucket_with_a_key_gives_the_right_to_decrypt() -> None:
    stack = new_stack()
    key = kms.Key(stack, "Key")
    models = s3.Bucket(stack, "Models", encryption_key=key, encryption=s3.BucketEncryption.KMS)
    SingleModel(stack, "Model", container=container(ModelArtifact.from_bucket(models, "1/model.tar.gz")))
    pull, read, decrypt = statements(stack)
    assert pull["Resource"] == sub("arn:${AWS::Partition}:ecr:eu-west-1:123456789012:repository/serve")
    assert read["Resource"]["Fn::Join"][1][-1] == "/1/model.tar.gz"
    assert decrypt == {
        "Action": "kms:Decrypt",
        "Effect": "Allow",
        "Resource": {"Fn::GetAtt": [stack.get_logical_id(key.node.default_child), "Arn"]},  # type: ignore[arg-type]
    }


def test_a_bucket_without_a_key_gives_none(stack: cdk.Stack, bucket: s3.IBucket) -> None:
    actions = [each.actions for each in bound(ModelArtifact.uncompressed(bucket, "a/"), stack).permissions]
    assert actions == [("s3:GetObject",), ("s3:ListBucket",)]


def test_equal_artifacts_are_equal(bucket: s3.IBucket) -> None:
    assert ModelArtifact.from_bucket(bucket, "a.tar.gz") == ModelArtifact.from_bucket(bucket, "a.tar.gz")
    assert ModelArtifact.from_bucket(bucket, "a.tar.gz") != ModelArtifact.from_bucket(bucket, "b.tar.gz")


# As one archive, for a store of models


def test_the_bucket_of_an_archive_may_have_a_key() -> None:
    stack = new_stack()
    key = kms.Key(stack, "Key")
    models = s3.Bucket(stack, "Models", encryption_key=key, encryption=s3.BucketEncryption.KMS)
    found = ModelArtifact.from_bucket(models, "1/model.tar.gz").archive(stack, "Archive")
    assert [each.actions for each in found.permissions] == [("s3:GetObject",), ("kms:Decrypt",)]


def test_a_folder_as_an_archive_is_told_by_its_content(folder: Path) -> None:
    stack = new_stack()
    found = ModelArtifact.from_asset(folder).archive(stack, "Archive")
    assert re.fullmatch(r"[0-9a-f]{64}", found.content)
    assert found.release == found.content[:8]
    (read,) = found.permissions
    assert read.actions == ("s3:GetObject",)
    assert "*" not in json.dumps(stack.resolve(list(read.resources)))


@pytest.mark.parametrize(("key", "version"), [("a*/model.tar.gz", None), ("{version}/model.tar.gz", "*")])
def test_fails_when_a_key_or_a_version_holds_a_wildcard(bucket: s3.IBucket, key: str, version: str | None) -> None:
    shown = repr(key) if version is None else f"{key!r} and version {version!r}"
    with refused(
        f"ModelArtifact key must hold none of *, ? and $, got {shown}: IAM and CloudFormation read them as wildcards and "
        "references"
    ):
        ModelArtifact.from_bucket(bucket, key, version=version)
