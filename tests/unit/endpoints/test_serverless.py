from pathlib import Path
from typing import Any

import aws_cdk as cdk
import pytest
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_s3 as s3
from aws_cdk.assertions import Annotations, Match, Template
from aws_cdk.aws_applicationautoscaling import Schedule
from cdk_nag import AwsSolutionsChecks
from cfnlint.api import ManualArgs, lint_file

from cdk_model_hosting import (
    Model,
    ModelArtifact,
    Pace,
    Pattern,
    Scaling,
    ScalingPolicy,
    ScheduledScaling,
    ServerlessEndpoint,
    SingleModel,
)
from tests.stacks.service_requests import refusals
from tests.unit.builders import (
    att,
    container,
    join,
    new_stack,
    number_token,
    only,
    refused,
    resources,
    single,
    statements,
    text_token,
)

CONFIG, ENDPOINT = "AWS::SageMaker::EndpointConfig", "AWS::SageMaker::Endpoint"
TARGET, POLICY = "AWS::ApplicationAutoScaling::ScalableTarget", "AWS::ApplicationAutoScaling::ScalingPolicy"
KEY = "arn:aws:kms:eu-west-1:111122223333:key/1"
HERE = cdk.Environment(account="111122223333", region="eu-west-1")
USE = Scaling.on_provisioned_use(percent=70, between=(2, 10))


def endpoint_in(stack: cdk.Stack, **options: Any) -> ServerlessEndpoint:
    asked: dict[str, Any] = {"verify_rollout": False, **options}
    if "model" not in asked:
        asked["model"] = single(stack)
    return ServerlessEndpoint(stack, "Endpoint", **asked)


def serverless(stack: cdk.Stack | None = None, **options: Any) -> dict[str, Any]:
    """How the one variant is served, in a configuration that SageMaker accepts."""
    stack = stack or new_stack()
    endpoint_in(stack, **options)
    assert refusals(Template.from_stack(stack).to_json()) == {}
    (variant,) = only(stack, CONFIG)["ProductionVariants"]
    found: dict[str, Any] = variant["ServerlessConfig"]
    return found


def logical(stack: cdk.Stack, kind: str) -> str:
    (found,) = resources(stack, kind)
    return found


@pytest.fixture(scope="module")
def plain() -> cdk.Stack:
    stack = new_stack()
    endpoint_in(stack, endpoint_name="fraud")
    return stack


@pytest.fixture(scope="module")
def scaled() -> cdk.Stack:
    stack = new_stack()
    endpoint_in(stack, endpoint_name="fraud", scaling=USE)
    return stack


# What it is


def test_one_model_on_no_instances(plain: cdk.Stack) -> None:
    assert only(plain, CONFIG) == {
        "ProductionVariants": [
            {
                "VariantName": "AllTraffic",
                "ModelName": att(logical(plain, "AWS::SageMaker::Model"), "ModelName"),
                "InitialVariantWeight": 1,
                "ServerlessConfig": {"MemorySizeInMB": 2048, "MaxConcurrency": 20},
            }
        ]
    }
    name = att(logical(plain, CONFIG), "EndpointConfigName")
    assert only(plain, ENDPOINT) == {"EndpointName": "fraud", "EndpointConfigName": name}


def test_it_takes_five_resources(plain: cdk.Stack) -> None:
    kinds = sorted(each["Type"] for each in Template.from_stack(plain).to_json()["Resources"].values())
    assert kinds == ["AWS::IAM::ManagedPolicy", "AWS::IAM::Role", ENDPOINT, CONFIG, "AWS::SageMaker::Model"]


@pytest.mark.parametrize("memory", [1024, 2048, 3072, 4096, 5120, 6144])
def test_there_are_six_sizes(memory: int) -> None:
    assert serverless(memory_mb=memory, max_concurrency=200) == {"MemorySizeInMB": memory, "MaxConcurrency": 200}


def test_copies_can_be_kept_ready() -> None:
    assert serverless(provisioned_concurrency=20)["ProvisionedConcurrency"] == 20


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"memory_mb": 1500}, "memory_mb must be one of 1024, 2048, 3072, 4096, 5120, 6144 MB, got 1500: serverless memory comes in steps of 1 GB"),
        ({"max_concurrency": 0}, "max_concurrency must be 1-200 requests, got 0: SageMaker runs no more copies of one serverless endpoint"),
        ({"max_concurrency": 201}, "max_concurrency must be 1-200 requests, got 201: SageMaker runs no more copies of one serverless endpoint"),
        ({"provisioned_concurrency": 0}, "provisioned_concurrency must be 1-200 requests, got 0: SageMaker keeps so many copies of one serverless endpoint warm; leave it out for none"),
        ({"provisioned_concurrency": 21}, "provisioned_concurrency must be at most max_concurrency 20, got 21: what is kept ready counts among what may run"),
        ({"scaling": Scaling.on_provisioned_use(percent=70, between=(1, 21))}, "scaling maximum must be at most max_concurrency 20, got 21: what is kept ready counts among what may run"),
        ({"scaling": USE, "provisioned_concurrency": 1}, "provisioned_concurrency must lie between the scaling's bounds 2 and 10, got 1: scaling would change it at once"),
        ({"scaling": USE, "provisioned_concurrency": 11}, "provisioned_concurrency must lie between the scaling's bounds 2 and 10, got 11: scaling would change it at once"),
        ({"scaling": 3}, "scaling must be a Scaling, got 3: nothing else is understood there"),
        ({"model": "fraud"}, "model must be a Model, got 'fraud': nothing else is understood there"),
        ({"verify_rollout": 1}, "verify_rollout must be a bool, got 1: nothing else is understood there"),
        ({"endpoint_name": "a_b"}, "endpoint_name must be 1-63 characters (letters, digits and hyphens, no hyphen first or last), got 'a_b': SageMaker accepts no other endpoint name"),
    ],
)  # fmt: skip
def test_fails_when_an_argument_is_outside_what_there_is(options: dict[str, Any], message: str) -> None:
    with refused(f"ServerlessEndpoint {message}"):
        endpoint_in(new_stack(), **options)


def test_no_token_is_lost() -> None:
    stack = new_stack()
    tokens: dict[str, Any] = {each: number_token(stack, each) for each in ("Memory", "Most", "Ready", "Low", "High")}
    scaling = Scaling.on_provisioned_use(percent=70, between=(tokens["Low"], tokens["High"]))
    found = serverless(
        stack,
        memory_mb=tokens["Memory"],
        max_concurrency=tokens["Most"],
        provisioned_concurrency=tokens["Ready"],
        scaling=scaling,
        endpoint_name=text_token(stack, "Name"),
    )
    assert found == {
        "MemorySizeInMB": {"Ref": "Memory"},
        "MaxConcurrency": {"Ref": "Most"},
        "ProvisionedConcurrency": {"Ref": "Ready"},
    }
    target = only(stack, TARGET)
    assert (target["MinCapacity"], target["MaxCapacity"]) == ({"Ref": "Low"}, {"Ref": "High"})


def test_a_most_that_is_a_token_passes() -> None:
    stack = new_stack()
    most: Any = number_token(stack)
    assert serverless(stack, max_concurrency=most, provisioned_concurrency=200)["ProvisionedConcurrency"] == 200


# What is kept ready follows its use


def test_as_much_is_kept_ready_as_scaling_allows_at_least(scaled: cdk.Stack) -> None:
    (variant,) = only(scaled, CONFIG)["ProductionVariants"]
    assert variant["ServerlessConfig"]["ProvisionedConcurrency"] == 2


def test_it_is_registered_once_the_endpoint_is_there(scaled: cdk.Stack) -> None:
    assert only(scaled, TARGET) == {
        "MinCapacity": 2,
        "MaxCapacity": 10,
        "ResourceId": join("endpoint/", att(logical(scaled, ENDPOINT), "EndpointName"), "/variant/AllTraffic"),
        "ScalableDimension": "sagemaker:variant:DesiredProvisionedConcurrency",
        "ServiceNamespace": "sagemaker",
    }
    policy = only(scaled, POLICY)
    assert policy["PolicyName"] == "ProvisionedUse"
    tracking = policy["TargetTrackingScalingPolicyConfiguration"]
    metric = "SageMakerVariantProvisionedConcurrencyUtilization"
    assert (tracking["TargetValue"], tracking["PredefinedMetricSpecification"]) == (
        0.7,
        {"PredefinedMetricType": metric},
    )


def test_the_clock_may_move_it_too() -> None:
    stack = new_stack()
    morning = ScheduledScaling(
        name="morning",
        schedule=Schedule.cron(hour="7", minute="45", week_day="MON-FRI"),
        between=(5, 10),
        time_zone="Europe/Zurich",
    )
    policy = ScalingPolicy.on_provisioned_use(percent=70, pace=Pace(scale_in_cooldown=cdk.Duration.seconds(1)))
    endpoint = endpoint_in(stack, scaling=Scaling.between(1, 10, [policy], schedules=[morning]))
    (action,) = only(stack, TARGET)["ScheduledActions"]
    assert action["ScalableTargetAction"] == {"MinCapacity": 5, "MaxCapacity": 10}
    assert set(endpoint.scaled) == {"AllTraffic"}
    assert resources(stack, "AWS::CloudWatch::Alarm") == {}
    assert refusals(Template.from_stack(stack).to_json()) == {}


def test_fails_when_nothing_is_kept_ready() -> None:
    with refused(
        "Scaling minimum must be at least 1 request, got 0: SageMaker keeps at least one copy warm where provisioned concurrency "
        "scales"
    ):
        endpoint_in(new_stack(), scaling=Scaling.between(0, 3))


def test_fails_when_a_schedule_asks_for_more_than_may_run() -> None:
    rush = ScheduledScaling(name="rush", schedule=Schedule.cron(hour="7", minute="0"), between=(5, 30))
    with refused(
        "ServerlessEndpoint scaling maximum must be at most max_concurrency 20, got 30: what is kept ready counts among what may "
        "run"
    ):
        endpoint_in(new_stack(), scaling=Scaling.between(1, 10, schedules=[rush]))


def test_fails_when_a_policy_counts_instances() -> None:
    with refused(
        "ScalingPolicy.on_invocations must be omitted for serverless endpoints, got one: SageMaker counts requests per instance "
        "only where instances answer at once; use ScalingPolicy.on_provisioned_use"
    ):
        endpoint_in(new_stack(), scaling=Scaling.on_invocations(per_instance_per_minute=6, between=(1, 2)))


def test_says_that_aws_contradicts_itself(plain: cdk.Stack, scaled: cdk.Stack) -> None:
    said = Match.string_like_regexp("scaling may be refused: AWS's guide says")
    assert len(Annotations.from_stack(scaled).find_warning("*", said)) == 1
    assert Annotations.from_stack(plain).find_warning("*", Match.any_value()) == []


# Keys, roles and callers


def test_a_key_is_passed_on_and_may_be_used() -> None:
    stack = new_stack()
    endpoint_in(stack, encryption_key=kms.Key.from_key_arn(stack, "Key", KEY))
    assert only(stack, CONFIG)["KmsKeyId"] == KEY
    grant, use = statements(stack)[1:]
    assert (grant["Action"], use["Action"]) == (
        "kms:CreateGrant",
        ["kms:Decrypt", "kms:DescribeKey", "kms:GenerateDataKeyWithoutPlaintext"],
    )
    assert grant["Resource"] == use["Resource"] == KEY


def test_an_imported_model_is_served_too() -> None:
    stack = new_stack()
    role = iam.Role.from_role_name(stack, "Role", "serving")
    model = Model.from_model_name(stack, "Model", "fraud-7", role=role)
    endpoint_in(stack, model=model, encryption_key=kms.Key.from_key_arn(stack, "Key", KEY))
    (variant,) = only(stack, CONFIG)["ProductionVariants"]
    assert variant["ModelName"] == "fraud-7"
    (endpoint,) = resources(stack, ENDPOINT).values()
    assert endpoint["DependsOn"] == [logical(stack, "AWS::IAM::Policy")]


def test_it_may_be_called() -> None:
    stack = new_stack()
    caller = iam.Role(stack, "Caller", assumed_by=iam.ServicePrincipal("lambda.amazonaws.com"))
    endpoint_in(stack, endpoint_name="fraud").grant_invoke(caller)
    (statement,) = only(stack, "AWS::IAM::Policy")["PolicyDocument"]["Statement"]
    assert statement["Resource"]["Fn::Join"][1][-1] == ":endpoint/fraud"


@pytest.mark.parametrize("by_arn", [False, True])
def test_an_existing_one_has_its_grants_metrics_and_alarms(by_arn: bool) -> None:
    stack = new_stack()
    endpoint = (
        ServerlessEndpoint.from_endpoint_arn(stack, "E", "arn:aws:sagemaker:eu-west-1:111122223333:endpoint/fraud")
        if by_arn
        else ServerlessEndpoint.from_endpoint_name(stack, "E", "fraud")
    )
    assert endpoint.pattern is Pattern.SERVERLESS
    metric = endpoint.metric_model_setup_time()
    assert (metric.metric_name, metric.region) == ("ModelSetupTime", "eu-west-1" if by_arn else None)
    assert metric.dimensions == {"EndpointName": "fraud", "VariantName": "AllTraffic"}


# From outside


def test_its_deployment_is_checked() -> None:
    stack = new_stack()
    endpoint_in(stack, verify_rollout=True)
    (check,) = Template.from_stack(stack).find_resources("Custom::EndpointRollout").values()
    assert check["Properties"]["Endpoints"]["Endpoint0"] == {
        "Name": att(logical(stack, ENDPOINT), "EndpointName"),
        "Config": att(logical(stack, CONFIG), "EndpointConfigName"),
    }


def test_the_usual_alarms_are_those_of_serverless_endpoints() -> None:
    stack = new_stack()
    endpoint_in(stack, endpoint_name="fraud").alarms()
    names = {each["Properties"]["AlarmName"] for each in resources(stack, "AWS::CloudWatch::Alarm").values()}
    assert {name.rsplit("/", 1)[-1] for name in names} == {
        "ServerErrors",
        "ModelLatencyP99",
        "ConcurrencyUtilization",
        "MemoryUtilization",
    }


def test_the_resources_can_be_changed_from_outside() -> None:
    stack = new_stack()
    endpoint = endpoint_in(stack, scaling=USE)
    endpoint.cfn_endpoint_config.add_property_override("ProductionVariants.0.ServerlessConfig.MaxConcurrency", 30)
    endpoint.scaled["AllTraffic"].cfn_target.max_capacity = 30
    (variant,) = only(stack, CONFIG)["ProductionVariants"]
    assert variant["ServerlessConfig"]["MaxConcurrency"] == only(stack, TARGET)["MaxCapacity"] == 30


def test_the_same_app_gives_the_same_template() -> None:
    def made() -> object:
        stack = new_stack()
        endpoint_in(stack, scaling=USE, verify_rollout=True)
        return Template.from_stack(stack).to_json()

    assert made() == made()


@pytest.mark.parametrize("env", [None, HERE], ids=["anywhere", "located"])
def test_nobody_minds(env: cdk.Environment | None, tmp_path: Path) -> None:
    app = cdk.App(outdir=str(tmp_path))
    cdk.Validations.of(app).add_plugins(AwsSolutionsChecks(app))
    stack = cdk.Stack(app, "Stack", env=env)
    bucket = s3.Bucket.from_bucket_name(stack, "Bucket", "models")
    model = SingleModel(stack, "Model", container=container(ModelArtifact.from_bucket(bucket, "fraud-1.tar.gz")))
    key = kms.Key(stack, "Key", enable_key_rotation=True)
    endpoint = endpoint_in(stack, model=model, encryption_key=key, scaling=USE, verify_rollout=True)
    endpoint.alarms()
    app.synth()  # It fails where cdk-nag finds something.
    written = tmp_path / "Stack.template.json"
    assert [str(each) for each in lint_file(written, config=ManualArgs(regions=["us-east-1", "eu-west-1"]))] == []
