"""The function begins: once an environment, before any request, and loudly when it cannot."""

import pytest

from cdk_model_hosting.handlers.model_function.digest import sha256_of
from tests.handlers.model_function import events
from tests.handlers.model_function.stage import Context, Stage

COUNTING = """
    loaded = []

    def load(path):
        loaded.append(path)
        return int(path.read_text())

    def predict(model, request):
        if request == "wrong":
            raise ValueError("no")
        return {"loaded": len(loaded), "model": model}
"""


def test_the_model_is_loaded_once_and_before_the_first_request(stage: Stage) -> None:
    function = stage.start(COUNTING)
    (stage.root / "model.txt").unlink()

    answers = [function.handle({}, Context()) for _ in range(3)]

    assert answers == [{"loaded": 1, "model": 2}] * 3


def test_what_took_how_long_is_told(stage: Stage) -> None:
    stage.start(COUNTING)

    (line,) = stage.lines
    assert (line["level"], line["message"], line["model"]) == ("INFO", "the model is loaded", f"{stage.root}/model.txt")
    assert 0 <= line["fetchMs"] <= line["ModelLoadTime"]
    assert line["_aws"]["CloudWatchMetrics"] == [
        {
            "Namespace": "ModelFunction",
            "Dimensions": [["FunctionName"]],
            "Metrics": [{"Name": "ModelLoadTime", "Unit": "Milliseconds"}],
        }
    ]


def test_fails_when_the_model_was_damaged(stage: Stage) -> None:
    path = stage.root / "model.txt"
    expected = sha256_of(path)
    path.write_text("3")

    assert stage.fails(SHA256=expected) == (
        f"the model {path} must have the SHA-256 {expected}, got {sha256_of(path)}: it is another one, or damaged"
    )
    assert "Traceback" in stage.line["stackTrace"]


def test_fails_when_a_setting_is_wrong(stage: Stage) -> None:
    assert stage.fails(DELIVERY="post").startswith("MODEL_FUNCTION_DELIVERY must be one of ")


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("nowhere:predict", "must name a module that can be imported, got 'nowhere:predict': ModuleNotFoundError: "),
        ("{}:nobody", "must name a function, got '{0}:nobody': {0} has none of this name"),
        ("{}:loaded", "must name a function, got '{0}:loaded': {0} has none of this name"),
        ("{}:later", "must name a plain function, got the coroutine '{0}:later': nobody would await it"),
    ],
)
def test_fails_when_the_entry_is_no_function(stage: Stage, name: str, message: str) -> None:
    module = stage.module(COUNTING + "\n    async def later(model, request): ...\n")

    said = stage.fails(COUNTING, ENTRY=name.format(module))

    assert said.startswith(f"MODEL_FUNCTION_ENTRY {message.format(module)}")


def test_fails_when_the_users_module_is_broken(stage: Stage) -> None:
    module = stage.module("1 / 0")

    assert stage.fails(COUNTING, ENTRY=f"{module}:predict") == (
        f"MODEL_FUNCTION_ENTRY must name a module that can be imported, got '{module}:predict': ZeroDivisionError: division by "
        "zero"
    )


def test_the_model_is_not_fetched_for_a_function_that_cannot_predict(stage: Stage) -> None:
    message = stage.fails(COUNTING, ENTRY="nowhere:predict", PATH="nowhere")

    assert message.startswith("MODEL_FUNCTION_ENTRY ")


def test_a_sample_is_predicted_from_before_any_request(stage: Stage) -> None:
    (stage.root / "sample.json").write_text('{"amount": 1}')
    function = stage.start(COUNTING, SAMPLE="sample.json")

    assert len(stage.lines) == 1
    assert "BatchSize" not in stage.line
    function.handle(events.http_api({}), Context())
    assert stage.line["ColdStart"] == 1


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (None, "FileNotFoundError: "),
        ("{", "RequestRefused: the body must be JSON: "),
        ('"wrong"', "RequestRefused: no"),
    ],
)
def test_fails_when_the_sample_is_not_answered(stage: Stage, content: str | None, reason: str) -> None:
    path = stage.root / "sample.json"
    if content is not None:
        path.write_text(content)

    message = stage.fails(COUNTING, SAMPLE="sample.json")

    expected = f"MODEL_FUNCTION_SAMPLE must be a JSON file with a request that is answered, got {path}: {reason}"
    assert message.startswith(expected)
