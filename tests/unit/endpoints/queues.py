"""Asynchronous endpoints, and who calls them."""

from typing import Any

import aws_cdk as cdk
from aws_cdk import aws_iam as iam
from aws_cdk import aws_s3 as s3

from cdk_model_hosting import AsyncEndpoint
from tests.unit.builders import FLEET, only, single

KEY = "arn:aws:kms:eu-west-1:111122223333:key/1"


def endpoint_in(stack: cdk.Stack, **options: Any) -> AsyncEndpoint:
    asked: dict[str, Any] = {"fleet": FLEET, "verify_rollout": False, **options}
    return AsyncEndpoint(stack, "Endpoint", model=asked.pop("model", None) or single(stack), **asked)


def mine(stack: cdk.Stack, **options: Any) -> s3.IBucket:
    """A bucket that exists already."""
    return s3.Bucket.from_bucket_attributes(stack, "Mine", bucket_arn="arn:aws:s3:::mine", **options)


def caller(stack: cdk.Stack) -> iam.Role:
    return iam.Role(stack, "Caller", assumed_by=iam.ServicePrincipal("lambda.amazonaws.com"))


def granted(stack: cdk.Stack) -> list[dict[str, Any]]:
    """What the one policy of a caller says."""
    found: list[dict[str, Any]] = only(stack, "AWS::IAM::Policy")["PolicyDocument"]["Statement"]
    return found
