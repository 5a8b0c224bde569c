from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING, Any

import aws_cdk as cdk
import pytest
from aws_cdk import aws_kms as kms
from aws_cdk import aws_s3 as s3
from constructs import Construct

from cdk_model_hosting import ModelDelivery, ModelFileSystem, ModelLayer
from cdk_model_hosting.functions import model_archive
from cdk_model_hosting.functions.files import stream_tar
from cdk_model_hosting.functions.size import FunctionSize
from tests.unit.builders import att, new_stack, refused, sub, text_token
from tests.unit.functions.made import advice_of, function, only_own, own, policies

if TYPE_CHECKING:
    from pathlib import Path

KEY = (
    "ModelDelivery.bucket key must be 1-1024 bytes (without *, ? and $, no address, and no slash first or last), got {}: it names one object "
    "of the bucket, and IAM and CloudFormation read the others as wildcards and references"
)
SHA = "0" * 63 + "F"


def told(function_: Any) -> dict[str, Any]:
    """What the function is told of its model."""
    variables = only_own(function_, "AWS::Lambda::Function")["Environment"]["Variables"]
    return {name.removeprefix("MODEL_FUNCTION_"): value for name, value in variables.items() if "ENTRY" not in name}


def bucket(stack: cdk.Stack) -> s3.IBucket:
    return s3.Bucket.from_bucket_name(stack, "Models", "my-models")


def test_bundled(source: Path, model: Path) -> None:
    made = function(source, model)

    assert told(made) == {"DELIVERY": "bundled", "PATH": "cdk_model"}
    assert "Layers" not in only_own(made, "AWS::Lambda::Function")
    assert len(policies(made)) == 2


def test_a_layer_is_shared(source: Path, model: Path) -> None:
    stack = new_stack()
    layer = ModelLayer(stack, "Model", model=model, description="Fraud")
    for name in ("First", "Second"):
        function(source, model, stack, name, delivery=ModelDelivery.layer(layer))

    (layer_id,) = own(stack, "AWS::Lambda::LayerVersion")
    functions = own(stack, "AWS::Lambda::Function").values()
    assert [each["Properties"]["Layers"] for each in functions] == [[{"Ref": layer_id}]] * 2
    for each in functions:
        assert each["Properties"]["Environment"]["Variables"]["MODEL_FUNCTION_PATH"] == "/opt/cdk_model"
        assert each["Properties"]["Environment"]["Variables"]["MODEL_FUNCTION_DELIVERY"] == "layer"
    assert only_own(stack, "AWS::Lambda::LayerVersion")["Description"] == "Fraud"


def test_a_folder_goes_to_a_bucket_as_one_archive_of_known_bytes(source: Path, model: Path, tmp_path: Path) -> None:
    app = cdk.App(outdir=str(tmp_path / "out"))
    made = function(source, model, cdk.Stack(app, "Stack"), delivery=ModelDelivery.bucket_asset(model))
    app.synth()

    (archive,) = (tmp_path / "out").glob("asset.*.tar")
    digest = hashlib.sha256(archive.read_bytes()).hexdigest()
    assets = "cdk-hnb659fds-assets-${AWS::AccountId}-${AWS::Region}"
    assert told(made) == {
        "DELIVERY": "bucket",
        "BUCKET": sub(assets),
        "KEY": archive.name.removeprefix("asset."),
        "SHA256": digest,
    }
    (read,) = [each for each in policies(made) if each["Action"] == "s3:GetObject"]
    assert json.dumps(read["Resource"]).count(told(made)["KEY"]) == 1


def test_an_archive_is_written_by_those_commands_alone_that_need_it(source: Path, model: Path, tmp_path: Path) -> None:
    """`cdk list`, and ``--exclusively`` for another stack, must not fill the disk; the address is the same."""
    found = []
    for name, context in (("all", {}), ("none", {"aws:cdk:bundling-stacks": ["Other"]})):
        app = cdk.App(outdir=str(tmp_path / name), context=context)
        found.append(told(function(source, model, cdk.Stack(app, "Stack"), delivery=ModelDelivery.bucket_asset(model))))
        app.synth()

    assert [len(list((tmp_path / name).glob("asset.*.tar"))) for name in ("all", "none")] == [1, 0]
    assert found[0] == found[1]


def test_the_archive_is_among_the_assets_of_a_stack_in_a_stage(source: Path, model: Path, tmp_path: Path) -> None:
    app = cdk.App(outdir=str(tmp_path / "out"))
    stage = cdk.Stage(app, "Stage")
    stack = cdk.Stack(stage, "Stack")
    function(source, model, cdk.NestedStack(stack, "Nested"), delivery=ModelDelivery.bucket_asset(model))
    app.synth()

    (manifest,) = (tmp_path / "out" / "assembly-Stage").glob("*.assets.json")
    files = json.loads(manifest.read_text())["files"].values()
    (archive,) = [each["source"]["path"] for each in files if each["source"]["path"].endswith(".tar")]
    assert (manifest.parent / archive).resolve().parent == (tmp_path / "out").resolve()
    assert (manifest.parent / archive).exists()


def test_a_folder_is_read_once_while_it_stays_as_it_is(model: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    read: list[object] = []

    def counted(sink: Any, files: Any) -> None:
        read.append(files)
        stream_tar(sink, files)

    monkeypatch.setattr(model_archive, "stream_tar", counted)
    delivery = ModelDelivery.bucket_asset(model)
    stack = new_stack()
    first, second = (delivery.bind(Construct(stack, name)).variables["MODEL_FUNCTION_SHA256"] for name in ("A", "B"))
    assert (first, len(read)) == (second, 1)

    (model / "model.onnx").write_bytes(b"other")
    assert delivery.bind(Construct(stack, "C")).variables["MODEL_FUNCTION_SHA256"] != first


def test_an_object_in_a_bucket(source: Path, model: Path) -> None:
    stack = new_stack()
    delivery = ModelDelivery.bucket(bucket(stack), "fraud/7.tar.gz", etag="abc", sha256=SHA)
    made = function(source, model, stack, delivery=delivery)

    assert told(made) == {
        "DELIVERY": "bucket",
        "BUCKET": "my-models",
        "KEY": "fraud/7.tar.gz",
        "ETAG": "abc",
        "SHA256": SHA,
    }
    assert policies(made)[-1] == {
        "Action": "s3:GetObject",
        "Effect": "Allow",
        "Resource": sub("arn:${AWS::Partition}:s3:::my-models/fraud/7.tar.gz"),
    }


def test_a_version_of_an_object_in_an_encrypted_bucket(source: Path, model: Path) -> None:
    stack = new_stack()
    encrypted = s3.Bucket(stack, "Encrypted", encryption_key=kms.Key(stack, "Key"))
    version = text_token(stack)
    delivery = ModelDelivery.bucket(encrypted, "fraud.onnx", version_id=version)
    made = function(source, model, stack, delivery=delivery)

    assert told(made)["VERSION_ID"] == {"Ref": "Text"}
    actions = [each["Action"] for each in policies(made)]
    assert actions[-2:] == ["s3:GetObjectVersion", "kms:Decrypt"]
    assert policies(made)[-1]["Resource"] == att("Key961B73FD", "Arn")


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (
            {"key": "a.onnx"},
            (
                "ModelDelivery.bucket must have a version_id, an etag or a sha256, got none for a.onnx: an object that is written "
                "anew under its key would be another model in some environments and not in others"
            ),
        ),
        (
            {"key": "a.onnx", "etag": " "},
            "ModelDelivery.bucket etag must not be blank, got ' ': it tells the object from others under its key",
        ),
        (
            {"key": "a.onnx", "version_id": ""},
            "ModelDelivery.bucket version_id must not be blank, got '': it tells the object from others under its key",
        ),
        (
            {"key": "a.onnx", "etag": "x", "size_mb": -1},
            "ModelDelivery.bucket size_mb must be more than 0 MB, got -1: an empty object is no model",
        ),
        (
            {"key": "a.onnx", "sha256": "abc"},
            "ModelDelivery.bucket sha256 must be 64 hexadecimal digits, got 'abc': it is what sha256sum prints of the object",
        ),
        (
            {"key": "a.onnx", "etag": 7},
            "ModelDelivery.bucket etag must be a str, got 7: nothing else is understood there",
        ),
        (
            {"key": "a.onnx", "etag": "x", "size_mb": "9"},
            "ModelDelivery.bucket size_mb must be an int or float, got '9': nothing else is understood there",
        ),
    ],
)
def test_fails_when_an_object_is_not_told_from_others(options: dict[str, Any], message: str) -> None:
    with refused(message):
        ModelDelivery.bucket(bucket(new_stack()), **options)


@pytest.mark.parametrize("key", ["a*", "what?", "$a", "s3://b/k", "https://b/k", "/k", "models/", "/"])
def test_fails_when_a_key_is_none_of_one_object(key: str) -> None:
    with refused(KEY.format(repr(key))):
        ModelDelivery.bucket(bucket(new_stack()), key, etag="x")


@pytest.mark.parametrize("key", ["", "é" * 513])
def test_fails_when_a_key_is_too_short_or_too_long(key: str) -> None:
    shown = repr(key) if not key else repr(key)[:59] + "…"
    with refused(KEY.format(f"{shown} of {len(key.encode())} bytes")):
        ModelDelivery.bucket(bucket(new_stack()), key, etag="x")


@pytest.mark.parametrize("key", ["a", "models/fraud.onnx", "x" * 1024, "s3/k"])
def test_keys_of_one_object_pass(key: str) -> None:
    ModelDelivery.bucket(bucket(new_stack()), key, etag="x", size_mb=0.1)


@pytest.mark.parametrize(("description", "shown"), [("x" * 257, "'" + "x" * 58 + "… of 257 characters"), (5, "5")])
def test_fails_when_a_layer_has_no_description_that_lambda_keeps(model: Path, description: Any, shown: str) -> None:
    why = "it must be a string" if description == 5 else "Lambda keeps no longer description"
    with refused(f"ModelLayer description must be 0-256 characters, got {shown}: {why}"):
        ModelLayer(new_stack(), "Model", model=model, description=description)


def test_a_layers_description_may_be_known_at_deploy_time_only(model: Path) -> None:
    stack = new_stack()
    ModelLayer(stack, "Model", model=model, description=text_token(stack))

    assert only_own(stack, "AWS::Lambda::LayerVersion")["Description"] == {"Ref": "Text"}


def test_fails_when_a_bucket_is_none() -> None:
    with refused(
        "ModelDelivery.bucket bucket must be a bucket such as Bucket.from_bucket_name(self, 'Models', 'my-models'), got "
        "'my-models': nothing else is understood there"
    ):
        ModelDelivery.bucket("my-models", "a.onnx", etag="x")  # type: ignore[arg-type]


@pytest.mark.parametrize("name", ["bundled", "bucket_asset", "image"])
def test_fails_when_a_models_folder_is_missing(name: str) -> None:
    with refused(
        f"ModelDelivery.{name} model must be an existing folder, got nowhere: its files are what the loader gets"
    ):
        getattr(ModelDelivery, name)("nowhere")


def test_fails_when_a_layer_is_none() -> None:
    with refused("ModelDelivery.layer layer must be a ModelLayer, got 'arn': nothing else is understood there"):
        ModelDelivery.layer("arn")  # type: ignore[arg-type]


def test_fails_when_a_layer_is_too_large(tmp_path: Path) -> None:
    with (tmp_path / "weights").open("wb") as file:
        file.truncate((250 << 20) + (1 << 19))
    with refused(
        "ModelLayer model must be 0-250 MB, got 250.5: Lambda unpacks no more; bring the model from a bucket, or all of it "
        "as an image"
    ):
        ModelLayer(new_stack(), "Model", model=tmp_path)


@pytest.mark.parametrize(
    ("key", "size", "ephemeral", "needed"),
    [("a.tar.gz", 300, 512, 600), ("a.onnx", 600, 512, 600), ("a.zip", 1000, 1999, 2000)],
)
def test_fails_when_tmp_has_no_room(  # noqa: PLR0917 - the parameters of the test are its cases
    source: Path, model: Path, key: str, size: int, ephemeral: int, needed: float
) -> None:
    stack = new_stack()
    delivery = ModelDelivery.bucket(bucket(stack), key, etag="x", size_mb=size)
    with refused(
        f"FunctionSize ephemeral_mb must be at least {needed:.1f} MB for this model, got {ephemeral}: /tmp holds an archive "
        "and what is unpacked from it at the same time"
    ):
        function(source, model, stack, delivery=delivery, size=FunctionSize(ephemeral_mb=ephemeral))
    function(source, model, stack, "Larger", delivery=delivery, size=FunctionSize(ephemeral_mb=int(needed)))


def test_a_folder_is_measured_against_tmp(source: Path, model: Path) -> None:
    (model / "model.onnx").write_bytes(bytes(300 << 20))
    with refused(
        "FunctionSize ephemeral_mb must be at least 600.0 MB for this model, got 512: /tmp holds an archive and what is "
        "unpacked from it at the same time"
    ):
        function(source, model, delivery=ModelDelivery.bucket_asset(model))


OUTLASTS = (
    "the function takes about {} seconds to get and load {} MB of /tmp: Lambda ends that after ten seconds, and lets it begin anew within "
    "the first event, which takes about {} seconds, and FunctionSize timeout is {}; give it more time, or bring the model on a file "
    "system or as an image [ack: cdk-model-hosting:modelOutlastsTimeout]"
)


@pytest.mark.parametrize(
    ("key", "timeout", "advice"),
    [
        ("a.onnx", 10, [OUTLASTS.format(17, 1024, 11, 10)]),
        ("a.tar.gz", 23, [OUTLASTS.format(31, 2048, 24, 23)]),
        ("a.tar.gz", 24, []),
    ],
)
def test_a_model_that_takes_longer_than_the_timeout_is_warned_of(
    source: Path, model: Path, key: str, timeout: int, advice: list[str]
) -> None:
    stack = new_stack()
    delivery = ModelDelivery.bucket(bucket(stack), key, etag="x", size_mb=1024)
    size = FunctionSize(ephemeral_mb=2048, timeout=cdk.Duration.seconds(timeout))

    assert advice_of(function(source, model, stack, delivery=delivery, size=size)) == advice


def test_a_bucket_that_is_known_at_deploy_time_only_passes_every_check(source: Path, model: Path) -> None:
    stack = new_stack()
    text = text_token(stack)
    number = cdk.CfnParameter(stack, "Number", type="Number").value_as_number
    elsewhere = s3.Bucket.from_bucket_name(stack, "Elsewhere", text)
    delivery = ModelDelivery.bucket(elsewhere, text, sha256=text, size_mb=number)

    assert told(function(source, model, stack, delivery=delivery))["KEY"] == {"Ref": "Text"}


def delivered(kind: str, there: cdk.Stack, model: Path) -> ModelDelivery:
    """A delivery by what is in another stack."""
    if kind == "layer":
        return ModelDelivery.layer(ModelLayer(there, "Model", model=model))
    if kind == "file_system":
        return ModelDelivery.file_system(ModelFileSystem(there, "Models"), "a/{version}", version="1")
    if kind == "file_system_asset":
        return ModelDelivery.file_system_asset(ModelFileSystem(there, "Models"), model)
    return ModelDelivery.bucket(bucket(there), "a.onnx", etag="x")


REACHED = "a function reaches it from its own region alone"


@pytest.mark.parametrize(
    ("kind", "what", "why"),
    [
        ("layer", "layer", "Lambda lays no layer of elsewhere"),
        ("file_system", "file_system", REACHED),
        ("file_system_asset", "file_system", REACHED),
        (
            "bucket",
            "bucket",
            "each environment downloads the model when it begins, which takes too long, and is paid for, from elsewhere",
        ),
    ],
)
def test_fails_when_what_has_the_model_is_in_another_region(model: Path, kind: str, what: str, why: str) -> None:
    app = cdk.App()
    there, here = (
        cdk.Stack(app, region, env=cdk.Environment(region=region, account="111122223333"))
        for region in ("eu-west-1", "us-west-2")
    )
    delivery = delivered(kind, there, model)
    with refused(f"ModelDelivery.{kind} {what} must be in the stack's region us-west-2, got one in eu-west-1: {why}"):
        delivery.bind(Construct(here, "Fraud"))
    delivery.bind(Construct(there, "Fraud"))
    delivery.bind(Construct(cdk.Stack(app, "Open"), "Fraud"))
