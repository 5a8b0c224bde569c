"""InvokeEndpointAsync: requests wait in a queue, answers go to S3, and topics hear of them."""

import base64
import json
import time
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.local_aws.runtime.gates import Gate
from tests.local_aws.runtime.hosting import BUCKET, Hosting, is_alive, unique
from tests.local_aws.runtime.queueing import Queued, Topic, queued, until

FACTOR = 0.005
"""At which a request that may wait for a minute expires after a third of a second."""


@pytest.fixture(scope="module")
def shared(hosting: Hosting) -> Queued:
    """Give the module an endpoint that no test changes."""
    return queued(hosting)


def test_the_answer_goes_to_s3(shared: Queued) -> None:
    answer = shared.ask({"some": "record"}, ContentType="application/json", Accept="text/csv", CustomAttributes="a=7")

    assert answer["ResponseMetadata"]["HTTPStatusCode"] == 202
    inference = answer["InferenceId"]
    assert answer["OutputLocation"] == f"s3://{BUCKET}/{shared.prefix}/output/{inference}.out"
    assert answer["FailureLocation"] == f"s3://{BUCKET}/{shared.prefix}/failure/{inference}-error.out"
    told = shared.told(answer)
    assert told["files"] == {"version.txt": "1"}
    assert told["body_bytes"] == len(json.dumps({"some": "record"}))
    headers = {name: told["headers"].get(name) for name in ("content-type", "accept", "x-amzn-sagemaker-inference-id")}
    assert headers == {
        "content-type": "application/json",
        "accept": "text/csv",
        "x-amzn-sagemaker-inference-id": inference,
    }
    assert told["headers"]["x-amzn-sagemaker-custom-attributes"] == "a=7"
    assert shared.waits_for(answer["OutputLocation"])["ContentType"] == "application/json"
    assert shared.written(answer["FailureLocation"]) is None


def test_the_caller_names_the_output(shared: Queued) -> None:
    answer = shared.ask(Body=b"{}", InferenceId="mine", Filename="answer.json", S3OutputPathExtension="today/first")

    assert answer["InferenceId"] == "mine"
    assert answer["OutputLocation"] == f"s3://{BUCKET}/{shared.prefix}/output/today/first/answer.json"
    assert shared.told(answer)["body_bytes"] == 2


def test_an_inline_request_of_128_000_bytes(shared: Queued) -> None:
    assert shared.told(shared.ask(Body=b"x" * 128_000))["body_bytes"] == 128_000


@pytest.mark.parametrize(
    ("request_", "message"),
    [
        ({}, "Exactly one of InputLocation and Body must be specified, got none"),
        ({"InputLocation": "s3://b/k", "Body": b"x"}, "must be specified, got InputLocation and Body"),
        ({"Body": b"x" * 128_001}, "length less than or equal to 128000"),
        ({"InputLocation": "http://b/k"}, r"'InputLocation' failed .* pattern"),
        ({"Body": b"x", "RequestTTLSeconds": 21_601}, "value less than or equal to 21600"),
        ({"Body": b"x", "InvocationTimeoutSeconds": 3601}, "value less than or equal to 3600"),
        ({"Body": b"x", "Filename": "a.b.c"}, r"'Filename' failed .* pattern"),
        ({"Body": b"x", "S3OutputPathExtension": "s3:there"}, r"'S3OutputPathExtension' failed .* pattern"),
    ],
)
def test_a_request_that_makes_no_sense_is_refused(shared: Queued, request_: dict[str, Any], message: str) -> None:
    with pytest.raises(ClientError, match=message) as caught:
        shared.hosting.runtime.invoke_endpoint_async(EndpointName=shared.name, **request_)

    assert caught.value.response["Error"]["Code"] == "ValidationError"


def test_an_endpoint_answers_in_one_way_alone(hosting: Hosting, shared: Queued, endpoint: str) -> None:
    with pytest.raises(ClientError, match="is asynchronous: use InvokeEndpointAsync"):
        hosting.invoke(shared.name)
    with pytest.raises(ClientError, match="is not asynchronous: use InvokeEndpoint"):
        hosting.runtime.invoke_endpoint_async(EndpointName=endpoint, Body=b"x")
    with pytest.raises(ClientError, match=r"Endpoint nobody of account .* not found"):
        hosting.runtime.invoke_endpoint_async(EndpointName="nobody", Body=b"x")


def test_topics_hear_how_an_inference_ended(hosting: Hosting) -> None:
    success, error = Topic(hosting), Topic(hosting)
    talking = queued(hosting, notify={"SuccessTopic": success.arn, "ErrorTopic": error.arn})
    test = {"eventVersion": "1.0", "eventSource": "aws:sagemaker", "eventName": "TestNotification"}
    assert success.hears("TestNotification") == error.hears("TestNotification") == test

    good = talking.ask({"do": "nothing"}, ContentType="application/json")
    message = success.hears()

    times = [message.pop(name) for name in ("receivedTime", "eventTime")]
    assert times == sorted(times)
    assert message == {
        "awsRegion": "us-east-1",
        "invocationStatus": "Completed",
        "requestParameters": {
            "endpointName": talking.name,
            "contentType": "application/json",
            "inputLocation": message["requestParameters"]["inputLocation"],
        },
        "responseParameters": {"contentType": "application/json", "outputLocation": good["OutputLocation"]},
        "inferenceId": good["InferenceId"],
        "eventVersion": "1.0",
        "eventSource": "aws:sagemaker",
        "eventName": "InferenceResult",
    }

    bad = talking.ask({"do": "status", "status": 500})
    message = error.hears()

    assert message["invocationStatus"] == "Failed"
    assert message["failureReason"].startswith("ClientError: Received server error (500) from model.")
    assert message["inferenceId"] == bad["InferenceId"]
    assert "responseParameters" not in message
    assert "responseBody" not in message
    assert talking.waits_for(bad["FailureLocation"])["Body"] == b"as you wished"
    assert talking.written(bad["OutputLocation"]) is None
    assert success.heard() == []


def test_topics_can_get_the_answer_itself(hosting: Hosting) -> None:
    success, error = Topic(hosting), Topic(hosting)
    both = ["SUCCESS_NOTIFICATION_TOPIC", "ERROR_NOTIFICATION_TOPIC"]
    notify = {"SuccessTopic": success.arn, "ErrorTopic": error.arn, "IncludeInferenceResponseIn": both}
    talking = queued(hosting, notify=notify, failure_path=False)

    answer = talking.ask({"do": "nothing"})
    assert "FailureLocation" not in answer
    body = success.hears()["responseBody"]
    assert json.loads(base64.b64decode(body["content"])) == talking.told(answer)

    talking.ask({"do": "status", "status": 404})
    assert error.hears()["responseBody"] == {"content": "as you wished"}


def test_a_request_whose_input_is_missing_fails(hosting: Hosting) -> None:
    error = Topic(hosting)
    failing = queued(hosting, notify={"ErrorTopic": error.arn})
    nowhere = f"s3://{BUCKET}/{failing.prefix}/nothing"

    answer = failing.ask(InputLocation=nowhere)

    assert nowhere in error.hears()["failureReason"]
    assert nowhere.encode() in failing.waits_for(answer["FailureLocation"])["Body"]
    failing.meters()
    for name, value in (("RequestDownloadFailures", 1), ("InvocationFailures", 1), ("ExpiredRequests", 0)):
        assert failing.metric(name, VariantName="Main") == value


def test_a_container_that_takes_too_long_fails_the_request(shared: Queued, tmp_path: Path) -> None:
    with Gate(tmp_path / "gate") as gate:
        answer = shared.ask(gate.wish, InvocationTimeoutSeconds=1)

        assert b"no answer within 1 seconds" in shared.waits_for(answer["FailureLocation"])["Body"]


def test_a_request_that_waits_for_too_long_expires(hosting: Hosting) -> None:
    error = Topic(hosting)
    slow = queued(hosting, notify={"ErrorTopic": error.arn})
    slow.scale(0)

    with hosting.local.time_factor(FACTOR):
        answer = slow.ask({"do": "nothing"}, RequestTTLSeconds=60)
        message = error.hears()

    assert "has expired" in message["failureReason"]
    assert b"has expired" in slow.waits_for(answer["FailureLocation"])["Body"]
    for _ in until("the metrics"):
        if slow.metric("ExpiredRequests", VariantName="Main") == 1:
            break
    slow.scale(1)
    assert slow.written(answer["OutputLocation"]) is None


def test_an_instance_takes_so_many_requests_at_once(hosting: Hosting) -> None:
    narrow = queued(hosting, concurrency=1)
    begun = time.monotonic()

    answers = [narrow.ask({"do": "sleep", "seconds": 0.2}) for _ in range(3)]
    for answer in answers:
        narrow.told(answer)

    assert time.monotonic() - begun > 0.6


def test_metrics(hosting: Hosting) -> None:
    metered = queued(hosting)
    metered.told(metered.ask({"do": "sleep", "seconds": 0.2}))
    metered.waits_for(metered.ask({"do": "status", "status": 503})["FailureLocation"])
    metered.meters(2)

    of_endpoint, of_variant = frozenset({"EndpointName"}), frozenset({"EndpointName", "VariantName"})
    one_fleet = of_variant | {"EndpointConfigName"}
    per_endpoint = {
        "ApproximateBacklogSize",
        "ApproximateBacklogSizePerInstance",
        "ApproximateAgeOfOldestRequest",
        "HasBacklogWithoutCapacity",
    }
    per_variant = {
        "RequestDownloadFailures",
        "RequestDownloadLatency",
        "ResponseUploadFailures",
        "ResponseUploadLatency",
        "NotificationFailures",
        "ExpiredRequests",
        "InvocationFailures",
        "InvocationsProcesssed",
        "InvocationsProcessed",
        "TimeInBacklog",
        "TotalProcessingTime",
        "Invocation4XXErrors",
        "Invocation5XXErrors",
        "ModelLatency",
    }
    assert metered.metrics() == {
        **{metric: {of_endpoint} for metric in per_endpoint},
        **{metric: {of_variant, one_fleet} for metric in per_variant},
    }
    for name, total in (("InvocationsProcesssed", 2), ("InvocationFailures", 1), ("Invocation5XXErrors", 1)):
        assert metered.metric(name, VariantName="Main") == total
    slowest = metered.metric("ModelLatency", "Maximum", VariantName="Main")
    assert slowest is not None
    assert slowest > 200_000
    whole = metered.metric("TotalProcessingTime", "Maximum", VariantName="Main")
    assert whole is not None
    # In milliseconds, however slow this machine is.
    assert 200 < whole < 100_000


def test_without_instances_requests_wait_until_there_is_one(hosting: Hosting) -> None:
    resting = queued(hosting)
    before = resting.told(resting.ask(Body=b"{}"))["pid"]

    resting.scale(0)
    assert hosting.counts(resting.name) == {"Main": 0}
    assert not is_alive(before)
    answer = resting.ask(Body=b"{}")
    with hosting.local.time_factor(FACTOR):
        for _ in until("the backlog to be noticed"):
            if resting.metric("HasBacklogWithoutCapacity", "Maximum") == 1:
                break
    assert resting.written(answer["OutputLocation"]) is None
    assert resting.metric("ApproximateBacklogSize", "Maximum") == 1

    resting.scale(2)
    assert resting.told(answer)["pid"] != before


def test_an_update_keeps_an_endpoint_at_zero_there(hosting: Hosting) -> None:
    resting = queued(hosting)
    resting.scale(0)
    described = hosting.sagemaker.describe_endpoint(EndpointName=resting.name)

    for model in (hosting.model("2", ECHO_HEALTH="exit"), hosting.model("3")):
        config = hosting.config(
            {"ModelName": model, "InitialInstanceCount": 1}, AsyncInferenceConfig=described["AsyncInferenceConfig"]
        )
        updated = hosting.update(resting.name, config, RetainAllVariantProperties=True)
        # No container is started, so nothing can tell that the second version is bad.
        assert updated["EndpointConfigName"] == config
        assert hosting.counts(resting.name) == {"Main": 0}

    answer = resting.ask(Body=b"{}")
    resting.scale(1)
    assert resting.told(answer)["files"] == {"version.txt": "3"}


def test_an_endpoint_whose_model_is_gone_stays_at_zero(hosting: Hosting) -> None:
    model = hosting.model("1")
    resting = queued(hosting, model=model)
    resting.scale(0)
    location = hosting.sagemaker.describe_model(ModelName=model)["PrimaryContainer"]["ModelDataUrl"]
    hosting.local.client("s3").delete_object(Bucket=BUCKET, Key=location.removeprefix(f"s3://{BUCKET}/"))

    resting.scale(1)

    described = hosting.sagemaker.describe_endpoint(EndpointName=resting.name)
    assert described["EndpointStatus"] == "InService"
    assert location in described["FailureReason"]
    assert hosting.counts(resting.name) == {"Main": 0}


def test_a_topic_that_is_not_there_fails_the_endpoint(hosting: Hosting) -> None:
    topic = f"arn:aws:sns:us-east-1:{hosting.local.account}:nowhere"
    silent = queued(hosting, notify={"SuccessTopic": topic})

    described = hosting.sagemaker.describe_endpoint(EndpointName=silent.name)

    assert described["EndpointStatus"] == "Failed"
    assert f'permissions for topic "{topic}"' in described["FailureReason"]


def test_the_queue_goes_with_the_endpoint(hosting: Hosting) -> None:
    gone = queued(hosting)
    gone.scale(0)
    answer = gone.ask(Body=b"{}")
    config = hosting.sagemaker.describe_endpoint(EndpointName=gone.name)["EndpointConfigName"]

    hosting.sagemaker.delete_endpoint(EndpointName=gone.name)
    for _ in until("the endpoint to be gone"):
        if gone.name not in _endpoints(hosting):
            break
    hosting.sagemaker.create_endpoint(EndpointName=gone.name, EndpointConfigName=config)
    hosting.settle(gone.name)
    gone.told(gone.ask(Body=b"{}"))

    assert gone.written(answer["OutputLocation"]) is None


def test_an_image_that_was_not_built_here_says_so(hosting: Hosting) -> None:
    name = unique("foreign")
    image = "683313688378.dkr.ecr.us-east-1.amazonaws.com/sagemaker-xgboost:1.7-1"
    hosting.sagemaker.create_model(ModelName=name, ExecutionRoleArn=hosting.role, PrimaryContainer={"Image": image})
    foreign = queued(hosting, model=name)

    answer = foreign.ask(Body=b"{}")

    assert b"was not built here" in foreign.waits_for(answer["FailureLocation"])["Body"]


def _endpoints(hosting: Hosting) -> set[str]:
    return {each["EndpointName"] for each in hosting.sagemaker.list_endpoints()["Endpoints"]}
