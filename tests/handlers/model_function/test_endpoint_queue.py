"""A function in front of an asynchronous endpoint: it puts requests into the queue, and tells where the answers will be."""

import re

import pytest

from cdk_model_hosting.handlers.model_function.failures import EndpointFailed, PredictionFailed
from tests.handlers.model_function.endpoint_server import Reply, Service, error
from tests.handlers.model_function.fronting import Front
from tests.handlers.model_function.stage import Context

QUEUING = """
    def predict(endpoint, request):
        queued = endpoint.invoke_async(request, inference_id="i-1")
        return [queued.output_location, queued.failure_location, queued.inference_id]
"""
QUEUED = Reply(
    status=202,
    body=b'{"InferenceId": "i-1"}',
    headers={
        "X-Amzn-SageMaker-OutputLocation": "s3://answers/1.out",
        "X-Amzn-SageMaker-FailureLocation": "s3://failures/1.out",
    },
)


def test_a_request_is_uploaded_and_queued(front: Front, service: Service) -> None:
    function = front.start(QUEUING, UPLOADS="s3://requests/mine/")
    service.answers(Reply(body=b""), QUEUED)

    assert function.handle({"amount": 1}, Context()) == ["s3://answers/1.out", "s3://failures/1.out", "i-1"]
    upload, queued = service.asked
    assert upload.method == "PUT"
    assert b'{"amount":1}' in upload.body
    key = re.fullmatch(r"/requests/(mine/[0-9a-f]{32})", upload.path)
    assert key is not None
    assert queued.path == "/endpoints/fraud/async-invocations"
    assert queued.headers["x-amzn-sagemaker-inputlocation"] == f"s3://requests/{key[1]}"
    assert front.stage.line["endpointAttempts"] == 2


def test_a_request_that_is_in_s3_already_is_queued_as_it_is(front: Front, service: Service) -> None:
    function = front.start(
        "def predict(endpoint, request): return endpoint.invoke_async(location=request).failure_location"
    )
    service.answers(
        Reply(status=202, body=b'{"InferenceId": "i"}', headers={"X-Amzn-SageMaker-OutputLocation": "s3://o"})
    )

    assert function.handle("s3://elsewhere/1", Context()) is None
    (asked,) = service.asked
    assert asked.headers["x-amzn-sagemaker-inputlocation"] == "s3://elsewhere/1"


def test_an_upload_that_fails_is_told_of(front: Front, service: Service) -> None:
    function = front.start(QUEUING, UPLOADS="s3://requests/mine/")
    service.answers(error("AccessDenied", 403))

    with pytest.raises(EndpointFailed):
        function.handle({}, Context())
    assert len(service.asked) == 1


@pytest.mark.parametrize(
    ("call", "uploads", "message"),
    [
        (
            "invoke({})",
            "s3://requests/mine/",
            "TypeError: an asynchronous endpoint must be asked by invoke_async, got invoke: nobody waits for it",
        ),
        (
            "invoke_async({})",
            "",
            (
                "TypeError: invoke_async must get the location of a request that is in S3 already, got a payload: the storage of "
                "the endpoint is not known"
            ),
        ),
        (
            "invoke_async()",
            "",
            "TypeError: invoke_async must get either a payload or a location, got both or none of them",
        ),
        (
            "invoke_async({}, location='s3://a/b')",
            "",
            "TypeError: invoke_async must get either a payload or a location, got both or none of them",
        ),
    ],
)
def test_fails_when_it_is_asked_wrongly(
    front: Front,
    call: str,
    uploads: str,
    message: str,
) -> None:
    function = front.start(f"def predict(endpoint, request): return endpoint.{call}", UPLOADS=uploads)

    with pytest.raises(PredictionFailed):
        function.handle({}, Context())
    assert message in front.stage.line["stackTrace"]
