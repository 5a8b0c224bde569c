from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import aws_cdk as cdk
import pytest
from aws_cdk import aws_iam as iam

from cdk_model_hosting import Front
from cdk_model_hosting.functions.fronts.authorization import Authorization
from cdk_model_hosting.functions.fronts.cors import Cors
from cdk_model_hosting.functions.size import FunctionSize
from tests.unit.builders import att, join, new_stack, number_token, refused, resources, text_token
from tests.unit.functions.made import function, only_own, own, stack_of

if TYPE_CHECKING:
    from pathlib import Path

LIVE = {"Ref": "FraudLiveBDC3EC24"}
ISSUER = "https://cognito-idp.eu-west-1.amazonaws.com/pool"


def arn(made: Any, rest: str) -> dict[str, Any]:
    """The ARN of what is asked."""
    (api,) = own(made, "AWS::ApiGatewayV2::Api")
    region, account = {"Ref": "AWS::Region"}, {"Ref": "AWS::AccountId"}
    return join("arn:", {"Ref": "AWS::Partition"}, ":execute-api:", region, ":", account, ":", {"Ref": api}, rest)


def test_signed_requests_reach_the_live_version(source: Path, model: Path) -> None:
    made = function(source, model, front=Front.http_api())

    (api,) = own(made, "AWS::ApiGatewayV2::Api")
    (integration,) = own(made, "AWS::ApiGatewayV2::Integration")
    properties = only_own(made, "AWS::ApiGatewayV2::Api")
    assert properties.pop("Name").startswith("stack-fraud-api-")
    assert properties == {"ProtocolType": "HTTP"}
    # No time of its own: a new environment may take some of API Gateway's besides the function's.
    assert only_own(made, "AWS::ApiGatewayV2::Integration") == {
        "ApiId": {"Ref": api},
        "IntegrationType": "AWS_PROXY",
        "IntegrationUri": LIVE,
        "PayloadFormatVersion": "2.0",
    }
    assert only_own(made, "AWS::ApiGatewayV2::Route") == {
        "ApiId": {"Ref": api},
        "AuthorizationType": "AWS_IAM",
        "RouteKey": "POST /",
        "Target": join("integrations/", {"Ref": integration}),
    }
    assert only_own(made, "AWS::Lambda::Permission") == {
        "Action": "lambda:InvokeFunction",
        "FunctionName": LIVE,
        "Principal": "apigateway.amazonaws.com",
        "SourceArn": arn(made, "/$default/POST/"),
    }
    assert stack_of(made).resolve(made.url) == join(att(api, "ApiEndpoint"), "/")
    assert own(made, "AWS::ApiGatewayV2::Authorizer") == {}


def test_its_one_stage_logs_requests_as_json(source: Path, model: Path) -> None:
    made = function(source, model, front=Front.http_api(log_days=7))

    (log,) = [name for name in own(made, "AWS::Logs::LogGroup") if "Requests" in name]
    stage = only_own(made, "AWS::ApiGatewayV2::Stage")
    line = json.loads(stage["AccessLogSettings"].pop("Format"))
    assert {"ip", "caller", "status", "functionError"} <= line.keys()
    assert all(each.startswith("$context.") for each in line.values())
    (api,) = own(made, "AWS::ApiGatewayV2::Api")
    assert stage == {
        "AccessLogSettings": {"DestinationArn": att(log, "Arn")},
        "ApiId": {"Ref": api},
        "AutoDeploy": True,
        "StageName": "$default",
    }
    assert own(made, "AWS::Logs::LogGroup")[log]["Properties"] == {
        "LogGroupName": "/aws/vendedlogs/apis/stack-fraud-requests-6116063d",
        "RetentionInDays": 7,
    }


def test_requests_are_held_back_and_pages_may_ask(source: Path, model: Path) -> None:
    front = Front.http_api(rate=0.5, burst=2, cors=Cors(origins=["*"]), path="/v1/predict")
    made = function(source, model, front=front)

    assert only_own(made, "AWS::ApiGatewayV2::Stage")["DefaultRouteSettings"] == {
        "ThrottlingBurstLimit": 2,
        "ThrottlingRateLimit": 0.5,
    }
    assert only_own(made, "AWS::ApiGatewayV2::Api")["CorsConfiguration"]["AllowOrigins"] == ["*"]
    assert only_own(made, "AWS::ApiGatewayV2::Route")["RouteKey"] == "POST /v1/predict"
    assert only_own(made, "AWS::Lambda::Permission")["SourceArn"] == arn(made, "/$default/POST/v1/predict")


def test_somebody_may_ask_this_route_alone(source: Path, model: Path) -> None:
    made = function(source, model, front=Front.http_api(path="/predict"))
    user = iam.User(stack_of(made), "User")
    made.grant_ask(user)

    (policy,) = [each for name, each in resources(made, "AWS::IAM::Policy").items() if name.startswith("User")]
    assert policy["Properties"]["PolicyDocument"]["Statement"] == [
        {"Action": "execute-api:Invoke", "Effect": "Allow", "Resource": arn(made, "/$default/POST/predict")}
    ]


def test_tokens_of_a_provider_decide(source: Path, model: Path) -> None:
    authorization = Authorization.jwt(issuer=ISSUER, audiences=["app"], scopes=["predict"])
    made = function(source, model, front=Front.http_api(authorization=authorization))

    (api,) = own(made, "AWS::ApiGatewayV2::Api")
    (authorizer,) = own(made, "AWS::ApiGatewayV2::Authorizer")
    assert only_own(made, "AWS::ApiGatewayV2::Authorizer") == {
        "ApiId": {"Ref": api},
        "AuthorizerType": "JWT",
        "IdentitySource": ["$request.header.Authorization"],
        "JwtConfiguration": {"Audience": ["app"], "Issuer": ISSUER},
        "Name": "Tokens",
    }
    route = only_own(made, "AWS::ApiGatewayV2::Route")
    assert (route["AuthorizationType"], route["AuthorizerId"]) == ("JWT", {"Ref": authorizer})
    assert route["AuthorizationScopes"] == ["predict"]
    assert made.front.http_api is not None
    assert made.front.http_api.cfn_authorizer is not None


def test_anybody_may_ask_when_it_is_said(source: Path, model: Path) -> None:
    made = function(source, model, front=Front.http_api(authorization=Authorization.public()))

    assert only_own(made, "AWS::ApiGatewayV2::Route")["AuthorizationType"] == "NONE"


@pytest.mark.parametrize(
    ("front", "kind"),
    [
        (Front.none(), "Front.none"),
        (Front.function_url(public=True), "Front.function_url(public=True)"),
        (Front.http_api(authorization=Authorization.public()), "Front.http_api(Authorization.public)"),
        (
            Front.http_api(authorization=Authorization.jwt(issuer=ISSUER, audiences=["app"])),
            "Front.http_api(Authorization.jwt)",
        ),
    ],
    ids=["none", "url", "public", "jwt"],
)
def test_fails_when_there_is_nothing_to_grant(source: Path, model: Path, front: Front, kind: str) -> None:
    made = function(source, model, front=front)
    with refused(
        f"grant_ask must be called on a function with a front where IAM decides who may ask, got {kind}: there is nothing to "
        "grant"
    ):
        made.grant_ask(iam.User(stack_of(made), "User"))


def test_fails_when_the_function_takes_longer_than_api_gateway_waits(source: Path, model: Path) -> None:
    with refused(
        "FunctionSize timeout must be 1-30 seconds, got 31: API Gateway waits no longer, so the caller would be told of a "
        "failure while the function goes on and is paid for"
    ):
        function(source, model, front=Front.http_api(), size=FunctionSize(timeout=cdk.Duration.seconds(31)))


def test_deploy_time_values_pass(source: Path, model: Path) -> None:
    stack = new_stack()
    number = number_token(stack)
    issuer = text_token(stack)
    audiences = cdk.CfnParameter(stack, "Audiences", type="CommaDelimitedList").value_as_list
    front = Front.http_api(
        authorization=Authorization.jwt(issuer=issuer, audiences=audiences, scopes=[issuer]),
        path=text_token(stack, "Path"),
        rate=number,
        burst=number,  # type: ignore[arg-type]
    )
    made = function(source, model, stack, front=front, size=FunctionSize(timeout=cdk.Duration.seconds(number)))

    assert only_own(made, "AWS::ApiGatewayV2::Authorizer")["JwtConfiguration"] == {
        "Audience": {"Ref": "Audiences"},
        "Issuer": {"Ref": "Text"},
    }
    assert only_own(made, "AWS::ApiGatewayV2::Route")["RouteKey"] == join("POST ", {"Ref": "Path"})


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (
            {"authorization": "NONE"},
            "Front.http_api authorization must be an Authorization, got 'NONE': nothing else is understood there",
        ),
        ({"cors": "*"}, "Front.http_api cors must be a Cors, got '*': nothing else is understood there"),
        ({"path": 1}, "Front.http_api path must be a str, got 1: nothing else is understood there"),
        *(
            (
                {"path": path},
                (
                    "Front.http_api path must be / or a path such as /predict, of letters, digits and . _ ~ -, got "
                    f"{path!r}: one function answers there, whatever is in the request"
                ),
            )
            for path in ("predict", "/{model}", "/predict/")
        ),
        (
            {"rate": 0, "burst": 1},
            "Front.http_api rate must be more than 0 requests a second, got 0: none would be let through",
        ),
        ({"rate": 1, "burst": 0}, "Front.http_api burst must be at least 1 request, got 0: none would be let through"),
        (
            {"rate": 5},
            (
                "Front.http_api rate and burst must be given together, got rate 5 and burst None: the one is how soon the "
                "other may be used again"
            ),
        ),
    ],
)
def test_fails_when_an_argument_is_wrong(options: dict[str, Any], message: str) -> None:
    with refused(message):
        Front.http_api(**options)


@pytest.mark.parametrize("days", [2, None])
def test_fails_when_the_log_is_kept_for_another_time(days: Any) -> None:
    with pytest.raises(ValueError, match=rf"^Front\.http_api log_days must be one of 1, 3, .* got {days}: "):
        Front.http_api(log_days=days)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (
            {"issuer": "cognito"},
            (
                "Authorization.jwt issuer must be 9-2048 characters (an address such as https://login.example.com/), got 'cognito' of 7 "
                "characters: API Gateway asks it for its keys"
            ),
        ),
        (
            {"issuer": "https:///keys"},
            (
                "Authorization.jwt issuer must be 9-2048 characters (an address such as https://login.example.com/), got 'https:///keys': "
                "API Gateway asks it for its keys"
            ),
        ),
        (
            {"scopes": ["a b"]},
            (
                "Authorization.jwt scopes element must be 1-64 characters (without blanks, quotes and backslashes), got 'a b': a token has "
                "them in one text, with blanks between them"
            ),
        ),
        (
            {"scopes": [""]},
            (
                "Authorization.jwt scopes element must be 1-64 characters (without blanks, quotes and backslashes), got '' of 0 characters: "
                "a token has them in one text, with blanks between them"
            ),
        ),
        (
            {"audiences": []},
            (
                "Authorization.jwt audiences must have 1-50 audiences, got 0: API Gateway compares a token with no more, and "
                "with none it takes every token of the issuer"
            ),
        ),
        (
            {"audiences": ["app", " "]},
            "Authorization.jwt audiences element must not be blank, got ' ': no token is made for nobody",
        ),
        (
            {"audiences": "app"},
            "Authorization.jwt audiences must be a list or tuple, got 'app': nothing else is understood there",
        ),
        (
            {"scopes": ["a"] * 11},
            "Authorization.jwt scopes must have 0-10 scopes, got 11: a route has no more",
        ),
    ],
)
def test_fails_when_tokens_cannot_be_checked(options: dict[str, Any], message: str) -> None:
    with refused(message):
        Authorization.jwt(**{"issuer": ISSUER, "audiences": ["app"], **options})
