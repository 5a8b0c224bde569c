"""Captures, shadows and explainers as a real-time endpoint has them; each by itself is tested beside its own file."""

from pathlib import Path
from typing import Any

import aws_cdk as cdk
import pytest
from aws_cdk import aws_kms as kms
from aws_cdk import aws_s3 as s3
from aws_cdk.assertions import Annotations, Match

from cdk_model_hosting import (
    Baseline,
    DataCapture,
    Explainer,
    Fleet,
    Model,
    RealtimeEndpoint,
    Rollout,
    Scaling,
    Shadow,
)
from tests.stacks.service_requests import refusals
from tests.unit.builders import PAIR, new_stack, number_token, only, refused, resources, single, text_token
from tests.unit.scaling.bound import template

CONFIG, ENDPOINT = "AWS::SageMaker::EndpointConfig", "AWS::SageMaker::Endpoint"
TARGET, ROLE = "AWS::ApplicationAutoScaling::ScalableTarget", "AWS::IAM::Role"
SCALING = Scaling.on_invocations(per_instance_per_minute=60, between=(2, 4))
EXPLAINER = Explainer.shap(baseline=Baseline.inline("1,2"))


def candidate(stack: cdk.Stack, **options: Any) -> Shadow:
    return Shadow(**{"model": single(stack, "Candidate"), "fleet": PAIR, "percent": 50, **options})


def made(stack: cdk.Stack, **options: Any) -> RealtimeEndpoint:
    given = {"model": single(stack), "fleet": PAIR, "endpoint_name": "fraud", "verify_rollout": False, **options}
    return RealtimeEndpoint(stack, "Endpoint", **given)


def allowed(stack: cdk.Stack, beginning: str) -> list[str]:
    """The actions of the role of a model, in the order of its statements."""
    (role,) = (each for name, each in resources(stack, ROLE).items() if name.startswith(beginning))
    (policy,) = role["Properties"]["Policies"]
    actions: list[str] = []
    for statement in policy["PolicyDocument"]["Statement"]:
        actions.extend([statement["Action"]] if isinstance(statement["Action"], str) else statement["Action"])
    return actions


def config_of(stack: cdk.Stack) -> dict[str, Any]:
    """The endpoint configuration, which SageMaker must accept as all the rest."""
    assert refusals(template(stack)) == {}
    return only(stack, CONFIG)


# Captures


def test_captures_go_into_a_bucket_that_every_variant_may_write_to() -> None:
    stack = new_stack()
    endpoint = made(stack, capture=DataCapture(percent=20), shadow=candidate(stack))
    config = config_of(stack)["DataCaptureConfig"]
    bucket = next(iter(resources(stack, "AWS::S3::Bucket")))
    assert config["InitialSamplingPercentage"] == 20
    assert config["DestinationS3Uri"] == {"Fn::Join": ["", ["s3://", {"Ref": bucket}, "/captured"]]}
    assert stack.resolve(endpoint.captured_bucket.bucket_name) == {"Ref": bucket}
    for model in ("ModelRole", "CandidateRole"):
        assert "s3:PutObject" in allowed(stack, model)


def test_captures_may_go_into_a_bucket_of_your_own() -> None:
    stack = new_stack()
    bucket = s3.Bucket.from_bucket_name(stack, "Mine", "mine")
    assert made(stack, capture=DataCapture(bucket=bucket)).captured_bucket is bucket
    assert resources(stack, "AWS::S3::Bucket") == {}


def test_nothing_captured_is_said() -> None:
    stack = new_stack()
    made(stack, capture=DataCapture(percent=0))
    Annotations.from_stack(stack).has_warning("/Stack/Endpoint", Match.string_like_regexp("nothing is captured"))


def test_fails_when_the_bucket_is_asked_for_and_nothing_captured() -> None:
    with refused(
        "RealtimeEndpoint capture must be given to ask for captured_bucket, got none: nothing is captured, and there is no "
        "bucket"
    ):
        _ = made(new_stack()).captured_bucket


# Shadows


def test_a_shadow_stands_beside_the_one_variant() -> None:
    stack = new_stack()
    made(stack, shadow=candidate(stack))
    config = config_of(stack)
    assert [each["VariantName"] for each in config["ProductionVariants"]] == ["AllTraffic"]
    (shadow,) = config["ShadowProductionVariants"]
    assert (shadow["VariantName"], shadow["InitialVariantWeight"]) == ("Shadow", 0.5)


def test_a_shadow_rolls_nothing_back() -> None:
    stack = new_stack()
    made(stack, shadow=candidate(stack))
    alarms = only(stack, ENDPOINT)["DeploymentConfig"]["AutoRollbackConfiguration"]["Alarms"]
    assert [each["AlarmName"].split("/")[1] for each in alarms] == ["AllTraffic"] * 2


@pytest.mark.parametrize("shadow_scales", [True, False])
def test_fleets_keep_their_size_and_a_shadow_its_share(shadow_scales: bool) -> None:
    stack = new_stack()
    scaling = SCALING if shadow_scales else None
    endpoint = made(stack, scaling=SCALING, shadow=candidate(stack, scaling=scaling))
    assert list(endpoint.scaled) == ["AllTraffic", *(["Shadow"] if shadow_scales else [])]
    assert len(resources(stack, TARGET)) == 1 + shadow_scales
    properties = only(stack, ENDPOINT)
    assert properties["RetainAllVariantProperties"] is True
    assert properties["ExcludeRetainedVariantProperties"] == [{"VariantPropertyType": "DesiredWeight"}]


def test_the_type_of_a_shadow_that_scales_can_change_too() -> None:
    stack = new_stack()
    made(stack, scaling=SCALING, shadow=candidate(stack, scaling=SCALING), allow_instance_type_change=True)
    assert resources(stack, TARGET) == {}
    registered = only(stack, "Custom::ScalingRegistration")["Variants"]
    assert set(registered) == {"AllTraffic", "Shadow"}


def test_a_shadows_volume_is_encrypted_with_the_key_as_well() -> None:
    stack = new_stack()
    key = kms.Key.from_key_arn(stack, "Key", "arn:aws:kms:eu-west-1:111122223333:key/1")
    made(stack, shadow=candidate(stack), encryption_key=key)
    assert "kms:CreateGrant" in allowed(stack, "CandidateRole")
    with refused(
        "RealtimeEndpoint encryption_key must be omitted for ml.g5.xlarge, got one: its local NVMe disks are encrypted by "
        "the hardware with a key of their own, and it has no volume to encrypt"
    ):
        other = new_stack()
        made(other, shadow=candidate(other, fleet=Fleet(instance_type="ml.g5.xlarge")), encryption_key=key)


def test_a_rolling_rollout_beside_a_shadow_may_be_refused() -> None:
    stack = new_stack()
    rollout = Rollout.rolling(percent=50, bake=cdk.Duration.minutes(5))
    made(stack, shadow=candidate(stack), rollout=rollout)
    text = "a rolling rollout may be refused beside a shadow: AWS excludes endpoints with several variants from it"
    Annotations.from_stack(stack).has_warning("/Stack/Endpoint", Match.string_like_regexp(text))


@pytest.mark.parametrize("rollout", [None, Rollout.canary(percent=50, bake=cdk.Duration.minutes(5))])
def test_other_rollouts_beside_a_shadow_are_as_usual(rollout: Rollout | None) -> None:
    stack = new_stack()
    made(stack, shadow=candidate(stack), rollout=rollout)
    Annotations.from_stack(stack).has_no_warning("*", Match.any_value())


def test_a_shadow_of_an_imported_model_is_allowed_nothing_here() -> None:
    stack = new_stack()
    imported = Model.from_model_name(stack, "Imported", "candidate")
    made(stack, shadow=Shadow(model=imported, fleet=PAIR, percent=100), capture=DataCapture())
    (shadow,) = config_of(stack)["ShadowProductionVariants"]
    assert shadow["ModelName"] == "candidate"
    assert len(resources(stack, ROLE)) == 1


def test_a_shadows_name_and_type_may_be_tokens() -> None:
    stack = new_stack()
    name = text_token(stack, "Name")
    fleet = Fleet(instance_type=text_token(stack, "Type"))
    endpoint = made(stack, shadow=candidate(stack, name=name, fleet=fleet))
    assert endpoint.shadow_names == (name,)
    (shadow,) = config_of(stack)["ShadowProductionVariants"]
    assert (shadow["VariantName"], shadow["InstanceType"]) == ({"Ref": "Name"}, {"Ref": "Type"})


# Explainers


def test_an_explainer_reads_its_baseline(tmp_path: Path) -> None:
    file = tmp_path / "baseline.csv"
    file.write_text("1,2\n")
    stack = new_stack()
    samples: Any = number_token(stack, "Samples")
    made(stack, explainer=Explainer.shap(baseline=Baseline.from_asset(file), samples=samples))
    shap = config_of(stack)["ExplainerConfig"]["ClarifyExplainerConfig"]["ShapConfig"]
    assert shap["NumberOfSamples"] == {"Ref": "Samples"}
    assert shap["ShapBaselineConfig"]["ShapBaselineUri"]["Fn::Join"][1][-1].endswith(".csv")
    assert "s3:GetObject" in allowed(stack, "ModelRole")


def test_all_three_together_are_accepted() -> None:
    stack = new_stack()
    made(stack, capture=DataCapture(), shadow=candidate(stack), explainer=EXPLAINER)
    assert {"DataCaptureConfig", "ShadowProductionVariants", "ExplainerConfig"} <= config_of(stack).keys()


def test_without_them_nothing_is_said_of_them() -> None:
    stack = new_stack()
    made(stack)
    assert config_of(stack).keys() == {"ProductionVariants"}


@pytest.mark.parametrize(
    ("option", "kind"), [("capture", "a DataCapture"), ("shadow", "a Shadow"), ("explainer", "an Explainer")]
)
def test_fails_when_an_option_is_of_another_kind(option: str, kind: str) -> None:
    with refused(f"RealtimeEndpoint {option} must be {kind}, got True: nothing else is understood there"):
        made(new_stack(), **{option: True})
