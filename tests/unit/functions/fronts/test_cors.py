from __future__ import annotations

from typing import Any

import aws_cdk as cdk
import pytest

from cdk_model_hosting.functions.fronts.cors import Cors
from tests.unit.builders import new_stack, number_token, refused, text_token


def test_signed_requests_and_tokens_may_be_sent_unless_it_is_said() -> None:
    assert Cors(origins=["*"], max_age=cdk.Duration.days(1)).render() == {
        "allow_origins": ["*"],
        "allow_headers": [
            "authorization",
            "content-type",
            "x-amz-content-sha256",
            "x-amz-date",
            "x-amz-security-token",
        ],
        "allow_methods": ["POST"],
        "max_age": 86_400,
    }


def test_tokens_pass() -> None:
    stack = new_stack()
    several = cdk.CfnParameter(stack, "Origins", type="CommaDelimitedList").value_as_list
    age = number_token(stack)

    text = text_token(stack)
    assert Cors(origins=[text], headers=[text, "*", "X-Amz-Date"]).origins
    assert Cors(origins=several).render()["allow_origins"] == several
    assert Cors(origins=["*"], max_age=cdk.Duration.seconds(age)).max_age_seconds == age


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"origins": "*"}, "Cors origins must be a list or tuple, got '*': nothing else is understood there"),
        ({"origins": []}, "Cors origins must have 1-100 origins, got 0: a function's address knows no more"),
        (
            {"origins": ["https://a.example/page"]},
            (
                "Cors origins must be * or addresses without a path, such as https://www.example.com, got "
                "'https://a.example/page': browsers compare them letter by letter with where a page comes from"
            ),
        ),
        (
            {"origins": ["a.example"]},
            (
                "Cors origins must be * or addresses without a path, such as https://www.example.com, got 'a.example': "
                "browsers compare them letter by letter with where a page comes from"
            ),
        ),
        (
            {"origins": ["https://"]},
            (
                "Cors origins must be * or addresses without a path, such as https://www.example.com, got 'https://': "
                "browsers compare them letter by letter with where a page comes from"
            ),
        ),
        (
            {"origins": ["https://a.example\n"]},
            (
                "Cors origins must be * or addresses without a path, such as https://www.example.com, got "
                "'https://a.example\\n': browsers compare them letter by letter with where a page comes from"
            ),
        ),
        (
            {"origins": ["*"], "headers": ["a b"]},
            (
                "Cors headers element must be 1-1024 characters (letters, digits, hyphens and the like), got 'a b': no header has another "
                "name"
            ),
        ),
        (
            {"origins": ["*"], "headers": ["x"] * 101},
            "Cors headers must have 1-100 headers, got 101: a function's address knows no more",
        ),
        (
            {"origins": ["*"], "max_age": cdk.Duration.days(2)},
            "Cors max_age must be 0-86400 seconds, got 172800: a day is the longest",
        ),
    ],
)
def test_fails_when_it_is_none(options: dict[str, Any], message: str) -> None:
    with refused(message):
        Cors(**options)
