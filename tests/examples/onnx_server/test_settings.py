"""The environment variables that the README lists."""

import ipaddress
import os
import re
from pathlib import Path

import pytest

from examples.containers.onnx.onnx_server.__main__ import main
from examples.containers.onnx.onnx_server.settings import Settings, SettingsError

README = Path(__file__).parents[3] / "examples" / "containers" / "onnx" / "README.md"


def test_an_empty_environment_is_what_sagemaker_expects() -> None:
    settings = Settings.from_environment({})
    # Every address: the container's network is what decides who reaches it.
    assert ipaddress.ip_address(settings.host).is_unspecified
    assert (settings.port, settings.model_folder) == (8080, Path("/opt/ml/model"))
    assert 1 <= settings.workers <= (os.cpu_count() or 1)
    assert not settings.multi_model
    assert 2**28 < settings.model_memory_bytes < 2**45
    assert (settings.max_body_bytes, settings.max_rows, settings.log_level) == (26_214_400, 100_000, "INFO")


def test_every_variable_is_followed() -> None:
    environment = {
        "SAGEMAKER_BIND_TO_HOST": "127.0.0.1",
        "SAGEMAKER_BIND_TO_PORT": "9000",
        "SAGEMAKER_BASE_DIR": "/srv",
        "SAGEMAKER_MULTI_MODEL": "true",
        "ONNX_SERVER_MODEL_MEMORY_KB": "600",
        "ONNX_SERVER_WORKERS": "3",
        "ONNX_SERVER_THREADS_PER_REQUEST": "2",
        "ONNX_SERVER_MAX_BODY_MB": "1",
        "ONNX_SERVER_MAX_ROWS": "10",
        "ONNX_SERVER_LOG_LEVEL": "warning",
    }
    assert Settings.from_environment(environment) == Settings(
        host="127.0.0.1",
        port=9000,
        model_folder=Path("/srv/model"),
        multi_model=True,
        model_memory_bytes=614_400,
        workers=3,
        threads_per_request=2,
        max_body_bytes=1_048_576,
        max_rows=10,
        log_level="WARNING",
    )
    documented = set(re.findall(r"`((?:SAGEMAKER|ONNX_SERVER)_[A-Z_]+)`", README.read_text(encoding="utf-8")))
    assert documented == set(environment)


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        ("SAGEMAKER_BIND_TO_PORT", "0", "SAGEMAKER_BIND_TO_PORT must be a whole number from 1 to 65535, got '0'"),
        (
            "SAGEMAKER_BIND_TO_PORT",
            "65536",
            "SAGEMAKER_BIND_TO_PORT must be a whole number from 1 to 65535, got '65536'",
        ),
        ("ONNX_SERVER_WORKERS", "two", "ONNX_SERVER_WORKERS must be a whole number from 1 to 1024, got 'two'"),
        ("ONNX_SERVER_MAX_ROWS", "-1", "ONNX_SERVER_MAX_ROWS must be a whole number from 1 to 10000000, got '-1'"),
        ("ONNX_SERVER_LOG_LEVEL", "loud", "ONNX_SERVER_LOG_LEVEL must be a level such as INFO or WARNING, got 'LOUD'"),
    ],
)
def test_fails_when_a_variable_is_out_of_range(name: str, value: str, message: str) -> None:
    with pytest.raises(SettingsError) as refused:
        Settings.from_environment({name: value})
    assert str(refused.value) == message


def test_a_wrong_variable_ends_the_process(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setenv("ONNX_SERVER_WORKERS", "many")
    assert main(["serve"]) == 2
    assert capsys.readouterr().err == "ONNX_SERVER_WORKERS must be a whole number from 1 to 1024, got 'many'\n"


@pytest.mark.parametrize(
    ("arguments", "got"), [([], "no argument"), (["train"], "train"), (["serve", "now"], "serve now")]
)
def test_only_serve_is_understood(capsys: pytest.CaptureFixture[str], arguments: list[str], got: str) -> None:
    assert main(arguments) == 2
    assert capsys.readouterr().err == f"usage: python -m onnx_server serve, got {got}\n"
