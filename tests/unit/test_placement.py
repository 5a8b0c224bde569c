import re

import aws_cdk as cdk
import pytest
from aws_cdk import aws_sns as sns
from constructs import Construct

from cdk_model_hosting.placement import as_construct_id, place_of
from tests.unit.builders import new_stack, text_token


def deep(scope: Construct, *ids: str) -> Construct:
    for each in ids:
        scope = Construct(scope, each)
    return scope


def test_a_stack_stands_at_the_root() -> None:
    stack = new_stack("Stack", stack_name="prod")
    place = place_of(stack)
    assert place.stack is stack
    assert (place.root_name, place.root_path, place.path) == ("prod", (), ())


def test_a_scope_stands_below_its_stack() -> None:
    stack = cdk.Stack(cdk.Stage(cdk.App(), "Prod"), "Stack")
    place = place_of(deep(stack, "A", "B"))
    assert place.stack is stack
    assert (place.root_name, place.root_path, place.path) == ("Prod-Stack", ("A", "B"), ("A", "B"))


def test_a_nested_stack_has_the_name_of_the_outermost() -> None:
    stack = new_stack("Stack", stack_name="prod")
    inner = cdk.NestedStack(cdk.NestedStack(stack, "One"), "Two")
    place = place_of(deep(inner, "A"))
    assert place.stack is inner
    assert (place.root_name, place.root_path, place.path) == ("prod", ("One", "Two", "A"), ("A",))


def test_a_stack_whose_id_begins_like_anothers_is_told_apart() -> None:
    app = cdk.App()
    cdk.Stack(app, "S")
    assert place_of(deep(cdk.Stack(app, "SS"), "S")).path == ("S",)


def test_is_asked_for_once() -> None:
    scope = deep(new_stack(), "A")
    assert place_of(scope) is place_of(scope)


def test_a_child_stands_below() -> None:
    stack = new_stack()
    for scope in (
        stack,
        deep(stack, "A"),
        cdk.NestedStack(stack, "Nested"),
        deep(cdk.NestedStack(stack, "Other"), "A"),
    ):
        assert place_of(scope).child("B") == place_of(deep(scope, "B"))


# Names


@pytest.mark.parametrize("longest", [20, 32, 63])
@pytest.mark.parametrize("ids", [("a",), ("A" * 100,), ("Größe", "x_y"), ("---",), ("a-" * 40,), ("é",)])
def test_a_name_is_valid_and_no_longer_than_it_may_be(ids: tuple[str, ...], longest: int) -> None:
    name = place_of(deep(new_stack("S"), *ids[:-1])).unique_name(ids[-1], longest=longest)
    assert re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", name), name
    assert len(name) <= longest


def test_a_name_is_the_same_in_every_process() -> None:
    assert place_of(new_stack("Stack")).unique_name("Endpoint", longest=63) == "stack-endpoint-19b586ee"


def test_no_two_names_are_equal() -> None:
    app = cdk.App()
    stack = cdk.Stack(app, "Stack")
    names = [
        place_of(scope).unique_name(construct_id, longest=63)
        for scope in (stack, deep(stack, "A"), deep(stack, "A-B"), deep(stack, "a"), cdk.Stack(app, "Stack-A"))
        for construct_id in ("A", "a", "B", "A-B", "A_B", "AB", "x" * 80, "x" * 81)
    ]
    assert len(set(names)) == len(names)


# Logical IDs


@pytest.mark.parametrize(
    "ids",
    [
        ("Topic",),
        ("Resource",),
        ("A", "Resource"),
        ("A", "Default"),
        ("A", "Default", "Topic"),
        ("Default", "Topic"),
        ("A", "B", "Topic"),
        ("Endpoint", "AllTrafficTarget"),
        ("Target", "Target"),
        ("AllTarget", "Target"),
        ("Fraud-Detector", "a-bTarget"),
        ("with.dot_and$", "x y", "Topic"),
        ("E" * 200, "F" * 100, "Topic"),
        ("Resource", "Resource", "Topic"),
        ("Größe", "Topic"),
    ],
)
def test_a_logical_id_is_the_one_that_the_cdk_gives(ids: tuple[str, ...]) -> None:
    stack = new_stack()
    for outer in (stack, cdk.NestedStack(stack, "Nested")):
        scope = deep(outer, *ids[:-1])
        topic = sns.CfnTopic(scope, ids[-1])
        assert place_of(scope).logical_id(ids[-1]) == outer.get_logical_id(topic)


# Construct IDs


def test_a_name_is_its_construct_id_unless_it_is_a_token() -> None:
    assert as_construct_id("champion", 3, kind="Variant") == "champion"
    assert as_construct_id(text_token(new_stack()), 3, kind="Variant") == ":Variant3"
