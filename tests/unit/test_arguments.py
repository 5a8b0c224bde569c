import re
from typing import Any

import aws_cdk as cdk
import pytest

from cdk_model_hosting import ConfigurationError, Fleet, Rollout
from cdk_model_hosting.arguments import require, require_duration, require_like, require_pair, require_several
from tests.unit.builders import FLEET, refused


@pytest.mark.parametrize(("value", "kinds"), [(1, (int,)), ("a", (int, str)), (FLEET, (Fleet,)), (FLEET, (str, Fleet))])
def test_the_right_kind_passes(value: object, kinds: tuple[type, ...]) -> None:
    require("Thing part", value, *kinds)


@pytest.mark.parametrize(
    ("value", "kinds", "wanted"),
    [
        ("ml.c6i.large", (Fleet,), "a Fleet"),
        (None, (Rollout, Fleet), "a Rollout or Fleet"),
        (1, (AssertionError,), "an AssertionError"),
        ("5", (int,), "an int"),
        (Fleet, (Fleet,), "a Fleet"),
    ],
)
def test_fails_when_it_is_of_another_kind(value: object, kinds: tuple[type, ...], wanted: str) -> None:
    with refused(f"Thing part must be {wanted}, got {value!r}: nothing else is understood there"):
        require("Thing part", value, *kinds)


def test_a_long_value_is_shown_in_part() -> None:
    with pytest.raises(ConfigurationError) as caught:
        require("Thing part", "x" * 500, int)
    assert len(str(caught.value)) < 160
    assert str(caught.value).endswith(": nothing else is understood there")


@pytest.mark.parametrize("values", [[], (), [1, 2], (1,)])
def test_lists_and_tuples_pass(values: object) -> None:
    require_several("Thing parts", values, int)


@pytest.mark.parametrize("values", ["abc", 1, None, {1, 2}, {"a": 1}, iter([1])])
def test_fails_when_it_is_no_list(values: object) -> None:
    with pytest.raises(
        ConfigurationError, match=rf"^Thing parts must be a list or tuple, got {re.escape(repr(values))}"
    ):
        require_several("Thing parts", values, int)


@pytest.mark.parametrize("values", [[1, "2"], ("2",), [1, None]])
def test_fails_when_an_element_is_of_another_kind(values: Any) -> None:
    with refused(f"Thing parts element must be an int, got {values[-1]!r}: nothing else is understood there"):
        require_several("Thing parts", values, int)


def test_elements_of_any_kind_pass_where_none_is_named() -> None:
    require_several("Thing parts", [1, "2", None])


@pytest.mark.parametrize("values", [(1, 2), [1, 2]])
def test_two_numbers_are_a_pair(values: Any) -> None:
    assert require_pair("Thing between", values) == (1, 2)


@pytest.mark.parametrize("values", [(), (1,), (1, 2, 3), 4, None, "12", {1, 2}])
def test_fails_when_it_is_no_pair(values: object) -> None:
    with refused(f"Thing between must be two numbers such as (2, 10), got {values!r}: fewest and most instances"):
        require_pair("Thing between", values)


def test_what_is_known_by_its_interface_is_asked_of_its_class() -> None:
    with refused("Thing bucket must be a bucket, got 'models': nothing else is understood there"):
        require_like("Thing bucket", "models", "bucket_name", "a bucket")
    require_like("Thing text", "models", "upper", "a text")


def test_a_time_without_a_unit_is_no_duration() -> None:
    with refused("Thing wait must be a Duration such as Duration.minutes(5), got 250: times come with their unit"):
        require_duration("Thing wait", 250)
    require_duration("Thing wait", cdk.Duration.millis(250))


def test_fewest_and_most_are_two_numbers() -> None:
    assert require_pair("Thing between", [2, 10]) == (2, 10)
    for wrong in (4, (1,), (1, 2, 3), None):
        with refused(f"Thing between must be two numbers such as (2, 10), got {wrong!r}: fewest and most instances"):
            require_pair("Thing between", wrong)
