"""The example behind a queue: many messages are answered together, one that is none is given up, and the rest is written once."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from stacks.function_image import FunctionImageStack
from tests.local_aws.examples.deciding import TOLERANCE, decisions, probabilities
from tests.local_aws.examples.functions import RECORDS, Example, trained
from tests.local_aws.examples.versions import live_through
from tests.local_aws.runtime.reading import eventually

if TYPE_CHECKING:
    from pathlib import Path

    from examples.fraud.train import TrainedModel
    from tests.local_aws.lifecycle import LocalAws

EXAMPLE = Example("FunctionImage", FunctionImageStack)
# Of the 365 seconds for which a message is hidden that is tried, and the five that a batch is waited for.
FACTOR = 0.001


class Line:
    """The example's queues and its table."""

    def __init__(self, local: LocalAws, outputs: dict[str, str]) -> None:
        self._sqs, self._dynamodb = local.client("sqs"), local.client("dynamodb")
        self._table, self._queue = outputs["TableName"], outputs["QueueUrl"]
        asked = self._sqs.get_queue_attributes(QueueUrl=self._queue, AttributeNames=["RedrivePolicy"])
        arn = json.loads(asked["Attributes"]["RedrivePolicy"])["deadLetterTargetArn"]
        self._dead_letters = self._sqs.get_queue_url(QueueName=arn.rsplit(":", 1)[1])["QueueUrl"]

    def send(self, *bodies: str) -> None:
        """Send some messages."""
        for body in bodies:
            self._sqs.send_message(QueueUrl=self._queue, MessageBody=body)

    def written(self) -> dict[str, dict[str, Any]]:
        """What the table has, by the name of the transaction."""
        items = self._dynamodb.scan(TableName=self._table, ConsistentRead=True)["Items"]
        return {item["transaction"]["S"]: item for item in items}

    def given_up(self) -> list[str]:
        """The messages that were tried too often."""
        found = self._sqs.receive_message(QueueUrl=self._dead_letters, MaxNumberOfMessages=10, VisibilityTimeout=0)
        return sorted(each["Body"] for each in found.get("Messages", []))


def decided_together(local: LocalAws, line: Line, model: TrainedModel) -> None:
    """Messages are decided about, each once; those that are none are given up."""
    nameless = json.dumps({key: value for key, value in RECORDS[0].items() if key != "transaction"})
    unheard_of = json.dumps({**RECORDS[0], "transaction": "t-bad", "merchant_category": "bribery"})

    with local.time_factor(FACTOR):
        # One of them comes twice.
        line.send(nameless, unheard_of, "{", *map(json.dumps, [*RECORDS, RECORDS[0]]))
        written = eventually(line.written, lambda found: len(found) == len(RECORDS))
        assert eventually(line.given_up, lambda found: len(found) == 3) == sorted([nameless, unheard_of, "{"])

    answers = [written[record["transaction"]] for record in RECORDS]
    assert [answer["decision"]["S"] for answer in answers] == decisions(model, RECORDS)
    expected = pytest.approx(probabilities(model, RECORDS), abs=TOLERANCE)
    assert [float(answer["probability"]["N"]) for answer in answers] == expected
    assert {answer["version"]["S"] for answer in answers} == {"1"}
    assert line.written().keys() == written.keys()


def test_messages_are_decided_together_and_a_bad_one_is_given_up(bootstrapped: LocalAws, tmp_path: Path) -> None:
    models = trained(tmp_path / "models")

    def look(version: str, outputs: dict[str, str]) -> None:
        line = Line(bootstrapped, outputs)
        if version == "1":
            decided_together(bootstrapped, line, models["1"][0])
        else:
            with bootstrapped.time_factor(FACTOR):
                line.send(json.dumps(RECORDS[0]))
                eventually(line.written, lambda found: found[RECORDS[0]["transaction"]]["version"]["S"] == "2")

    live_through(bootstrapped, EXAMPLE, models, tmp_path, look)
