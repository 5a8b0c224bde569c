"""Function URLs and HTTP APIs, asked over HTTP: what the function gets, what comes back, and who is turned away."""

import base64
import json
import time
from typing import Any

import pytest

from tests.local_aws.lifecycle import LocalAws
from tests.local_aws.runtime.asking import ask
from tests.local_aws.runtime.versioned import Deployed, Properties, function

JSON = {"content-type": "application/json"}
CODE = """
import base64, json, time

def handler(event, context):
    body = json.loads(event["body"]) if event.get("body") and not event["isBase64Encoded"] else {}
    if body.get("raise"):
        raise ValueError("a secret")
    time.sleep(body.get("sleep", 0))
    if body.get("bytes"):
        return {"statusCode": 201, "headers": {"content-type": "image/png"}, "body": base64.b64encode(b"\\x89PNG").decode(),
                "isBase64Encoded": True, "cookies": ["a=1; Path=/", "b=2"]}
    if body.get("plain"):
        return {"answer": 42}
    return {"statusCode": 200, "body": json.dumps(event)}
"""


def resources(**more: Any) -> Properties:
    return function("1", code=CODE) | more


def url(auth: str) -> Properties:
    properties = {"AuthType": auth, "TargetFunctionArn": {"Fn::GetAtt": ["Function", "Arn"]}, "Qualifier": "live"}
    return {"Type": "AWS::Lambda::Url", "Properties": properties, "DependsOn": "Alias"}


def permission(action: str, principal: str, **more: Any) -> Properties:
    properties = {"Action": action, "FunctionName": {"Ref": "Alias"}, "Principal": principal, **more}
    return {"Type": "AWS::Lambda::Permission", "Properties": properties}


def api(*, milliseconds: int | None = None, **route: Any) -> Properties:
    """An HTTP API with one function behind three routes, for which it waits so long."""
    of_api = {"ApiId": {"Ref": "Api"}}
    target = {"Fn::Sub": "integrations/${Integration}"}
    keys = {"Predict": "POST /predict", "Item": "GET /items/{id}", "Deep": "ANY /deep/{proxy+}"}
    routes = {
        name: {
            "Type": "AWS::ApiGatewayV2::Route",
            "Properties": {**of_api, "RouteKey": key, "Target": target, **route},
        }
        for name, key in keys.items()
    }
    integration = {
        "IntegrationType": "AWS_PROXY",
        "IntegrationUri": {"Ref": "Alias"},
        "PayloadFormatVersion": "2.0",
        **({"TimeoutInMillis": milliseconds} if milliseconds else {}),
    }
    return {
        "Api": {"Type": "AWS::ApiGatewayV2::Api", "Properties": {"Name": "functions", "ProtocolType": "HTTP"}},
        "Integration": {"Type": "AWS::ApiGatewayV2::Integration", "Properties": {**of_api, **integration}},
        "Stage": {
            "Type": "AWS::ApiGatewayV2::Stage",
            "Properties": {**of_api, "StageName": "$default", "AutoDeploy": True},
        },
        **routes,
    }


SOURCE = {"Fn::Sub": "arn:aws:execute-api:${AWS::Region}:${AWS::AccountId}:${Api}/*"}
OTHER_SOURCE = {"Fn::Sub": "arn:aws:execute-api:${AWS::Region}:${AWS::AccountId}:other/*"}
ENDPOINT = {"Fn::GetAtt": ["Api", "ApiEndpoint"]}


@pytest.fixture(scope="module")
def signed(local_aws: LocalAws) -> str:
    """The address of a function URL for those who sign."""
    deployed = Deployed.of(
        local_aws, "FunctionUrlSigned", resources(Url=url("AWS_IAM")), Url={"Fn::GetAtt": ["Url", "FunctionUrl"]}
    )
    return deployed.stack.outputs()["Url"]


@pytest.fixture(scope="module")
def gateway(local_aws: LocalAws) -> str:
    """The address of an HTTP API."""
    permitted = permission("lambda:InvokeFunction", "apigateway.amazonaws.com", SourceArn=SOURCE)
    deployed = Deployed.of(local_aws, "FunctionApi", resources(**api(), Permission=permitted), Url=ENDPOINT)
    return deployed.stack.outputs()["Url"]


def test_an_unsigned_request_is_turned_away(signed: str) -> None:
    assert ask(signed, b"{}").status == 403


def test_a_signed_request_becomes_an_event(local_aws: LocalAws, signed: str) -> None:
    headers = {**JSON, "cookie": "a=1; b=2", "x-mine": "yes"}
    answer = ask(f"{signed}one/two?x=1&y=a%20b&x=2", b'{"z": 1}', headers=headers, signer=local_aws.account)

    assert answer.status == 200
    event = answer.json()
    assert (event["version"], event["routeKey"], event["rawPath"]) == ("2.0", "$default", "/one/two")
    assert event["requestContext"]["http"]["method"] == "POST"
    assert event["queryStringParameters"] == {"x": "1,2", "y": "a b"}
    assert event["cookies"] == ["a=1", "b=2"]
    assert "cookie" not in event["headers"]
    assert event["headers"]["x-mine"] == "yes"
    assert (event["body"], event["isBase64Encoded"]) == ('{"z": 1}', False)
    assert event["requestContext"]["authorizer"]["iam"]["accountId"] == local_aws.account


def test_bytes_are_wrapped_there_and_back(local_aws: LocalAws, signed: str) -> None:
    event = ask(signed, b"\0\xff", headers={"content-type": "image/png"}, signer=local_aws.account).json()
    assert (base64.b64decode(event["body"]), event["isBase64Encoded"]) == (b"\0\xff", True)

    answer = ask(signed, b'{"bytes": true}', headers=JSON, signer=local_aws.account)
    assert (answer.status, answer.body, answer.header("content-type")) == (201, b"\x89PNG", ["image/png"])
    assert answer.header("set-cookie") == ["a=1; Path=/", "b=2"]


def test_an_answer_without_a_status_is_the_body(local_aws: LocalAws, signed: str) -> None:
    answer = ask(signed, b'{"plain": true}', headers=JSON, signer=local_aws.account)
    assert (answer.status, answer.json()) == (200, {"answer": 42})


def test_a_failure_tells_nothing_of_the_function(local_aws: LocalAws, signed: str, gateway: str) -> None:
    for answer, status in (
        (ask(signed, b'{"raise": true}', headers=JSON, signer=local_aws.account), 502),
        (ask(f"{gateway}/predict", b'{"raise": true}', headers=JSON), 500),
    ):
        assert answer.status == status
        assert b"secret" not in answer.body


def test_a_body_of_more_than_lambda_takes_is_turned_away(local_aws: LocalAws, signed: str, gateway: str) -> None:
    body = b" " * (6 * 1024 * 1024 + 1)
    assert ask(signed, body, headers=JSON, signer=local_aws.account).status == 413
    assert ask(f"{gateway}/predict", body, headers=JSON).status == 413


def test_a_public_url_needs_both_permissions(local_aws: LocalAws) -> None:
    by_url = permission("lambda:InvokeFunctionUrl", "*", FunctionUrlAuthType="NONE")
    invoke = permission("lambda:InvokeFunction", "*", InvokedViaFunctionUrl=True)
    for name, permissions, status in (
        ("FunctionUrlClosed", {"Url2": by_url}, 403),
        ("FunctionUrlOpen", {"Url2": by_url, "Invoke": invoke}, 200),
    ):
        told = {"Url": {"Fn::GetAtt": ["Url", "FunctionUrl"]}}
        deployed = Deployed.of(local_aws, name, resources(Url=url("NONE"), **permissions), **told)
        answer = ask(deployed.stack.outputs()["Url"], b"{}", headers=JSON)
        assert answer.status == status
    assert "authorizer" not in answer.json()["requestContext"]


def test_a_url_follows_the_weights_of_its_alias(local_aws: LocalAws) -> None:
    told = {"Url": {"Fn::GetAtt": ["Url", "FunctionUrl"]}}
    code = "import os\ndef handler(event, context):\n    return {'release': os.environ['RELEASE']}\n"
    parts = function("1", code=code) | {"Url": url("AWS_IAM")}
    deployed = Deployed.of(local_aws, "FunctionUrlWeights", parts, **told)
    deployed.client.update_function_configuration(
        FunctionName=deployed.name, Environment={"Variables": {"STATE": "well", "RELEASE": "2"}}
    )
    deployed.client.publish_version(FunctionName=deployed.name)
    deployed.client.update_alias(
        FunctionName=deployed.name, Name="live", RoutingConfig={"AdditionalVersionWeights": {"2": 0.5}}
    )

    address = deployed.stack.outputs()["Url"]
    releases = [ask(address, b"{}", signer=local_aws.account).json()["release"] for _ in range(4)]

    assert sorted(releases) == ["1", "1", "2", "2"]


def test_an_api_answers_its_routes_alone(gateway: str) -> None:
    event = ask(f"{gateway}/predict", b'{"z": 1}', headers={**JSON, "cookie": "a=1"}).json()
    assert (event["routeKey"], event["rawPath"], event["body"]) == ("POST /predict", "/predict", '{"z": 1}')
    assert event["requestContext"]["stage"] == "$default"
    assert event["cookies"] == ["a=1"]
    assert "pathParameters" not in event
    item = ask(f"{gateway}/items/7?q=1", method="GET").json()
    assert (item["pathParameters"], item["queryStringParameters"]) == ({"id": "7"}, {"q": "1"})
    assert ask(f"{gateway}/deep/er/still", method="PUT").json()["pathParameters"] == {"proxy": "er/still"}
    for path, method in (("/predict", "GET"), ("/other", "POST"), ("", "GET")):
        assert ask(f"{gateway}{path}", method=method).status == 404


def test_an_api_waits_as_long_as_its_integration_says(local_aws: LocalAws) -> None:
    permitted = permission("lambda:InvokeFunction", "apigateway.amazonaws.com", SourceArn=SOURCE)
    parts = resources(**api(milliseconds=1000), Permission=permitted)
    hasty = Deployed.of(local_aws, "FunctionApiHasty", parts, Url=ENDPOINT).stack.outputs()["Url"]
    # One that waited for the function would have its answer.
    answer = ask(f"{hasty}/predict", b'{"sleep": 8}', headers=JSON)
    assert (answer.status, answer.json()) == (503, {"message": "Service Unavailable"})


def test_an_api_without_permission_cannot_invoke(local_aws: LocalAws) -> None:
    other = permission("lambda:InvokeFunction", "apigateway.amazonaws.com", SourceArn=OTHER_SOURCE)
    deployed = Deployed.of(local_aws, "FunctionApiClosed", resources(**api(), Permission=other), Url=ENDPOINT)
    answer = ask(f"{deployed.stack.outputs()['Url']}/predict", b"{}", headers=JSON)
    assert (answer.status, answer.json()) == (500, {"message": "Internal Server Error"})


def token(**claims: Any) -> dict[str, str]:
    """The header with a token that nobody has signed."""
    parts = [{"alg": "RS256", "kid": "1"}, claims]
    encoded = [base64.urlsafe_b64encode(json.dumps(part).encode()).rstrip(b"=").decode() for part in parts]
    return {"authorization": f"Bearer {'.'.join(encoded)}.c2ln"}


def test_a_jwt_authorizer_reads_the_token(local_aws: LocalAws) -> None:
    authorizer = {
        "Type": "AWS::ApiGatewayV2::Authorizer",
        "Properties": {
            "ApiId": {"Ref": "Api"},
            "AuthorizerType": "JWT",
            "IdentitySource": ["$request.header.Authorization"],
            "JwtConfiguration": {"Issuer": "https://issuer.example", "Audience": ["models"]},
            "Name": "jwt",
        },
    }
    routes = api(AuthorizationType="JWT", AuthorizerId={"Ref": "Authorizer"}, AuthorizationScopes=["predict"])
    permitted = permission("lambda:InvokeFunction", "apigateway.amazonaws.com", SourceArn=SOURCE)
    parts = resources(**routes, Authorizer=authorizer, Permission=permitted)
    deployed = Deployed.of(local_aws, "FunctionApiTokens", parts, Url=ENDPOINT)
    address = f"{deployed.stack.outputs()['Url']}/predict"
    good = {"iss": "https://issuer.example", "aud": "models", "exp": time.time() + 600, "scope": "predict"}

    assert ask(address, b"{}").status == 401
    assert ask(address, b"{}", headers=token(**good | {"aud": "others"})).status == 401
    assert ask(address, b"{}", headers=token(**good | {"exp": time.time() - 1})).status == 401
    assert ask(address, b"{}", headers=token(**good | {"scope": "read"})).status == 403
    event = ask(address, b"{}", headers=token(**good)).json()
    assert event["requestContext"]["authorizer"]["jwt"]["claims"]["aud"] == "models"


def test_an_api_with_iam_wants_a_signature(local_aws: LocalAws) -> None:
    permitted = permission("lambda:InvokeFunction", "apigateway.amazonaws.com", SourceArn=SOURCE)
    parts = resources(**api(AuthorizationType="AWS_IAM"), Permission=permitted)
    deployed = Deployed.of(local_aws, "FunctionApiSigned", parts, Url=ENDPOINT)
    address = f"{deployed.stack.outputs()['Url']}/predict"

    assert ask(address, b"{}").status == 403
    answer = ask(address, b"{}", headers=JSON, signer=local_aws.account, service="execute-api")
    assert answer.json()["requestContext"]["authorizer"]["iam"]["accountId"] == local_aws.account
