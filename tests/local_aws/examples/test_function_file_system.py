"""The example on a file system: each model lies there by its checksum, and the one before goes once nobody needs it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from stacks.function_file_system import FunctionFileSystemStack
from tests.local_aws.examples.functions import Example, trained
from tests.local_aws.examples.versions import live_through

if TYPE_CHECKING:
    from pathlib import Path

    from tests.local_aws.lifecycle import LocalAws

EXAMPLE = Example("FunctionFileSystem", FunctionFileSystemStack)


def test_models_come_to_the_file_system_and_go(bootstrapped: LocalAws, tmp_path: Path) -> None:
    models = trained(tmp_path / "models")
    kept = bootstrapped.scratch / "file-systems"
    others = {*kept.glob("*")}
    seen: list[dict[str, bytes]] = []

    def look(version: str, _outputs: dict[str, str]) -> None:
        """See which models are on the example's file system, by the folders that they are in."""
        (own,) = {*kept.glob("*")} - others
        published = {file.parent.name: file.read_bytes() for file in own.rglob("model.onnx")}
        _, folder = models[version]
        assert [*published.values()] == [(folder / "model.onnx").read_bytes()]
        seen.append(published)

    live_through(bootstrapped, EXAMPLE, models, tmp_path, look)

    first, second, after_the_broken_one = seen
    assert not first.keys() & second.keys()
    # What cannot be loaded is taken away again.
    assert after_the_broken_one == second
    assert {*kept.glob("*")} == others
