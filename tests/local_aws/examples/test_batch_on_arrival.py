"""The example that waits for files: one job for each, told of once or twice; verdicts beside payments; a new version."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from examples.fraud.records import sample_records
from stacks.batch_on_arrival import BatchOnArrivalStack
from tests.local_aws.examples.deciding import TOLERANCE, decisions, probabilities
from tests.local_aws.examples.transformed import Transformed
from tests.local_aws.runtime.machines import Machine
from tests.local_aws.runtime.reading import eventually

if TYPE_CHECKING:
    from pathlib import Path

    from examples.fraud.train import TrainedModel
    from tests.local_aws.lifecycle import LocalAws

STACK = "BatchOnArrival"
RECORDS = sample_records(30, seed=9).records


def lines_of(records: list[dict[str, Any]]) -> list[str]:
    return [json.dumps(each) for each in records]


def check(lines: list[str], model: TrainedModel, version: str, records: list[dict[str, Any]]) -> None:
    """Each payment comes back with the verdict of the model in Python."""
    answered = [json.loads(line) for line in lines]
    verdicts = [each.pop("SageMakerOutput") for each in answered]
    assert answered == records
    assert [each["probability"] for each in verdicts] == pytest.approx(probabilities(model, records), abs=TOLERANCE)
    assert [each["decision"] for each in verdicts] == decisions(model, records)
    assert {each["version"] for each in verdicts} == {version}


def test_each_file_that_arrives_is_one_job(bootstrapped: LocalAws, tmp_path: Path) -> None:
    deployed = Transformed(bootstrapped, tmp_path, BatchOnArrivalStack, STACK)
    _, model = deployed.deploy("1")
    failures = deployed.listener("FailuresAreToldTo")

    # Two files of one name in two folders, of which AWS tells twice, and others that start nothing.
    with deployed.told_twice():
        deployed.put("payments/readme.txt", ["about the payments"])
        deployed.put("elsewhere/day.jsonl", lines_of(RECORDS))
        deployed.put("payments/shop/2027-01-31/day.jsonl", lines_of(RECORDS[:20]))
        deployed.put("payments/web/day.jsonl", lines_of(RECORDS[20:]))
        runs = deployed.machine.started_by_itself(2)
    assert {each["status"] for each in runs} == {"SUCCEEDED"}
    verdicts = ["verdicts/shop/2027-01-31/day.jsonl.out", "verdicts/web/day.jsonl.out"]
    assert deployed.keys("verdicts/") == verdicts
    check(deployed.lines(verdicts[0]), model, "1", RECORDS[:20])
    check(deployed.lines(verdicts[1]), model, "1", RECORDS[20:])
    started = [
        Machine(bootstrapped, {}, arn=each)
        for each in deployed.resources("AWS::StepFunctions::StateMachine")
        if each != deployed.machine.arn
    ]
    assert eventually(lambda: started[0].metric("ExecutionsSucceeded"), lambda count: count == 4) == 4
    assert len(deployed.machine.executions()) == 2, "of two events for one file, one starts a run"

    # The same name with other payments is another file.
    deployed.put("payments/web/day.jsonl", lines_of(RECORDS[:5]))
    deployed.machine.started_by_itself(3)
    check(deployed.lines(verdicts[1]), model, "1", RECORDS[:5])

    # A file that is none.
    deployed.put("payments/broken.jsonl", ["no payment at all"])
    told = failures.hears_next()
    assert told["reason"] == deployed.job(told)["FailureReason"]
    assert told["input"] == f"s3://{deployed.bucket}/payments/broken.jsonl"
    assert deployed.ended(told)["error"] == "States.TaskFailed"

    # A new version answers for what arrives from now on.
    second, better = deployed.deploy("2")
    deployed.put("payments/late.jsonl", lines_of(RECORDS))
    deployed.machine.started_by_itself(5)
    check(deployed.lines("verdicts/late.jsonl.out"), better, "2", RECORDS)
    check(deployed.lines(verdicts[0]), model, "1", RECORDS[:20])
    assert second.is_deployed(STACK)

    second.delete(STACK)
    assert deployed.lines(verdicts[0]), "verdicts outlive the stack"
