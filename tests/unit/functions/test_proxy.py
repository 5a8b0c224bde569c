"""A function in front of an endpoint: whom it may ask, how long it waits, and what is refused."""

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
    AsyncStorage,
    ComponentEndpoint,
    Concurrency,
    Front,
    FunctionCode,
    InferenceComponent,
    ModelArtifact,
    Pattern,
    RealtimeEndpoint,
    Rollout,
    ServerlessEndpoint,
)
from cdk_model_hosting.functions.endpoint_requests import EndpointRequests
from cdk_model_hosting.functions.on_failure import OnFailure
from cdk_model_hosting.functions.proxy import EndpointProxy
from cdk_model_hosting.functions.size import FunctionSize
from tests.unit.builders import FLEET, join, new_stack, number_token, refused, resources, single, stack_in, text_token
from tests.unit.endpoints.shared import component_on, endpoint_in
from tests.unit.functions.made import only_own, own

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
    function = _function(made)
    found: dict[str, Any] = function["Properties"]["Environment"]["Variables"]
    return {name.removeprefix("MODEL_FUNCTION_"): value for name, value in found.items()}


def _function(made: ModelFunction) -> dict[str, Any]:
    (found,) = [each for name, each in resources(made, "AWS::Lambda::Function").items() if name.startswith("Proxy")]
    function: dict[str, Any] = found
    return function


def asks(made: ModelFunction) -> list[dict[str, Any]]:
    """What the function may do besides writing its log and traces."""
    roles = {name: each for name, each in resources(made, "AWS::IAM::Role").items() if name.startswith("Proxy")}
    (role,) = roles.values()
    (policy,) = role["Properties"]["Policies"]
    statements: list[dict[str, Any]] = policy["PolicyDocument"]["Statement"]
    return statements[USUAL:]


def timed(made: ModelFunction) -> tuple[Any, Any]:
    """The function's time, and how long it waits for an answer."""
    return _function(made)["Properties"]["Timeout"], variables(made)["READ_SECONDS"]


def warnings(made: ModelFunction) -> list[str]:
    found = cdk.assertions.Annotations.from_stack(cdk.Stack.of(made)).find_warning(
        "*", cdk.assertions.Match.string_like_regexp("endpointOutlastsFunction")
    )
    return [str(each.entry.data) for each in found]


# Whom it asks


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
    assert endpoint in _function(made)["DependsOn"]


def test_a_serverless_endpoint(source: Path) -> None:
    made = proxy(source, ServerlessEndpoint.from_endpoint_name(new_stack(), "Endpoint", "Fraud"))

    assert [each["Action"] for each in asks(made)] == ["sagemaker:InvokeEndpoint"]
    assert "DependsOn" not in _function(made)


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
    assert _function(made)["DependsOn"][0] == component


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
    assert any(name.startswith("Adapter") for name in _function(made)["DependsOn"])


def test_an_imported_component(source: Path) -> None:
    stack = new_stack()
    shared = ComponentEndpoint.from_endpoint_name(stack, "Endpoint", "shared")
    made = proxy(source, InferenceComponent.from_component_name(stack, "Component", "coast", endpoint=shared), stack)

    assert asks(made)[0]["Resource"] == [join(*HERE, ":endpoint/shared"), join(*HERE, ":inference-component/coast")]
    assert "DependsOn" not in _function(made)


def test_an_asynchronous_endpoint_gets_its_requests_in_its_storage(source: Path) -> None:
    made = proxy(source, asynchronous(new_stack()))

    assert asks(made) == [
        {"Action": "sagemaker:InvokeEndpointAsync", "Effect": "Allow", "Resource": join(*HERE, ":endpoint/fraud")},
        {
            "Action": ["s3:AbortMultipartUpload", "s3:PutObject"],
            "Effect": "Allow",
            "Resource": join("arn:", {"Ref": "AWS::Partition"}, ":s3:::mine/requests/*"),
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


# Times and sizes


def test_the_function_has_time_for_what_the_endpoint_may_take(source: Path) -> None:
    made = proxy(source, named(new_stack()))

    assert timed(made) == (80, "70")
    assert _function(made)["Properties"]["MemorySize"] == 512
    assert warnings(made) == []


@pytest.mark.parametrize(
    ("answer_within", "timeout", "expected"),
    [
        (5, None, (15, "5")),
        (60, None, (80, "70")),
        (5, 7, (7, "5")),
        (None, 62, (62, "60")),
        (None, 900, (900, "70")),
    ],
)
def test_the_times_go_together(
    source: Path, answer_within: int | None, timeout: int | None, expected: tuple[int, str]
) -> None:
    requests = EndpointRequests(answer_within=None if answer_within is None else cdk.Duration.seconds(answer_within))
    size = None if timeout is None else FunctionSize(timeout=cdk.Duration.seconds(timeout))
    made = proxy(source, named(new_stack()), requests=requests, size=size)

    assert timed(made) == expected
    assert warnings(made) == []


@pytest.mark.parametrize(("answer_within", "expected"), [(60, (30, "28")), (20, (30, "20")), (5, (15, "5"))])
def test_an_http_api_waits_no_longer_than_it_can(source: Path, answer_within: int, expected: tuple[int, str]) -> None:
    requests = EndpointRequests(answer_within=cdk.Duration.seconds(answer_within))
    made = proxy(source, named(new_stack()), requests=requests, front=Front.http_api())

    assert timed(made) == expected
    assert len(warnings(made)) == (answer_within == 60)


def test_a_size_without_a_time_gets_one(source: Path) -> None:
    made = proxy(source, named(new_stack()), size=FunctionSize(memory_mb=1024))

    assert timed(made) == (80, "70")
    assert _function(made)["Properties"]["MemorySize"] == 1024


def test_an_endpoint_that_may_take_longer_than_the_function_is_warned_of(source: Path) -> None:
    size = FunctionSize(timeout=cdk.Duration.seconds(29))
    made = proxy(source, named(new_stack()), size=size)

    assert timed(made) == (29, "27")
    (warning,) = warnings(made)
    assert warning.startswith(
        "the function waits 27 seconds for an answer, and the endpoint may take 60: what takes longer is answered with a 504, "
        "while the endpoint still works at it; let the function's timeout be longer, or EndpointRequests answer_within shorter"
    )


def test_a_time_that_is_a_token(source: Path) -> None:
    stack = new_stack()
    size = FunctionSize(timeout=cdk.Duration.seconds(number_token(stack)))
    made = proxy(source, named(stack), size=size)

    assert timed(made) == ({"Ref": "Number"}, "70")


def test_the_time_of_the_endpoint_is_a_metric(source: Path) -> None:
    metric = proxy(source, named(new_stack())).metric_endpoint_time()

    assert (metric.namespace, metric.metric_name, metric.statistic) == ("ModelFunction", "EndpointTime", "p99")


# All else is the model function's


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


# What is refused


def test_fails_when_arguments_are_of_the_wrong_kind(source: Path) -> None:
    stack = new_stack()
    with refused(
        "EndpointProxy endpoint must be an Endpoint or Component, got 'fraud': nothing else is understood there"
    ):
        proxy(source, "fraud", stack)
    with refused("EndpointProxy requests must be an EndpointRequests, got 5: nothing else is understood there"):
        proxy(source, named(stack), requests=5)
    with refused("EndpointProxy size must be a FunctionSize, got 512: nothing else is understood there"):
        proxy(source, RealtimeEndpoint.from_endpoint_name(stack, "Other", "other"), size=512)
    with refused("EndpointProxy front must be a Front, got 'url': nothing else is understood there"):
        proxy(source, RealtimeEndpoint.from_endpoint_name(stack, "Fourth", "fourth"), front="url")
    with refused("EndpointProxy code must be a FunctionCode, got 'code': nothing else is understood there"):
        proxy(source, RealtimeEndpoint.from_endpoint_name(stack, "Third", "third"), code="code")


def test_fails_when_something_is_to_be_loaded(source: Path) -> None:
    with refused(
        "FunctionCode loader must be omitted for an EndpointProxy, got 'predictor:load': the endpoint has the model, and none is "
        "loaded"
    ):
        proxy(source, named(new_stack()), code=FunctionCode.from_folder(source, loader="predictor:load"))


def test_fails_when_no_component_is_named(source: Path) -> None:
    with refused(
        "EndpointProxy endpoint must be a component of an endpoint that has components, such as an InferenceComponent, got a "
        "ComponentEndpoint: each request names one"
    ):
        proxy(source, endpoint_in(new_stack()))


def test_fails_when_the_endpoint_is_of_another_account(source: Path) -> None:
    endpoint = RealtimeEndpoint.from_endpoint_arn(stack_in("eu-west-1"), "Endpoint", OF_OTHERS)
    with refused(
        "EndpointProxy endpoint must be of the function's account 111122223333, got one of 444455556666: an endpoint has no policy "
        "of its own that could let another account ask it"
    ):
        proxy(source, endpoint)


@pytest.mark.parametrize(
    ("make", "noun"),
    [
        (named, "a single-model real-time endpoint"),
        (asynchronous, "an asynchronous endpoint"),
        (lambda stack: component_on(endpoint_in(stack)), "an inference component endpoint"),
    ],
)
def test_fails_when_there_are_no_such_targets(source: Path, make: Any, noun: str) -> None:
    with refused(
        f"EndpointRequests models must be omitted for {noun}, got ['a.tar.gz']: its requests name no target model"
    ):
        proxy(source, make(new_stack()), requests=EndpointRequests(models=["a.tar.gz"]))


def test_fails_when_nobody_waits_for_the_answers(source: Path) -> None:
    endpoint = AsyncEndpoint.from_endpoint_name(new_stack(), "Endpoint", "fraud")
    with refused(
        "EndpointRequests answer_within must be omitted for an asynchronous endpoint, got 5 seconds: nobody waits for its answers"
    ):
        proxy(source, endpoint, requests=EndpointRequests(answer_within=cdk.Duration.seconds(5)))


def test_fails_when_the_function_has_no_time_to_wait(source: Path) -> None:
    with refused(
        "FunctionSize timeout must be at least 3 seconds for an EndpointProxy, got 2: the function tells of an answer that did not "
        "come before its own time ends"
    ):
        proxy(source, named(new_stack()), size=FunctionSize(timeout=cdk.Duration.seconds(2)))


def test_fails_when_an_answer_may_take_too_long() -> None:
    with refused(
        "EndpointRequests answer_within must be 1-60 seconds, got 61: SageMaker ends a request to a container after a minute"
    ):
        EndpointRequests(answer_within=cdk.Duration.seconds(61))


def test_fails_when_the_time_for_an_answer_is_a_token() -> None:
    with refused(
        "EndpointRequests answer_within must be a literal number, got one that is known only at deploy time: CloudFormation cannot "
        "compute with it"
    ):
        EndpointRequests(answer_within=cdk.Duration.seconds(number_token(new_stack())))
