"""The shadow: copies reach it, callers hear of production alone, and the bucket holds what both were asked and said."""

from __future__ import annotations

import csv
import json
import time
from typing import TYPE_CHECKING, Any

import pytest

from stacks.shadow import ShadowStack
from tests.local_aws.examples.pair import SAMPLE, Pair

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.local_aws.lifecycle import LocalAws

PRODUCTION, SHADOW = "AllTraffic", "Shadow"
REQUESTS = 160
SECONDS_UNTIL_KEPT = 20.0

Line = dict[str, Any]


class Shadowed(Pair):
    """The example, with what it has kept and measured."""

    def captured(self, variant: str, beginning: str) -> dict[str, Line]:
        """What was kept of a variant, by the inference IDs that begin so."""
        s3 = self.local.client("s3")
        bucket = self.outputs["CapturedBucket"]
        prefix = f"captured/{self.endpoint}/{variant}/"
        found: dict[str, Line] = {}
        for each in s3.list_objects_v2(Bucket=bucket, Prefix=prefix).get("Contents", []):
            for line in s3.get_object(Bucket=bucket, Key=each["Key"])["Body"].read().splitlines():
                known = json.loads(line)
                inference = str(known["eventMetadata"].get("inferenceId", ""))
                if inference.startswith(beginning):
                    found[inference] = known["captureData"]
        return found

    def wait_for(self, variant: str, beginning: str, count: int) -> dict[str, Line]:
        """What was kept of a variant, once it is so many lines at least."""
        deadline = time.monotonic() + SECONDS_UNTIL_KEPT
        while len(found := self.captured(variant, beginning)) < count:
            assert time.monotonic() < deadline, f"{len(found)} of {count} lines of {variant}"
            time.sleep(0.1)
        return found


@pytest.fixture(scope="module")
def deployed(bootstrapped: LocalAws, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shadowed]:
    """The example; once the stack is gone, what it kept is still there."""
    pair = Shadowed(bootstrapped, tmp_path_factory.mktemp("shadow"), ShadowStack, "Shadow")
    assembled = pair.deploy()
    assert assembled.is_deployed("Shadow")
    yield pair
    kept = pair.captured(PRODUCTION, "csv-")
    pair.destroy(assembled)
    assert pair.captured(PRODUCTION, "csv-") == kept


@pytest.fixture(scope="module")
def asked(deployed: Shadowed) -> dict[str, bytes]:
    """The bodies of many requests, one record each, by their inference IDs; production has answered them all."""
    bodies: dict[str, bytes] = {}
    for number in range(REQUESTS):
        body = SAMPLE.csv_rows[number % len(SAMPLE.csv_rows)].encode()
        answer = deployed.ask(body, "text/csv", InferenceId=f"csv-{number}")
        assert (answer.variant, answer.body.split(b",")[2].strip()) == (PRODUCTION, b"1")
        bodies[f"csv-{number}"] = body
    return bodies


def test_callers_hear_of_production_alone(deployed: Shadowed) -> None:
    variant, predictions = deployed.predict(SAMPLE.records)

    assert variant == PRODUCTION
    deployed.check("1", predictions, SAMPLE.records)
    with pytest.raises(deployed.runtime.exceptions.ClientError, match=r"Variant Shadow .* not found"):
        deployed.predict(SAMPLE.records, TargetVariant=SHADOW)


def test_a_quarter_of_the_requests_is_copied(deployed: Shadowed, asked: dict[str, bytes]) -> None:
    # 40 expected with a standard deviation of 5.5: six of them to either side.
    shadow = deployed.wait_for(SHADOW, "csv-", 8)
    assert len(shadow) < 73
    assert set(shadow) < set(asked)
    assert set(deployed.wait_for(PRODUCTION, "csv-", len(asked))) == set(asked)
    assert deployed.invocations(SHADOW) >= len(shadow)
    assert deployed.invocations(PRODUCTION) >= REQUESTS


def test_what_was_asked_and_answered_is_kept(deployed: Shadowed, asked: dict[str, bytes]) -> None:
    for variant, version in ((PRODUCTION, "1"), (SHADOW, "2")):
        lines = deployed.wait_for(variant, "csv-", 5)
        for inference, line in lines.items():
            assert line["endpointInput"] == {
                "observedContentType": "text/csv",
                "mode": "INPUT",
                "data": asked[inference].decode(),
                "encoding": "CSV",
            }
            said = line["endpointOutput"]
            assert (said["mode"], said["encoding"]) == ("OUTPUT", "CSV")
            check_row(deployed, version, int(inference.removeprefix("csv-")), said["data"])


def test_json_lines_are_kept_as_text(deployed: Shadowed) -> None:
    body = "\n".join(json.dumps(each) for each in SAMPLE.records[:2])
    answer = deployed.ask(body.encode(), "application/jsonlines", InferenceId="lines-1")

    line = deployed.wait_for(PRODUCTION, "lines-", 1)["lines-1"]

    assert (line["endpointInput"]["data"], line["endpointInput"]["encoding"]) == (body, "JSON")
    assert (line["endpointOutput"]["data"], line["endpointOutput"]["encoding"]) == (answer.body.decode(), "JSON")


def test_another_candidate_is_tried_and_production_answers_as_before(deployed: Shadowed) -> None:
    deployed.train("candidate", "3")
    deployed.deploy()

    for number in range(80):
        answer = deployed.ask(SAMPLE.csv_rows[number % 40].encode(), "text/csv", InferenceId=f"next-{number}")
        check_row(deployed, "1", number, answer.body.decode())
    for inference, line in deployed.wait_for(SHADOW, "next-", 1).items():
        check_row(deployed, "3", int(inference.removeprefix("next-")), line["endpointOutput"]["data"])


def check_row(pair: Pair, version: str, number: int, text: str) -> None:
    """A line of CSV is what a version of the model says of a record of the sample."""
    ((probability, decision, told),) = csv.reader(text.splitlines())
    prediction = {"probability": float(probability), "decision": decision, "version": told}
    pair.check(version, [prediction], [SAMPLE.records[number % len(SAMPLE.records)]])
