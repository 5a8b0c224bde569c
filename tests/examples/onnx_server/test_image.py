"""The build context: what the local AWS plays where there is no Docker engine, and what SageMaker asks of an image."""

import re
from pathlib import Path

CONTAINER = Path(__file__).parents[3] / "examples" / "containers" / "onnx"


def _instructions() -> list[tuple[str, str]]:
    lines = (CONTAINER / "Dockerfile").read_text(encoding="utf-8").splitlines()
    split = [line.split(maxsplit=1) for line in lines if line and not line.startswith("#")]
    return [(instruction, value) for instruction, value in split]


def _pinned(name: str) -> list[str]:
    return re.findall(r"^([a-z0-9-]+)", (CONTAINER / name).read_text(encoding="utf-8"), flags=re.MULTILINE)


def test_the_image_keeps_sagemakers_contract() -> None:
    instructions = _instructions()
    assert instructions[-1] == ("ENTRYPOINT", '["python", "-m", "onnx_server"]')
    for capability in ("accept-bind-to-port", "multi-models"):
        assert ("LABEL", f"com.amazonaws.sagemaker.capabilities.{capability}=true") in instructions
    assert ("EXPOSE", "8080") in instructions
    assert [value for instruction, value in instructions if instruction == "USER"] == ["server"]


def test_only_instructions_that_can_be_played_without_docker_are_used() -> None:
    allowed = {"FROM", "LABEL", "ENV", "WORKDIR", "COPY", "RUN", "USER", "EXPOSE", "ENTRYPOINT"}
    instructions = _instructions()
    assert {instruction for instruction, _ in instructions} <= allowed
    for _, value in (pair for pair in instructions if pair[0] == "COPY"):
        source, target = value.split()
        assert (CONTAINER / source).exists()
        assert target.startswith("/opt/program/")


def test_every_requirement_is_locked_with_hashes() -> None:
    locked = _pinned("requirements.txt")
    assert set(_pinned("requirements.in")) <= set(locked)
    text = (CONTAINER / "requirements.txt").read_text(encoding="utf-8")
    for block in re.split(r"^(?=[a-z])", text, flags=re.MULTILINE)[1:]:
        assert "==" in block
        assert "--hash=sha256:" in block
