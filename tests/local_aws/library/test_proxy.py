"""A function in front of an endpoint, on the local AWS: its real code asks a real container through SageMaker Runtime."""

from __future__ import annotations

import contextlib
import json
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

from aws_cdk import CfnOutput, Duration

from cdk_model_hosting import (
    AsyncEndpoint,
    AsyncStorage,
    Fleet,
    FunctionCode,
    Notifications,
    RealtimeEndpoint,
    ServerlessEndpoint,
)
from cdk_model_hosting.functions.endpoint_requests import EndpointRequests
from cdk_model_hosting.functions.proxy import EndpointProxy
from tests.local_aws.function_packages import ARCHITECTURE, PYTHON
from tests.local_aws.runtime.gates import Gate

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    import aws_cdk as cdk

    from tests.local_aws.cdk import Cdk
    from tests.local_aws.lifecycle import LocalAws

    Assemble = Callable[[str, Callable[[cdk.Stack], None]], Cdk]

PASSING_ON = """
def predict(endpoint, request):
    told = endpoint.invoke(request).json()
    return {"version": told["files"]["version.txt"], "got": told["wish"]}
"""
QUEUING = """
def predict(endpoint, request):
    return {"location": endpoint.invoke_async(request).output_location}
"""
HTTP = {
    "version": "2.0",
    "requestContext": {"http": {"method": "POST"}, "domainName": "abc.lambda-url.us-east-1.on.aws"},
    "headers": {"content-type": "application/json"},
}


def code(folder: Path, text: str) -> FunctionCode:
    folder.mkdir(exist_ok=True)
    (folder / "predictor.py").write_text(text)
    return FunctionCode.from_folder(folder, python=PYTHON)


def proxy(stack: cdk.Stack, construct_id: str, code: FunctionCode, endpoint: Any, **options: Any) -> None:
    made = EndpointProxy(stack, construct_id, code=code, endpoint=endpoint, architecture=ARCHITECTURE, **options)
    CfnOutput(stack, f"{construct_id}Arn", value=made.alias_arn)


def invoke(local: LocalAws, function: str, event: Any) -> tuple[Any, str | None]:
    """What a function answers, and what kind of error that is."""
    answer = local.client("lambda").invoke(FunctionName=function, Payload=json.dumps(event).encode())
    return json.loads(answer["Payload"].read()), answer.get("FunctionError")


def over_http(local: LocalAws, function: str, request: Any) -> tuple[int, dict[str, Any], dict[str, str]]:
    """The status, the body and the headers that a function answers to a request over HTTP."""
    answer, kind = invoke(local, function, HTTP | {"body": json.dumps(request)})
    assert kind is None, answer
    return answer["statusCode"], json.loads(answer["body"]), answer["headers"]


def test_a_real_container_answers_through_it(player: Any, assemble: Assemble, tmp_path: Path) -> None:
    def build(stack: cdk.Stack) -> None:
        endpoint = RealtimeEndpoint(
            stack,
            "Endpoint",
            model=player.model(stack, "Model", "proxied"),
            fleet=Fleet(instance_type="ml.c6i.large"),
            endpoint_name="proxied",
        )
        asking = code(tmp_path / "asking", PASSING_ON)
        proxy(stack, "Proxy", asking, endpoint)
        hasty = EndpointRequests(answer_within=Duration.seconds(1))
        proxy(stack, "Hasty", asking, endpoint, requests=hasty)
        proxy(stack, "Lost", asking, RealtimeEndpoint.from_endpoint_name(stack, "Missing", "not-there"))

    app = assemble("Proxied", build)
    outputs = app.deploy("Proxied")["Proxied"]
    local = player.local

    answer, kind = invoke(local, outputs["ProxyArn"], {"amount": 1})
    assert (kind, answer) == (None, {"version": "proxied", "got": {"amount": 1}})
    assert over_http(local, outputs["ProxyArn"], {"amount": 2})[:2] == (
        200,
        {"version": "proxied", "got": {"amount": 2}},
    )

    for status, expected, reason in (
        (418, 422, "as you wished"),
        (500, 502, "the model failed with the status 500"),
        (503, 503, "the model is too busy"),
    ):
        answered, body, headers = over_http(local, outputs["ProxyArn"], {"do": "status", "status": status})
        assert (answered, body["error"], headers.get("retry-after")) == (
            expected,
            reason,
            "1" if expected == 503 else None,
        )
    refused, kind = invoke(local, outputs["ProxyArn"], {"do": "status", "status": 418})
    assert (kind, refused["errorType"], refused["errorMessage"]) == ("Unhandled", "RequestRefused", "as you wished")

    answered, body, _ = over_http(local, outputs["HastyArn"], {"do": "sleep", "seconds": 8})
    assert (answered, body["error"]) == (504, "the endpoint must answer within 1 seconds, which it did not")

    # It began, although there is no such endpoint: another app may make it later.
    answered, body, _ = over_http(local, outputs["LostArn"], {})
    assert (answered, body["error"]) == (502, "there is no such endpoint in service, or no such component of it")

    assert app.is_deployed("Proxied")
    app.destroy("Proxied")


def test_a_serverless_endpoint_that_is_too_busy_is_asked_again(player: Any, assemble: Assemble, tmp_path: Path) -> None:
    def build(stack: cdk.Stack) -> None:
        endpoint = ServerlessEndpoint(
            stack,
            "Endpoint",
            model=player.model(stack, "Model", "busy"),
            memory_mb=1024,
            max_concurrency=1,
            endpoint_name="proxied-serverless",
        )
        proxy(stack, "Proxy", code(tmp_path / "asking", PASSING_ON), endpoint)

    app = assemble("ProxiedServerless", build)
    function = app.deploy("ProxiedServerless")["ProxiedServerless"]["ProxyArn"]
    assert over_http(player.local, function, {})[0] == 200

    with occupied(player, "proxied-serverless", tmp_path / "gate"):
        answered, body, headers = over_http(player.local, function, {})
    assert (answered, body["error"]) == (503, "the endpoint is too busy, or not ready yet")
    assert headers["retry-after"] == "1"

    player.local._ask("PUT", "/_local_aws/throttles", b"2")
    assert over_http(player.local, function, {})[0] == 200
    assert player.local._ask("GET", "/_local_aws/throttles") == 0
    app.destroy("ProxiedServerless")


def test_an_asynchronous_endpoint_answers_in_its_bucket(player: Any, assemble: Assemble, tmp_path: Path) -> None:
    from aws_cdk import aws_s3 as s3  # noqa: PLC0415 - the conftest comes first

    from tests.local_aws.examples.queued import Caller  # noqa: PLC0415 - the same

    player.local.client("s3").create_bucket(Bucket="proxied-requests")

    def build(stack: cdk.Stack) -> None:
        endpoint = AsyncEndpoint(
            stack,
            "Endpoint",
            model=player.model(stack, "Model", "queued"),
            fleet=Fleet(instance_type="ml.c6i.large"),
            storage=AsyncStorage(bucket=s3.Bucket.from_bucket_name(stack, "Bucket", "proxied-requests")),
            notifications=Notifications.none(),
            endpoint_name="proxied-async",
        )
        proxy(stack, "Proxy", code(tmp_path / "queuing", QUEUING), endpoint)

    app = assemble("ProxiedAsync", build)
    function = app.deploy("ProxiedAsync")["ProxiedAsync"]["ProxyArn"]

    status, body, _ = over_http(player.local, function, {"amount": 3})

    assert status == 200
    caller = Caller(player.local, "proxied-async", "s3://proxied-requests/requests/")
    told = json.loads(caller.read(body["location"]))
    assert (told["files"]["version.txt"], told["wish"]) == ("queued", {"amount": 3})
    app.destroy("ProxiedAsync")


@contextlib.contextmanager
def occupied(player: Any, endpoint: str, folder: Path) -> Iterator[None]:
    """Let somebody else have the only copy of a model until the block is left."""
    runtime = player.local.client("sagemaker-runtime")
    with ThreadPoolExecutor() as others, Gate(folder) as gate:
        busy = others.submit(runtime.invoke_endpoint, EndpointName=endpoint, Body=json.dumps(gate.wish).encode())
        gate.reached()
        yield
        gate.open()
        busy.result()
