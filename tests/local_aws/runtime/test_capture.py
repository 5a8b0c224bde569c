"""Data capture writes requests and answers to S3, in the shape that AWS documents."""

import base64
import json
import re
from datetime import UTC, datetime
from typing import Any

import pytest

from tests.local_aws.runtime.hosting import BUCKET, Hosting, unique
from tests.local_aws.runtime.reading import eventually

BOTH = [{"CaptureMode": "Input"}, {"CaptureMode": "Output"}]
HEADER = {"CsvContentTypes": ["text/csv"], "JsonContentTypes": ["application/json"]}


class Captured:
    """An endpoint that captures, and what it has captured."""

    def __init__(self, hosting: Hosting, **settings: Any) -> None:
        self.hosting = hosting
        self.prefix = unique("captured")
        self.name = unique("capturing")
        shadows = {"ShadowProductionVariants": settings.pop("shadows")} if "shadows" in settings else {}
        capture = {
            "InitialSamplingPercentage": 100,
            "DestinationS3Uri": f"s3://{BUCKET}/{self.prefix}/",
            "CaptureOptions": BOTH,
            **settings,
        }
        config = hosting.config({"ModelName": hosting.model("1")}, DataCaptureConfig=capture, **shadows)
        hosting.sagemaker.create_endpoint(EndpointName=self.name, EndpointConfigName=config)
        hosting.settle(self.name)

    def invoke(self, body: bytes, content_type: str, **rest: Any) -> None:
        self.hosting.runtime.invoke_endpoint(EndpointName=self.name, Body=body, ContentType=content_type, **rest)

    def keys(self) -> list[str]:
        listed = self.hosting.local.client("s3").list_objects_v2(Bucket=BUCKET, Prefix=self.prefix)
        return [found["Key"] for found in listed.get("Contents", [])]

    def lines(self, variant: str = "Main") -> list[dict[str, Any]]:
        client = self.hosting.local.client("s3")
        texts = [
            client.get_object(Bucket=BUCKET, Key=key)["Body"].read().decode()
            for key in self.keys()
            if f"/{variant}/" in key
        ]
        return [json.loads(line) for text in texts for line in text.splitlines()]

    def wait_for(self, count: int, variant: str = "Main") -> list[dict[str, Any]]:
        return eventually(lambda: self.lines(variant), lambda lines: len(lines) == count)


@pytest.fixture(scope="module")
def all_of_it(hosting: Hosting) -> Captured:
    return Captured(hosting, CaptureContentTypeHeader=HEADER)


def test_a_record_has_the_documented_shape_and_place(hosting: Hosting, all_of_it: Captured) -> None:
    all_of_it.invoke(b"1,2\n", "text/csv; charset=utf-8", InferenceId="mine")

    (record,) = all_of_it.wait_for(1)
    (key,) = all_of_it.keys()
    hour = f"{datetime.now(UTC):%Y/%m/%d}/\\d\\d"
    assert re.fullmatch(rf"{all_of_it.prefix}/{all_of_it.name}/Main/{hour}/[^/]+\.jsonl", key)
    assert record["captureData"]["endpointInput"] == {
        "observedContentType": "text/csv; charset=utf-8",
        "mode": "INPUT",
        "data": "1,2\n",
        "encoding": "CSV",
    }
    answered = record["captureData"]["endpointOutput"]
    assert (answered["observedContentType"], answered["mode"], answered["encoding"]) == (
        "application/json",
        "OUTPUT",
        "JSON",
    )
    assert json.loads(answered["data"])["body_bytes"] == 4
    assert record["eventVersion"] == "0"
    assert re.fullmatch(r"[0-9a-f-]{36}", record["eventMetadata"]["eventId"])
    assert record["eventMetadata"]["inferenceId"] == "mine"
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", record["eventMetadata"]["inferenceTime"])
    described = hosting.sagemaker.describe_endpoint(EndpointName=all_of_it.name)["DataCaptureConfig"]
    assert described["CaptureStatus"] == "Started"


def test_errors_are_not_captured(hosting: Hosting, all_of_it: Captured) -> None:
    before = len(all_of_it.lines())
    with pytest.raises(hosting.runtime.exceptions.ModelError):
        hosting.invoke(all_of_it.name, {"do": "status", "status": 500})
    all_of_it.invoke(b"{}", "application/json")

    assert "inferenceId" not in all_of_it.wait_for(before + 1)[-1]["eventMetadata"]


def test_without_lists_of_types_everything_is_base64(hosting: Hosting) -> None:
    captured = Captured(hosting, CaptureOptions=[{"CaptureMode": "Input"}])

    captured.invoke(b"\xff\x00", "text/csv")

    (record,) = captured.wait_for(1)
    assert set(record["captureData"]) == {"endpointInput"}
    assert record["captureData"]["endpointInput"]["encoding"] == "BASE64"
    assert base64.b64decode(record["captureData"]["endpointInput"]["data"]) == b"\xff\x00"


def test_what_is_switched_off_or_sampled_away_is_not_captured(hosting: Hosting) -> None:
    off = Captured(hosting, EnableCapture=False)
    none = Captured(hosting, InitialSamplingPercentage=0)
    some = Captured(hosting, InitialSamplingPercentage=50, CaptureOptions=[{"CaptureMode": "InputAndOutput"}])
    for captured, count in ((off, 3), (none, 3), (some, 60)):
        for _ in range(count):
            captured.invoke(b"{}", "application/json")

    # 30 expected with a standard deviation of 3.9: five of them to either side.
    sampled = eventually(some.lines, lambda lines: len(lines) > 10)
    assert len(sampled) < 50
    assert set(sampled[0]["captureData"]) == {"endpointInput", "endpointOutput"}
    assert off.keys() == none.keys() == []


def test_a_shadow_variant_is_captured_too(hosting: Hosting) -> None:
    shadow = {
        "VariantName": "Shadow",
        "ModelName": hosting.model("shadow"),
        "InstanceType": "ml.c7g.large",
        "InitialInstanceCount": 1,
    }
    captured = Captured(hosting, shadows=[shadow], CaptureContentTypeHeader=HEADER)

    captured.invoke(b"{}", "application/json")

    (record,) = captured.wait_for(1, "Shadow")
    assert json.loads(record["captureData"]["endpointOutput"]["data"])["files"] == {"version.txt": "shadow"}
    captured.wait_for(1)


def test_a_bucket_that_is_not_there_loses_it(hosting: Hosting) -> None:
    captured = Captured(hosting, DestinationS3Uri="s3://somebody-elses/place")

    captured.invoke(b"{}", "application/json")

    assert hosting.version(captured.name) == "1"
