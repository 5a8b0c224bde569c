import dataclasses
from typing import Any

import pytest

from cdk_model_hosting.permissions import Permission, arn, policy_document
from tests.unit.builders import join, new_stack, sub, text_token

READ = Permission(actions=("s3:GetObject",), resources=("arn:aws:s3:::models/a",))
MANY = Permission(
    actions=("s3:GetObject", "s3:ListBucket"),
    resources=("arn:aws:s3:::models", arn("arn:${AWS::Partition}:s3:::other/*")),
    conditions={"StringLike": {"s3:prefix": ["a/"]}},
    wildcard_reason="because",
)
DENIED = Permission(actions=("ec2:DescribeSubnets",), resources=("*",), is_denied=True)


def test_one_action_and_one_resource_stand_alone() -> None:
    assert READ.render() == {"Action": "s3:GetObject", "Effect": "Allow", "Resource": "arn:aws:s3:::models/a"}


def test_several_stand_in_lists() -> None:
    assert MANY.render() == {
        "Action": ["s3:GetObject", "s3:ListBucket"],
        "Effect": "Allow",
        "Resource": ["arn:aws:s3:::models", sub("arn:${AWS::Partition}:s3:::other/*")],
        "Condition": {"StringLike": {"s3:prefix": ["a/"]}},
    }


def test_what_is_denied_is_no_permission() -> None:
    assert DENIED.render() == {"Action": "ec2:DescribeSubnets", "Effect": "Deny", "Resource": "*"}


@pytest.mark.parametrize("permission", [READ, MANY, DENIED])
def test_says_the_same_as_a_statement_of_the_cdk(permission: Permission) -> None:
    stack = new_stack()
    statement: dict[str, Any] = stack.resolve(permission.statement().to_statement_json())
    assert statement == permission.render()


def test_a_document_says_everything_once_and_in_order() -> None:
    again = dataclasses.replace(READ, wildcard_reason="another")
    assert policy_document([MANY, READ, again, MANY]) == {
        "Version": "2012-10-17",
        "Statement": [MANY.render(), READ.render()],
    }
    assert policy_document([]) == {"Version": "2012-10-17", "Statement": []}


def test_an_arn_of_this_account() -> None:
    assert arn("arn:${AWS::Partition}:sns:${AWS::Region}:${AWS::AccountId}:topic") == sub(
        "arn:${AWS::Partition}:sns:${AWS::Region}:${AWS::AccountId}:topic"
    )


def test_an_arn_with_a_token_in_it() -> None:
    stack = new_stack()
    found = arn(f"arn:${{AWS::Partition}}:sns:${{AWS::Region}}:${{AWS::AccountId}}:{text_token(stack)}/x")
    assert stack.resolve(found) == join(
        "arn:",
        {"Ref": "AWS::Partition"},
        ":sns:",
        {"Ref": "AWS::Region"},
        ":",
        {"Ref": "AWS::AccountId"},
        ":",
        {"Ref": "Text"},
        "/x",
    )


def test_a_resource_may_be_a_token() -> None:
    stack = new_stack()
    rendered = Permission(actions=("a:B",), resources=(text_token(stack),))
    assert stack.resolve(rendered.render())["Resource"] == {"Ref": "Text"}
    assert stack.resolve(rendered.statement().to_statement_json())["Resource"] == {"Ref": "Text"}


def test_is_a_value() -> None:
    assert dataclasses.replace(READ) == READ
    with pytest.raises(dataclasses.FrozenInstanceError):
        READ.actions = ()  # type: ignore[misc]
