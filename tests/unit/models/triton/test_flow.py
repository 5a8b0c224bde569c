"""The way of tensors through an ensemble."""

from pathlib import Path
from typing import Any

import pytest

from cdk_model_hosting import TensorType, TritonEnsemble, TritonModel, TritonStep
from tests.unit.builders import refused
from tests.unit.models.triton.builders import chain, python_model, tensor


def _ensemble(*steps: TritonStep, inputs: Any = None, outputs: Any = None) -> TritonEnsemble:
    return TritonEnsemble(
        name="ranker",
        inputs=[tensor("a")] if inputs is None else inputs,
        outputs=[tensor("z")] if outputs is None else outputs,
        steps=steps,
    )


def _step(model: TritonModel, given: str, made: str) -> TritonStep:
    return TritonStep(model=model, inputs={"X": given}, outputs={"Y": made})


@pytest.fixture
def model(tmp_path: Path) -> TritonModel:
    return python_model(tmp_path)


@pytest.fixture
def joining(tmp_path: Path) -> TritonModel:
    return python_model(tmp_path, "join", inputs=[tensor("A"), tensor("B")], outputs=[tensor("Y"), tensor("Z")])


def test_fails_when_nothing_makes_a_tensor(model: TritonModel) -> None:
    with refused(
        "TritonEnsemble 'ranker' tensor 'b' must be an input of the ensemble or an output of a step, got none for 'scale' "
        "input 'X': nothing makes it"
    ):
        _ensemble(_step(model, "a", "y"), _step(model, "b", "z"))


def test_fails_when_nothing_makes_an_output(model: TritonModel) -> None:
    with refused(
        "TritonEnsemble 'ranker' tensor 'z' must be an input of the ensemble or an output of a step, got none for the answer: "
        "nothing makes it"
    ):
        _ensemble(_step(model, "a", "b"), _step(model, "b", "c"))


def test_fails_when_two_steps_make_a_tensor(model: TritonModel, joining: TritonModel) -> None:
    with refused(
        "TritonEnsemble 'ranker' tensor 'z' must be made once, got it from 'scale' output 'Y' and from 'join' output 'Z': "
        "the server could not tell which is meant"
    ):
        _ensemble(_step(model, "a", "z"), TritonStep(model=joining, inputs={"A": "a", "B": "a"}, outputs={"Z": "z"}))


def test_fails_when_one_step_makes_a_tensor_twice(joining: TritonModel) -> None:
    with refused(
        "TritonEnsemble 'ranker' tensor 'z' must be made once, got it from 'join' output 'Y' and from 'join' output 'Z': the "
        "server could not tell which is meant"
    ):
        _ensemble(TritonStep(model=joining, inputs={"A": "a", "B": "a"}, outputs={"Y": "z", "Z": "z"}))


def test_fails_when_a_step_makes_what_the_request_brings(model: TritonModel) -> None:
    with refused(
        "TritonEnsemble 'ranker' tensor 'a' must be made once, got it from the request and from 'scale' output 'Y': the "
        "server could not tell which is meant"
    ):
        _ensemble(_step(model, "a", "a"), outputs=[tensor("a")])


def test_fails_when_a_tensor_is_made_for_nothing(joining: TritonModel) -> None:
    # Outputs that nothing needs are left out of the step.
    assert _ensemble(TritonStep(model=joining, inputs={"A": "a", "B": "a"}, outputs={"Y": "z"})).largest_batch == 8
    with refused(
        "TritonEnsemble 'ranker' tensor 'spare' must be an input of a step or an output of the ensemble, got it from 'join' "
        "output 'Z' for nothing: the server refuses what no step reads"
    ):
        _ensemble(TritonStep(model=joining, inputs={"A": "a", "B": "a"}, outputs={"Y": "z", "Z": "spare"}))


@pytest.mark.parametrize("answered", [False, True])
def test_fails_when_no_step_needs_an_input(model: TritonModel, answered: bool) -> None:
    outputs = [tensor("z"), tensor("b")] if answered else [tensor("z")]
    with refused(
        "TritonEnsemble 'ranker' tensor 'b' must be an input of a step or an output of the ensemble, got it from the request "
        "for nothing: the server refuses what no step reads"
    ):
        _ensemble(_step(model, "a", "z"), inputs=[tensor("a"), tensor("b")], outputs=outputs)


def test_fails_when_steps_wait_for_each_other(model: TritonModel, joining: TritonModel) -> None:
    with refused(
        "TritonEnsemble 'ranker' steps must not wait for each other in a circle, got 'join' -> 'scale' -> 'join': none of "
        "them could start"
    ):
        _ensemble(
            TritonStep(model=joining, inputs={"A": "a", "B": "c"}, outputs={"Y": "b", "Z": "z"}), _step(model, "b", "c")
        )


def test_fails_when_a_step_waits_for_itself(joining: TritonModel) -> None:
    with refused(
        "TritonEnsemble 'ranker' steps must not wait for each other in a circle, got 'join' -> 'join': none of them could "
        "start"
    ):
        _ensemble(TritonStep(model=joining, inputs={"A": "a", "B": "b"}, outputs={"Y": "b", "Z": "z"}))


def test_one_model_may_serve_several_steps(model: TritonModel, joining: TritonModel) -> None:
    both = TritonStep(model=joining, inputs={"A": "b", "B": "c"}, outputs={"Y": "z"})
    assert len(_ensemble(_step(model, "a", "b"), _step(model, "b", "c"), both).steps) == 3


def test_fails_when_the_types_at_both_ends_differ(tmp_path: Path, model: TritonModel) -> None:
    counting = python_model(tmp_path, "count", inputs=[tensor("X", data_type=TensorType.INT64)])
    with refused(
        "TritonEnsemble 'ranker' tensor 't1' must have one data type, got FP32 at 'scale' output 'Y' and INT64 at 'count' "
        "input 'X': the server hands tensors on as they are"
    ):
        chain(model, counting)
    with refused(
        "TritonEnsemble 'ranker' tensor 't0' must have one data type, got FP64 at the request and FP32 at 'scale' input 'X': "
        "the server hands tensors on as they are"
    ):
        chain(model, inputs=[tensor("t0", data_type=TensorType.FP64)])


def test_fails_when_the_shapes_at_both_ends_differ(tmp_path: Path, model: TritonModel) -> None:
    wide = python_model(tmp_path, "wide", inputs=[tensor("X", 4)])
    with refused(
        "TritonEnsemble 'ranker' tensor 't1' must have one shape, got [3] at 'scale' output 'Y' and [4] at 'wide' input 'X': "
        "the server hands tensors on as they are"
    ):
        chain(model, wide)
    with refused(
        "TritonEnsemble 'ranker' tensor 't1' must have one shape, got [3] at 'scale' output 'Y' and [3, 1] at the answer: the "
        "server hands tensors on as they are"
    ):
        chain(model, outputs=[tensor("t1", 3, 1)])


def test_sizes_that_the_request_decides_fit_any(tmp_path: Path, model: TritonModel) -> None:
    free = python_model(tmp_path, "free", inputs=[tensor("X", -1)], outputs=[tensor("Y", -1)])
    chain(model, free, model, inputs=[tensor("t0", -1)])


def test_fails_when_two_steps_can_never_both_be_satisfied(tmp_path: Path, model: TritonModel) -> None:
    # The server itself sees this only when a request comes.
    wide = python_model(tmp_path, "wide", inputs=[tensor("X", 4)], outputs=[tensor("Y", 4)])
    with refused(
        "TritonEnsemble 'ranker' tensor 'a' must have one shape, got [3] at 'scale' input 'X' and [4] at 'wide' input 'X': the "
        "server hands tensors on as they are"
    ):
        _ensemble(
            _step(model, "a", "y"),
            _step(wide, "a", "z"),
            inputs=[tensor("a", -1)],
            outputs=[tensor("y"), tensor("z", 4)],
        )


def test_what_a_model_reshapes_is_its_own_business(tmp_path: Path) -> None:
    flat = python_model(tmp_path, "flat", outputs=[tensor("Y", 1, model_shape=[])])
    reading = python_model(tmp_path, "read", inputs=[tensor("X", 1)])
    chain(flat, reading)
