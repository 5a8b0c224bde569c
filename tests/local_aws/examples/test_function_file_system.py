"""The example on a file system: each model lies there by its checksum, and the one before goes once nobody needs it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from stacks.function_file_system import FunctionFileSystemStack
from tests.local_aws.cdk import CdkError
from tests.local_aws.examples.functions import RECORDS, Example, assembled, cut, invoke, trained

if TYPE_CHECKING:
    from pathlib import Path

    from tests.local_aws.cdk import Cdk
    from tests.local_aws.lifecycle import LocalAws

EXAMPLE = Example("FunctionFileSystem", FunctionFileSystemStack)


def test_models_come_to_the_file_system_and_go(bootstrapped: LocalAws, tmp_path: Path) -> None:
    (_, old), (_, new) = trained(tmp_path / "models").values()
    kept = bootstrapped.scratch / "file-systems"
    others = {*kept.glob("*")}

    def synthesized(model: Path) -> Cdk:
        return assembled(bootstrapped, EXAMPLE, model, tmp_path / f"cdk.out.{model.name}")

    def published() -> dict[str, bytes]:
        """The models on the example's file system, by the folders that they are in."""
        (own,) = {*kept.glob("*")} - others
        return {file.parent.name: file.read_bytes() for file in own.rglob("model.onnx")}

    first = synthesized(old)
    function = first.deploy(EXAMPLE.name)[EXAMPLE.name]["FunctionArn"]
    before = published()
    assert [*before.values()] == [(old / "model.onnx").read_bytes()]

    # What cannot be loaded is taken away again.
    with pytest.raises(CdkError, match="cannot begin and does not become live"):
        synthesized(cut(old, tmp_path / "broken")).deploy(EXAMPLE.name)
    assert published() == before
    assert invoke(bootstrapped, function, RECORDS[0])[0]["version"] == "1"

    second = synthesized(new)
    second.deploy(EXAMPLE.name)
    assert [*published().values()] == [(new / "model.onnx").read_bytes()]
    assert not published().keys() & before.keys()

    second.destroy(EXAMPLE.name)
    assert {*kept.glob("*")} == others
