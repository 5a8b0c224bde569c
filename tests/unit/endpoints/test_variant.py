import dataclasses

import aws_cdk as cdk
import pytest

from cdk_model_hosting import (
    Architecture,
    Container,
    ContainerImage,
    Fleet,
    RealtimeEndpoint,
    Scaling,
    SingleModel,
    Variant,
)
from tests.unit.builders import FLEET, IMAGE, PAIR, new_stack, number_token, only, refused, single, text_token, variants


@pytest.fixture(scope="module")
def stack() -> cdk.Stack:
    return new_stack()


@pytest.fixture(scope="module")
def model(stack: cdk.Stack) -> SingleModel:
    return single(stack)


@pytest.fixture(scope="module")
def arm(stack: cdk.Stack) -> SingleModel:
    image = ContainerImage.from_uri(IMAGE, architecture=Architecture.ARM64)
    return SingleModel(stack, "Arm", container=Container(image=image))


def test_is_named_as_the_sdk_names_the_only_one(model: SingleModel) -> None:
    variant = Variant(model=model, fleet=FLEET)
    assert (variant.name, variant.weight, variant.initial_count) == ("AllTraffic", 1, 1)


def test_several_share_the_traffic_by_weight() -> None:
    stack = new_stack()
    first, second, third = variants(stack, "champion", "challenger", "shadow-1")
    RealtimeEndpoint(
        stack,
        "Endpoint",
        variants=[dataclasses.replace(first, weight=9), dataclasses.replace(second, weight=0.5),
                  dataclasses.replace(third, weight=0)],
    )  # fmt: skip
    found = only(stack, "AWS::SageMaker::EndpointConfig")["ProductionVariants"]
    assert [(each["VariantName"], each["InitialVariantWeight"]) for each in found] == [
        ("champion", 9),
        ("challenger", 0.5),
        ("shadow-1", 0),
    ]


@pytest.mark.parametrize("name", ["-a", "a-", "a_b", "a b", "a/b"])
def test_fails_when_the_name_has_another_form(model: SingleModel, name: str) -> None:
    with refused(
        "Variant name must be 1-63 characters (letters, digits and hyphens, no hyphen first or last), "
        f"got {name!r}: SageMaker accepts no other variant name"
    ):
        Variant(model=model, fleet=FLEET, name=name)


@pytest.mark.parametrize("name", ["", "v" * 64])
def test_fails_when_the_name_is_too_short_or_too_long(model: SingleModel, name: str) -> None:
    got = "'' of 0 characters" if not name else f"{repr(name)[:59]}… of 64 characters"
    with refused(
        "Variant name must be 1-63 characters (letters, digits and hyphens, no hyphen first or last), "
        f"got {got}: SageMaker accepts no other variant name"
    ):
        Variant(model=model, fleet=FLEET, name=name)


def test_fails_when_the_weight_is_negative(model: SingleModel) -> None:
    with refused(
        "Variant weight must be at least 0, got -0.1: a variant's share of the traffic is its weight divided by the sum "
        "of all weights"
    ):
        Variant(model=model, fleet=FLEET, weight=-0.1)


@pytest.mark.parametrize("weight", [float("nan"), float("inf")])
def test_fails_when_the_weight_is_no_number(model: SingleModel, weight: float) -> None:
    with refused(f"Variant weight must be at least 0, got {weight}: it must be a finite number"):
        Variant(model=model, fleet=FLEET, weight=weight)


def test_fails_when_two_have_one_name(stack: cdk.Stack, model: SingleModel) -> None:
    both = [Variant(model=model, fleet=FLEET), Variant(model=model, fleet=FLEET)]
    with refused(
        "Variant name must be unique in its endpoint, got 'AllTraffic' twice: requests and metrics tell variants apart "
        "by it"
    ):
        RealtimeEndpoint(stack, "Twice", variants=both)


def test_fails_when_all_have_weight_zero(stack: cdk.Stack, model: SingleModel) -> None:
    both = [Variant(model=model, fleet=FLEET, name=each, weight=0) for each in ("a", "b")]
    with refused(
        "Variant weight must be above 0 for at least one variant, got [0, 0]: otherwise no variant gets a request that "
        "does not name one"
    ):
        RealtimeEndpoint(stack, "Zeros", variants=both)


def test_name_and_weight_may_be_tokens() -> None:
    stack = new_stack()
    model = single(stack)
    shared = [
        Variant(
            model=model,
            fleet=FLEET,
            name=text_token(stack, "Name"),
            weight=number_token(stack, "Weight"),
            scaling=Scaling.on_invocations(per_instance_per_minute=60, between=(1, 2)),
        ),
        Variant(model=model, fleet=FLEET, name="fixed", weight=0),
    ]
    RealtimeEndpoint(stack, "Endpoint", variants=shared)
    first = only(stack, "AWS::SageMaker::EndpointConfig")["ProductionVariants"][0]
    assert (first["VariantName"], first["InitialVariantWeight"]) == ({"Ref": "Name"}, {"Ref": "Weight"})
    assert only(stack, "AWS::ApplicationAutoScaling::ScalableTarget")["ResourceId"]["Fn::Join"][1][-2:] == [
        "/variant/",
        {"Ref": "Name"},
    ]


# The fleet fits the model


@pytest.mark.parametrize("instance_type", ["ml.c6i.large", "ml.g5.xlarge", "ml.c5.large"])
def test_fails_when_an_arm_image_meets_an_x86_fleet(arm: SingleModel, instance_type: str) -> None:
    with refused(
        f"Variant fleet must be of the image's architecture linux/arm64, got {instance_type} which runs linux/amd64: "
        "the container would not start"
    ):
        Variant(model=arm, fleet=Fleet(instance_type=instance_type))


def test_fails_when_an_x86_image_meets_an_arm_fleet(stack: cdk.Stack) -> None:
    image = ContainerImage.from_uri(IMAGE, architecture=Architecture.X86_64)
    model = SingleModel(stack, "X86", container=Container(image=image))
    with refused(
        "Variant fleet must be of the image's architecture linux/amd64, got ml.c7g.large which runs linux/arm64: "
        "the container would not start"
    ):
        Variant(model=model, fleet=Fleet(instance_type="ml.c7g.large"))


def test_passes_when_they_fit_or_one_is_unknown(stack: cdk.Stack, model: SingleModel, arm: SingleModel) -> None:
    for instance_type in ("ml.c7g.large", "ml.c6gd.large", "ml.p6e-gb200.36xlarge", text_token(stack, "Type")):
        assert Variant(model=arm, fleet=Fleet(instance_type=instance_type)).model is arm
    for instance_type in ("ml.c7g.large", "ml.c6i.large"):
        assert Variant(model=model, fleet=Fleet(instance_type=instance_type)).model is model


# How many instances


@pytest.mark.parametrize(
    ("fleet", "scaling", "initial", "smallest"),
    [
        (FLEET, None, 1, 1),
        (PAIR, None, 2, 2),
        (FLEET, Scaling.between(3, 9), 3, 3),
        (PAIR, Scaling.between(1, 9), 2, 1),
    ],
)
def test_starts_with_the_fleets_count_or_the_scalings_minimum(
    model: SingleModel, fleet: Fleet, scaling: Scaling | None, initial: int, smallest: int
) -> None:
    variant = Variant(model=model, fleet=fleet, scaling=scaling)
    assert (variant.initial_count, variant.smallest_count) == (initial, smallest)


def test_a_token_for_the_minimum_is_what_it_starts_with(stack: cdk.Stack, model: SingleModel) -> None:
    minimum = number_token(stack, "Minimum")
    scaling = Scaling.between(minimum, number_token(stack, "Maximum"))  # type: ignore[arg-type]
    assert Variant(model=model, fleet=FLEET, scaling=scaling).initial_count == minimum


def test_equal_variants_are_equal(model: SingleModel) -> None:
    assert Variant(model=model, fleet=FLEET) == Variant(model=model, fleet=FLEET)
    assert Variant(model=model, fleet=FLEET) != Variant(model=model, fleet=PAIR)
    with pytest.raises(dataclasses.FrozenInstanceError):
        Variant(model=model, fleet=FLEET).weight = 2  # type: ignore[misc]
