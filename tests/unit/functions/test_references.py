"""What the code names is looked for at synthesis, and nothing of it is run."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

import pytest

from cdk_model_hosting import FunctionCode
from cdk_model_hosting.functions import references
from cdk_model_hosting.functions.references import Reference
from tests.unit.builders import new_stack, refused, text_token
from tests.unit.functions.made import function, only_own

if TYPE_CHECKING:
    from pathlib import Path

RAISES = "raise SystemExit('it was run')\n"
HERE = f"{sys.version_info.major}.{sys.version_info.minor}"


def code(source: Path, text: str, **options: Any) -> FunctionCode:
    """Code with such a module."""
    (source / "predictor.py").write_text(RAISES + text)
    return FunctionCode.from_folder(source, **options)


@pytest.mark.parametrize(
    "text",
    [
        "def predict(model, request): ...",
        "def predict(model, request, more=1): ...",
        "def predict(model, request, /): ...",
        "def predict(*both): ...",
        "def predict(model, *rest, more=1): ...",
        "def predict(model=1, request=2, **named): ...",
        "@decorated\ndef predict(): ...",
        "@decorated\nasync def predict(): ...",
        "class predict: ...",
        "predict = lambda model, request: request",
        "load, [predict, *_] = made()",
        "predict: Predict = made()",
        "import predict",
        "import more as predict",
        "from more import predict",
        "from more import ready as predict",
        "from more import *",
        "def __getattr__(name): ...",
        "globals()['predict'] = made()",
        "sys.modules[__name__] = made()",
        "if fast:\n    def predict(model): ...\nelse:\n    def predict(model, request): ...",
        "try:\n    from fast import predict\nexcept ImportError:\n    def predict(): ...",
        "with made() as predict: ...",
        "for predict in made(): ...",
        "if (predict := made()): ...",
        "while waiting:\n    predict = made()",
        "def begin():\n    global predict\n    predict = made()",
        "from more import *\ndef predict(): ...",
        "match made():\n    case predict: ...",
        "match made():\n    case int() as predict: ...",
        "match made():\n    case [_, *predict]: ...",
        "match made():\n    case {'a': 1, **predict}: ...",
        "def more(path=(predict := made())): ...",
        "@(predict := made)\nclass More: ...",
        "[predict := each for each in made()]",
        "class More:\n    global predict\n    def predict(model, request): ...",
        "from sys import modules\nsetattr(modules[__name__], 'predict', made())",
        "setattr(importlib.import_module(__name__), 'predict', made())",
        "from importlib import import_module as module\nsetattr(module(__name__), 'predict', made())",
        "sys._getframe().f_globals['predict'] = made()",
        "builtins.exec('predict = made()')",
    ],
)
def test_whatever_may_be_called_passes(source: Path, text: str) -> None:
    assert code(source, text).entry == "predictor:predict"


@pytest.mark.parametrize(
    "text",
    [
        "",
        "PREDICT = 1",
        "class Model:\n    def predict(self, model, request): ...",
        "def begin():\n    predict = made()",
        "def begin(predict): ...",
        "begin = lambda: (predict := made())",
        "class More:\n    predict = made()",
        "match made():\n    case {**more}: ...",
        "import more.predict",
        "from predict import more",
        "predict: Predict",
        "found = [predict for predict in made()]",
        "model.predict = made()",
        "print(predict)",
        "try: ...\nexcept ValueError as predict: ...",
    ],
)
def test_fails_when_the_module_has_no_such_name(source: Path, text: str) -> None:
    with refused(
        "FunctionCode entry must name a function of predictor.py, got 'predictor:predict': there is none of this name"
    ):
        code(source, text)


def test_what_was_probably_meant_is_told(source: Path) -> None:
    with refused(
        "FunctionCode entry must name a function of predictor.py, got 'predictor:predct': there is none of this name; there is predict"
    ):
        code(source, "def load(path): ...\ndef predict(model, request): ...", entry="predictor:predct")


@pytest.mark.parametrize(("text", "shown"), [
    ("def predict(): ...", "predict()"),
    ("def predict(request): ...", "predict(request)"),
    ("def predict(model, request, more): ...", "predict(model, request, more)"),
    ("def predict(model, *, request): ...", "predict(model, *, request)"),
    ("def predict(model, request, *, more): ...", "predict(model, request, *, more)"),
    ("def predict(a, b, c, d=1): ...", "predict(a, b, c, d=1)"),
    ("if fast:\n    def predict(model): ...\nelse:\n    def predict(request): ...", "predict(request)"),
])  # fmt: skip
def test_fails_when_it_cannot_be_called_with_a_model_and_a_request(source: Path, text: str, shown: str) -> None:
    with refused(
        f"FunctionCode entry must name a function that takes a model and a request, got {shown} in predictor.py: it is called as "
        "predict(model, request)"
    ):
        code(source, text)


def test_fails_when_nobody_would_await_it(source: Path) -> None:
    with refused(
        "FunctionCode entry must name a plain function, got the coroutine 'predictor:predict': nobody would await it"
    ):
        code(source, "async def predict(model, request): ...")


def test_a_loader_of_the_users_takes_the_path(source: Path) -> None:
    text = "def predict(model, request): ...\ndef load({}): ..."
    assert code(source, text.format("path"), loader="predictor:load").loader == "predictor:load"
    with refused(
        "FunctionCode loader must name a function that takes a path, got load() in predictor.py: it is called as load(path)"
    ):
        code(source, text.format(""), loader="predictor:load")
    with refused(
        "FunctionCode loader must name a function of predictor.py, got 'predictor:loads': there is none of this name; there is load"
    ):
        code(source, text.format("path"), loader="predictor:loads")
    with refused(
        f"FunctionCode loader must name a module of the folder {source}, got 'boosters:load': there is no boosters.py"
    ):
        code(source, text.format("path"), loader="boosters:load")


@pytest.mark.parametrize("python", [HERE, "3.11"])
def test_fails_when_the_module_is_no_python(source: Path, python: str) -> None:
    with refused(
        f"FunctionCode entry must name a module that Python {python} can read, got an error in line 3 of predictor.py: invalid syntax"
    ):
        code(source, "\ndef predict(:\n", python=python)


def test_fails_when_the_module_is_no_text(source: Path) -> None:
    (source / "predictor.py").write_bytes(b"predict = '\0'")
    with pytest.raises(
        ValueError, match=r"^FunctionCode entry must name a module that Python 3\.11 can read, got an err"
    ):
        FunctionCode.from_folder(source, python="3.11")


@pytest.mark.parametrize(("here", "passes"), [((3, 11), True), ((3, 13), True), ((3, 14), False), ((3, 15), False)])
def test_an_older_python_refuses_nothing_that_it_cannot_read(
    source: Path, monkeypatch: pytest.MonkeyPatch, here: tuple[int, int], *, passes: bool
) -> None:
    """What it takes for an error may be new in the function's Python."""
    (source / "predictor.py").write_text("def predict(:")
    monkeypatch.setattr(references, "_HERE", here)
    if passes:
        FunctionCode.from_folder(source, python="3.14")
        return
    with refused(
        "FunctionCode entry must name a module that Python 3.14 can read, got an error in line 1 of predictor.py: invalid syntax"
    ):
        FunctionCode.from_folder(source, python="3.14")


def test_a_newer_python_takes_the_functions_for_what_it_is(source: Path) -> None:
    """Not every difference is known to it: this one is."""
    reference = Reference(what="FunctionCode entry", text="predictor:predict", takes=("model", "request"))
    (source / "predictor.py").write_text("match predict := made():\n    case _: ...\n")
    reference.check({"predictor.py": source / "predictor.py"}, "3.11")
    with pytest.raises(
        ValueError,
        match=r"^FunctionCode entry must name a module that Python 3\.9 can read, got an error in line \d of predictor\.py: Pattern matching",
    ):
        reference.check({"predictor.py": source / "predictor.py"}, "3.9")


@pytest.mark.parametrize("text", [f"MORE = {' + '.join(['1'] * 5000)}", f"MORE = more{'.made()' * 1500}"])
def test_what_is_nested_too_deeply_for_this_python_passes(source: Path, text: str) -> None:
    assert code(source, f"{text}\ndef predict(model, request): ...").entry == "predictor:predict"


def test_what_a_program_has_written_is_read(source: Path) -> None:
    text = "if made == 0: ...\n" + "".join(f"elif made == {each}: ...\n" for each in range(1, 1500))
    assert code(source, text + "else:\n    def predict(model, request): ...").entry == "predictor:predict"
    with refused(
        "FunctionCode entry must name a function of predictor.py, got 'predictor:predict': there is none of this name"
    ):
        code(source, text)


@pytest.mark.parametrize("written", [
    b"def predict(model, request):\r\n    ...\r\n",
    "\ufeffdef predict(model, request): ...\n".encode(),
    "# coding: latin-1\nNAME = 'é'\ndef predict(model, request): ...\n".encode("latin-1"),
])  # fmt: skip
def test_a_module_may_be_written_in_any_way_that_python_reads(source: Path, written: bytes) -> None:
    (source / "predictor.py").write_bytes(written)
    assert FunctionCode.from_folder(source).entry == "predictor:predict"


def test_what_the_module_warns_of_is_the_users(source: Path) -> None:
    code(source, r"PATTERN = '\d'" + "\ndef predict(model, request): ...", python=HERE)


@pytest.mark.parametrize("name", ["deep/scorer.py", "deep/scorer/__init__.py"])
def test_modules_of_packages_are_read(source: Path, name: str) -> None:
    (source / name).parent.mkdir(parents=True)
    (source / name).write_text("def score(model, request): ...\n")
    assert FunctionCode.from_folder(source, entry="deep.scorer:score").entry == "deep.scorer:score"
    with refused(
        f"FunctionCode entry must name a function of {name}, got 'deep.scorer:scoer': there is none of this name; there is score"
    ):
        FunctionCode.from_folder(source, entry="deep.scorer:scoer")


def test_a_package_hides_a_module_of_its_name(source: Path) -> None:
    (source / "predictor").mkdir()
    (source / "predictor" / "__init__.py").touch()
    with refused(
        "FunctionCode entry must name a function of predictor/__init__.py, got 'predictor:predict': there is none of this name"
    ):
        FunctionCode.from_folder(source)


@pytest.mark.parametrize("name", ["scorer.cpython-314-aarch64-linux-gnu.so", "scorer.abi3.so", "scorer.pyc"])
def test_what_was_compiled_passes(source: Path, name: str) -> None:
    (source / name).write_bytes(b"\x7fELF")
    assert FunctionCode.from_folder(source, entry="scorer:score").entry == "scorer:score"


@pytest.mark.parametrize("name", ["scorer.json", "scorer.v2.py", "scorer2.py", "scorer/more.py"])
def test_fails_when_nothing_of_it_is_a_module(source: Path, name: str) -> None:
    (source / name).parent.mkdir(exist_ok=True)
    (source / name).touch()
    with refused(
        f"FunctionCode entry must name a module of the folder {source}, got 'scorer:score': there is no scorer.py"
    ):
        FunctionCode.from_folder(source, entry="scorer:score")


@pytest.mark.parametrize("loader", ["pathlib:Path", "boto3:resource"])
def test_the_standard_library_and_the_sdk_are_always_there(source: Path, loader: str) -> None:
    assert FunctionCode.from_folder(source, loader=loader).loader == loader


def test_what_is_known_at_deploy_time_only_passes(source: Path, model: Path) -> None:
    stack = new_stack()
    text = text_token(stack)
    made = function(source, model, stack, code=FunctionCode.from_folder(source, entry=text, loader=text))

    variables = only_own(made, "AWS::Lambda::Function")["Environment"]["Variables"]
    assert variables["MODEL_FUNCTION_ENTRY"] == variables["MODEL_FUNCTION_LOADER"] == {"Ref": "Text"}
