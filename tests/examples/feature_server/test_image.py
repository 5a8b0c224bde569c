"""The build context: what the local AWS plays where there is no Docker engine, and what SageMaker asks of an image."""

import re
from pathlib import Path

CONTAINER = Path(__file__).parents[3] / "examples" / "containers" / "features"
BESIDE = CONTAINER.parent / "onnx"


def _pinned(folder: Path, name: str = "requirements.txt") -> dict[str, str]:
    text = (folder / name).read_text(encoding="utf-8")
    return dict(re.findall(r"^([a-z0-9-]+)[=><]=([0-9.]+)", text, flags=re.MULTILINE))


def test_the_image_keeps_sagemakers_contract() -> None:
    lines = (CONTAINER / "Dockerfile").read_text(encoding="utf-8").splitlines()

    assert lines[-1] == 'ENTRYPOINT ["python", "-m", "feature_server"]'
    assert "LABEL com.amazonaws.sagemaker.capabilities.accept-bind-to-port=true" in lines
    assert "EXPOSE 8080" in lines
    assert "USER server" in lines
    for source in ("requirements.txt", "feature_server"):
        assert f"COPY {source} /opt/program/{source}" in lines
        assert (CONTAINER / source).exists()


def test_every_requirement_is_locked_with_hashes_at_the_version_of_the_container_beside_it() -> None:
    locked = _pinned(CONTAINER)

    assert set(_pinned(CONTAINER, "requirements.in")) <= set(locked)
    assert locked.items() <= _pinned(BESIDE).items()
    text = (CONTAINER / "requirements.txt").read_text(encoding="utf-8")
    for block in re.split(r"^(?=[a-z])", text, flags=re.MULTILINE)[1:]:
        assert "--hash=sha256:" in block
