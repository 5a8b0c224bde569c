"""The worker of a batch job, run as a job runs it: a process with an environment, once for each shard."""

import json
import os
import shutil
import subprocess
import sys
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest
from moto import mock_aws

from cdk_model_hosting.kubernetes.jobs import contract
from examples.fraud.records import Sample

FRAUD = Path(__file__).parents[3] / "examples" / "fraud"
PROGRAM = (sys.executable, "worker.py")
NAMES = ("eu.jsonl", "us.jsonl", "asia/jp.jsonl", "asia/in.jsonl")


@pytest.fixture
def image(tmp_path: Path) -> Path:
    """A folder as the image has it."""
    folder = tmp_path / "image"
    folder.mkdir()
    for each in ("batch_job/worker.py", "function/predictor.py"):
        shutil.copy(FRAUD / each, folder)
    return folder


@pytest.fixture
def records(tmp_path: Path, sample: Sample) -> Path:
    """Ten transactions in each of four files."""
    folder = tmp_path / "input"
    for number, name in enumerate(NAMES):
        file = folder / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text("".join(f"{json.dumps(each)}\n" for each in sample.records[number * 10 : number * 10 + 10]))
    return folder


def run(image: Path, model: Path, command: list[str], **told: object) -> subprocess.CompletedProcess[str]:
    """A pod of a job."""
    environment = {"PATH": os.environ["PATH"], "MODEL_DIR": str(model), **{name: str(it) for name, it in told.items()}}
    return subprocess.run(command, cwd=image, env=environment, capture_output=True, text=True, check=False, timeout=300)


def answers(output: Path, records: Path) -> dict[str, list[dict[str, Any]]]:
    """What was written, by the name of what was read."""
    folder = output / records.relative_to("/")
    return {
        str(each.relative_to(folder).with_suffix("")): [json.loads(line) for line in each.read_text().splitlines()]
        for each in folder.rglob("*.out")
    }


def test_workers_of_a_list_find_their_shard(
    image: Path, records: Path, folders: dict[str, Path], sample: Sample, tmp_path: Path
) -> None:
    shards = tmp_path / "shards"
    shards.write_text(f"0 {NAMES[0]}\n1 {NAMES[1]}\n2 asia/\n")
    said = []
    for index in range(3):
        done = run(
            image,
            folders["1"],
            contract.find_shard(PROGRAM),
            SHARD_INDEX=index,
            SHARD_COUNT=3,
            SHARD_PART=contract.WHOLE,
            SHARD_BASE=f"file://{records}/",
            SHARD_LIST=shards,
            OUTPUT_URI=f"file://{tmp_path}/output/",
        )
        assert done.returncode == 0, done.stderr
        said.append(done.stdout)

    assert said == [
        "10 decisions of shard 0 of 3\n",
        "10 decisions of shard 1 of 3\n",
        "20 decisions of shard 2 of 3\n",
    ]
    found = answers(tmp_path / "output", records)
    assert found.keys() == set(NAMES)
    decided = {each["decision"] for name in NAMES for each in found[name]}
    assert decided == {"approve", "review"}
    assert len(sample.records) == sum(len(each) for each in found.values())


def test_workers_of_a_prefix_share_it_out(image: Path, records: Path, folders: dict[str, Path], tmp_path: Path) -> None:
    for index in range(2):
        output = tmp_path / f"output-{index}"
        done = run(
            image,
            folders["1"],
            list(PROGRAM),
            SHARD_INDEX=index,
            SHARD_COUNT=2,
            SHARD_PART=contract.MODULO,
            SHARD_URI=f"file://{records}/",
            OUTPUT_URI=f"file://{output}/",
        )
        assert done.returncode == 0, done.stderr
        keys = {name: str((records / name).relative_to("/")) for name in NAMES}
        mine = {name for name, key in keys.items() if zlib.crc32(key.encode()) % 2 == index}
        assert answers(output, records).keys() == mine


def test_a_record_that_is_none_is_final(image: Path, records: Path, folders: dict[str, Path], tmp_path: Path) -> None:
    (records / NAMES[0]).write_text('{"amount": "abc"}\n')
    done = run(
        image,
        folders["1"],
        list(PROGRAM),
        SHARD_INDEX=0,
        SHARD_COUNT=1,
        SHARD_PART=contract.WHOLE,
        SHARD_URI=f"file://{records}/{NAMES[0]}",
        OUTPUT_URI=f"file://{tmp_path}/output/",
    )
    assert done.returncode == 65
    assert done.stderr.endswith(f'{NAMES[0]}: amount must be a finite number, got "abc"\n')
    assert not (tmp_path / "output").exists()


def test_a_shard_that_is_not_in_the_list(image: Path, folders: dict[str, Path], tmp_path: Path) -> None:
    shards = tmp_path / "shards"
    shards.write_text("0 eu.jsonl\n")
    done = run(
        image,
        folders["1"],
        contract.find_shard(PROGRAM),
        SHARD_INDEX=10,
        SHARD_BASE="file:///",
        SHARD_LIST=shards,
    )
    assert done.returncode == contract.NO_SHARD
    assert done.stderr == f"no shard 10 in {shards}\n"


@pytest.mark.parametrize(
    "key", ["with two  spaces.csv", "back\\slash", "quote'and\"quote", "percent%20", "`ticks`", "last line"]
)
def test_every_key_reaches_the_worker_as_it_is(key: str, tmp_path: Path) -> None:
    shards = tmp_path / "shards"
    shards.write_text(f"0 other\n1 {key}\n11 another\n")
    done = run(
        tmp_path,
        tmp_path,
        contract.find_shard(
            (sys.executable, "-c", "import os, sys; print(os.environ['SHARD_URI'], sys.argv[1])", "$HOME")
        ),
        SHARD_INDEX=1,
        SHARD_BASE="s3://records/",
        SHARD_LIST=shards,
    )
    assert done.stdout == f"s3://records/{key} $HOME\n"


@pytest.fixture
def worker(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """The worker's module, with the predictor beside it."""
    for each in ("batch_job", "function"):
        monkeypatch.syspath_prepend(str(FRAUD / each))
    import worker  # type: ignore[import-not-found]  # noqa: PLC0415 - as the image has it

    yield worker
    for each in ("worker", "predictor"):
        sys.modules.pop(each, None)


@mock_aws
def test_shards_and_answers_in_s3(
    worker: Any, records: Path, folders: dict[str, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-west-1")
    bucket = boto3.resource("s3").create_bucket(
        Bucket="records", CreateBucketConfiguration={"LocationConstraint": "eu-west-1"}
    )
    for name in NAMES:
        bucket.put_object(Key=f"input/{name}", Body=(records / name).read_bytes())
    bucket.put_object(Key="input/asia/", Body=b"")

    told = {"SHARD_INDEX": "0", "SHARD_COUNT": "1", "OUTPUT_URI": "s3://records/output/"}
    model = worker.Model(folders["1"])
    assert worker.work({**told, "SHARD_PART": "whole", "SHARD_URI": "s3://records/input/eu.jsonl"}, model) == 10
    assert worker.work({**told, "SHARD_PART": "modulo", "SHARD_URI": "s3://records/input/asia/"}, model) == 20

    written = {each.key for each in bucket.objects.filter(Prefix="output/")}
    assert written == {f"output/input/{each}.out" for each in NAMES if each != "us.jsonl"}
