from typing import Any

import aws_cdk as cdk
import pytest
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_s3 as s3
from aws_cdk import aws_sns as sns
from aws_cdk.assertions import Annotations, Match, Template
from cdk_nag import AwsSolutionsChecks

from cdk_model_hosting import AsyncEndpoint, AsyncStorage, Model, Notifications, Pattern, Scaling
from tests.stacks.service_requests import refusals
from tests.unit.builders import (
    FLEET,
    att,
    join,
    new_stack,
    number_token,
    only,
    refused,
    resources,
    single,
    statements,
)
from tests.unit.endpoints.queues import KEY, caller, endpoint_in, mine


def config_of(stack: cdk.Stack) -> dict[str, Any]:
    found: dict[str, Any] = only(stack, "AWS::SageMaker::EndpointConfig")["AsyncInferenceConfig"]
    return found


@pytest.fixture(scope="module")
def plain() -> cdk.Stack:
    stack = new_stack()
    endpoint_in(stack, endpoint_name="fraud")
    return stack


# The configuration


def test_answers_failures_and_notifications_have_their_places(plain: cdk.Stack) -> None:
    (bucket,) = resources(plain, "AWS::S3::Bucket")
    success, error = resources(plain, "AWS::SNS::Topic")
    assert config_of(plain) == {
        "OutputConfig": {
            "S3OutputPath": join("s3://", {"Ref": bucket}, "/answers"),
            "S3FailurePath": join("s3://", {"Ref": bucket}, "/failures"),
            "NotificationConfig": {"SuccessTopic": {"Ref": success}, "ErrorTopic": {"Ref": error}},
        }
    }


def test_there_is_one_variant(plain: cdk.Stack) -> None:
    (variant,) = only(plain, "AWS::SageMaker::EndpointConfig")["ProductionVariants"]
    assert (variant["VariantName"], variant["InitialInstanceCount"]) == ("AllTraffic", 1)


def test_everything_can_be_chosen() -> None:
    stack = new_stack()
    key = kms.Key.from_key_arn(stack, "Key", KEY)
    topic = sns.Topic.from_topic_arn(stack, "Topic", "arn:aws:sns:eu-west-1:111122223333:failed")
    endpoint_in(
        stack,
        storage=AsyncStorage(bucket=mine(stack), output_prefix="out/", failure_prefix="bad/", encryption_key=key),
        notifications=Notifications.to(error=topic, include_responses=True),
        concurrency_per_instance=8,
    )
    assert config_of(stack) == {
        "ClientConfig": {"MaxConcurrentInvocationsPerInstance": 8},
        "OutputConfig": {
            "KmsKeyId": KEY,
            "S3OutputPath": "s3://mine/out",
            "S3FailurePath": "s3://mine/bad",
            "NotificationConfig": {
                "ErrorTopic": "arn:aws:sns:eu-west-1:111122223333:failed",
                "IncludeInferenceResponseIn": ["ERROR_NOTIFICATION_TOPIC"],
            },
        },
    }
    assert refusals(Template.from_stack(stack).to_json()) == {}


def test_the_key_of_the_bucket_is_named() -> None:
    stack = new_stack()
    bucket = mine(stack, encryption_key=kms.Key.from_key_arn(stack, "Key", KEY))
    endpoint_in(stack, storage=AsyncStorage(bucket=bucket), notifications=Notifications.none())
    assert config_of(stack)["OutputConfig"]["KmsKeyId"] == KEY


def test_who_is_told_can_be_nobody() -> None:
    stack = new_stack()
    endpoint = endpoint_in(stack, notifications=Notifications.none())
    assert "NotificationConfig" not in config_of(stack)["OutputConfig"]
    for what in ("success", "error"):
        with refused(
            f"AsyncEndpoint {what}_topic must belong to an endpoint that tells one, got notifications without: nobody hears "
            "of it"
        ):
            getattr(endpoint, f"{what}_topic")


def test_it_says_where_its_things_are() -> None:
    stack = new_stack()
    storage = AsyncStorage(input_bucket=mine(stack), input_prefix="in/")
    endpoint = endpoint_in(stack, storage=storage)
    (bucket,) = resources(stack, "AWS::S3::Bucket")
    success, error = resources(stack, "AWS::SNS::Topic")
    assert stack.resolve(endpoint.bucket.bucket_name) == {"Ref": bucket}
    assert (endpoint.input_bucket.bucket_name, endpoint.input_prefix) == ("mine", "in/")
    assert endpoint.input_url == "s3://mine/in/"
    topics = stack.resolve([endpoint.success_topic.topic_arn, endpoint.error_topic.topic_arn])
    assert topics == [{"Ref": success}, {"Ref": error}]


@pytest.mark.parametrize("concurrency", [0, 1001])
def test_fails_when_an_instance_cannot_get_so_many_requests(concurrency: int) -> None:
    with refused(
        f"AsyncEndpoint concurrency_per_instance must be 1-1000 requests, got {concurrency}: SageMaker sends no more to one "
        "instance at once"
    ):
        endpoint_in(new_stack(), concurrency_per_instance=concurrency)


def test_the_concurrency_may_be_a_token() -> None:
    stack = new_stack()
    endpoint_in(stack, concurrency_per_instance=number_token(stack))
    assert config_of(stack)["ClientConfig"] == {"MaxConcurrentInvocationsPerInstance": {"Ref": "Number"}}


def test_fails_when_storage_or_notifications_are_none() -> None:
    with refused("AsyncEndpoint storage must be an AsyncStorage, got 'mine': nothing else is understood there"):
        endpoint_in(new_stack(), storage="mine")
    with refused("AsyncEndpoint notifications must be a Notifications, got 'topic': nothing else is understood there"):
        endpoint_in(new_stack(), notifications="topic")


# What the execution role may do


def test_the_role_reads_requests_writes_answers_and_tells(plain: cdk.Stack) -> None:
    (bucket,) = resources(plain, "AWS::S3::Bucket")
    success, error = resources(plain, "AWS::SNS::Topic")
    arn = att(bucket, "Arn")
    assert statements(plain)[1:-1] == [
        {"Action": "s3:GetObject", "Effect": "Allow", "Resource": join(arn, "/requests/*")},
        {
            "Action": "s3:ListBucket",
            "Effect": "Allow",
            "Resource": arn,
            "Condition": {"StringLike": {"s3:prefix": ["requests/*"]}},
        },
        {
            "Action": ["s3:AbortMultipartUpload", "s3:PutObject"],
            "Effect": "Allow",
            "Resource": [join(arn, "/answers/*"), join(arn, "/failures/*")],
        },
        {"Action": "sns:Publish", "Effect": "Allow", "Resource": [{"Ref": success}, {"Ref": error}]},
    ]
    assert statements(plain)[-1]["Action"] == "cloudwatch:DescribeAlarms"


def test_the_endpoint_waits_for_what_a_role_that_is_brought_is_given() -> None:
    stack = new_stack()
    role = iam.Role.from_role_name(stack, "Brought", "serving")
    model = Model.from_model_name(stack, "Imported", "fraud-7", role=role)
    endpoint_in(stack, model=model, rollback_on=[])
    (policy,) = resources(stack, "AWS::IAM::Policy")
    (endpoint,) = resources(stack, "AWS::SageMaker::Endpoint").values()
    assert endpoint["DependsOn"] == [policy]


def test_says_what_the_unknown_role_of_an_imported_model_needs() -> None:
    stack = new_stack()
    endpoint_in(stack, model=Model.from_model_name(stack, "Imported", "fraud-7"))
    (warning,) = Annotations.from_stack(stack).find_warning("*", Match.any_value())
    assert str(warning.entry.data).startswith(
        "the execution role of the imported model fraud-7 is not known here: it must be allowed "
        "s3:GetObject, s3:ListBucket, s3:AbortMultipartUpload, s3:PutObject, sns:Publish, cloudwatch:DescribeAlarms"
    )


def test_nag_finds_nothing_that_is_not_explained() -> None:
    app = cdk.App()
    stack = cdk.Stack(app, "Stack")
    endpoint = endpoint_in(
        stack, scaling=Scaling.on_backlog(between=(0, 4)), verify_rollout=True, allow_instance_type_change=True
    )
    role = caller(stack)
    endpoint.grant_invoke_async(role)
    endpoint.grant_read_answers(role)
    cdk.Validations.of(app).add_plugins(AwsSolutionsChecks(app))
    app.synth()


# Models that answer in other ways


@pytest.mark.parametrize(
    ("pattern", "why"),
    [
        (Pattern.MULTI_MODEL, "each request goes to the one model that it has"),
        (Pattern.PIPELINE, "SageMaker runs one container there"),
        (Pattern.MULTI_CONTAINER, "SageMaker runs no containers side by side there"),
    ],
)
def test_fails_when_the_model_is_not_a_single_one(pattern: Pattern, why: str) -> None:
    stack = new_stack()
    model = Model.from_model_name(stack, "Imported", "fraud-7", pattern=pattern)
    with refused(
        f"AsyncEndpoint model must be a single model for an asynchronous endpoint, got a {pattern.value} one: {why}"
    ):
        endpoint_in(stack, model=model)


# The whole


def test_two_endpoints_may_share_a_bucket_and_topics() -> None:
    stack = new_stack()
    storage = AsyncStorage(bucket=s3.Bucket(stack, "Shared"))
    notifications = Notifications.to(success=sns.Topic(stack, "Answers"))
    for each in ("One", "Two"):
        AsyncEndpoint(
            stack, each, model=single(stack, f"M{each}"), fleet=FLEET, storage=storage, notifications=notifications
        )
    template = Template.from_stack(stack)
    template.resource_count_is("AWS::S3::Bucket", 1)
    template.resource_count_is("AWS::SNS::Topic", 1)
