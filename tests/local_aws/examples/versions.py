"""What every function example goes through: a model, its successor, one that is broken, and the end."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from botocore.exceptions import ClientError

from tests.local_aws.cdk import CdkError
from tests.local_aws.examples.deciding import TOLERANCE, decisions, probabilities
from tests.local_aws.examples.functions import RECORDS, Example, assembled, cut, invoke

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from examples.fraud.train import TrainedModel
    from tests.local_aws.lifecycle import LocalAws

    Look = Callable[[str, dict[str, str]], None]


def check(local: LocalAws, function: str, model: TrainedModel, version: str) -> None:
    """A function answers what its model computes in Python."""
    answers = [invoke(local, function, record)[0] for record in RECORDS]
    assert {answer["version"] for answer in answers} == {version}
    assert [answer["decision"] for answer in answers] == decisions(model, RECORDS)
    expected = pytest.approx(probabilities(model, RECORDS), abs=TOLERANCE)
    assert [answer["probability"] for answer in answers] == expected


def see_nothing_more(_version: str, _outputs: dict[str, str]) -> None:
    """Leave it at what is seen of every example."""


def live_through(
    local: LocalAws,
    example: Example,
    models: dict[str, tuple[TrainedModel, Path]],
    folder: Path,
    look: Look = see_nothing_more,
) -> None:
    """A new model is a new version and a broken one never is live.

    Args:
        local: The local AWS, bootstrapped.
        example: It.
        models: Two versions of the model, and their folders.
        folder: Where cloud assemblies go.
        look: What else is to be seen, given the version that is live and the stack's outputs: of the first model, of the second,
            and once more after the broken one.
    """
    (old, old_folder), (new, new_folder) = models["1"], models["2"]
    first = assembled(local, example, old_folder, folder / "first")
    outputs = first.deploy(example.name)[example.name]
    functions = [outputs[name] for name in example.outputs]
    for function in functions:
        assert function.endswith(":live")
        check(local, function, old, "1")
    refused, kind = invoke(local, functions[0], {**RECORDS[0], "merchant_category": "bribery"})
    assert kind is not None
    assert "merchant_category must be one of grocery," in refused["errorMessage"]
    assert first.is_deployed(example.name)
    look("1", outputs)

    second = assembled(local, example, new_folder, folder / "second")
    assert second.deploy(example.name)[example.name] == outputs
    for function in functions:
        check(local, function, new, "2")
    look("2", outputs)

    broken = assembled(local, example, cut(old_folder, folder / "broken"), folder / "third")
    with pytest.raises(CdkError, match=r"version 3 cannot begin and does not become live: "):
        broken.deploy(example.name)
    for function in functions:
        check(local, function, new, "2")
    look("2", outputs)

    second.delete(example.name)
    with pytest.raises(ClientError, match="ResourceNotFound"):
        invoke(local, functions[0], RECORDS[0])
