import dataclasses
from typing import Any

import aws_cdk as cdk
import pytest

from cdk_model_hosting import Fleet, Model, Scaling, Variant
from cdk_model_hosting.endpoints.shadow import Shadow
from cdk_model_hosting.patterns import Pattern
from tests.unit.builders import FLEET, PAIR, new_stack, number_token, refused, single, text_token
from tests.unit.endpoints.configured import configured

INF1 = Fleet(instance_type="ml.inf1.xlarge")


@pytest.fixture(scope="module")
def stack() -> cdk.Stack:
    return new_stack()


@pytest.fixture(scope="module")
def model(stack: cdk.Stack) -> Model:
    return single(stack)


@pytest.fixture(scope="module")
def production(model: Model) -> Variant:
    return Variant(model=model, fleet=FLEET)


# The variant that it becomes


def test_it_becomes_a_shadow_variant() -> None:
    stack = new_stack()
    candidate = Model.from_model_name(stack, "Candidate", "candidate")
    shadow = Shadow(model=candidate, fleet=PAIR, percent=10, name="Candidate")
    beside = shadow.beside([Variant(model=single(stack), fleet=FLEET)])
    config = configured(stack, shadow_production_variants=[beside.render()])
    assert config["ShadowProductionVariants"] == [
        {
            "VariantName": "Candidate",
            "ModelName": "candidate",
            "InstanceType": "ml.c6i.large",
            "InitialInstanceCount": 2,
            "InitialVariantWeight": 0.1,
        }
    ]


@pytest.mark.parametrize(
    ("percent", "weight", "expected"),
    [(100, 1, 1), (50, 1, 0.5), (10, 4, 0.4), (33.3, 1, 0.333), (0.1, 1, 0.001), (100, 2.5, 2.5)],
)
def test_its_weight_is_its_share_of_the_production_variants(
    production: Variant, percent: float, weight: float, expected: float
) -> None:
    shadow = Shadow(model=production.model, fleet=FLEET, percent=percent)
    assert shadow.beside([dataclasses.replace(production, weight=weight)]).weight == expected


def test_it_keeps_its_scaling(production: Variant) -> None:
    scaling = Scaling.on_invocations(per_instance_per_minute=60, between=(1, 4))
    beside = Shadow(model=production.model, fleet=FLEET, percent=100, scaling=scaling).beside([production])
    assert (beside.name, beside.scaling) == ("Shadow", scaling)


# What is refused


@pytest.mark.parametrize("percent", [0, -1, 100.5])
def test_fails_when_the_share_is_none(model: Model, percent: float) -> None:
    with refused(
        f"Shadow percent must be more than 0 and at most 100 %, got {percent}: it gets a copy of some requests at least, and "
        "of each request once at most"
    ):
        Shadow(model=model, fleet=FLEET, percent=percent)


@pytest.mark.parametrize(
    ("what", "value", "kind"), [("model", "candidate", "a Model"), ("fleet", "ml.c6i.large", "a Fleet"), ("scaling", 2, "a Scaling")]
)  # fmt: skip
def test_fails_when_an_argument_is_of_another_kind(model: Model, what: str, value: object, kind: str) -> None:
    given: dict[str, Any] = {"model": model, "fleet": FLEET, what: value}
    with refused(f"Shadow {what} must be {kind}, got {value!r}: nothing else is understood there"):
        Shadow(percent=1, **given)


def test_fails_when_the_name_has_another_form(model: Model) -> None:
    with refused(
        "Shadow name must be 1-63 characters (letters, digits and hyphens, no hyphen first or last), got 'a_b': SageMaker "
        "accepts no other variant name"
    ):
        Shadow(model=model, fleet=FLEET, percent=1, name="a_b")


@pytest.mark.parametrize("pattern", [Pattern.MULTI_MODEL, Pattern.PIPELINE, Pattern.MULTI_CONTAINER])
def test_fails_when_either_model_is_no_single_one(pattern: Pattern) -> None:
    stack = new_stack()
    other = Model.from_model_name(stack, "Other", "other", pattern=pattern)
    why = "SageMaker shadows single-model real-time endpoints only"
    with refused(f"Shadow model must be a model by itself, got a {pattern.value} one: {why}"):
        Shadow(model=other, fleet=FLEET, percent=1)
    shadow = Shadow(model=single(stack), fleet=FLEET, percent=1)
    with refused(f"Variant model beside a Shadow must be a model by itself, got a {pattern.value} one: {why}"):
        shadow.beside([Variant(model=other, fleet=FLEET)])


def test_fails_when_either_fleet_is_of_inf1_instances(model: Model) -> None:
    why = "SageMaker shadows no endpoint with them"
    with refused(f"Shadow fleet must not be of Inf1 instances, got ml.inf1.xlarge: {why}"):
        Shadow(model=model, fleet=INF1, percent=1)
    shadow = Shadow(model=model, fleet=FLEET, percent=1)
    with refused(f"Variant fleet beside a Shadow must not be of Inf1 instances, got ml.inf1.xlarge: {why}"):
        shadow.beside([Variant(model=model, fleet=INF1)])


@pytest.mark.parametrize("count", [0, 2])
def test_fails_when_there_is_not_one_production_variant(production: Variant, count: int) -> None:
    shadow = Shadow(model=production.model, fleet=FLEET, percent=1)
    with refused(
        f"RealtimeEndpoint shadow must be given with exactly one production variant, got {count}: SageMaker copies the "
        "traffic of exactly one production variant to exactly one shadow variant"
    ):
        shadow.beside([production] * count)


def test_fails_when_both_have_one_name(production: Variant) -> None:
    shadow = Shadow(model=production.model, fleet=FLEET, percent=1, name="AllTraffic")
    with refused(
        "Shadow name must differ from the production variant's, got 'AllTraffic' for both: metrics tell them apart by it"
    ):
        shadow.beside([production])


# Tokens


def test_name_and_type_may_be_tokens(stack: cdk.Stack, production: Variant) -> None:
    name, kind = text_token(stack, "Name"), text_token(stack, "Type")
    fleet = Fleet(instance_type=kind)
    shadow = Shadow(model=production.model, fleet=fleet, percent=number_token(stack, "Any"), name=name)
    assert dataclasses.replace(shadow, percent=100).beside([dataclasses.replace(production, name=name)]).name == name


def test_a_whole_share_takes_any_weight(stack: cdk.Stack, production: Variant) -> None:
    weight = number_token(stack, "Weight")
    shadow = Shadow(model=production.model, fleet=FLEET, percent=100)
    assert shadow.beside([dataclasses.replace(production, weight=weight)]).weight == weight


def test_fails_when_a_weight_cannot_be_computed(stack: cdk.Stack, production: Variant) -> None:
    why = "must be a literal number, got one that is known only at deploy time: CloudFormation cannot compute with it"
    with refused(f"Shadow percent {why}"):
        Shadow(model=production.model, fleet=FLEET, percent=number_token(stack, "Percent")).beside([production])
    shadow = Shadow(model=production.model, fleet=FLEET, percent=10)
    with refused(f"Variant weight beside a Shadow {why}"):
        shadow.beside([dataclasses.replace(production, weight=number_token(stack, "Other"))])
