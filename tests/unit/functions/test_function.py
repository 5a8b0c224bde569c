from __future__ import annotations

from typing import TYPE_CHECKING, Any
from unittest import mock

import aws_cdk as cdk
import pytest
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_lambda as lambda_

from cdk_model_hosting import Architecture, Concurrency, Front, FunctionCode, ModelDelivery, ModelFunction, ModelLayer
from cdk_model_hosting.functions.size import FunctionSize
from cdk_model_hosting.functions.target import Target
from tests.unit.builders import att, join, new_stack, number_token, refused, resources, text_token
from tests.unit.functions.made import advice_of, function, only_own, own, policies, stack_of

if TYPE_CHECKING:
    from pathlib import Path

ALIAS = {"Ref": "FraudLiveBDC3EC24"}


def test_the_function_is_what_was_asked_for(source: Path, model: Path) -> None:
    made = function(source, model)

    properties = only_own(made, "AWS::Lambda::Function")
    del properties["Code"]
    assert properties == {
        "Architectures": ["arm64"],
        "Environment": {
            "Variables": {
                "MODEL_FUNCTION_DELIVERY": "bundled",
                "MODEL_FUNCTION_ENTRY": "predictor:predict",
                "MODEL_FUNCTION_PATH": "cdk_model",
            }
        },
        "EphemeralStorage": {"Size": 512},
        "Handler": "cdk_model_function.entry.handler",
        "LoggingConfig": {"LogFormat": "JSON", "LogGroup": {"Ref": "FraudLogs354542B2"}},
        "MemorySize": 1769,
        "Role": att("FraudRole0B6B6C2E", "Arn"),
        "Runtime": "python3.14",
        "Timeout": 10,
        "TracingConfig": {"Mode": "Active"},
    }
    assert only_own(made, "AWS::Logs::LogGroup") == {"RetentionInDays": 90}


def test_every_argument_reaches_its_property(source: Path, model: Path) -> None:
    stack = new_stack()
    made = function(
        source,
        model,
        stack,
        code=FunctionCode.from_folder(source, python="3.13", environment={"TABLE": "decisions"}),
        architecture=Architecture.X86_64,
        size=FunctionSize(memory_mb=3008, ephemeral_mb=2048, timeout=cdk.Duration.minutes(15)),
        encryption_key=kms.Key(stack, "Key"),
        log_days=7,
        concurrency=Concurrency(reserved=5),
    )

    properties = only_own(made, "AWS::Lambda::Function")
    assert properties["Architectures"] == ["x86_64"]
    assert properties["Runtime"] == "python3.13"
    assert properties["MemorySize"] == 3008
    assert properties["Timeout"] == 900
    assert properties["EphemeralStorage"] == {"Size": 2048}
    assert properties["Environment"]["Variables"]["TABLE"] == "decisions"
    assert properties["KmsKeyArn"] == att("Key961B73FD", "Arn")
    assert properties["ReservedConcurrentExecutions"] == 5
    assert only_own(made, "AWS::Logs::LogGroup") == {"RetentionInDays": 7}


def test_the_role_may_write_its_log_and_trace_and_nothing_else(source: Path, model: Path) -> None:
    stack = new_stack()
    made = function(source, model, stack, encryption_key=kms.Key(stack, "Key"))

    assert policies(made) == [
        {
            "Action": ["logs:CreateLogStream", "logs:PutLogEvents"],
            "Effect": "Allow",
            "Resource": att("FraudLogs354542B2", "Arn"),
        },
        {"Action": ["xray:PutTelemetryRecords", "xray:PutTraceSegments"], "Effect": "Allow", "Resource": "*"},
        {"Action": "kms:Decrypt", "Effect": "Allow", "Resource": att("Key961B73FD", "Arn")},
    ]


def test_the_alias_waits_until_the_version_has_begun(source: Path, model: Path) -> None:
    made = function(source, model)

    ((version, _),) = own(made, "AWS::Lambda::Version").items()
    ((check, resource),) = own(made, "Custom::ModelFunctionVersion").items()
    ((_, alias),) = own(made, "AWS::Lambda::Alias").items()
    assert resource["Properties"]["Version"] == {"Ref": version}
    assert alias["DependsOn"] == [check]
    assert alias["Properties"] == {
        "FunctionName": {"Ref": "FraudFunctionF784042D"},
        "FunctionVersion": att(version, "Version"),
        "Name": "live",
    }
    assert "UpdatePolicy" not in alias


@pytest.mark.parametrize("options", [{"verify_version": False}, {"concurrency": Concurrency(reserved=0)}])
def test_a_version_that_is_not_checked(source: Path, model: Path, options: dict[str, Any]) -> None:
    made = function(source, model, **options)

    assert resources(made, "Custom::ModelFunctionVersion") == {}
    assert len(resources(made, "AWS::Lambda::Function")) == 1


def test_what_a_function_can_be_asked(source: Path, model: Path) -> None:
    stack = new_stack()
    made = function(source, model, stack, front=Front.function_url())
    user = iam.User(stack, "User")
    made.grant_invoke(user)
    made.grant_ask(user)

    (policy,) = [
        each["Properties"]["PolicyDocument"]["Statement"]
        for name, each in resources(stack, "AWS::IAM::Policy").items()
        if name.startswith("User")
    ]
    assert policy == [
        {"Action": "lambda:InvokeFunction", "Effect": "Allow", "Resource": ALIAS},
        {"Action": "lambda:InvokeFunctionUrl", "Effect": "Allow", "Resource": ALIAS},
        {
            "Action": "lambda:InvokeFunction",
            "Condition": {"Bool": {"lambda:InvokedViaFunctionUrl": "true"}},
            "Effect": "Allow",
            "Resource": ALIAS,
        },
    ]


def test_its_role_and_its_live_version_are_there_for_other_constructs(source: Path, model: Path) -> None:
    made = function(source, model)
    made.role.add_to_principal_policy(iam.PolicyStatement(actions=["dynamodb:GetItem"], resources=["arn:table"]))
    made.alias.add_permission("Rule", principal=iam.ServicePrincipal("events.amazonaws.com"))

    (attached,) = own(made, "AWS::IAM::Policy").values()
    assert attached["Properties"]["Roles"] == [{"Ref": "FraudRole0B6B6C2E"}]
    assert only_own(made, "AWS::Lambda::Permission")["FunctionName"] == ALIAS
    assert made.role is made.role
    assert made.alias is made.alias


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"code": "code"}, "ModelFunction code must be a FunctionCode, got 'code': nothing else is understood there"),
        (
            {"delivery": "layer"},
            "ModelFunction delivery must be a ModelDelivery, got 'layer': nothing else is understood there",
        ),
        (
            {"architecture": "arm64"},
            "ModelFunction architecture must be an Architecture, got 'arm64': nothing else is understood there",
        ),
        ({"front": 1}, "ModelFunction front must be a Front, got 1: nothing else is understood there"),
        (
            {"concurrency": 5},
            "ModelFunction concurrency must be a Concurrency, got 5: nothing else is understood there",
        ),
        (
            {"rollout": "canary"},
            "ModelFunction rollout must be a Rollout, got 'canary': nothing else is understood there",
        ),
        ({"verify_version": 1}, "ModelFunction verify_version must be a bool, got 1: nothing else is understood there"),
        ({"size": 512}, "ModelFunction size must be a FunctionSize, got 512: nothing else is understood there"),
        (
            {"encryption_key": "alias/mine"},
            "ModelFunction encryption_key must be a KMS key, got 'alias/mine': nothing else is understood there",
        ),
        (
            {"delivery": None},
            "ModelFunction delivery must be a ModelDelivery, got None: nothing else is understood there",
        ),
        (
            {"architecture": None},
            "ModelFunction architecture must be an Architecture, got None: nothing else is understood there",
        ),
        (
            {"verify_version": None},
            "ModelFunction verify_version must be a bool, got None: nothing else is understood there",
        ),
    ],
)
def test_fails_when_an_argument_is_wrong(source: Path, model: Path, options: dict[str, Any], message: str) -> None:
    with refused(message):
        function(source, model, **options)


@pytest.mark.parametrize("days", [2, None])
def test_fails_when_logs_are_kept_for_no_such_time(source: Path, model: Path, days: Any) -> None:
    expected = rf"^ModelFunction log_days must be one of 1, 3, .*, got {days}: CloudWatch keeps"
    with pytest.raises(ValueError, match=expected):
        function(source, model, log_days=days)


def test_layers_are_five_with_the_models(source: Path, model: Path) -> None:
    stack = new_stack()
    arn = "arn:aws:lambda:eu-west-1:123456789012:layer:extension:1"
    more = [lambda_.LayerVersion.from_layer_version_arn(stack, f"Layer{each}", arn + str(each)) for each in range(5)]
    delivery = ModelDelivery.layer(ModelLayer(stack, "Model", model=model))

    def code(count: int) -> FunctionCode:
        return FunctionCode.from_folder(source, layers=more[:count])

    made = function(source, model, stack, delivery=delivery, code=code(4))
    found = only_own(made, "AWS::Lambda::Function")["Layers"]
    assert [*found[0], *found[1:]] == ["Ref", *(arn + str(each) for each in range(4))]
    with refused(
        "FunctionCode layers and the model's in all must be 0-5 layers, got 6: Lambda lays no more over each other; a model "
        "in a layer is one of them"
    ):
        function(source, model, stack, "More", delivery=delivery, code=code(5))
    function(source, model, stack, "Bundled", code=code(5))
    with refused("FunctionCode layers must be omitted with ModelDelivery.image, got 1: Lambda lays none over an image"):
        function(source, model, stack, "Image", delivery=ModelDelivery.image(model), code=code(1))


def test_fails_when_there_is_more_than_lambda_unpacks(source: Path, model: Path) -> None:
    with (model / "model.onnx").open("wb") as file:
        file.truncate(260 << 20)
    with pytest.raises(
        ValueError,
        match=(
            r"^ModelFunction code, packages and model, unzipped must be 0-250 MB, got 260\.\d: Lambda unpacks no more; bring the "
            r"model from a bucket, or all of it as an image$"
        ),
    ):
        function(source, model)
    function(source, model, delivery=ModelDelivery.bucket_asset(model), size=FunctionSize(ephemeral_mb=1024))


def test_a_layer_counts_with_the_code(source: Path, model: Path) -> None:
    for folder in (source, model):
        with (folder / "large").open("wb") as file:
            file.truncate(130 << 20)
    stack = new_stack()
    with pytest.raises(
        ValueError, match=r"^ModelFunction code, packages and model, unzipped must be 0-250 MB, got 260\.\d: "
    ):
        function(source, model, stack, delivery=ModelDelivery.layer(ModelLayer(stack, "Model", model=model)))


def test_nothing_is_bundled_for_stacks_that_the_command_was_not_given(source: Path, model: Path, cached: Path) -> None:
    def code(selected: list[str]) -> object:
        app = cdk.App(context={"aws:cdk:bundling-stacks": selected})
        return only_own(function(source, model, cdk.Stack(app, "Stack")), "AWS::Lambda::Function")["Code"]

    unselected = code(["Another"])
    assert list(cached.iterdir()) == []
    assert code(["Stack"]) == unselected
    assert [path.suffix for path in cached.iterdir()] == [".zip"]


def test_packages_without_bytecode_are_told_of(source: Path, model: Path) -> None:
    (source / "requirements.txt").write_text("numpy==1 --hash=sha256:0")
    code = FunctionCode.from_folder(source, requirements="requirements.txt", python="3.14")

    def made(*, compiled: bool) -> ModelFunction:
        # Of another stack than the command was given, so that nothing is installed.
        stack = cdk.Stack(cdk.App(context={"aws:cdk:bundling-stacks": []}), "Stack")
        with mock.patch.object(Target, "interpreter", return_value="python" if compiled else None):
            return function(source, model, stack, code=code)

    assert advice_of(made(compiled=True)) == []
    assert advice_of(made(compiled=False)) == [
        (
            "the packages of the function have no bytecode, because this machine has no Python 3.14: the function begins about "
            "three times as slowly; synthesize with that Python on the path [ack: cdk-model-hosting:packagesWithoutBytecode]"
        )
    ]


def test_tokens_pass_every_check(source: Path, model: Path) -> None:
    stack = new_stack()
    number, text = number_token(stack), text_token(stack)
    made = function(
        source,
        model,
        stack,
        code=FunctionCode.from_folder(source, environment={"TABLE": text}),
        log_days=number,
        concurrency=Concurrency(reserved=number, provisioned=number),  # type: ignore[arg-type]
    )

    assert only_own(made, "AWS::Lambda::Function")["Environment"]["Variables"]["TABLE"] == {"Ref": "Text"}


def test_metrics_are_of_the_live_version(source: Path, model: Path) -> None:
    made = function(source, model)
    stack = stack_of(made)

    own_ = [made.metric_invocations(), made.metric_errors(), made.metric_duration(), made.metric_throttles()]
    assert [(each.metric_name, each.statistic) for each in own_] == [
        ("Invocations", "Sum"),
        ("Errors", "Sum"),
        ("Duration", "p99"),
        ("Throttles", "Sum"),
    ]
    name = {"Ref": "FraudFunctionF784042D"}
    for each in own_:
        assert each.namespace == "AWS/Lambda"
        assert stack.resolve(each.dimensions) == {"FunctionName": name, "Resource": join(name, ":live")}
    models = [
        made.metric_failures(),
        made.metric_refusals(),
        made.metric_deferred(),
        made.metric_predict_time(),
        made.metric_requests(),
        made.metric_cold_starts(),
        made.metric_model_load_time(),
    ]
    assert [each.metric_name for each in models] == [
        "Failures",
        "Refusals",
        "Deferred",
        "PredictTime",
        "BatchSize",
        "ColdStart",
        "ModelLoadTime",
    ]
    for each in models:
        assert each.namespace == "ModelFunction"
        assert stack.resolve(each.dimensions) == {"FunctionName": name}
