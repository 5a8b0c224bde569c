"""What the page on Triton shows of the fraud example's repository: cog calls these functions."""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

if TYPE_CHECKING:
    from cdk_model_hosting import TritonRepository


def layout() -> str:
    """Every file of the repository, and every folder without one."""
    with tempfile.TemporaryDirectory() as scratch:
        folder = _repository().write(Path(scratch) / "fraud")
        found = sorted(folder.rglob("*"))
        ends = [each for each in found if each.is_file() or not any(each.iterdir())]
        names = [each.relative_to(folder).as_posix() + ("/" if each.is_dir() else "") for each in ends]
    return _block("\n".join(names))


def configuration(model: str) -> str:
    """A model's ``config.pbtxt``.

    Args:
        model: The model's name.
    """
    return _block(_repository().configuration(model))


def _block(text: str) -> str:
    return f"```text\n{text.rstrip()}\n```"


def _repository() -> TritonRepository:
    from examples.triton.repository import fraud_repository  # noqa: PLC0415 - found by the path above

    return fraud_repository(ROOT / "examples" / "fraud" / "model")
