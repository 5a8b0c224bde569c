import json
from pathlib import Path
from typing import Any

import aws_cdk as cdk
import pytest
from aws_cdk import aws_kms as kms
from aws_cdk import aws_s3 as s3
from aws_cdk.assertions import Template

from cdk_model_hosting import ModelArtifact, ModelStore, MultiModel
from tests.unit.builders import container, new_stack, only, refused, resources, stack_in, statements, sub, text_token

PUBLISHED = "Custom::PublishedModel"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "model").mkdir()
    (tmp_path / "model" / "model.onnx").write_bytes(b"weights")
    return tmp_path / "model"


def named(stack: cdk.Stack, name: str = "models", construct_id: str = "Named") -> s3.IBucket:
    return s3.Bucket.from_bucket_name(stack, construct_id, name)


def imported(stack: cdk.Stack, **options: Any) -> ModelStore:
    return ModelStore(stack, "Store", bucket=named(stack), **options)


def released(stack: cdk.Stack, key: str = "fraud/7/model.tar.gz", **options: Any) -> ModelArtifact:
    return ModelArtifact.from_bucket(named(stack, "releases", f"Releases{len(stack.node.children)}"), key, **options)


# The bucket


def test_a_bucket_is_made_that_nobody_sees_into() -> None:
    stack = new_stack()
    store = ModelStore(stack, "Store")
    (bucket,) = resources(stack, "AWS::S3::Bucket").values()
    assert bucket["DeletionPolicy"] == bucket["UpdateReplacePolicy"] == "Retain"
    assert set(bucket["Properties"]["PublicAccessBlockConfiguration"].values()) == {True}
    assert "ServerSideEncryptionConfiguration" in bucket["Properties"]["BucketEncryption"]
    (deny,) = only(stack, "AWS::S3::BucketPolicy")["PolicyDocument"]["Statement"]
    assert (deny["Effect"], deny["Condition"]) == ("Deny", {"Bool": {"aws:SecureTransport": "false"}})
    assert stack.resolve(store.url)["Fn::Join"][1][-1] == "/models/"
    assert store.bucket.node.path == "Stack/Store/Bucket"


def test_a_store_without_models_has_no_function() -> None:
    stack = new_stack()
    ModelStore(stack, "Store")
    Template.from_stack(stack).resource_count_is("AWS::Lambda::Function", 0)


def test_a_bucket_can_be_given() -> None:
    stack = new_stack()
    store = imported(stack, prefix="served/")
    assert (store.url, store.prefix, store.cache, store.published) == ("s3://models/served/", "served/", True, [])
    assert resources(stack, "AWS::S3::Bucket") == {}


def test_a_model_may_read_below_the_prefix_alone() -> None:
    stack = new_stack()
    MultiModel(stack, "Model", container=container(models=imported(stack)))
    pull, read, find = statements(stack)
    assert pull["Action"][0].startswith("ecr:")
    assert read == {
        "Action": "s3:GetObject",
        "Effect": "Allow",
        "Resource": sub("arn:${AWS::Partition}:s3:::models/models/*"),
    }
    assert find["Action"] == "s3:ListBucket"
    assert find["Resource"]["Fn::Join"][1][-1] == ":s3:::models"
    assert find["Condition"] == {"StringLike": {"s3:prefix": ["models/*"]}}


def test_a_bucket_with_a_key_lets_the_model_decrypt_and_the_publisher_encrypt(folder: Path) -> None:
    stack = new_stack()
    arn = "arn:aws:kms:eu-west-1:111122223333:key/1"
    key = kms.Key.from_key_arn(stack, "Key", arn)
    bucket = s3.Bucket.from_bucket_attributes(stack, "Models", bucket_name="models", encryption_key=key)
    store = ModelStore(stack, "Store", bucket=bucket)
    MultiModel(stack, "Model", container=container(models=store))
    store.add_model("fraud", ModelArtifact.from_asset(folder))
    model = only_role_with_a_policy(stack)
    assert [each["Action"] for each in model if each["Resource"] == arn] == ["kms:Decrypt"]
    publisher = publishing(stack)
    assert [each["Action"] for each in publisher if each["Resource"] == arn] == [
        "kms:Decrypt",
        ["kms:Decrypt", "kms:GenerateDataKey"],
    ]


def only_role_with_a_policy(stack: cdk.Stack) -> list[dict[str, Any]]:
    (policies,) = [
        each["Properties"]["Policies"]
        for each in resources(stack, "AWS::IAM::Role").values()
        if "Policies" in each["Properties"]
    ]
    found: list[dict[str, Any]] = policies[0]["PolicyDocument"]["Statement"]
    return found


def publishing(stack: cdk.Stack) -> list[dict[str, Any]]:
    """What the publisher may do."""
    return [
        statement
        for name, policy in resources(stack, "AWS::IAM::ManagedPolicy").items()
        if name.startswith("ModelPublisher")
        for statement in policy["Properties"]["PolicyDocument"]["Statement"]
    ]


# The arguments


@pytest.mark.parametrize("prefix", ["", "models", "/", "/models/"])
def test_fails_when_the_prefix_is_none(prefix: str) -> None:
    with refused(
        f"ModelStore prefix must end in '/' and not begin with one, got {prefix!r}: it names a folder of the bucket"
    ):
        ModelStore(new_stack(), "Store", prefix=prefix)


def test_fails_when_the_prefix_holds_a_wildcard() -> None:
    with refused(
        "ModelStore prefix must hold none of *, ? and $, got '*/': IAM and CloudFormation read them as wildcards and references"
    ):
        ModelStore(new_stack(), "Store", prefix="*/")


def test_fails_when_the_address_is_too_long() -> None:
    prefix = "p" * 1012 + "/"
    with refused(
        "ModelStore address must be 1-1024 characters (an s3:// or https:// address), got "
        f"{repr('s3://models/' + prefix)[:59]}… of 1025 characters: SageMaker downloads the model from there"
    ):
        imported(new_stack(), prefix=prefix)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"bucket": "models"}, "bucket must be a bucket such as Bucket.from_bucket_name(self, 'Models', 'my-models'), got 'models'"),
        ({"prefix": 7}, "prefix must be a str, got 7"),
        ({"cache": "no"}, "cache must be a bool, got 'no'"),
    ],
)  # fmt: skip
def test_fails_when_an_argument_is_of_another_kind(options: dict[str, Any], message: str) -> None:
    with refused(f"ModelStore {message}: nothing else is understood there"):
        ModelStore(new_stack(), "Store", **options)


def test_the_prefix_and_the_bucket_may_be_tokens() -> None:
    stack = new_stack()
    bucket = named(stack, text_token(stack, "BucketName"))
    store = ModelStore(stack, "Store", bucket=bucket, prefix=f"{text_token(stack, 'Tenant')}/")
    target = store.add_model("fraud", released(stack, "a/{version}.tar.gz", version="7"))
    assert target == "fraud-7.tar.gz"
    published = only(stack, PUBLISHED)
    assert published["Bucket"] == {"Ref": "BucketName"}
    assert published["Key"] == {"Fn::Join": ["", [{"Ref": "Tenant"}, "/fraud-7.tar.gz"]]}


# Adding models


def test_a_folder_is_published_under_its_content(folder: Path) -> None:
    stack = new_stack()
    store = imported(stack)
    target = store.add_model("fraud", ModelArtifact.from_asset(folder))
    published = only(stack, PUBLISHED)
    assert target == f"fraud-{published['Content'][:8]}.tar.gz"
    assert (published["Bucket"], published["Key"]) == ("models", f"models/{target}")
    assert "assets" in json.dumps(published["SourceBucket"])
    assert published["SourceKey"].endswith(".gz")
    assert published["ServiceTimeout"] == 960


def test_a_changed_folder_has_a_changed_target(folder: Path) -> None:
    targets = set()
    for weights in (b"weights", b"weights", b"better weights"):
        (folder / "model.onnx").write_bytes(weights)
        targets.add(imported(new_stack()).add_model("fraud", ModelArtifact.from_asset(folder)))
    assert len(targets) == 2


def test_an_archive_with_a_version_is_published_under_it() -> None:
    stack = new_stack()
    store = imported(stack)
    assert store.add_model("fraud", released(stack, "fraud/{version}/model.tar.gz", version="7")) == "fraud-7.tar.gz"
    assert store.add_model("ads", released(stack, "{version}/ads.tar.gz", version="2026/11")) == "ads-2026-11.tar.gz"
    assert only_published(stack, "fraud")["Content"] == "releases/fraud/7/model.tar.gz"
    assert only_published(stack, "fraud")["SourceKey"] == "fraud/7/model.tar.gz"


def only_published(stack: cdk.Stack, name: str) -> dict[str, Any]:
    (found,) = [
        each["Properties"]
        for each in resources(stack, PUBLISHED).values()
        if each["Properties"]["Key"].startswith(f"models/{name}-")
    ]
    properties: dict[str, Any] = found
    return properties


def test_an_archive_without_a_version_is_published_under_a_digest_of_its_address() -> None:
    def target(bucket: str, key: str) -> str:
        stack = new_stack()
        artifact = ModelArtifact.from_bucket(named(stack, bucket, "Releases"), key)
        return imported(stack).add_model("fraud", artifact)

    first = target("releases", "fraud/7/model.tar.gz")
    assert len(first) == len("fraud-12345678.tar.gz")
    assert target("releases", "fraud/7/model.tar.gz") == first
    assert target("releases", "fraud/8/model.tar.gz") != first
    assert target("others", "fraud/7/model.tar.gz") != first


def test_buckets_that_are_named_by_the_deployment_are_told_apart() -> None:
    stack = new_stack()
    store = imported(stack)
    one, two = (s3.Bucket(stack, each) for each in ("One", "Two"))
    targets = {
        store.add_model(name, ModelArtifact.from_bucket(bucket, "1.tar.gz")).removeprefix(name)
        for name, bucket in (("a", one), ("b", two))
    }
    assert len(targets) == 2


def test_a_key_and_a_version_may_be_tokens() -> None:
    stack = new_stack()
    store = imported(stack)
    version = text_token(stack, "Version")
    by_version = store.add_model("fraud", released(stack, "fraud/{version}.tar.gz", version=version))
    assert stack.resolve(by_version) == {"Fn::Join": ["", ["fraud-", {"Ref": "Version"}, ".tar.gz"]]}
    by_key = store.add_model("ads", released(stack, text_token(stack, "Key")))
    parts = {"Fn::Join": ["-", {"Fn::Split": ["/", {"Ref": "Key"}]}]}
    assert stack.resolve(by_key) == {"Fn::Join": ["", ["ads-", parts, ".tar.gz"]]}
    assert only_with_source(stack, {"Ref": "Key"})["Key"] == {"Fn::Join": ["", ["models/ads-", parts, ".tar.gz"]]}


def only_with_source(stack: cdk.Stack, key: object) -> dict[str, Any]:
    (found,) = [
        each["Properties"] for each in resources(stack, PUBLISHED).values() if each["Properties"]["SourceKey"] == key
    ]
    properties: dict[str, Any] = found
    return properties


def test_the_target_can_be_used_in_the_same_template() -> None:
    stack = new_stack()
    target = imported(stack).add_model("fraud", released(stack, "{version}.tar.gz", version="7"))
    cdk.CfnOutput(stack, "Target", value=target)
    assert Template.from_stack(stack).find_outputs("Target")["Target"]["Value"] == "fraud-7.tar.gz"


def test_who_calls_a_model_during_the_deployment_can_wait_for_it() -> None:
    stack = new_stack()
    store = imported(stack)
    store.add_model("fraud", released(stack))
    caller = cdk.CfnResource(stack, "Caller", type="AWS::SNS::Topic")
    caller.node.add_dependency(*store.published)
    (published,) = resources(stack, PUBLISHED)
    assert resources(stack, "AWS::SNS::Topic")["Caller"]["DependsOn"] == [published]


def test_the_model_does_not_wait_for_what_is_in_the_store() -> None:
    stack = new_stack()
    store = imported(stack)
    model = MultiModel(stack, "Model", container=container(models=store))
    model.add_model("fraud", released(stack))
    (resource,) = resources(stack, "AWS::SageMaker::Model").values()
    assert "DependsOn" not in resource


def test_it_stands_in_a_stack_with_a_region_as_in_one_without() -> None:
    for stack in (new_stack(), stack_in("eu-west-1")):
        store = ModelStore(stack, "Store")
        assert store.add_model("fraud", released(stack, "{version}.tar.gz", version="7")) == "fraud-7.tar.gz"
        Template.from_stack(stack).resource_count_is(PUBLISHED, 1)


def test_fails_when_the_artifact_is_no_archive() -> None:
    stack = new_stack()
    with refused(
        "ModelStore.add_model artifact must be one gzipped archive, got the prefix 'llm/7/': SageMaker loads each model of a "
        "multi-model container from a .tar.gz; use ModelArtifact.from_asset or .from_bucket"
    ):
        imported(stack).add_model("llm", ModelArtifact.uncompressed(named(stack, "releases", "Releases"), "llm/7/"))


def test_fails_when_a_name_is_taken() -> None:
    stack = new_stack()
    store = imported(stack)
    store.add_model("fraud", released(stack))
    with refused(
        "ModelStore.add_model name must be unique in the store, got 'fraud' twice: requests tell models apart by it"
    ):
        store.add_model("fraud", released(stack, "fraud/8/model.tar.gz"))


def test_the_same_name_may_be_in_two_stores() -> None:
    stack = new_stack()
    bucket = named(stack)
    for prefix in ("one/", "two/"):
        ModelStore(stack, prefix[:3], bucket=bucket, prefix=prefix).add_model("fraud", released(stack))
    assert len(resources(stack, PUBLISHED)) == 2


def test_fails_when_name_and_version_together_are_not_unique() -> None:
    stack = new_stack()
    store = imported(stack)
    store.add_model("fraud", released(stack, "{version}.tar.gz", version="eu-7"))
    with refused(
        "ModelStore.add_model must give each model a target of its own, got 'fraud-eu-7.tar.gz' for 'fraud' and 'fraud-eu': "
        "name and version together must be unique"
    ):
        store.add_model("fraud-eu", released(stack, "{version}.tar.gz", version="7"))


@pytest.mark.parametrize("name", ["a b", "a/b", "é", "a*"])
def test_fails_when_the_name_has_another_form(name: str) -> None:
    stack = new_stack()
    with refused(
        "ModelStore.add_model name must be 1-1024 characters (letters, digits, dots, hyphens and underscores), got "
        f"{name!r}: a request names it in a header, and S3 takes it as a part of a key"
    ):
        imported(stack).add_model(name, released(stack))


def test_fails_when_the_version_makes_a_target_of_another_form() -> None:
    stack = new_stack()
    with refused(
        "ModelStore.add_model target must be 1-1024 characters (letters, digits, dots, hyphens and underscores), got "
        "'fraud-7 beta.tar.gz': a request names it in a header, and S3 takes it as a part of a key"
    ):
        imported(stack).add_model("fraud", released(stack, "{version}.tar.gz", version="7 beta"))


def test_fails_when_the_key_is_too_long() -> None:
    stack = new_stack()
    name = "n" * 1002
    with refused(
        f"ModelStore.add_model key must be 1-1024 bytes, got {repr('models/' + name)[:59]}… of 1025 bytes: S3 keeps no longer key"
    ):
        imported(stack).add_model(name, released(stack))


def test_fails_when_the_name_is_a_token() -> None:
    stack = new_stack()
    with refused(
        "ModelStore.add_model name must be literal, got one that is known only at deploy time: resources of the template are "
        "named after it"
    ):
        imported(stack).add_model(text_token(stack), released(stack))


@pytest.mark.parametrize(
    ("name", "artifact", "message"),
    [(7, "model.tar.gz", "name must be a str, got 7"), ("fraud", "model.tar.gz", "artifact must be a ModelArtifact, got 'model.tar.gz'")],
)  # fmt: skip
def test_fails_when_a_model_is_of_another_kind(name: Any, artifact: Any, message: str) -> None:
    with refused(f"ModelStore.add_model {message}: nothing else is understood there"):
        imported(new_stack()).add_model(name, artifact)
