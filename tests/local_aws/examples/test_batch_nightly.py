"""The nightly example: answers beside the numbers of payments, counted; word of both ends; shortages; a new version."""

from __future__ import annotations

import csv
from typing import TYPE_CHECKING

import pytest

from examples.fraud.records import sample_records
from stacks.batch_nightly import BatchNightlyStack
from tests.local_aws.examples.deciding import TOLERANCE, decisions, probabilities
from tests.local_aws.examples.transformed import Transformed
from tests.local_aws.runtime.reading import eventually
from tests.local_aws.runtime.transforming import shortage

if TYPE_CHECKING:
    from pathlib import Path

    from examples.fraud.train import TrainedModel
    from tests.local_aws.lifecycle import LocalAws

STACK = "BatchNightly"
PAYMENTS = sample_records(60, seed=8)
ROWS = [f"{1000 + number},{row}" for number, row in enumerate(PAYMENTS.csv_rows)]


def check(lines: list[str], model: TrainedModel, version: str, first: int, last: int) -> None:
    """Beside the number of each payment stands what the model says in Python."""
    records = PAYMENTS.records[first:last]
    rows = list(csv.reader(lines))
    assert [row[0] for row in rows] == [str(1000 + number) for number in range(first, last)]
    assert [float(row[1]) for row in rows] == pytest.approx(probabilities(model, records), abs=TOLERANCE)
    assert [row[2] for row in rows] == decisions(model, records)
    assert {row[3] for row in rows} == {version}
    assert {len(row) for row in rows} == {4}


def test_every_night_payments_are_decided_about(bootstrapped: LocalAws, tmp_path: Path) -> None:
    deployed = Transformed(bootstrapped, tmp_path, BatchNightlyStack, STACK)
    _, model = deployed.deploy("1")
    successes = deployed.listener("SuccessesAreToldTo")
    failures = deployed.listener("FailuresAreToldTo")

    # A night without payments. What is at a folder's own key is none.
    deployed.put("payments/", [])
    deployed.fire()
    (ended,) = deployed.machine.started_by_itself()
    assert ended["status"] == "SUCCEEDED"
    assert ended["output"] == {"status": "NothingToDo", "input": deployed.outputs["PaymentsGoTo"]}

    # One with two files of them, while instances are lacking at first: for the account, then for everybody.
    deployed.put("payments/monday/shop.csv", ROWS[:40])
    deployed.put("payments/monday/web.csv", ROWS[40:])
    shortage(bootstrapped, throttled=1, limited=1, failed=1)
    deployed.fire()
    told = successes.hears_next()
    assert told["status"] == "Completed"
    assert told["records"] == 60
    assert (told["input"], told["output"]) == (deployed.outputs["PaymentsGoTo"], deployed.outputs["DecisionsComeTo"])
    assert told["job"].endswith("-2"), "the first job found no instances"
    assert deployed.keys("decisions/") == ["decisions/monday/shop.csv.out", "decisions/monday/web.csv.out"]
    check(deployed.lines("decisions/monday/shop.csv.out"), model, "1", 0, 40)
    check(deployed.lines("decisions/monday/web.csv.out"), model, "1", 40, 60)
    assert deployed.ended(told)["output"]["status"] == "Completed"
    assert deployed.job(told)["TransformResources"]["InstanceCount"] == 2
    assert failures.heard_nothing()

    # And one with a payment that cannot be read.
    deployed.put("payments/tuesday.csv", [ROWS[0].replace(ROWS[0].split(",")[1], "plenty")])
    ended = deployed.machine.run()
    told = failures.hears_next()
    assert told["status"] == "Failed"
    assert told["reason"] == deployed.job(told)["FailureReason"]
    assert (ended["status"], ended["error"], ended["cause"]) == ("FAILED", "States.TaskFailed", told["reason"])
    deployed.remove("payments/tuesday.csv")
    cloudwatch = bootstrapped.client("cloudwatch")
    (alarm,) = [each for each in deployed.resources("AWS::CloudWatch::Alarm") if each.endswith("/Failures")]
    eventually(
        lambda: cloudwatch.describe_alarms(AlarmNames=[alarm])["MetricAlarms"][0]["StateValue"],
        lambda state: state == "ALARM",
    )

    # A better model decides about what is asked for by hand.
    second, better = deployed.deploy("2")
    ended = deployed.machine.run({"input": "payments/monday/web.csv", "output": "decisions/again/"})
    assert ended["output"]["output"] == f"s3://{deployed.bucket}/decisions/again"
    check(deployed.lines("decisions/again/web.csv.out"), better, "2", 40, 60)
    assert second.is_deployed(STACK)

    second.delete(STACK)
    assert deployed.keys("decisions/again/"), "answers outlive the stack"
