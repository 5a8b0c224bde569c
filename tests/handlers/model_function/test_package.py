"""The package runs by itself inside a function, and the names that the constructs rely on are what they are."""

import ast
import json
import sys
from pathlib import Path

import pytest

from cdk_model_hosting.handlers.model_function import contract
from tests.handlers.model_function import events
from tests.handlers.model_function.package import PACKAGE_FOLDER, lay_out, run

# What an environment must not load for a model that lies beside its code.
HEAVY = ("aws_cdk", "jsii", "constructs", "boto3", "botocore", "sklearn", "scipy", "pandas", "cdk_model_hosting")


def test_it_answers_as_lambda_calls_it(tmp_path: Path, fraud_model: Path) -> None:
    lay_out(tmp_path, fraud_model)
    request = json.loads((tmp_path / "sample.json").read_text())
    module, _, name = contract.HANDLER.rpartition(".")
    program = f"""
import importlib, json
handler = getattr(importlib.import_module({module!r}), {name!r})
class Context:
    aws_request_id = "request-1"
answer = handler(json.loads({json.dumps(events.function_url(request))!r}), Context())
print(json.dumps([answer, [name for name in {HEAVY!r} if name in sys.modules]]))
"""
    *lines, last = run(tmp_path, program).splitlines()
    answer, loaded = json.loads(last)

    assert answer["statusCode"] == 200
    assert json.loads(answer["body"]).keys() == {"probability", "decision", "version"}
    assert loaded == []
    assert [json.loads(line)["message"] for line in lines] == ["the model is loaded", "answered"]


def test_an_environment_with_a_damaged_model_does_not_begin(tmp_path: Path, fraud_model: Path) -> None:
    lay_out(tmp_path, fraud_model)
    graph = tmp_path / "model" / "model.onnx"
    graph.write_bytes(graph.read_bytes()[:1000])
    program = """
try:
    import cdk_model_function.entry
except Exception as error:
    print(type(error).__name__, error)
"""
    *_, last = run(tmp_path, program).splitlines()

    assert last.startswith(f"StartError the model {tmp_path}/model cannot be loaded by onnx: ")


@pytest.mark.parametrize("path", sorted(PACKAGE_FOLDER.glob("*.py")), ids=lambda path: path.name)
def test_it_imports_nothing_from_around_it(path: Path) -> None:
    roots = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            roots |= {name.name.partition(".")[0] for name in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level < 2
            if node.level == 0:
                roots.add(str(node.module).partition(".")[0])

    brought = {"boto3", "botocore", "onnxruntime", "snapshot_restore_py"}
    assert roots <= sys.stdlib_module_names | brought


def test_the_contract_does_not_change_by_itself() -> None:
    assert contract.HANDLER == "cdk_model_function.entry.handler"
    assert {name.name: str(name) for name in contract.Variable} == {
        "ENTRY": "MODEL_FUNCTION_ENTRY",
        "LOADER": "MODEL_FUNCTION_LOADER",
        "DELIVERY": "MODEL_FUNCTION_DELIVERY",
        "PATH": "MODEL_FUNCTION_PATH",
        "BUCKET": "MODEL_FUNCTION_BUCKET",
        "KEY": "MODEL_FUNCTION_KEY",
        "VERSION_ID": "MODEL_FUNCTION_VERSION_ID",
        "ETAG": "MODEL_FUNCTION_ETAG",
        "ENDPOINT": "MODEL_FUNCTION_ENDPOINT",
        "COMPONENT": "MODEL_FUNCTION_COMPONENT",
        "REGION": "MODEL_FUNCTION_REGION",
        "READ_SECONDS": "MODEL_FUNCTION_READ_SECONDS",
        "UPLOADS": "MODEL_FUNCTION_UPLOADS",
        "SHA256": "MODEL_FUNCTION_SHA256",
        "BATCH_SIZE": "MODEL_FUNCTION_BATCH_SIZE",
        "SAMPLE": "MODEL_FUNCTION_SAMPLE",
    }
    assert [str(name) for name in contract.Delivery] == [
        "bundled",
        "layer",
        "image",
        "file_system",
        "bucket",
        "endpoint",
    ]
    assert [str(name) for name in contract.Metric] == [
        "ModelLoadTime",
        "PredictTime",
        "EndpointTime",
        "BatchSize",
        "ColdStart",
        "Refusals",
        "Failures",
        "Deferred",
    ]
