"""Write the record that explanations compare with: python -m examples.fraud.baseline --output examples/fraud/baseline.csv.

An ordinary payment: of each feature what is in the middle, or comes most often. An explanation then says what is unusual about
a payment, and what that did to its verdict.
"""

import argparse
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from examples.fraud.features import FEATURE_NAMES, FEATURES, Feature
from examples.fraud.transactions import Column, generate

# Separates these draws from the training, held-out and sample ones, whatever their seeds.
_SEED, _STREAM = 2026, 4
_ROWS = 20_000


def ordinary_record() -> dict[str, str]:
    """What an ordinary payment looks like, as CSV writes it, by feature."""
    drawn = generate(_ROWS, seed=(_SEED, _STREAM))
    columns = {name: drawn.columns[name][~drawn.labels] for name in FEATURE_NAMES}
    return {feature.name: _ordinary(feature, columns[feature.name]) for feature in FEATURES}


def _ordinary(feature: Feature, values: Column) -> str:
    match feature.type:
        case "number":
            return f"{np.median(values):.1f}"
        case "integer":
            return str(int(np.median(values)))
    found, counts = np.unique(values, return_counts=True)
    most = int(found[counts.argmax()])
    return feature.categories[most] if feature.type == "category" else str(bool(most)).lower()


def main(arguments: Sequence[str] | None = None) -> None:
    """Write the file: one line without a heading, the features in the model's order."""
    parser = argparse.ArgumentParser(description="Write the record that explanations compare with.")
    parser.add_argument("--output", type=Path, default=Path("examples/fraud/baseline.csv"), help="the file to write")
    chosen = parser.parse_args(arguments)
    chosen.output.write_text(",".join(ordinary_record().values()) + "\n", encoding="utf-8", newline="\n")


if __name__ == "__main__":
    main()
