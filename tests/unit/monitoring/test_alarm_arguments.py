"""What all factories of `Alarm` take and refuse in the same way."""

import aws_cdk as cdk
import pytest

from cdk_model_hosting import Alarm
from cdk_model_hosting.monitoring.condition import Condition
from tests.unit.builders import new_stack, number_token, refused
from tests.unit.monitoring.factories import ALL, COUNTS, LATENCIES, SHARES, Factory


def test_every_factory_is_known() -> None:
    factories = {
        name
        for kind in Alarm.__mro__
        if issubclass(kind, Condition)
        for name, value in vars(kind).items()
        if isinstance(value, classmethod) and not name.startswith("_")
    }
    made = [factory() for factory in ALL]
    assert {each.what for each in made} == {f"Alarm.{name}" for name in factories}
    assert len({each.name for each in made}) == len(made) == len(factories)


@pytest.mark.parametrize("factory", ALL)
def test_minutes_are_checked(factory: Factory) -> None:
    assert (factory(minutes=1, out_of=7).minutes, factory(minutes=1, out_of=7).out_of) == (1, 7)
    with refused("Alarm minutes must be 1-1440 minutes, got 0: CloudWatch looks back a day at most"):
        factory(minutes=0)


@pytest.mark.parametrize(("factory", "of"), SHARES)
@pytest.mark.parametrize("above", [-1, 100, float("nan")])
def test_fails_when_a_share_is_none(factory: Factory, of: str, above: float) -> None:
    with refused(f"Alarm.{factory.__name__} above must be 0 to below 100 %, got {above}: it is a share of {of}"):
        factory(above=above)


USES = [factory for factory, _ in SHARES if factory.__name__.endswith("_utilization")]


@pytest.mark.parametrize("factory", USES)
@pytest.mark.parametrize("above", [0.01, 0.9, 0.999])
def test_fails_when_a_use_is_a_fraction(factory: Factory, above: float) -> None:
    with refused(
        f"Alarm.{factory.__name__} above must be 0 or 1 to below 100 %, got {above}: whatever runs uses more than that; 90 "
        "stands for nine tenths"
    ):
        factory(above=above)


@pytest.mark.parametrize("factory", USES)
@pytest.mark.parametrize("above", [0, 1, 1.5, 99.9])
def test_any_use_at_all_and_what_is_no_fraction_pass(factory: Factory, above: float) -> None:
    assert f"more than {above} %" in factory(above=above).says


def test_a_share_of_requests_may_be_a_fraction() -> None:
    assert Alarm.server_errors(above=0.5).threshold == 0.005


@pytest.mark.parametrize(("factory", "of"), SHARES)
def test_fails_when_a_share_is_a_token(factory: Factory, of: str) -> None:
    assert of
    with refused(
        f"Alarm.{factory.__name__} above must be a literal number, got one that is known only at deploy time: "
        "CloudFormation cannot compute with it"
    ):
        factory(above=number_token(new_stack()))


@pytest.mark.parametrize(("factory", "argument", "least", "why"), COUNTS)
@pytest.mark.parametrize("value", [-1, -3, 1.5, float("nan"), float("inf")])
def test_fails_when_a_count_is_none(factory: Factory, argument: str, least: int, why: str, value: float) -> None:
    with refused(f"Alarm.{factory.__name__} {argument} must be a whole number of at least {least}, got {value}: {why}"):
        factory(**{argument: value})


@pytest.mark.parametrize(("factory", "argument", "least", "why"), COUNTS)
def test_the_least_count_passes_and_no_smaller_one(factory: Factory, argument: str, least: int, why: str) -> None:
    assert factory(**{argument: least})
    with refused(
        f"Alarm.{factory.__name__} {argument} must be a whole number of at least {least}, got {least - 1}: {why}"
    ):
        factory(**{argument: least - 1})


@pytest.mark.parametrize(("factory", "argument"), [each[:2] for each in COUNTS])
def test_fails_when_a_count_is_a_token(factory: Factory, argument: str) -> None:
    with refused(
        f"Alarm.{factory.__name__} {argument} must be a literal number, got one that is known only at deploy time: "
        "CloudFormation cannot compute with it"
    ):
        factory(**{argument: number_token(new_stack())})


@pytest.mark.parametrize(("factory", "argument"), [each[:2] for each in COUNTS])
def test_fails_when_a_count_is_no_number(factory: Factory, argument: str) -> None:
    with refused(
        f"Alarm.{factory.__name__} {argument} must be an int or float, got 'five': nothing else is understood there"
    ):
        factory(**{argument: "five"})


@pytest.mark.parametrize(("factory", "why"), LATENCIES)
def test_fails_when_no_time_is_given(factory: Factory, why: str) -> None:
    with refused(f"Alarm.{factory.__name__} above must be more than 0 milliseconds, got 0: {why}"):
        factory(above=cdk.Duration.millis(0))


@pytest.mark.parametrize(("factory", "why"), LATENCIES)
def test_fails_when_a_time_is_a_token(factory: Factory, why: str) -> None:
    assert why
    with refused(
        f"Alarm.{factory.__name__} above must be a literal time, got one that is known only at deploy time: "
        "CloudFormation cannot convert it"
    ):
        factory(above=cdk.Duration.seconds(number_token(new_stack())))
