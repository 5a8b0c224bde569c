"""What the fraud models decide, computed by the trained classifiers themselves."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from examples.fraud.features import FEATURES
from examples.fraud.records import sample_records
from examples.fraud.regional import REGIONS
from examples.fraud.train import NAME, TrainedModel
from tests.local_aws.training import train

if TYPE_CHECKING:
    from pathlib import Path

    from tests.local_aws.lifecycle import LocalAws

Record = dict[str, Any]

# What a 32-bit graph may differ by from the 64-bit classifier.
TOLERANCE = 1e-5


def train_region(region: str, folder: Path, *, generation: int = 1) -> TrainedModel:
    """Train a region's model and export it below `folder`, with the version ``coast-1`` and so on.

    Args:
        region: The region.
        folder: Holds a folder for each region.
        generation: Each is trained on other transactions of the region.
    """
    made = REGIONS[region]
    recipe = replace(made.recipe, seed=made.recipe.seed + 100 * (generation - 1))
    trained = train(recipe, population=made.population)
    trained.export(folder / region, name=f"{NAME}-{region}", version=f"{region}-{generation}")
    return trained


def regional_records(count: int = 40) -> list[Record]:
    """Transactions on which the regions' models differ: some of each region's own customers."""
    return [
        record
        for index, region in enumerate(REGIONS.values())
        for record in sample_records(count, seed=index, population=region.population).records
    ]


def probabilities(model: TrainedModel, records: list[Record]) -> list[float]:
    """What a model thinks of each record, computed in Python."""
    rows = [
        [
            feature.categories.index(record[feature.name]) if feature.categories else float(record[feature.name])
            for feature in FEATURES
        ]
        for record in records
    ]
    found: list[float] = model.classifier.predict_proba(np.array(rows, dtype=np.float32))[:, 1].tolist()
    return found


def decisions(model: TrainedModel, records: list[Record]) -> list[str]:
    """What a model decides about each record, computed in Python."""
    # The server decides by the probability that it shows, which has six decimals.
    shown = np.round(probabilities(model, records), 6)
    return ["review" if probability >= model.threshold else "approve" for probability in shown]


def ask(local: LocalAws, endpoint: str, records: list[Record], **target: str) -> list[Record]:
    """What an endpoint answers for each record.

    Args:
        local: The local AWS.
        endpoint: The endpoint's name.
        records: What to ask about.
        target: Which of its models or containers to ask.
    """
    response = local.client("sagemaker-runtime").invoke_endpoint(
        EndpointName=endpoint, ContentType="application/json", Body=json.dumps(records).encode(), **target
    )
    answers: list[Record] = json.loads(response["Body"].read())["predictions"]
    return answers
