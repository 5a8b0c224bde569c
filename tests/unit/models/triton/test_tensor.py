from typing import Any

import aws_cdk as cdk
import pytest

from cdk_model_hosting import Tensor, TensorType
from tests.unit.builders import new_stack, refused, text_token
from tests.unit.models.triton.builders import tensor


def test_holds_what_it_is_given() -> None:
    shape = [3, -1]
    image = Tensor(name="image", data_type=TensorType.UINT8, shape=shape)
    shape.append(5)
    assert image.shape == (3, -1)
    assert (image.model_shape, image.optional) == (None, False)


@pytest.mark.parametrize(
    ("shape", "model_shape"),
    [
        ([1], []),
        ([1, 1], []),
        ([16], [4, 4]),
        ([2, 4, -1, 6], [8, -1, 1, 6]),
        ([-1], [-1]),
    ],
)
def test_the_models_shape_holds_the_same_elements(shape: list[int], model_shape: list[int]) -> None:
    assert Tensor(name="x", data_type=TensorType.FP32, shape=shape, model_shape=model_shape).model_shape == tuple(
        model_shape
    )


@pytest.mark.parametrize(("shape", "model_shape"), [([16], [4, 5]), ([2, -1], [-1, 2]), ([-1], []), ([-1], [-1, -1])])
def test_fails_when_the_models_shape_holds_others(shape: list[int], model_shape: list[int]) -> None:
    with refused(
        f"Tensor 'x' model_shape must have as many elements as shape, got {model_shape} for {shape}: the server only reads "
        "the same elements in another shape"
    ):
        tensor("x", *shape, model_shape=model_shape)


@pytest.mark.parametrize("what", ["shape", "model_shape"])
@pytest.mark.parametrize("size", [0, -2])
def test_fails_when_a_dimension_cannot_be(what: str, size: int) -> None:
    shapes: dict[str, Any] = {"shape": [1], "model_shape": [1], what: [3, size]}
    with refused(
        f"Tensor 'x' {what} must hold sizes of at least 1, or -1 for any size, got [3, {size}]: no tensor has another "
        "dimension"
    ):
        Tensor(name="x", data_type=TensorType.FP32, **shapes)


def test_fails_when_there_is_no_dimension() -> None:
    with refused(
        "Tensor 'x' shape must have at least one dimension, got []: a bare number is [1], with an empty model_shape"
    ):
        Tensor(name="x", data_type=TensorType.FP32, shape=[])


def test_fails_when_the_name_is_empty() -> None:
    with refused("Tensor name must not be empty, got '': the server finds things by their names"):
        tensor("")


@pytest.mark.parametrize(
    ("argument", "value", "message"),
    [
        ("name", 5, "Tensor name must be a str, got 5: nothing else is understood there"),
        (
            "data_type",
            "FP32",
            "Tensor 'x' data_type must be a TensorType, got 'FP32': nothing else is understood there",
        ),
        ("shape", 3, "Tensor 'x' shape must be a list or tuple, got 3: nothing else is understood there"),
        ("shape", [True], "Tensor 'x' shape element must be an int, got True: nothing else is understood there"),
        ("optional", 1, "Tensor 'x' optional must be a bool, got 1: nothing else is understood there"),
    ],
)
def test_fails_when_a_value_is_of_the_wrong_kind(argument: str, value: object, message: str) -> None:
    given: dict[str, Any] = {"name": "x", "data_type": TensorType.FP32, "shape": [3], argument: value}
    with refused(message):
        Tensor(**given)


def test_fails_when_a_value_is_known_only_at_deploy_time() -> None:
    # Other values take Tokens; these go into the archive, which is packed when the app is built.
    stack = new_stack()
    number = cdk.CfnParameter(stack, "Number", type="Number").value_as_number
    why = "must be known when the app is built, got a value of the deployment: it goes into the archive, which is packed before"
    with refused(f"Tensor name {why}"):
        tensor(text_token(stack))
    with refused(f"Tensor 'x' shape {why}"):
        tensor("x", number)  # type: ignore[arg-type]
    with refused(f"Tensor 'x' shape {why}"):
        Tensor(name="x", data_type=TensorType.FP32, shape=cdk.Token.as_list({"Ref": "Shape"}))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("first", "second", "fits"),
    [
        ([3], [3], True),
        ([3], [-1], True),
        ([-1, 4], [3, -1], True),
        ([3], [4], False),
        ([3], [3, 1], False),
        ([-1], [-1, -1], False),
    ],
)
def test_shapes_fit_when_each_size_does(first: list[int], second: list[int], fits: bool) -> None:
    assert tensor("x", *first).fits(tensor("y", *second)) is fits
    assert tensor("y", *second).fits(tensor("x", *first)) is fits
