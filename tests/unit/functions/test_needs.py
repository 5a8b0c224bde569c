"""A version that is live keeps what it needs while the next one, which needs something else, is deployed beside it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import aws_cdk as cdk
import pytest
from aws_cdk import aws_kms as kms
from aws_cdk import aws_s3 as s3
from aws_cdk import aws_sns as sns

from cdk_model_hosting import AccessPoint, ModelDelivery, ModelFileSystem, Rollout
from cdk_model_hosting.functions.on_failure import OnFailure
from tests.unit.builders import new_stack
from tests.unit.functions.made import function, only_own, own

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

Options = dict[str, Any]


def needed(source: Path, model: Path, options: Callable[[cdk.Stack], Options]) -> tuple[str, dict[str, Any], Any]:
    """The policy of a version: its logical ID and itself; and the role's own policy."""
    stack = new_stack()
    made = function(source, model, stack, **options(stack))
    found = {name: each for name, each in own(made, "AWS::IAM::Policy").items() if name.startswith("FraudNeeds")}
    ((name, policy),) = found.items()
    (served,) = [each for key, each in own(made, "AWS::Lambda::Function").items() if key.startswith("FraudFunction")]
    assert name in served["DependsOn"]
    ((role_id, role),) = [each for each in own(made, "AWS::IAM::Role").items() if each[0].startswith("FraudRole")]
    assert policy["Properties"]["Roles"] == [{"Ref": role_id}]
    return name, policy["Properties"], role["Properties"]["Policies"]


def object_with(key: str) -> Callable[[cdk.Stack], Options]:
    def options(stack: cdk.Stack) -> Options:
        bucket = s3.Bucket.from_bucket_name(stack, "Models", "models")
        return {"delivery": ModelDelivery.bucket(bucket, key, etag="1")}

    return options


def mounted(**changed: Any) -> Callable[[cdk.Stack], Options]:
    def options(stack: cdk.Stack) -> Options:
        place = ModelFileSystem(stack, "Models", **changed)
        return {"delivery": ModelDelivery.file_system(place, "fraud/{version}", version="1")}

    return options


def encrypted(name: str) -> Callable[[cdk.Stack], Options]:
    return lambda stack: {"encryption_key": kms.Key(stack, name)}


def told(name: str) -> Callable[[cdk.Stack], Options]:
    return lambda stack: {"on_failure": OnFailure.topic(sns.Topic(stack, name))}


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (object_with("one.onnx"), object_with("two.onnx")),
        (mounted(), mounted(access_point=AccessPoint(folder="/others"))),
        (encrypted("One"), encrypted("Two")),
        (told("One"), told("Two")),
    ],
    ids=["object", "access point", "key", "failed events"],
)
def test_what_another_version_needs_is_another_policy(
    source: Path, model: Path, one: Callable[[cdk.Stack], Options], other: Callable[[cdk.Stack], Options]
) -> None:
    (name, policy, role), (other_name, other_policy, other_role) = (
        needed(source, model, each) for each in (one, other)
    )

    assert name != other_name
    # Policies of one role are told apart by their names.
    assert policy["PolicyName"] != other_policy["PolicyName"]
    assert role == other_role


def test_another_model_of_the_app_is_read_beside_the_one_before(source: Path, model: Path) -> None:
    def canary(_: cdk.Stack) -> Options:
        rollout = Rollout.canary(percent=10, bake=cdk.Duration.minutes(30))
        return {"delivery": ModelDelivery.bucket_asset(model), "rollout": rollout}

    before, policy, _ = needed(source, model, canary)
    assert needed(source, model, canary)[:2] == (before, policy)
    (model / "model.onnx").write_bytes(b"another graph")
    after, other, _ = needed(source, model, canary)

    assert before != after
    assert policy["PolicyDocument"] != other["PolicyDocument"]


def test_what_needs_nothing_has_no_policy(source: Path, model: Path) -> None:
    made = function(source, model)

    assert own(made, "AWS::IAM::Policy") == {}
    (policy,) = only_own(made, "AWS::IAM::Role")["Policies"]
    assert policy["PolicyName"] == "Serve"
