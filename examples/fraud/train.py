"""Train the fraud model and export it: python -m examples.fraud.train --version 1 --output examples/fraud/model.

The same version gives the same files, byte for byte, with the same library versions.
"""

import argparse
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
from sklearn.ensemble import GradientBoostingClassifier  # type: ignore[import-untyped]
from sklearn.metrics import (  # type: ignore[import-untyped]
    average_precision_score,
    precision_score,
    recall_score,
    roc_auc_score,
)

from examples.fraud.export import description, onnx_bytes, write
from examples.fraud.features import FEATURES
from examples.fraud.transactions import Population, Transactions, generate

NAME = "fraud"

# Streams keep what a model learns from, what its threshold is set on and what it is scored on apart. Every version is scored
# on the same transactions, so that versions compare.
_TRAINING, _VALIDATION, _HELD_OUT = range(3)
_SCORING_SEED = 2026
_SCORING_ROWS = 20_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Recipe:
    """How one version of the model is made.

    Args:
        seed: Seeds the training transactions and the training itself.
        rows: Transactions to learn from.
        trees: Boosting rounds.
        depth: Greatest depth of a tree.
        learning_rate: How much each tree corrects.
        review_rate: Share of the transactions that people can look at; sets the decision threshold.
    """

    seed: int
    rows: int
    trees: int
    depth: int
    learning_rate: float = 0.1
    review_rate: float = 0.02


RECIPES = {
    "1": Recipe(seed=11, rows=20_000, trees=60, depth=3),
    # Twice the data, and more but simpler trees: the better model of the two on the same held-out transactions.
    "2": Recipe(seed=22, rows=40_000, trees=150, depth=2),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class TrainedModel:
    """A fitted classifier and what is known about it.

    Args:
        classifier: Reads `Transactions.matrix()`.
        recipe: How it was made.
        population: Whose transactions it was made from; None for the default population.
        threshold: Probability from which a transaction is reviewed.
        metrics: How well it does on held-out transactions.
    """

    classifier: GradientBoostingClassifier
    recipe: Recipe
    population: Population | None
    threshold: float
    metrics: dict[str, float]

    def export(self, folder: Path, *, name: str, version: str) -> None:
        """Write model.onnx and model.json into `folder`."""
        people = {} if self.population is None else {"population": asdict(self.population)}
        write(
            folder,
            graph=onnx_bytes(self.classifier, name=name, features=len(FEATURES)),
            described=description(
                name=name,
                version=version,
                features=FEATURES,
                threshold=self.threshold,
                training=asdict(self.recipe) | people,
                metrics=self.metrics,
            ),
        )


def train(recipe: Recipe, *, population: Population | None = None) -> TrainedModel:
    """Fit a model as the recipe says, on the default population when none is given."""
    learnt = generate(recipe.rows, seed=(recipe.seed, _TRAINING), population=population)
    classifier = GradientBoostingClassifier(
        n_estimators=recipe.trees,
        max_depth=recipe.depth,
        learning_rate=recipe.learning_rate,
        subsample=0.5,
        max_features=6,
        min_samples_leaf=20,
        random_state=recipe.seed,
    )
    classifier.fit(learnt.matrix(), learnt.labels)

    validation = generate(_SCORING_ROWS, seed=(_SCORING_SEED, _VALIDATION), population=population)
    threshold = round(float(np.quantile(_probabilities(classifier, validation), 1 - recipe.review_rate)), 4)
    held_out = generate(_SCORING_ROWS, seed=(_SCORING_SEED, _HELD_OUT), population=population)
    metrics = _score(_probabilities(classifier, held_out), held_out, threshold)
    return TrainedModel(
        classifier=classifier, recipe=recipe, population=population, threshold=threshold, metrics=metrics
    )


def _probabilities(classifier: GradientBoostingClassifier, transactions: Transactions) -> npt.NDArray[np.float64]:
    probabilities: npt.NDArray[np.float64] = classifier.predict_proba(transactions.matrix())[:, 1]
    return probabilities


def _score(probabilities: npt.NDArray[np.float64], truth: Transactions, threshold: float) -> dict[str, float]:
    reviewed = probabilities >= threshold
    scores = {
        "roc_auc": roc_auc_score(truth.labels, probabilities),
        "average_precision": average_precision_score(truth.labels, probabilities),
        "precision_at_threshold": precision_score(truth.labels, reviewed),
        "recall_at_threshold": recall_score(truth.labels, reviewed),
        "fraud_rate": truth.labels.mean(),
    }
    return {name: round(float(score), 4) for name, score in scores.items()}


def main(arguments: Sequence[str] | None = None) -> None:
    """Train one version and write it."""
    parser = argparse.ArgumentParser(description="Train the fraud model and export it to ONNX.")
    parser.add_argument("--version", choices=sorted(RECIPES), default="1", help="which version to make (default: 1)")
    parser.add_argument("--output", type=Path, default=Path("examples/fraud/model"), help="the folder to write to")
    chosen = parser.parse_args(arguments)

    trained = train(RECIPES[chosen.version])
    trained.export(chosen.output, name=NAME, version=chosen.version)
    figures = "  ".join(f"{name} {value}" for name, value in trained.metrics.items())
    print(f"{NAME} version {chosen.version} -> {chosen.output}  threshold {trained.threshold}  {figures}")


if __name__ == "__main__":
    main()
