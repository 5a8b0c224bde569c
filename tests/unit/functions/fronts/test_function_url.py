from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from cdk_model_hosting import Front
from cdk_model_hosting.functions.fronts.cors import Cors
from tests.unit.builders import att, refused
from tests.unit.functions.made import function, only_own, own, stack_of

if TYPE_CHECKING:
    from pathlib import Path

LIVE = "FraudLiveBDC3EC24"


def test_no_address_unless_it_is_said(source: Path, model: Path) -> None:
    made = function(source, model)

    assert own(made, "AWS::Lambda::Url") == {}
    assert (made.url, made.front.cfn_url) == (None, None)


def test_an_address_leads_to_the_live_version_for_those_who_sign(source: Path, model: Path) -> None:
    made = function(source, model, front=Front.function_url())

    ((url_id, url),) = own(made, "AWS::Lambda::Url").items()
    assert url["Properties"] == {
        "AuthType": "AWS_IAM",
        "Qualifier": "live",
        "TargetFunctionArn": att("FraudFunctionF784042D", "Arn"),
    }
    assert url["DependsOn"] == [LIVE]
    assert own(made, "AWS::Lambda::Permission") == {}
    assert stack_of(made).resolve(made.url) == att(url_id, "FunctionUrl")


def test_a_public_address_may_be_asked_by_anybody(source: Path, model: Path) -> None:
    made = function(source, model, front=Front.function_url(public=True))

    assert only_own(made, "AWS::Lambda::Url")["AuthType"] == "NONE"
    assert [each["Properties"] for each in own(made, "AWS::Lambda::Permission").values()] == [
        {
            "Action": "lambda:InvokeFunctionUrl",
            "FunctionName": {"Ref": LIVE},
            "FunctionUrlAuthType": "NONE",
            "Principal": "*",
        },
        {
            "Action": "lambda:InvokeFunction",
            "FunctionName": {"Ref": LIVE},
            "InvokedViaFunctionUrl": True,
            "Principal": "*",
        },
    ]


def test_pages_that_may_ask(source: Path, model: Path) -> None:
    made = function(source, model, front=Front.function_url(cors=Cors(origins=["https://a.example"], headers=["x-a"])))

    assert only_own(made, "AWS::Lambda::Url")["Cors"] == {
        "AllowHeaders": ["x-a"],
        "AllowMethods": ["POST"],
        "AllowOrigins": ["https://a.example"],
    }


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"public": 1}, "Front.function_url public must be a bool, got 1: nothing else is understood there"),
        ({"cors": "*"}, "Front.function_url cors must be a Cors, got '*': nothing else is understood there"),
    ],
)
def test_fails_when_an_argument_is_of_another_kind(options: dict[str, Any], message: str) -> None:
    with refused(message):
        Front.function_url(**options)
