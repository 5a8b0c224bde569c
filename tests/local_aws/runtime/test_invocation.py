"""sagemaker-runtime reaches the process behind an endpoint, and its errors have SageMaker's shapes."""

import json
import re
import time
from collections import Counter

import pytest
from botocore.exceptions import ClientError

from tests.local_aws.runtime.hosting import Hosting


def test_the_model_answers(hosting: Hosting, endpoint: str) -> None:
    told = hosting.invoke(endpoint, {"some": "record"})

    assert told["files"] == {"version.txt": "1"}
    assert told["arguments"] == ["serve"]
    assert told["path"] == "/invocations"
    assert told["environment"]["FLAVOUR"] == "sour"
    assert told["environment"]["ECHO_FLAVOUR"] == "plain"
    assert told["environment"]["SAGEMAKER_BIND_TO_HOST"] == "127.0.0.1"
    assert "PYTHONDONTWRITEBYTECODE" not in told["environment"]
    assert told["answer"]["InvokedProductionVariant"] == "Main"
    assert told["answer"]["ContentType"] == "application/json"


def test_headers_pass_through(hosting: Hosting, endpoint: str) -> None:
    told = hosting.invoke(endpoint, Accept="text/csv", CustomAttributes="trace=7", InferenceId="inference-1")

    assert told["headers"]["content-type"] == "application/json"
    assert told["headers"]["accept"] == "text/csv"
    assert told["headers"]["x-amzn-sagemaker-custom-attributes"] == "trace=7"
    assert told["headers"]["x-amzn-sagemaker-inference-id"] == "inference-1"
    assert told["answer"]["CustomAttributes"] == "seen"


def test_a_body_of_six_megabytes_arrives_whole(hosting: Hosting, endpoint: str) -> None:
    answer = hosting.runtime.invoke_endpoint(EndpointName=endpoint, Body=b"x" * 6_291_456)

    assert json.load(answer["Body"])["body_bytes"] == 6_291_456


def test_a_body_above_25_megabytes_is_refused(hosting: Hosting, endpoint: str) -> None:
    with pytest.raises(hosting.runtime.exceptions.ClientError, match=r"Member must have length less than or equal to"):
        hosting.runtime.invoke_endpoint(EndpointName=endpoint, Body=b"x" * (25 * 1024 * 1024 + 1))


def test_a_response_stream_carries_the_same_answer(hosting: Hosting, endpoint: str) -> None:
    answer = hosting.runtime.invoke_endpoint_with_response_stream(
        EndpointName=endpoint, Body=b"{}", Accept="text/csv", ContentType="application/json"
    )

    told = json.loads(b"".join(event["PayloadPart"]["Bytes"] for event in answer["Body"]))
    assert told["files"] == {"version.txt": "1"}
    assert told["headers"]["accept"] == "text/csv"
    assert answer["ContentType"] == "application/json"
    assert answer["InvokedProductionVariant"] == "Main"


def test_an_unknown_endpoint(hosting: Hosting) -> None:
    with pytest.raises(ClientError) as caught:
        hosting.invoke("nobody")

    assert caught.value.response["Error"]["Code"] == "ValidationError"
    assert caught.value.response["Error"]["Message"] == f"Endpoint nobody of account {hosting.local.account} not found."
    assert caught.value.response["ResponseMetadata"]["HTTPStatusCode"] == 400


@pytest.mark.parametrize(("status", "kind"), [(415, "client"), (503, "server")])
def test_an_error_of_the_container(hosting: Hosting, endpoint: str, status: int, kind: str) -> None:
    with pytest.raises(hosting.runtime.exceptions.ModelError) as caught:
        hosting.invoke(endpoint, {"do": "status", "status": status})

    answer = caught.value.response
    group = f"/aws/sagemaker/Endpoints/{endpoint}"
    assert answer["ResponseMetadata"]["HTTPStatusCode"] == 424
    assert answer["OriginalStatusCode"] == status
    assert answer["OriginalMessage"] == "as you wished"
    assert answer["LogStreamArn"] == f"arn:aws:logs:us-east-1:{hosting.local.account}:log-group:{group}"
    expected = rf'Received {kind} error \({status}\) from primary with message "as you wished"\. See '
    assert re.match(expected, answer["Error"]["Message"])


def test_a_crashed_container_is_an_error_and_comes_back(hosting: Hosting) -> None:
    crashing = hosting.endpoint({"ModelName": hosting.model("1")})
    before = hosting.invoke(crashing)["pid"]

    with pytest.raises(hosting.runtime.exceptions.ModelError) as caught:
        hosting.invoke(crashing, {"do": "exit"})

    assert caught.value.response["OriginalStatusCode"] == 0
    assert "does not answer" in caught.value.response["OriginalMessage"]
    assert _pid_when_back(hosting, crashing) != before
    hosting.sagemaker.delete_endpoint(EndpointName=crashing)


def test_traffic_follows_the_weights(hosting: Hosting) -> None:
    model = hosting.model("1")
    split = hosting.endpoint(
        {"VariantName": "Big", "ModelName": model, "InitialVariantWeight": 3.0},
        {"VariantName": "Small", "ModelName": model, "InitialVariantWeight": 1.0},
        {"VariantName": "None", "ModelName": model, "InitialVariantWeight": 0.0},
    )

    met = Counter(hosting.invoke(split)["answer"]["InvokedProductionVariant"] for _ in range(200))

    # 150 expected with a standard deviation of 6: eight of them to either side.
    assert 100 < met["Big"] < 190
    assert met["Big"] + met["Small"] == 200
    for variant in ("Big", "Small", "None"):
        assert hosting.invoke(split, TargetVariant=variant)["answer"]["InvokedProductionVariant"] == variant
    with pytest.raises(ClientError, match=r"Variant Nobody .* not found"):
        hosting.invoke(split, TargetVariant="Nobody")
    hosting.sagemaker.delete_endpoint(EndpointName=split)


def test_weights_can_be_changed_while_it_runs(hosting: Hosting) -> None:
    model = hosting.model("1")
    split = hosting.endpoint({"VariantName": "A", "ModelName": model}, {"VariantName": "B", "ModelName": model})

    hosting.sagemaker.update_endpoint_weights_and_capacities(
        EndpointName=split, DesiredWeightsAndCapacities=[{"VariantName": "A", "DesiredWeight": 0.0}]
    )
    hosting.settle(split)

    assert {hosting.invoke(split)["answer"]["InvokedProductionVariant"] for _ in range(20)} == {"B"}
    hosting.sagemaker.delete_endpoint(EndpointName=split)


def test_headers_of_other_kinds_of_endpoint_are_refused(hosting: Hosting, endpoint: str) -> None:
    with pytest.raises(ClientError, match="is not a multi-model endpoint"):
        hosting.invoke(endpoint, TargetModel="other.tar.gz")
    with pytest.raises(ClientError, match="is not a multi-container endpoint with direct invocation"):
        hosting.invoke(endpoint, TargetContainerHostname="other")
    with pytest.raises(ClientError, match="Inference Component Name header is not allowed"):
        hosting.invoke(endpoint, InferenceComponentName="other")


def test_an_image_that_was_not_built_here_says_so(hosting: Hosting) -> None:
    foreign = "683313688378.dkr.ecr.us-east-1.amazonaws.com/sagemaker-xgboost:1.7-1"
    name = "foreign-image"
    hosting.sagemaker.create_model(ModelName=name, ExecutionRoleArn=hosting.role, PrimaryContainer={"Image": foreign})
    unplayable = hosting.endpoint({"ModelName": name})

    with pytest.raises(hosting.runtime.exceptions.ModelError) as caught:
        hosting.invoke(unplayable)

    assert caught.value.response["OriginalMessage"] == (
        f"image {foreign} was not built here: the local AWS runs only images built from a folder"
    )


def test_invocations_are_metered(hosting: Hosting) -> None:
    metered = hosting.endpoint({"ModelName": hosting.model("1")})
    config = hosting.sagemaker.describe_endpoint(EndpointName=metered)["EndpointConfigName"]
    hosting.invoke(metered)
    hosting.invoke(metered, {"do": "sleep", "seconds": 0.2})
    for status in (400, 500):
        with pytest.raises(hosting.runtime.exceptions.ModelError):
            hosting.invoke(metered, {"do": "status", "status": status})

    both = {"EndpointName": metered, "VariantName": "Main"}
    for dimensions in (both, {**both, "EndpointConfigName": config}):
        assert _metric(hosting, "Invocations", "Sum", dimensions) == 4
        assert _metric(hosting, "Invocation4XXErrors", "Sum", dimensions) == 1
        assert _metric(hosting, "Invocation5XXErrors", "Sum", dimensions) == 1
        assert _metric(hosting, "InvocationsPerInstance", "Sum", dimensions) == 2
        assert _metric(hosting, "ModelLatency", "Maximum", dimensions) > 200_000
        # Both in microseconds, however slow this machine is.
        assert 0 < _metric(hosting, "OverheadLatency", "Average", dimensions) < 20_000_000
        assert 200_000 < _latency(hosting, "p100", dimensions) < 20_000_000


def _latency(hosting: Hosting, statistic: str, dimensions: dict[str, str]) -> float:
    """Read a percentile through the API that dashboards and consoles use."""
    metric = {
        "Namespace": "AWS/SageMaker",
        "MetricName": "ModelLatency",
        "Dimensions": [{"Name": key, "Value": value} for key, value in dimensions.items()],
    }
    now = time.time()
    (found,) = hosting.local.client("cloudwatch").get_metric_data(
        MetricDataQueries=[{"Id": "m", "MetricStat": {"Metric": metric, "Period": 7200, "Stat": statistic}}],
        StartTime=now - 7200,
        EndTime=now + 3600,
    )["MetricDataResults"]
    return float(max(found["Values"]))


def _metric(hosting: Hosting, name: str, statistic: str, dimensions: dict[str, str]) -> float:
    now = time.time()
    points = hosting.local.client("cloudwatch").get_metric_statistics(
        Namespace="AWS/SageMaker",
        MetricName=name,
        Dimensions=[{"Name": key, "Value": value} for key, value in dimensions.items()],
        StartTime=now - 3600,
        EndTime=now + 3600,
        Period=7200,
        Statistics=[statistic],
    )["Datapoints"]
    # The period may fall on a boundary of the clock, which leaves two points.
    values = [float(point[statistic]) for point in points]
    return sum(values) if statistic == "Sum" else max(values)


def _pid_when_back(hosting: Hosting, endpoint: str) -> int:
    deadline = time.monotonic() + 120
    while True:
        try:
            return int(hosting.invoke(endpoint)["pid"])
        except hosting.runtime.exceptions.ModelError:
            assert time.monotonic() < deadline, "the container did not come back"
            time.sleep(0.1)
