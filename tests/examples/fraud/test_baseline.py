"""The ordinary payment that explanations compare with."""

from pathlib import Path

from examples.containers.onnx.onnx_server.invocation import Invocation
from examples.containers.onnx.onnx_server.model import Model
from examples.fraud.baseline import main, ordinary_record
from examples.fraud.features import FEATURE_NAMES
from examples.fraud.records import Sample

KEPT = Path(__file__).parents[3] / "examples/fraud/baseline.csv"


def answered(model: Model, *rows: str) -> list[list[str]]:
    """What the server answers to CSV, in CSV: as an explainer asks it."""
    invocation = Invocation.of(content_type="text/csv", accept="text/csv")
    answer = invocation.answer("\n".join(rows).encode(), model, max_rows=100)
    return [line.split(",") for line in answer.body.decode().splitlines()]


def test_the_file_is_what_the_program_writes(tmp_path: Path) -> None:
    written = tmp_path / "baseline.csv"

    main(["--output", str(written)])

    assert written.read_bytes() == KEPT.read_bytes()
    assert list(ordinary_record()) == list(FEATURE_NAMES)


def test_nothing_is_suspicious_about_it(model: Model, sample: Sample) -> None:
    (ordinary,) = answered(model, KEPT.read_text().rstrip())
    others = answered(model, *sample.csv_rows)

    assert ordinary[1] == "approve"
    assert float(ordinary[0]) < sorted(float(each[0]) for each in others)[len(others) // 4]


def test_mixed_with_a_payment_it_is_a_payment(model: Model, sample: Sample) -> None:
    """An explainer takes some features from the one and the rest from the other: the server reads every mixture."""
    baseline, payment = KEPT.read_text().rstrip().split(","), sample.csv_rows[0].split(",")
    mixtures = [",".join([*payment[:count], *baseline[count:]]) for count in range(len(FEATURE_NAMES) + 1)]

    assert len(answered(model, *mixtures)) == len(mixtures)
