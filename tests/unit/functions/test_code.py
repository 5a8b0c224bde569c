from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from cdk_model_hosting import FunctionCode
from tests.unit.builders import new_stack, number_token, refused, text_token

if TYPE_CHECKING:
    from pathlib import Path


def test_the_function_is_told_what_to_call(source: Path) -> None:
    assert FunctionCode.from_folder(source).variables() == {"MODEL_FUNCTION_ENTRY": "predictor:predict"}


def test_the_function_is_told_all_else_that_was_said(source: Path) -> None:
    (source / "deep").mkdir()
    (source / "deep" / "__init__.py").write_text("from deep.more import decide\n")
    (source / "my_loaders.py").write_text("def load(path): ...\n")
    code = FunctionCode.from_folder(
        source, entry="deep:decide", loader="my_loaders:load", batch_size=100, sample="sample.json"
    )

    assert code.variables() == {
        "MODEL_FUNCTION_ENTRY": "deep:decide",
        "MODEL_FUNCTION_LOADER": "my_loaders:load",
        "MODEL_FUNCTION_BATCH_SIZE": "100",
        "MODEL_FUNCTION_SAMPLE": "sample.json",
    }


def test_the_lock_is_no_part_of_the_function(source: Path) -> None:
    (source / "requirements.txt").touch()

    everything, without = (
        FunctionCode.from_folder(source),
        FunctionCode.from_folder(source, requirements="requirements.txt"),
    )
    assert set(everything.files()) - set(without.files()) == {"requirements.txt"}
    assert {"predictor.py", "sample.json"} <= set(without.files())


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (
            {"entry": "predict"},
            "FunctionCode entry must be module:function such as predictor:predict, got 'predict': it is imported by that name",
        ),
        (
            {"loader": "my loader"},
            (
                "FunctionCode loader must be onnx, an entry point of cdk_model_hosting.loaders, or module:function, got "
                "'my loader': it is imported by that name"
            ),
        ),
        ({"loader": 3}, "FunctionCode loader must be a str, got 3: nothing else is understood there"),
        (
            {"python": "3.10"},
            (
                "FunctionCode python must be one of 3.11, 3.12, 3.13, 3.14, got '3.10': Lambda offers these, and what answers "
                "the events needs 3.11"
            ),
        ),
        ({"python": 3.11}, "FunctionCode python must be a str, got 3.11: nothing else is understood there"),
        ({"batch_size": 0}, "FunctionCode batch_size must be 1-10000, got 0: SQS hands over no larger batch"),
        ({"batch_size": 10_001}, "FunctionCode batch_size must be 1-10000, got 10001: SQS hands over no larger batch"),
        ({"batch_size": True}, "FunctionCode batch_size must be 1-10000, got True: SQS hands over no larger batch"),
    ],
)
def test_fails_when_an_argument_is_wrong(source: Path, options: dict[str, Any], message: str) -> None:
    with refused(message):
        FunctionCode.from_folder(source, **options)


def test_what_was_given_is_kept_as_it_was(source: Path) -> None:
    variables = {"TABLE": "decisions"}
    code = FunctionCode.from_folder(source, environment=variables)
    variables["TABLE"] = "more"

    assert code.environment == {"TABLE": "decisions"}


def test_fails_when_layers_are_none(source: Path) -> None:
    with refused("FunctionCode layers must be a list or tuple, got 'arn': nothing else is understood there"):
        FunctionCode.from_folder(source, layers="arn")  # type: ignore[arg-type]
    with refused(
        "FunctionCode layers element must be a layer such as LayerVersion.from_layer_version_arn(self, 'Extension', 'arn:...'), "
        "got 'arn': nothing else is understood there"
    ):
        FunctionCode.from_folder(source, layers=["arn"])  # type: ignore[list-item]


def test_fails_when_a_variable_is_lambdas_own(source: Path) -> None:
    with refused(
        "FunctionCode environment name must be two or more letters, digits and underscores, the first a letter, and not be "
        "Lambda's own or begin with MODEL_FUNCTION_, got 'AWS_REGION': the function reads it as something else"
    ):
        FunctionCode.from_folder(source, environment={"AWS_REGION": "eu-west-1"})


@pytest.mark.parametrize("argument", ["requirements", "sample"])
def test_fails_when_a_file_is_missing(source: Path, argument: str) -> None:
    with refused(
        f"FunctionCode {argument} must be a file in the folder, got {source / 'nothing'}: it is part of the function"
    ):
        FunctionCode.from_folder(source, **{argument: "nothing"})  # type: ignore[arg-type]


@pytest.mark.parametrize("argument", ["requirements", "sample"])
def test_fails_when_a_file_is_elsewhere(source: Path, model: Path, argument: str) -> None:
    path = str(model / "model.onnx")
    with refused(f"FunctionCode {argument} must be a file in the folder, got {path}: it is part of the function"):
        FunctionCode.from_folder(source, **{argument: path})  # type: ignore[arg-type]


@pytest.mark.parametrize("argument", ["requirements", "sample"])
def test_fails_when_a_file_is_no_text(source: Path, argument: str) -> None:
    with refused(f"FunctionCode {argument} must be a str, got 5: nothing else is understood there"):
        FunctionCode.from_folder(source, **{argument: 5})  # type: ignore[arg-type]


@pytest.mark.parametrize(("text", "why"), [
    (b"", "Expecting value: line 1 column 1 (char 0)"),
    (b"{'amount': 1}", "Expecting property name enclosed in double quotes: line 1 column 2 (char 1)"),
    (b"\xff", "'utf-8' codec can't decode byte 0xff in position 0: invalid start byte"),
    (b'{"amount": NaN}', "NaN is no number in JSON"),
])  # fmt: skip
def test_fails_when_a_sample_is_no_json(source: Path, text: bytes, why: str) -> None:
    path = source / "sample.json"
    path.write_bytes(text)
    with refused(
        f"FunctionCode sample must be a file with JSON, got {path}: {why}; a version that cannot answer it is not deployed"
    ):
        FunctionCode.from_folder(source, sample="sample.json")


def test_fails_when_the_entry_is_no_module_of_the_folder(source: Path) -> None:
    with refused(
        f"FunctionCode entry must name a module of the folder {source}, got 'deep.scorer:predict': there is no deep/scorer.py"
    ):
        FunctionCode.from_folder(source, entry="deep.scorer:predict")


@pytest.mark.parametrize(
    ("name", "path"), [("cdk_model", "cdk_model/a.py"), ("cdk_model_function", "cdk_model_function.py")]
)
def test_fails_when_a_name_is_the_librarys(source: Path, name: str, path: str) -> None:
    (source / path).parent.mkdir(exist_ok=True)
    (source / path).touch()
    with refused(
        f"FunctionCode folder must hold nothing called {name}, got {source}: that is where this library puts its own"
    ):
        FunctionCode.from_folder(source)


def test_fails_when_the_folder_is_no_path() -> None:
    with refused("FunctionCode.from_folder folder must be a str or PathLike, got 3: nothing else is understood there"):
        FunctionCode.from_folder(3)  # type: ignore[arg-type]


def test_fails_when_the_code_would_be_known_at_deploy_time_only(source: Path) -> None:
    stack = new_stack()
    for name, token in (("python", text_token(stack)), ("batch_size", number_token(stack))):
        with refused(
            f"FunctionCode {name} must be literal, got one that is known only at deploy time: the code is bundled for it"
        ):
            FunctionCode.from_folder(source, **{name: token})  # type: ignore[arg-type]
