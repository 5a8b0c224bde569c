"""A function in front of an endpoint: whom it may ask, and that all else is a model function's."""

from __future__ import annotations

import contextlib
import json
from typing import TYPE_CHECKING, Any
from unittest import mock

import aws_cdk as cdk
import pytest
from aws_cdk import aws_s3 as s3
from aws_cdk import aws_sqs as sqs
from cdk_nag import AwsSolutionsChecks

from cdk_model_hosting import (
    AdapterComponent,
    Architecture,
    AsyncEndpoint,
    ComponentEndpoint,
    Concurrency,
    Front,
    InferenceComponent,
    ModelArtifact,
    Pattern,
    RealtimeEndpoint,
    Rollout,
    ServerlessEndpoint,
)
from cdk_model_hosting.functions.endpoint_requests import EndpointRequests
from cdk_model_hosting.functions.on_failure import OnFailure
from tests.unit.builders import join, new_stack, resources, stack_in, sub, text_token
from tests.unit.endpoints.shared import component_on, endpoint_in
from tests.unit.functions.made import only_own, own
from tests.unit.functions.proxies import (
    HERE,
    OF_OTHERS,
    THERE,
    asks,
    asynchronous,
    function_of,
    named,
    proxy,
    realtime,
    timed,
    variables,
    warnings,
)

if TYPE_CHECKING:
    from pathlib import Path


def test_a_real_time_endpoint(source: Path) -> None:
    made = proxy(source, realtime(new_stack()))

    assert asks(made) == [
        {"Action": "sagemaker:InvokeEndpoint", "Effect": "Allow", "Resource": join(*HERE, ":endpoint/fraud")}
    ]
    assert variables(made) == {
        "DELIVERY": "endpoint",
        "ENDPOINT": "Fraud",
        "ENTRY": "predictor:predict",
        "READ_SECONDS": "70",
    }


def test_the_function_waits_for_an_endpoint_of_this_app(source: Path) -> None:
    made = proxy(source, realtime(new_stack()))

    (endpoint,) = resources(made, "AWS::SageMaker::Endpoint")
    assert endpoint in function_of(made)["DependsOn"]


def test_a_serverless_endpoint(source: Path) -> None:
    made = proxy(source, ServerlessEndpoint.from_endpoint_name(new_stack(), "Endpoint", "Fraud"))

    assert [each["Action"] for each in asks(made)] == ["sagemaker:InvokeEndpoint"]
    assert [name[:10] for name in function_of(made)["DependsOn"]] == ["ProxyNeeds"]


@pytest.mark.parametrize(
    ("pattern", "requests", "condition"),
    [
        (Pattern.MULTI_MODEL, {"models": ["eu-*"]}, {"StringLike": {"sagemaker:TargetModel": ["eu-*"]}}),
        (
            Pattern.MULTI_CONTAINER,
            {"containers": ["first"]},
            {"StringEquals": {"sagemaker:TargetContainerHostname": ["first"]}},
        ),
    ],
)
def test_some_models_or_containers_alone(
    source: Path, pattern: Pattern, requests: dict[str, Any], condition: dict[str, Any]
) -> None:
    made = proxy(source, named(new_stack(), pattern=pattern), requests=EndpointRequests(**requests))

    assert [each["Condition"] for each in asks(made)] == [condition]


def test_a_component(source: Path) -> None:
    made = proxy(source, component_on(endpoint_in(new_stack(), endpoint_name="Shared"), component_name="Coast"))

    assert asks(made) == [
        {
            "Action": "sagemaker:InvokeEndpoint",
            "Effect": "Allow",
            "Resource": [join(*HERE, ":endpoint/shared"), join(*HERE, ":inference-component/coast")],
        }
    ]
    assert (variables(made)["ENDPOINT"], variables(made)["COMPONENT"]) == ("Shared", "Coast")
    (component,) = resources(made, "AWS::SageMaker::InferenceComponent")
    assert function_of(made)["DependsOn"][0] == component


def test_an_adapter(source: Path) -> None:
    stack = new_stack()
    bucket = s3.Bucket.from_bucket_name(stack, "Adapters", "adapters")
    adapter = AdapterComponent(
        stack,
        "Adapter",
        base=component_on(endpoint_in(stack)),
        artifact=ModelArtifact.from_bucket(bucket, "a.tar.gz"),
        component_name="tuned",
    )

    made = proxy(source, adapter)

    assert variables(made)["COMPONENT"] == "tuned"
    assert any(name.startswith("Adapter") for name in function_of(made)["DependsOn"])


def test_an_imported_component(source: Path) -> None:
    stack = new_stack()
    shared = ComponentEndpoint.from_endpoint_name(stack, "Endpoint", "shared")
    made = proxy(source, InferenceComponent.from_component_name(stack, "Component", "coast", endpoint=shared), stack)

    assert asks(made)[0]["Resource"] == [join(*HERE, ":endpoint/shared"), join(*HERE, ":inference-component/coast")]
    assert [name[:10] for name in function_of(made)["DependsOn"]] == ["ProxyNeeds"]


def test_an_asynchronous_endpoint_gets_its_requests_in_its_storage(source: Path) -> None:
    made = proxy(source, asynchronous(new_stack()))

    assert asks(made) == [
        {"Action": "sagemaker:InvokeEndpointAsync", "Effect": "Allow", "Resource": join(*HERE, ":endpoint/fraud")},
        {
            "Action": ["s3:AbortMultipartUpload", "s3:PutObject"],
            "Effect": "Allow",
            "Resource": sub("arn:${AWS::Partition}:s3:::mine/requests/*"),
        },
    ]
    assert variables(made)["UPLOADS"] == "s3://mine/requests/"
    assert timed(made) == (20, "10")
    assert warnings(made) == []


def test_the_storage_of_an_imported_one_is_not_known(source: Path) -> None:
    made = proxy(source, AsyncEndpoint.from_endpoint_name(new_stack(), "Endpoint", "fraud"))

    assert [each["Action"] for each in asks(made)] == ["sagemaker:InvokeEndpointAsync"]
    assert "UPLOADS" not in variables(made)


def test_an_endpoint_of_another_region_is_asked_there(source: Path) -> None:
    endpoint = RealtimeEndpoint.from_endpoint_arn(stack_in("eu-west-1"), "Endpoint", THERE)
    made = proxy(source, endpoint)

    assert asks(made)[0]["Resource"] == THERE
    assert (variables(made)["ENDPOINT"], variables(made)["REGION"]) == ("fraud", "us-west-2")


def test_an_endpoint_of_another_stack_is_asked_in_its_region(source: Path) -> None:
    app = cdk.App()
    here, there = (
        cdk.Stack(app, region, env=cdk.Environment(region=region, account="111122223333"))
        for region in ("us-west-2", "eu-west-1")
    )
    made = proxy(source, realtime(there), here)

    assert variables(made)["REGION"] == "eu-west-1"
    arn = join("arn:", {"Ref": "AWS::Partition"}, ":sagemaker:eu-west-1:111122223333:endpoint/fraud")
    assert asks(made)[0]["Resource"] == arn
    assert here.dependencies == [there]


def test_the_functions_own_region_is_not_named(source: Path) -> None:
    made = proxy(source, RealtimeEndpoint.from_endpoint_arn(stack_in("us-west-2"), "Endpoint", THERE))

    assert "REGION" not in variables(made)


def test_an_endpoint_whose_name_or_arn_is_a_token(source: Path) -> None:
    stack = new_stack()
    made = proxy(source, RealtimeEndpoint.from_endpoint_name(stack, "Endpoint", text_token(stack)))
    assert variables(made)["ENDPOINT"] == {"Ref": "Text"}

    stack = stack_in("eu-west-1")
    made = proxy(source, RealtimeEndpoint.from_endpoint_arn(stack, "Endpoint", text_token(stack)))
    assert asks(made)[0]["Resource"] == {"Ref": "Text"}


def test_a_stack_without_an_account_may_ask_any(source: Path) -> None:
    made = proxy(source, RealtimeEndpoint.from_endpoint_arn(new_stack(), "Endpoint", OF_OTHERS))

    assert asks(made)[0]["Resource"] == OF_OTHERS


def findings(source: Path, folder: Path) -> list[str]:
    """What cdk-nag finds on a function in front of an asynchronous endpoint."""
    app = cdk.App(outdir=str(folder))
    stack = cdk.Stack(app, "Stack")
    proxy(source, asynchronous(stack))
    cdk.Validations.of(app).add_plugins(AwsSolutionsChecks(app))
    with contextlib.suppress(RuntimeError):
        app.synth()
    return [
        f"{violation['ruleName']} {construct['constructPath']}"
        for report in json.loads((folder / "validation-report.json").read_text())["pluginReports"]
        for violation in report["violations"]
        for construct in violation["violatingConstructs"]
    ]


def test_the_wildcard_of_the_uploads_says_why_it_is_there(source: Path, tmp_path: Path) -> None:
    assert findings(source, tmp_path / "out") == []
    with mock.patch.object(cdk.Validations, "acknowledge"):
        found = findings(source, tmp_path / "unsaid")
    assert any("IAM5" in each and each.endswith("Stack/Proxy/Role") for each in found)


def test_what_a_model_function_takes_is_passed_on(source: Path) -> None:
    stack = new_stack()
    made = proxy(
        source,
        named(stack),
        architecture=Architecture.X86_64,
        front=Front.function_url(),
        concurrency=Concurrency(reserved=3),
        rollout=Rollout.canary(percent=10, bake=cdk.Duration.minutes(5)),
        rollback_on=[],
        on_failure=OnFailure.queue(sqs.Queue(stack, "Failed")),
        log_days=7,
        verify_version=False,
    )

    properties = only_own(made, "AWS::Lambda::Function")
    assert properties["Architectures"] == ["x86_64"]
    assert properties["ReservedConcurrentExecutions"] == 3
    assert made.url is not None
    assert made.deployment is not None
    assert only_own(made, "AWS::Logs::LogGroup") == {"RetentionInDays": 7}
    assert own(made, "AWS::Lambda::EventInvokeConfig") != {}
    assert own(made, "Custom::ModelFunctionVersion") == {}
