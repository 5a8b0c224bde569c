from pathlib import Path
from typing import Any

import pytest

from cdk_model_hosting import TritonEnsemble, TritonModel, TritonStep, TritonVersions
from tests.unit.builders import new_stack, number_token, refused, text_token
from tests.unit.models.triton.builders import chain, code, python_model, tensor


@pytest.fixture
def model(tmp_path: Path) -> TritonModel:
    return python_model(tmp_path)


@pytest.fixture
def adding(tmp_path: Path) -> TritonModel:
    """Two inputs, of which one may be left out, and two outputs."""
    inputs = [tensor("A"), tensor("B"), tensor("C", optional=True)]
    return python_model(tmp_path, "add", inputs=inputs, outputs=[tensor("SUM"), tensor("COUNT")])


def test_members_are_everything_that_it_uses_once(tmp_path: Path) -> None:
    first, second = python_model(tmp_path, "first"), python_model(tmp_path, "second")
    inner = TritonEnsemble(
        name="inner",
        inputs=[tensor("X")],
        outputs=[tensor("Y")],
        steps=[TritonStep(model=first, inputs={"X": "X"}, outputs={"Y": "Y"})],
    )
    outer = chain(first, inner, second, first, name="outer")
    assert [each.name for each in outer.members] == ["outer", "first", "inner", "second"]


def test_the_order_of_steps_does_not_matter(model: TritonModel) -> None:
    steps = [
        TritonStep(model=model, inputs={"X": "b"}, outputs={"Y": "c"}),
        TritonStep(model=model, inputs={"X": "a"}, outputs={"Y": "b"}),
    ]
    assert TritonEnsemble(name="e", inputs=[tensor("a")], outputs=[tensor("c")], steps=steps).steps == tuple(steps)


def test_the_answer_may_hold_an_input(model: TritonModel) -> None:
    ensemble = chain(model, outputs=[tensor("t1"), tensor("t0")])
    assert [each.name for each in ensemble.outputs] == ["t1", "t0"]


def test_batches_are_as_large_as_every_model_takes(tmp_path: Path) -> None:
    models = [python_model(tmp_path, f"m{size}", max_batch_size=size) for size in (32, 4, 16)]
    assert chain(*models).largest_batch == 4
    assert chain(*models, max_batch_size=2).largest_batch == 2
    inner = chain(*models, name="inner")
    step = TritonStep(model=inner, inputs={"t0": "a"}, outputs={"t3": "z"})
    assert TritonEnsemble(name="outer", inputs=[tensor("a")], outputs=[tensor("z")], steps=[step]).largest_batch == 4
    with refused(
        "TritonEnsemble 'ranker' max_batch_size must be at most that of each of its models, got 8 with 4 for 'm4': a batch "
        "goes through whole"
    ):
        chain(*models, max_batch_size=8)


def test_fails_when_it_takes_no_batches(model: TritonModel) -> None:
    number: Any = number_token(new_stack())
    with refused(
        "TritonEnsemble 'ranker' max_batch_size must be at least 1, got 0: SageMaker's container takes models that batch; one "
        "that cannot takes batches of 1"
    ):
        chain(model, max_batch_size=0)
    with refused(
        "TritonEnsemble 'ranker' max_batch_size must be known when the app is built, got a value of the deployment: it goes "
        "into the archive, which is packed before"
    ):
        chain(model, max_batch_size=number)


def test_fails_when_a_step_names_what_the_model_has_not(adding: TritonModel) -> None:
    given = {"A": "a", "B": "b"}
    with refused(
        "TritonStep of 'add' inputs must be named as the model names them, got 'a', which is none of 'A', 'B', 'C': the "
        "server finds them by their names"
    ):
        TritonStep(model=adding, inputs={"a": "A"}, outputs={"SUM": "s"})
    with refused(
        "TritonStep of 'add' outputs must be named as the model names them, got 'TOTAL', which is none of 'SUM', 'COUNT': the "
        "server finds them by their names"
    ):
        TritonStep(model=adding, inputs=given, outputs={"TOTAL": "s"})


def test_fails_when_a_step_lacks_an_input_that_is_needed(adding: TritonModel) -> None:
    # C is optional.
    assert TritonStep(model=adding, inputs={"A": "a", "B": "a"}, outputs={"SUM": "s"}).version is None
    with refused(
        "TritonStep of 'add' inputs must have every input of the model, got none for 'B': the model cannot answer without it"
    ):
        TritonStep(model=adding, inputs={"A": "a", "C": "c"}, outputs={"SUM": "s"})


def test_fails_when_nothing_goes_in_or_comes_out(tmp_path: Path, adding: TritonModel) -> None:
    unfed = python_model(tmp_path, "unfed", inputs=[tensor("X", optional=True)])
    with refused(
        "TritonStep of 'unfed' inputs must have at least one input, got none: the server starts a step when its inputs are "
        "there"
    ):
        TritonStep(model=unfed, inputs={}, outputs={"Y": "y"})
    with refused("TritonStep of 'add' outputs must have at least one output, got none: nothing would come of the step"):
        TritonStep(model=adding, inputs={"A": "a", "B": "b"}, outputs={})


def test_fails_when_a_step_wants_a_version_that_is_not_served(tmp_path: Path) -> None:
    files = {1: code(tmp_path / "1"), 2: code(tmp_path / "2")}
    both = python_model(tmp_path, versions=files, serve=TritonVersions.every())
    assert TritonStep(model=both, inputs={"X": "a"}, outputs={"Y": "b"}, version=1).version == 1
    newest = python_model(tmp_path, versions=files)
    with refused(
        "TritonStep of 'scale' version must be one that the model serves, got 1, which is none of 2: the ensemble would not "
        "load"
    ):
        TritonStep(model=newest, inputs={"X": "a"}, outputs={"Y": "b"}, version=1)


@pytest.mark.parametrize("name", ["", None])
def test_fails_when_a_tensor_has_no_name(model: TritonModel, name: Any) -> None:
    shown = (
        "must not be empty, got '': the server finds things by their names"
        if name == ""
        else "must be a str, got None: nothing else is understood there"
    )
    with refused(f"TritonStep of 'scale' inputs 'X' {shown}"):
        TritonStep(model=model, inputs={"X": name}, outputs={"Y": "b"})


def test_fails_when_a_tensors_name_is_known_only_at_deploy_time(model: TritonModel) -> None:
    with refused(
        "TritonStep of 'scale' outputs 'Y' must be known when the app is built, got a value of the deployment: it goes into "
        "the archive, which is packed before"
    ):
        TritonStep(model=model, inputs={"X": "a"}, outputs={"Y": text_token(new_stack())})


def test_fails_when_there_is_no_step() -> None:
    with refused("TritonEnsemble 'ranker' steps must have at least one, got none: nothing would answer"):
        chain(outputs=[tensor("t1")])


@pytest.mark.parametrize("what", ["inputs", "outputs"])
def test_fails_when_a_tensor_of_the_ensemble_is_reshaped(model: TritonModel, what: str) -> None:
    name = {"inputs": "t0", "outputs": "t1"}[what]
    given: dict[str, Any] = {what: [tensor(name, model_shape=[3, 1])]}
    with refused(
        f"TritonEnsemble 'ranker' {what} must have no model_shape, got one for {name!r}: the models have theirs, and an "
        "ensemble hands tensors on as they are"
    ):
        chain(model, **given)


def test_fails_when_an_output_is_optional(model: TritonModel) -> None:
    with refused(
        "TritonEnsemble 'ranker' outputs must not be optional, got 't1': the answer holds all of them, and a request may ask "
        "for fewer"
    ):
        chain(model, outputs=[tensor("t1", optional=True)])


def test_an_optional_input_feeds_optional_inputs_alone(adding: TritonModel) -> None:
    step = TritonStep(model=adding, inputs={"A": "a", "B": "a", "C": "c"}, outputs={"SUM": "s"})
    given: dict[str, Any] = {"outputs": [tensor("s")], "steps": [step]}
    chain(inputs=[tensor("a"), tensor("c", optional=True)], **given)
    with refused(
        "TritonEnsemble 'ranker' tensor 'a' must not be optional, got it needed at 'add' input 'A': a request without it "
        "could not be answered"
    ):
        chain(inputs=[tensor("a", optional=True), tensor("c")], **given)


def test_fails_when_a_value_is_of_the_wrong_kind(model: TritonModel) -> None:
    anything: Any = "scale"
    with refused(
        "TritonStep model must be a TritonModel or TritonEnsemble, got 'scale': nothing else is understood there"
    ):
        TritonStep(model=anything, inputs={"X": "a"}, outputs={"Y": "b"})
    with refused(
        "TritonStep of 'scale' inputs must be a dict or mappingproxy, got 'scale': nothing else is understood there"
    ):
        TritonStep(model=model, inputs=anything, outputs={"Y": "b"})
