"""The function examples: each delivery answers what its model computes, and a model that is broken never becomes live.

The deliveries by image and by file system are in files of their own.
"""

from __future__ import annotations

import json
import shutil
import time
from collections import Counter
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import pytest

from examples.fraud.train import NAME, TrainedModel
from stacks.function_bucket import FunctionBucketStack
from stacks.function_bundled import FunctionBundledStack
from stacks.function_layer import FunctionLayerStack
from tests.local_aws.cdk import CdkError
from tests.local_aws.examples.deciding import decisions
from tests.local_aws.examples.functions import FOLDER, RECORDS, Example, assembled, invoke, trained
from tests.local_aws.examples.versions import check, live_through
from tests.local_aws.runtime.asking import Answered, ask

if TYPE_CHECKING:
    from pathlib import Path

    from tests.local_aws.lifecycle import LocalAws

JSON = {"content-type": "application/json"}
# Of the canary's five minutes.
FACTOR = 0.05
BAKE_SECONDS = 300
LATE_SECONDS = 3
BUNDLED = Example("FunctionBundled", FunctionBundledStack)
LAYER = Example("FunctionLayer", FunctionLayerStack, ("CheckoutArn", "NightlyArn"))
BUCKET = Example("FunctionBucket", FunctionBucketStack)


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> dict[str, tuple[TrainedModel, Path]]:
    """Two versions of the model, and their folders."""
    return trained(tmp_path_factory.mktemp("models"))


def failing_but_for_the_sample(folder: Path) -> Path:
    """A function that predicts the sample, which is what is tried before it becomes live, and nothing else."""
    shutil.copytree(FOLDER, folder)
    predictor, sample = folder / "predictor.py", json.loads((FOLDER / "sample.json").read_text())
    code = predictor.read_text()
    begin = "    (decision,) = decide(model, [request])\n"
    assert code.count(begin) == 1
    flaw = f"    if request != {sample!r}:\n        raise RuntimeError('out of order')\n"
    predictor.write_text(code.replace(begin, flaw + begin))
    return folder


def signed(local: LocalAws, url: str, record: Any) -> Answered:
    """What a function URL answers one who signs."""
    return ask(url, json.dumps(record).encode(), headers=JSON, signer=local.account)


def until_it_splits(local: LocalAws, alias: str, deployment: Future[Any]) -> float:
    """Wait until the alias has two versions; return when that was."""
    client = local.client("lambda")
    _, name = alias.rsplit(":", 1)
    while "RoutingConfig" not in client.get_alias(FunctionName=alias.removesuffix(f":{name}"), Name=name):
        assert not deployment.done(), deployment.result()
        time.sleep(0.05)
    return time.monotonic()


@pytest.mark.parametrize("example", [BUNDLED, LAYER, BUCKET], ids=lambda example: example.name)
def test_a_new_model_is_a_new_version_and_a_broken_one_never_is_live(
    bootstrapped: LocalAws, models: dict[str, tuple[TrainedModel, Path]], example: Example, tmp_path: Path
) -> None:
    live_through(bootstrapped, example, models, tmp_path)


def test_a_model_that_was_damaged_in_the_bucket_is_known_by_its_checksum(
    bootstrapped: LocalAws, models: dict[str, tuple[TrainedModel, Path]], tmp_path: Path
) -> None:
    (old, old_folder) = models["1"]
    first = assembled(bootstrapped, BUCKET, old_folder, tmp_path / "first")
    function = first.deploy(BUCKET.name)[BUCKET.name]["FunctionArn"]

    # Of another version than any that is in the bucket already: the CLI uploads nothing twice.
    old.export(tmp_path / "next", name=NAME, version="next")
    second = assembled(bootstrapped, BUCKET, tmp_path / "next", tmp_path / "second")
    (archive,) = second.assembly.glob("asset.*.tar")
    content = archive.read_bytes()
    archive.write_bytes(content[:4096] + b"\1" + content[4097:])
    with pytest.raises(CdkError, match="must have the SHA-256"):
        second.deploy(BUCKET.name)

    check(bootstrapped, function, old, "1")
    first.delete(BUCKET.name)


def check_url(local: LocalAws, url: str, model: TrainedModel) -> None:
    """A function URL answers those who sign, and says whose fault an error is."""
    assert ask(url, json.dumps(RECORDS[0]).encode(), headers=JSON).status == 403
    answer = signed(local, url, RECORDS[0])
    assert answer.status == 200
    assert answer.json()["decision"] == decisions(model, RECORDS[:1])[0]
    assert ask(url, b"{", headers=JSON, signer=local.account).status == 400


def test_over_http_a_canary_splits_the_requests_and_goes_back_when_they_fail(
    bootstrapped: LocalAws, models: dict[str, tuple[TrainedModel, Path]], tmp_path: Path
) -> None:
    (old, old_folder), (_, new_folder) = models["1"], models["2"]
    first = assembled(bootstrapped, BUNDLED, old_folder, tmp_path / "first")
    outputs = first.deploy(BUNDLED.name)[BUNDLED.name]
    check_url(bootstrapped, outputs["Url"], old)
    second = assembled(bootstrapped, BUNDLED, new_folder, tmp_path / "second")
    failing = failing_but_for_the_sample(tmp_path / "failing")
    third = assembled(bootstrapped, BUNDLED, old_folder, tmp_path / "third", function=failing)

    with bootstrapped.time_factor(FACTOR), ThreadPoolExecutor() as pool:
        deployment = pool.submit(second.deploy, BUNDLED.name)
        began = until_it_splits(bootstrapped, outputs["FunctionArn"], deployment)
        answers = [signed(bootstrapped, outputs["Url"], RECORDS[0]).json()["version"] for _ in range(20)]
        deployment.result()
        assert time.monotonic() - began > FACTOR * BAKE_SECONDS - LATE_SECONDS
        assert Counter(answers) == {"1": 18, "2": 2}
        assert {invoke(bootstrapped, outputs["FunctionArn"], record)[0]["version"] for record in RECORDS} == {"2"}

        deployment = pool.submit(third.deploy, BUNDLED.name)
        until_it_splits(bootstrapped, outputs["FunctionArn"], deployment)
        statuses = [signed(bootstrapped, outputs["Url"], RECORDS[0]).status for _ in range(20)]
        with pytest.raises(CdkError, match="One or more alarms have been activated"):
            deployment.result()

    assert 500 in statuses
    assert {invoke(bootstrapped, outputs["FunctionArn"], record)[0]["version"] for record in RECORDS} == {"2"}
    second.delete(BUNDLED.name)
