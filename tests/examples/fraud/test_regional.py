"""The regional models: each knows what is ordinary where it comes from."""

import json
from dataclasses import asdict, replace
from pathlib import Path

import numpy as np
import pytest
from sklearn.metrics import average_precision_score  # type: ignore[import-untyped]

from examples.containers.onnx.onnx_server.model import Model
from examples.fraud import regional
from examples.fraud.regional import REGIONS, version_of
from examples.fraud.transactions import Transactions, generate

FOLDERS = Path(regional.__file__).parent / "regions"


@pytest.fixture(scope="module")
def exported(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Every region's model as the command makes it."""
    output = tmp_path_factory.mktemp("regions")
    regional.main(["--output", str(output)])
    return output


@pytest.fixture(scope="module")
def models(exported: Path) -> dict[str, Model]:
    return {region: Model.load(exported / region) for region in REGIONS}


@pytest.mark.parametrize("region", REGIONS)
def test_a_folder_says_whose_model_it_holds(exported: Path, region: str) -> None:
    described = json.loads((exported / region / "model.json").read_text(encoding="utf-8"))
    assert (described["name"], described["version"]) == (f"fraud-{region}", f"{region}-1")
    made = REGIONS[region]
    assert described["training"] == asdict(made.recipe) | {"population": asdict(made.population)}
    assert 0.88 < described["metrics"]["roc_auc"] < 0.95


@pytest.mark.parametrize("region", REGIONS)
def test_the_folder_in_the_repository_is_of_the_same_recipe(exported: Path, region: str) -> None:
    kept, made = (
        json.loads((folder / region / "model.json").read_text(encoding="utf-8")) for folder in (FOLDERS, exported)
    )
    # What was measured may differ in the last digit from machine to machine.
    for measured in ("decision", "metrics"):
        assert kept.pop(measured).keys() == made.pop(measured).keys()
    assert kept == made
    assert Model.load(FOLDERS / region).description.version == version_of(region)


def test_the_command_makes_one_region_byte_for_byte(exported: Path, tmp_path: Path) -> None:
    regional.main(["metro", "--output", str(tmp_path)])
    assert [path.name for path in tmp_path.iterdir()] == ["metro"]
    for name in ("model.onnx", "model.json"):
        assert (tmp_path / "metro" / name).read_bytes() == (exported / "metro" / name).read_bytes()


def test_fails_when_there_is_no_such_region(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as left:
        regional.main(["metro", "moon"])
    assert left.value.code == 2
    assert "region must be one of coast, inland, metro, got moon" in capsys.readouterr().err


@pytest.mark.parametrize("region", REGIONS)
def test_a_region_is_judged_best_by_its_own_model(models: dict[str, Model], region: str) -> None:
    drawn = generate(60_000, seed=7, population=REGIONS[region].population)
    scores = {
        other: average_precision_score(drawn.labels, model.probabilities(drawn.matrix()))
        for other, model in models.items()
    }
    assert max(scores, key=lambda other: scores[other]) == region, scores


def test_what_is_ordinary_in_one_region_is_suspicious_in_another(models: dict[str, Model]) -> None:
    drawn = generate(20_000, seed=8)
    at_night = _changed(drawn, hour=3.0)
    abroad = _changed(drawn, country_mismatch=1.0)
    # How much the one circumstance adds to the odds that each model sees.
    night = {region: _added(model, drawn, at_night) for region, model in models.items()}
    foreign = {region: _added(model, drawn, abroad) for region, model in models.items()}
    assert night["metro"] < night["coast"] < night["inland"]
    assert foreign["coast"] < foreign["metro"] < foreign["inland"]


def _changed(drawn: Transactions, **values: float) -> Transactions:
    columns = {name: np.full(len(drawn), value) for name, value in values.items()}
    return replace(drawn, columns=drawn.columns | columns)


def _added(model: Model, before: Transactions, after: Transactions) -> float:
    odds = [np.log(p / (1 - p)) for p in (model.probabilities(drawn.matrix()) for drawn in (before, after))]
    return float((odds[1] - odds[0]).mean())
