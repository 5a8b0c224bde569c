from pathlib import Path

import pytest

from cdk_model_hosting import limits
from docs import generate_limits


def test_the_page_in_the_repository_is_current(capsys: pytest.CaptureFixture[str]) -> None:
    assert generate_limits.main(["--check"]) == 0, capsys.readouterr().err


def test_a_stale_page_is_told_and_not_touched(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    page = tmp_path / "limits.md"
    page.write_text("old", encoding="utf-8")
    assert generate_limits.main(["--check", "--page", str(page)]) == 1
    assert "is stale: run `make docs`" in capsys.readouterr().err
    assert page.read_text(encoding="utf-8") == "old"


def test_a_missing_page_is_stale(tmp_path: Path) -> None:
    assert generate_limits.main(["--check", "--page", str(tmp_path / "limits.md")]) == 1


def test_the_page_is_written_once(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    page = tmp_path / "limits.md"
    assert generate_limits.main(["--page", str(page)]) == 0
    assert "wrote" in capsys.readouterr().out
    assert generate_limits.main(["--page", str(page)]) == 0
    assert capsys.readouterr().out == ""
    assert generate_limits.main(["--check", "--page", str(page)]) == 0


def test_the_page_has_a_row_for_every_limit() -> None:
    rows = {}
    for line in generate_limits.render().splitlines():
        if line.startswith("| ") and line.endswith("` |"):
            cells = [cell.strip() for cell in line.replace("\\|", "¦").strip("|").split("|")]
            assert len(cells) == 7, line
            rows[cells[-1].strip("`")] = cells
    assert rows.keys() == {name for group in limits.groups().values() for name in group}
    assert rows["VOLUME_GB"] == [
        "volume of an instance",
        "1-512",
        "GB",
        "SageMaker attaches one EBS volume of at most that size",
        "[ProductionVariant](https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_ProductionVariant.html)",
        "2026-11-20",
        "`VOLUME_GB`",
    ]
