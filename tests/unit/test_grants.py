from typing import Any

import aws_cdk as cdk
import pytest
from aws_cdk import aws_iam as iam
from aws_cdk import aws_s3 as s3
from cdk_nag import AwsSolutionsChecks

from cdk_model_hosting.grants import grant
from cdk_model_hosting.permissions import Permission
from tests.unit.builders import new_stack, only, resources

LOOK = Permission(actions=("s3:ListBucket",), resources=("arn:aws:s3:::b",), conditions={"Bool": {"a": "true"}})
READ = Permission(actions=("s3:GetObject",), resources=("arn:aws:s3:::b/a/*",), wildcard_reason="all of it is read")


def role_in(scope: cdk.Stack) -> iam.Role:
    return iam.Role(scope, "Caller", assumed_by=iam.ServicePrincipal("lambda.amazonaws.com"))


def test_the_grantee_gets_every_permission_with_its_conditions() -> None:
    stack = new_stack()
    granted = grant(role_in(stack), [LOOK, READ])
    assert granted.success
    assert only(stack, "AWS::IAM::Policy")["PolicyDocument"]["Statement"] == [
        {
            "Action": "s3:ListBucket",
            "Effect": "Allow",
            "Resource": "arn:aws:s3:::b",
            "Condition": {"Bool": {"a": "true"}},
        },
        {"Action": "s3:GetObject", "Effect": "Allow", "Resource": "arn:aws:s3:::b/a/*"},
    ]


def test_the_whole_grant_can_be_waited_for() -> None:
    stack = new_stack()
    bucket = s3.Bucket(stack, "Bucket")
    grant(role_in(stack), [LOOK, READ]).apply_before(bucket)
    (made,) = resources(stack, "AWS::S3::Bucket").values()
    (policy,) = resources(stack, "AWS::IAM::Policy")
    assert made["DependsOn"] == [policy]


@pytest.mark.parametrize("who", ["role", "user", "imported"])
def test_nag_is_told_why(who: str) -> None:
    app = cdk.App()
    stack = cdk.Stack(app, "Stack")
    grantees: dict[str, Any] = {
        "role": lambda: role_in(stack),
        "user": lambda: iam.User(stack, "Caller"),
        "imported": lambda: iam.Role.from_role_name(stack, "Caller", "caller"),
    }
    grant(grantees[who](), [READ])
    # Users have findings of their own, which are not about what they were granted.
    cdk.Validations.of(stack).acknowledge(cdk.Acknowledgment(id="AwsSolutions-IAM3", reason="a test"))
    cdk.Validations.of(app).add_plugins(AwsSolutionsChecks(app))
    app.synth()


def test_nag_still_finds_what_others_allow() -> None:
    app = cdk.App()
    stack = cdk.Stack(app, "Stack")
    role = role_in(stack)
    grant(role, [READ])
    role.add_to_policy(iam.PolicyStatement(actions=["s3:GetObject"], resources=["arn:aws:s3:::other/*"]))
    cdk.Validations.of(app).add_plugins(AwsSolutionsChecks(app))
    with pytest.raises(RuntimeError, match="ValidationFailed"):
        app.synth()


def test_who_has_no_policy_here_gets_nothing() -> None:
    granted = grant(iam.AccountPrincipal("999999999999"), [READ])
    assert not granted.success


def test_a_resource_of_another_stack_is_imported_and_its_wildcard_told() -> None:
    app = cdk.App()
    here, there = cdk.Stack(app, "Here"), cdk.Stack(app, "There")
    bucket = s3.Bucket(here, "Bucket", enforce_ssl=True)
    cdk.Validations.of(bucket).acknowledge(cdk.Acknowledgment(id="AwsSolutions-S1", reason="a test"))
    below = Permission(
        actions=("s3:GetObject",), resources=(f"{bucket.bucket_arn}/a/*",), wildcard_reason="all of it is read"
    )
    grant(role_in(there), [below])
    cdk.Validations.of(app).add_plugins(AwsSolutionsChecks(app))
    app.synth()
