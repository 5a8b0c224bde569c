from typing import Any

import aws_cdk as cdk
import pytest
from aws_cdk import aws_kms as kms

from cdk_model_hosting import Fleet, RealtimeEndpoint, Routing, Scaling, Variant
from cdk_model_hosting.endpoints.capture import DataCapture
from cdk_model_hosting.endpoints.endpoint import Endpoint
from cdk_model_hosting.endpoints.shadow import Shadow
from cdk_model_hosting.experiments.shadow import ShadowExperiment
from cdk_model_hosting.patterns import Pattern
from tests.unit.builders import FLEET, PAIR, new_stack, refused, single
from tests.unit.experiments.experiment import experiment_in

NAME = "(letters, digits and hyphens, no hyphen first or last)"
DESCRIPTION = "SageMaker accepts no longer description, and CloudFormation no empty one"
STATE = "SageMaker starts an experiment, completes it or cancels it"


@pytest.fixture(scope="module")
def stack() -> cdk.Stack:
    return new_stack()


@pytest.fixture(scope="module")
def live(stack: cdk.Stack) -> Endpoint:
    return RealtimeEndpoint.from_endpoint_name(stack, "Live", "live")


@pytest.fixture(scope="module")
def shadow(stack: cdk.Stack) -> Shadow:
    return Shadow(model=single(stack, "Candidate"), fleet=PAIR, percent=50)


@pytest.fixture(scope="module")
def production(stack: cdk.Stack) -> Variant:
    return Variant(model=single(stack), fleet=PAIR)


@pytest.fixture
def given(live: Endpoint, production: Variant, shadow: Shadow) -> dict[str, Any]:
    return {"endpoint": live, "production": production, "shadow": shadow}


def test_fails_when_the_endpoint_is_of_another_pattern(stack: cdk.Stack, given: dict[str, Any]) -> None:
    given["endpoint"] = RealtimeEndpoint.from_endpoint_name(stack, "Pipeline", "pipeline", pattern=Pattern.PIPELINE)
    with refused(
        "ShadowExperiment endpoint must be a single-model real-time one, got a serial pipeline one: SageMaker shadows "
        "single-model real-time endpoints only"
    ):
        ShadowExperiment(stack, "Experiment", **given)


def test_fails_when_the_endpoint_has_several_variants(stack: cdk.Stack, given: dict[str, Any]) -> None:
    given["endpoint"] = RealtimeEndpoint.from_endpoint_name(stack, "Several", "several", variant_names=["a", "b"])
    with refused(
        "ShadowExperiment endpoint must have exactly one variant, got ['a', 'b']: SageMaker copies the traffic of exactly one "
        "production variant to exactly one shadow variant"
    ):
        ShadowExperiment(stack, "Experiment", **given)


def test_fails_when_the_endpoint_has_a_shadow_of_its_own(given: dict[str, Any]) -> None:
    production, shadow = given["production"], given["shadow"]
    stack = cdk.Stack.of(production.model)
    given["endpoint"] = RealtimeEndpoint(stack, "Shadowed", variants=[production], shadow=shadow)
    with refused(
        "ShadowExperiment endpoint must be without a shadow of its own, got 'Shadow': SageMaker copies the traffic of exactly "
        "one production variant to exactly one shadow variant"
    ):
        ShadowExperiment(stack, "Experiment", **given)


def test_fails_when_the_endpoint_has_no_such_variant(stack: cdk.Stack, given: dict[str, Any]) -> None:
    given["production"] = Variant(model=given["production"].model, fleet=PAIR, name="current")
    with refused(
        "ShadowExperiment production must be the endpoint's variant 'AllTraffic', got 'current': the experiment copies the "
        "requests of a variant that exists"
    ):
        ShadowExperiment(stack, "Experiment", **given)


def test_fails_when_both_variants_have_one_name(stack: cdk.Stack, given: dict[str, Any]) -> None:
    given["shadow"] = Shadow(model=given["shadow"].model, fleet=PAIR, percent=50, name="AllTraffic")
    with refused(
        "Shadow name must differ from the production variant's, got 'AllTraffic' for both: metrics tell them apart by it"
    ):
        ShadowExperiment(stack, "Experiment", **given)


def test_fails_when_the_share_is_no_whole_number(stack: cdk.Stack, given: dict[str, Any]) -> None:
    given["shadow"] = Shadow(model=given["shadow"].model, fleet=PAIR, percent=12.5)
    with refused("ShadowExperiment shadow percent must be 1-100 %, got 12.5: it must be a whole number"):
        ShadowExperiment(stack, "Experiment", **given)


def test_fails_when_the_shadow_scales(stack: cdk.Stack, given: dict[str, Any]) -> None:
    given["shadow"] = Shadow(model=given["shadow"].model, fleet=PAIR, percent=50, scaling=Scaling.between(1, 4))
    with refused(
        "ShadowExperiment shadow scaling must be omitted, got one: its fleet is there only while the experiment runs, and "
        "cannot be registered in a deployment"
    ):
        ShadowExperiment(stack, "Experiment", **given)


def test_fails_when_more_is_said_of_the_shadows_fleet(stack: cdk.Stack, given: dict[str, Any]) -> None:
    fleet = Fleet(
        instance_type="ml.g6.xlarge",
        ami_version="al2-ami-sagemaker-inference-gpu-2",
        download_timeout=cdk.Duration.minutes(5),
        routing=Routing.random(),
    )
    given["shadow"] = Shadow(model=given["shadow"].model, fleet=fleet, percent=50)
    with refused(
        "ShadowExperiment shadow fleet must have an instance type and a count alone, got download_timeout and ami_version and "
        "routing: an experiment is told nothing else of it"
    ):
        ShadowExperiment(stack, "Experiment", **given)


def test_fails_when_a_share_is_captured(stack: cdk.Stack, given: dict[str, Any]) -> None:
    with refused("ShadowExperiment capture percent must be 100, got 20: an experiment is not told of shares"):
        ShadowExperiment(stack, "Experiment", capture=DataCapture(percent=20), **given)


def test_fails_when_one_side_is_captured(stack: cdk.Stack, given: dict[str, Any]) -> None:
    with refused(
        "ShadowExperiment capture modes must be both, got ['Output']: an experiment keeps requests together with their answers"
    ):
        ShadowExperiment(stack, "Experiment", capture=DataCapture(modes=["Output"]), **given)


@pytest.mark.parametrize(
    ("what", "value", "rule"),
    [
        ("experiment_name", "a_b", f"1-120 characters {NAME}, got 'a_b': SageMaker accepts no other name of an experiment"),
        ("description", "", f"1-1024 characters, got '' of 0 characters: {DESCRIPTION}"),
        ("desired_state", "Stopped", f"one of Running, Completed, Cancelled, got 'Stopped': {STATE}"),
        ("schedule", "now", "an ExperimentSchedule, got 'now': nothing else is understood there"),
        ("capture", True, "a DataCapture, got True: nothing else is understood there"),
        ("endpoint", "live", "an Endpoint, got 'live': nothing else is understood there"),
        ("production", "AllTraffic", "a Variant, got 'AllTraffic': nothing else is understood there"),
        ("shadow", "Shadow", "a Shadow, got 'Shadow': nothing else is understood there"),
    ],
)  # fmt: skip
def test_fails_when_an_argument_is_none(
    stack: cdk.Stack, given: dict[str, Any], what: str, value: object, rule: str
) -> None:
    given[what] = value
    with refused(f"ShadowExperiment {what} must be {rule}"):
        ShadowExperiment(stack, "Experiment", **given)


def test_fails_when_the_bucket_is_asked_for_and_nothing_captured() -> None:
    with refused(
        "ShadowExperiment capture must be given to ask for captured_bucket, got none: nothing is captured, and there is no "
        "bucket"
    ):
        _ = experiment_in(new_stack()).captured_bucket


def test_fails_when_the_role_is_a_text() -> None:
    with refused(
        "ShadowExperiment role must be a role such as Role.from_role_arn(self, 'Role', arn), got 'mine': nothing else is "
        "understood there"
    ):
        experiment_in(new_stack(), role="mine")


@pytest.mark.parametrize("whose", ["production", "shadow"])
def test_fails_when_a_fleet_has_no_volume_to_encrypt(whose: str) -> None:
    stack = new_stack()
    nvme = Fleet(instance_type="ml.g5.xlarge")
    model = single(stack)
    key = kms.Key(stack, "Key")
    with refused(
        "ShadowExperiment encryption_key must be omitted for ml.g5.xlarge, got one: its local NVMe disks are encrypted by the "
        "hardware with a key of their own, and it has no volume to encrypt"
    ):
        ShadowExperiment(
            stack,
            "Experiment",
            endpoint=RealtimeEndpoint.from_endpoint_name(stack, "Live", "live"),
            production=Variant(model=model, fleet=nvme if whose == "production" else FLEET),
            shadow=Shadow(model=model, fleet=nvme if whose == "shadow" else FLEET, percent=1),
            encryption_key=key,
        )


def test_fails_when_a_model_is_in_another_stack(given: dict[str, Any]) -> None:
    other = new_stack("Other")
    with refused(
        "SingleModel must be in its endpoint's stack, got Stack and Other: each new version has a new name, which "
        "CloudFormation cannot change while another stack imports it"
    ):
        ShadowExperiment(other, "Experiment", **given)
