"""Train one fraud model a region: python -m examples.fraud.regional --output examples/fraud/regions.

The regions are made up. What is ordinary in one of them is suspicious in another, so the same transaction gets another
verdict from each model: what many models behind one endpoint are for.
"""

import argparse
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from examples.fraud.train import NAME, Recipe, TrainedModel, train
from examples.fraud.transactions import Population


@dataclass(frozen=True, slots=True, kw_only=True)
class Region:
    """One region's customers, and how their model is made.

    Args:
        population: Whose transactions they are.
        recipe: How the model is made.
    """

    population: Population
    recipe: Recipe

    def train(self) -> TrainedModel:
        """Fit the region's model on the region's transactions."""
        return train(self.recipe, population=self.population)


REGIONS = {
    # A holiday coast: cards from abroad, far from home and at new merchants, are every day's business.
    "coast": Region(
        population=Population(base_log_odds=-6.9, amount_scale=1.3, travelling=0.25, risk_abroad=0.5),
        recipe=Recipe(seed=31, rows=20_000, trees=60, depth=3),
    ),
    # Wide and quiet country: long ways to the shop, early nights, and hardly anybody from elsewhere.
    "inland": Region(
        population=Population(
            base_log_odds=-7.0,
            median_distance=18.0,
            travelling=0.02,
            night_owls=0.03,
            risk_at_night=3.0,
            risk_abroad=2.8,
        ),
        recipe=Recipe(seed=32, rows=20_000, trees=60, depth=3),
    ),
    # A city that does not sleep: short ways, and a quarter of the spending at any hour.
    "metro": Region(
        population=Population(base_log_odds=-6.8, median_distance=3.0, night_owls=0.25, risk_at_night=0.6),
        recipe=Recipe(seed=33, rows=20_000, trees=60, depth=3),
    ),
}


def version_of(region: str) -> str:
    """The version that a region's model tells with every prediction, so that the answers show who gave them."""
    return f"{region}-1"


def export(region: str, folder: Path) -> TrainedModel:
    """Train a region's model and write model.onnx and model.json into `folder`."""
    trained = REGIONS[region].train()
    trained.export(folder, name=f"{NAME}-{region}", version=version_of(region))
    return trained


def main(arguments: Sequence[str] | None = None) -> None:
    """Train the models of some regions, or of all, and write each into a folder of the region's name."""
    parser = argparse.ArgumentParser(description="Train the regional fraud models and export them to ONNX.")
    parser.add_argument("regions", nargs="*", metavar="region", help=f"of {', '.join(REGIONS)} (default: all)")
    parser.add_argument("--output", type=Path, default=Path("examples/fraud/regions"), help="where the folders go")
    chosen = parser.parse_args(arguments)
    unknown = sorted(set(chosen.regions) - set(REGIONS))
    if unknown:
        parser.error(f"region must be one of {', '.join(REGIONS)}, got {', '.join(unknown)}")

    for region in chosen.regions or REGIONS:
        folder = chosen.output / region
        trained = export(region, folder)
        figures = "  ".join(f"{name} {value}" for name, value in trained.metrics.items())
        print(f"{NAME}-{region} -> {folder}  threshold {trained.threshold}  {figures}")


if __name__ == "__main__":
    main()
