"""Batch transforms that check their records, and what the function that counts them may do."""

import fnmatch
from typing import Any

import aws_cdk as cdk
from aws_cdk.assertions import Template

from cdk_model_hosting import BatchTransform, TransformSource
from tests.unit.batch.batched import batch_in, records


def checked(stack: cdk.Stack, construct_id: str = "Scoring", **options: Any) -> BatchTransform:
    """A batch transform that checks its records, split by lines."""
    if "source" not in options:
        options["source"] = TransformSource.prefix(bucket=records(stack), split="Line")
    return batch_in(stack, construct_id, check_records=True, **options)


def reading(scope: cdk.Stack) -> dict[str, Any]:
    """The policies with which the function reads, by logical ID."""
    named = Template.from_stack(scope).find_resources("AWS::IAM::ManagedPolicy")
    return {name: each for name, each in named.items() if name.startswith("RecordCheck")}


def policies(scope: cdk.Stack) -> list[dict[str, Any]]:
    """The statements of these policies."""
    documents = [each["Properties"]["PolicyDocument"] for each in reading(scope).values()]
    return [statement for each in documents for statement in each["Statement"]]


def allows(statement: dict[str, Any], action: str, resource: str, prefix: str | None) -> bool:
    """Whether a statement lets the function do something, to a listing with a prefix where it is one."""
    actions = statement["Action"] if isinstance(statement["Action"], list) else [statement["Action"]]
    prefixes = statement.get("Condition", {}).get("StringLike", {}).get("s3:prefix")
    fits = prefixes is None or (prefix is not None and any(fnmatch.fnmatchcase(prefix, each) for each in prefixes))
    return action in actions and fnmatch.fnmatchcase(resource, flat(statement["Resource"])) and fits


def flat(value: Any) -> str:
    """An ARN as it is in a usual region."""
    match value:
        case {"Fn::Sub": str(template)}:
            return template.replace("${AWS::Partition}", "aws")
        case {"Fn::Join": [_, [*parts]]}:
            return "".join("aws" if part == {"Ref": "AWS::Partition"} else part for part in parts)
        case _:
            return str(value)
