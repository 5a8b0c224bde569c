"""A batch transform, and what is read back from its template."""

from typing import Any

import aws_cdk as cdk
from aws_cdk import aws_s3 as s3
from aws_cdk.assertions import Template
from constructs import Construct

from cdk_model_hosting import BatchTransform, TransformFleet, TransformSource
from tests.unit.builders import single

FLEET = TransformFleet(instance_type="ml.m5.large")
KEY = "arn:aws:kms:eu-west-1:111122223333:key/k"


def records(scope: Construct, construct_id: str = "Records", **options: Any) -> s3.IBucket:
    """A bucket of another app."""
    return s3.Bucket.from_bucket_attributes(scope, construct_id, **{"bucket_name": "records", **options})


def batch_in(scope: Construct, construct_id: str = "Scoring", **options: Any) -> BatchTransform:
    """A batch transform, with whatever is given in place of the usual."""
    if "model" not in options:
        options["model"] = single(scope)
    if "source" not in options:
        options["source"] = TransformSource.prefix(bucket=records(scope))
    return BatchTransform(scope, construct_id, **{"fleet": FLEET, **options})


def found(scope: Construct, kind: str, beginning: str = "") -> dict[str, Any]:
    """The properties of the one resource of a kind whose logical ID begins so."""
    template = Template.from_stack(cdk.Stack.of(scope))
    named = {name: each for name, each in template.find_resources(kind).items() if name.startswith(beginning)}
    assert len(named) == 1, list(named)
    properties: dict[str, Any] = next(iter(named.values())).get("Properties", {})
    return properties


def states(scope: Construct, beginning: str = "ScoringJobs") -> dict[str, Any]:
    """The states of a state machine."""
    machine = found(scope, "AWS::StepFunctions::StateMachine", beginning)
    named: dict[str, Any] = machine["Definition"]["States"]
    return named


def request(scope: Construct) -> dict[str, Any]:
    """The request of a job."""
    arguments: dict[str, Any] = states(scope)["Transform"]["Arguments"]
    return arguments


def allowed(scope: Construct, beginning: str = "ScoringJobsRole") -> list[dict[str, Any]]:
    """The statements of a role's one inline policy."""
    (policy,) = found(scope, "AWS::IAM::Role", beginning)["Policies"]
    statements: list[dict[str, Any]] = policy["PolicyDocument"]["Statement"]
    return statements


def may(statements: list[dict[str, Any]], action: str) -> dict[str, Any]:
    """The one statement that allows an action."""
    (statement,) = [
        each
        for each in statements
        if action in (each["Action"] if isinstance(each["Action"], list) else [each["Action"]])
    ]
    return statement
