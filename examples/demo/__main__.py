"""Deploy an example stack to a local AWS, ask its model, roll out a new version, and destroy it: python -m examples.demo.

Everything is real but the cloud: the cdk command line, CloudFormation's changes, the trained model, the container's own
server and boto3's calls to it. Everything is written below build/demo and ends with this process.
"""

from __future__ import annotations

import json
import shutil
import sys
import time
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rich import box
from rich.console import Console
from rich.table import Table

from examples.fraud.records import Sample, sample_records
from examples.fraud.train import NAME, RECIPES, train
from tests.local_aws.cdk import Cdk, run
from tests.local_aws.lifecycle import LocalAws

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).resolve().parents[2]
STACK = "RealtimeCanary"
RECORDS = 6
_PIPED_WIDTH = 120


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What the endpoint said of one record.

    Args:
        endpoint: Name of the endpoint.
        record: The transaction.
        fraudulent: The truth.
        probability: What the model thinks, 0 to 1.
        decision: What the model decides.
        version: Version of the model that answered.
    """

    endpoint: str
    record: dict[str, Any]
    fraudulent: bool
    probability: float
    decision: str
    version: str


def main() -> int:
    """Run the demonstration; returns the process's exit status."""
    # Output that is piped has no width of its own.
    console = Console(width=None if sys.stdout.isatty() else _PIPED_WIDTH)
    workplace = ROOT / "build" / "demo"
    shutil.rmtree(workplace, ignore_errors=True)
    workplace.mkdir(parents=True)
    began = time.monotonic()
    with step(console, "Training versions 1 and 2 of the fraud model"):
        for version in ("1", "2"):
            train(RECIPES[version]).export(workplace / f"model-{version}", name=NAME, version=version)
    with step(console, "Starting the local AWS"):
        local = LocalAws.start(workplace / "aws")
    try:
        answers = demonstrate(console, local, workplace)
    finally:
        local.stop()
    console.print(table(answers))
    console.print(f"Done in {time.monotonic() - began:.0f} s. Everything that ran is stopped; logs are in {workplace}.")
    return 0


def demonstrate(console: Console, local: LocalAws, workplace: Path) -> list[Answer]:
    """Deploy, ask, roll out, ask again, destroy."""
    sample = sample_records(RECORDS)
    answers: list[Answer] = []
    with step(console, "cdk bootstrap"):
        synthesize(local, workplace, "1").bootstrap()
    for version, what in (
        ("1", "cdk deploy (image, model, endpoint, alarms, scaling)"),
        ("2", "cdk deploy of version 2"),
    ):
        with step(console, what):
            cdk = synthesize(local, workplace, version)
            endpoint = cdk.deploy(STACK)[STACK]["EndpointName"]
        with step(console, f"Asking {endpoint} about {RECORDS} transactions"):
            answers += ask(local, endpoint, sample)
        if cdk.has_differences(STACK):
            raise RuntimeError(f"cdk diff must find nothing after a deploy, got differences in {STACK}")
    with step(console, "cdk destroy"):
        cdk.destroy(STACK)
    versions = [answer.version for answer in answers]
    if versions != ["1"] * RECORDS + ["2"] * RECORDS:
        raise RuntimeError(f"each version must answer for itself, got the versions {versions}")
    return answers


def synthesize(local: LocalAws, workplace: Path, version: str) -> Cdk:
    """Synthesize the example stacks with one version of the model, as `cdk synth` does it."""
    assembly = workplace / f"cdk.out-{version}"
    if not assembly.exists():
        model = workplace / f"model-{version}"
        run(
            local,
            "synth",
            STACK,
            "--quiet",
            "--output",
            str(assembly),
            "--context",
            f"fraud_model={model}",
            folder=ROOT,
        )
    return Cdk(local=local, assembly=assembly)


def ask(local: LocalAws, endpoint: str, sample: Sample) -> list[Answer]:
    """Send records to an endpoint the way an application does."""
    response = local.client("sagemaker-runtime").invoke_endpoint(
        EndpointName=endpoint,
        ContentType="application/json",
        Accept="application/json",
        Body=json.dumps(sample.records).encode(),
    )
    predictions = json.loads(response["Body"].read())["predictions"]
    return [
        Answer(
            endpoint=endpoint,
            record=record,
            fraudulent=label,
            probability=prediction["probability"],
            decision=str(prediction["decision"]),
            version=prediction["version"],
        )
        for record, label, prediction in zip(sample.records, sample.labels, predictions, strict=True)
    ]


def table(answers: list[Answer]) -> Table:
    """The answers, as people read them."""
    shown = Table(title="Predictions", title_justify="left", box=box.SIMPLE_HEAD)
    shown.add_column("stack", no_wrap=True)
    shown.add_column("endpoint", no_wrap=True)
    shown.add_column("record")
    shown.add_column("prediction", no_wrap=True)
    shown.add_column("version", justify="right")
    for answer in answers:
        record = answer.record
        truth = "fraud" if answer.fraudulent else "genuine"
        words = (
            f"{record['amount']:.0f} at {record['merchant_category']}, {record['distance_from_home']:.0f} km ({truth})"
        )
        shown.add_row(STACK, answer.endpoint, words, f"{answer.probability:.3f} {answer.decision}", answer.version)
    return shown


@contextmanager
def step(console: Console, what: str) -> Iterator[None]:
    """Say what happens, and how long it took."""
    began = time.monotonic()
    with console.status(f"{what} ..."):
        yield
    console.print(f"[green]ok[/green] {what} [dim]({time.monotonic() - began:.1f} s)[/dim]")


if __name__ == "__main__":
    sys.exit(main())
