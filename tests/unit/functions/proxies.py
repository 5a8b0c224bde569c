"""Functions in front of endpoints for the tests, and what is read back of them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import aws_cdk as cdk
from aws_cdk import aws_s3 as s3

from cdk_model_hosting import (
    AsyncEndpoint,
    AsyncStorage,
    FunctionCode,
    RealtimeEndpoint,
)
from cdk_model_hosting.functions.proxy import EndpointProxy
from tests.unit.builders import FLEET, resources, single
from tests.unit.functions.made import needs

if TYPE_CHECKING:
    from pathlib import Path

    from cdk_model_hosting.functions.function import ModelFunction

HERE = ("arn:", {"Ref": "AWS::Partition"}, ":sagemaker:", {"Ref": "AWS::Region"}, ":", {"Ref": "AWS::AccountId"})
THERE = "arn:aws:sagemaker:us-west-2:111122223333:endpoint/fraud"
OF_OTHERS = "arn:aws:sagemaker:eu-west-1:444455556666:endpoint/fraud"
USUAL = 2


def proxy(source: Path, endpoint: Any, stack: cdk.Stack | None = None, **options: Any) -> EndpointProxy:
    code = options.pop("code", None)
    return EndpointProxy(
        cdk.Stack.of(endpoint) if stack is None else stack,
        "Proxy",
        code=FunctionCode.from_folder(source) if code is None else code,
        endpoint=endpoint,
        **options,
    )


def named(stack: cdk.Stack, **options: Any) -> Any:
    return RealtimeEndpoint.from_endpoint_name(stack, "Endpoint", "Fraud", **options)


def realtime(stack: cdk.Stack) -> RealtimeEndpoint:
    return RealtimeEndpoint(
        stack, "Endpoint", model=single(stack), fleet=FLEET, endpoint_name="Fraud", verify_rollout=False
    )


def asynchronous(stack: cdk.Stack) -> AsyncEndpoint:
    return AsyncEndpoint(
        stack,
        "Endpoint",
        model=single(stack),
        fleet=FLEET,
        storage=AsyncStorage(bucket=s3.Bucket.from_bucket_name(stack, "Mine", "mine")),
        endpoint_name="Fraud",
        verify_rollout=False,
    )


def variables(made: ModelFunction) -> dict[str, Any]:
    function = function_of(made)
    found: dict[str, Any] = function["Properties"]["Environment"]["Variables"]
    return {name.removeprefix("MODEL_FUNCTION_"): value for name, value in found.items()}


def function_of(made: ModelFunction) -> dict[str, Any]:
    (found,) = [each for name, each in resources(made, "AWS::Lambda::Function").items() if name.startswith("Proxy")]
    function: dict[str, Any] = found
    return function


def asks(made: ModelFunction) -> list[dict[str, Any]]:
    """What the function may do besides writing its log and traces."""
    roles = {name: each for name, each in resources(made, "AWS::IAM::Role").items() if name.startswith("Proxy")}
    (role,) = roles.values()
    (policy,) = role["Properties"]["Policies"]
    statements: list[dict[str, Any]] = policy["PolicyDocument"]["Statement"]
    return [*statements[USUAL:], *needs(made)]


def timed(made: ModelFunction) -> tuple[Any, Any]:
    """The function's time, and how long it waits for an answer."""
    return function_of(made)["Properties"]["Timeout"], variables(made)["READ_SECONDS"]


def warnings(made: ModelFunction) -> list[str]:
    found = cdk.assertions.Annotations.from_stack(cdk.Stack.of(made)).find_warning(
        "*", cdk.assertions.Match.string_like_regexp("endpointOutlastsFunction")
    )
    return [str(each.entry.data) for each in found]
