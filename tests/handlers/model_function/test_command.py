"""The command that answers an event on this machine."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from cdk_model_hosting.handlers.model_function.__main__ import main
from tests.handlers.model_function import events
from tests.handlers.model_function.stage import DOUBLING, Stage


def command(stage: Stage, event: object, *more: str) -> list[str]:
    name = stage.module(DOUBLING)
    path = stage.root / "event.json"
    path.write_text(json.dumps(event))
    return [
        *("--event", str(path), "--code", str(stage.root), "--model", str(stage.root / "model.txt")),
        *("--entry", f"{name}:predict", "--loader", f"{name}:load", *more),
    ]


@pytest.fixture(autouse=True)
def path_as_it_was(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "path", list(sys.path))


def test_it_prints_the_answer_and_beside_it_the_log(stage: Stage, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(command(stage, {"amount": 21})) == 0

    printed = capsys.readouterr()
    assert json.loads(printed.out) == {"doubled": 42}
    assert [json.loads(line)["message"] for line in printed.err.splitlines()] == ["the model is loaded", "answered"]


def test_it_takes_any_event(stage: Stage, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(command(stage, events.queue("no json"))) == 0

    assert json.loads(capsys.readouterr().out) == {"batchItemFailures": [{"itemIdentifier": "m1"}]}


@pytest.mark.parametrize(
    ("more", "last"),
    [
        (("--batch-size", "0"), "MODEL_FUNCTION_BATCH_SIZE must be a whole number from 1 to 10000, got '0'"),
        ((), "the prediction failed: the function's log has the reason under the request local"),
    ],
)
def test_it_fails_when_there_is_no_answer(
    stage: Stage, capsys: pytest.CaptureFixture[str], more: tuple[str, ...], last: str
) -> None:
    assert main(command(stage, {}, *more)) == 1

    printed = capsys.readouterr()
    assert printed.out == ""
    assert printed.err.splitlines()[-1] == last


def test_it_is_a_command_of_the_library_and_loads_no_cdk(stage: Stage) -> None:
    program = (
        "import sys, runpy\n"
        "try: runpy.run_module('cdk_model_hosting.handlers.model_function', run_name='__main__', alter_sys=True)\n"
        "except SystemExit as end: print(end.code, 'aws_cdk' in sys.modules)\n"
    )
    given = command(stage, {"amount": 1})
    finished = subprocess.run([sys.executable, "-c", program, *given], capture_output=True, text=True, check=True)

    assert finished.stdout.splitlines()[-1] == "0 False"


def test_the_folder_of_the_code_comes_first(stage: Stage) -> None:
    main(command(stage, {"amount": 1}))

    assert sys.path[0] == str(Path(stage.root).resolve())
