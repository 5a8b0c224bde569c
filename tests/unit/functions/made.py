"""Functions for the tests."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from cdk_model_hosting import FunctionCode, ModelDelivery, ModelFunction
from tests.unit.builders import new_stack, resources

if TYPE_CHECKING:
    from pathlib import Path

    import aws_cdk as cdk
    from constructs import Construct

CHECK = "ModelFunctionVersionCheck"
# What lets the check try a version.
_LETS_CHECK = re.compile(r"(Try|Look)[0-9a-f]{16}[0-9A-F]{8}")


def function(
    source: Path, model: Path, scope: Construct | None = None, construct_id: str = "Fraud", **options: Any
) -> ModelFunction:
    """A function with its model bundled, unless it is delivered in another way."""
    code = options.pop("code", None)
    return ModelFunction(
        new_stack() if scope is None else scope,
        construct_id,
        code=FunctionCode.from_folder(source) if code is None else code,
        **{"delivery": ModelDelivery.bundled(model), **options},
    )


def own(scope: Construct, kind: str) -> dict[str, Any]:
    """The resources of a kind by logical ID, without those that check versions."""
    found = resources(scope, kind).items()
    return {name: each for name, each in found if not name.startswith(CHECK) and not _LETS_CHECK.search(name)}


def only_own(scope: Construct, kind: str) -> dict[str, Any]:
    """The properties of the one resource of a kind, beside those that check versions."""
    (found,) = own(scope, kind).values()
    properties: dict[str, Any] = found["Properties"]
    return properties


def policies(function_: ModelFunction) -> list[dict[str, Any]]:
    """The statements of the function's role, and what its version needs beside."""
    (policy,) = only_own(function_, "AWS::IAM::Role")["Policies"]
    statements: list[dict[str, Any]] = policy["PolicyDocument"]["Statement"]
    return [*statements, *needs(function_)]


def needs(function_: ModelFunction) -> list[dict[str, Any]]:
    """What its version needs that another may not."""
    found = [each["Properties"] for each in own(function_, "AWS::IAM::Policy").values()]
    documents = [each["PolicyDocument"] for each in found if each["PolicyName"].startswith("Needs")]
    return [statement for document in documents for statement in document["Statement"]]


def stack_of(function_: ModelFunction) -> cdk.Stack:
    """The function's stack."""
    import aws_cdk as cdk  # noqa: PLC0415 - the tests' conftest comes first

    return cdk.Stack.of(function_)


def advice_of(function_: ModelFunction) -> list[str]:
    """The warnings of the function's stack."""
    import aws_cdk as cdk  # noqa: PLC0415 - the tests' conftest comes first

    found = cdk.assertions.Annotations.from_stack(stack_of(function_)).find_warning(
        "*", cdk.assertions.Match.any_value()
    )
    return [str(each.entry.data) for each in found]
