from __future__ import annotations

from typing import TYPE_CHECKING, Any

import aws_cdk as cdk
import pytest
from aws_cdk import aws_events as events
from aws_cdk import aws_kms as kms
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_sns as sns
from aws_cdk import aws_sqs as sqs

from cdk_model_hosting.functions.on_failure import OnFailure
from tests.unit.builders import new_stack, number_token, refused, text_token
from tests.unit.functions.made import function, only_own, own, policies

if TYPE_CHECKING:
    from pathlib import Path

ARN = "arn:aws:{}:eu-west-1:123456789012:{}"
KEY = "arn:aws:kms:eu-west-1:123456789012:key/1"


def somewhere(stack: cdk.Stack, kind: str, *, name: str = "failed", key: bool = False) -> Any:
    """Somewhere to send failed events to, by the factory's name."""
    known = kms.Key.from_key_arn(stack, "Key", KEY) if key else None
    match kind:
        case "queue":
            arn = ARN.format("sqs", name)
            return sqs.Queue.from_queue_attributes(stack, "To", queue_arn=arn, key_arn=KEY if key else None)
        case "topic":
            return sns.Topic(stack, "To", master_key=known, fifo=name.endswith(".fifo"))
        case "bus":
            return events.EventBus.from_event_bus_arn(stack, "To", ARN.format("events", "event-bus/failed"))
        case _:
            return lambda_.Function.from_function_arn(stack, "To", ARN.format("lambda", "function:failed"))


def test_lambda_decides_unless_it_is_said(source: Path, model: Path) -> None:
    made = function(source, model)

    assert own(made, "AWS::Lambda::EventInvokeConfig") == {}
    assert made.cfn_event_invoke_config is None


@pytest.mark.parametrize(
    ("kind", "action", "arn"),
    [
        ("queue", "sqs:SendMessage", ARN.format("sqs", "failed")),
        ("topic", "sns:Publish", {"Ref": "To08248C0F"}),
        ("bus", "events:PutEvents", ARN.format("events", "event-bus/failed")),
        ("function", "lambda:InvokeFunction", ARN.format("lambda", "function:failed")),
    ],
)
def test_what_fails_goes_somewhere_where_the_function_may_send_it(
    source: Path, model: Path, kind: str, action: str, arn: object
) -> None:
    stack = new_stack()
    made = function(source, model, stack, on_failure=getattr(OnFailure, kind)(somewhere(stack, kind)))

    (found,) = own(made, "AWS::Lambda::EventInvokeConfig").values()
    assert found["DependsOn"] == ["FraudLiveBDC3EC24"]
    assert found["Properties"] == {
        "DestinationConfig": {"OnFailure": {"Destination": arn}},
        "FunctionName": {"Ref": "FraudFunctionF784042D"},
        "MaximumRetryAttempts": 2,
        "Qualifier": "live",
    }
    assert policies(made)[2:] == [{"Action": action, "Effect": "Allow", "Resource": arn}]


@pytest.mark.parametrize("kind", ["queue", "topic"])
def test_the_key_of_an_encrypted_destination_may_be_used(source: Path, model: Path, kind: str) -> None:
    stack = new_stack()
    made = function(source, model, stack, on_failure=getattr(OnFailure, kind)(somewhere(stack, kind, key=True)))

    assert policies(made)[-1] == {"Action": ["kms:Decrypt", "kms:GenerateDataKey"], "Effect": "Allow", "Resource": KEY}


@pytest.mark.parametrize("kind", ["queue", "topic", "bus", "function"])
def test_an_event_is_tried_as_often_and_as_long_as_is_said(source: Path, model: Path, kind: str) -> None:
    stack = new_stack()
    destination = getattr(OnFailure, kind)(somewhere(stack, kind), retries=0, max_age=cdk.Duration.minutes(5))

    config = only_own(function(source, model, stack, on_failure=destination), "AWS::Lambda::EventInvokeConfig")

    assert (config["MaximumRetryAttempts"], config["MaximumEventAgeInSeconds"]) == (0, 300)


@pytest.mark.parametrize("kind", ["queue", "topic"])
def test_fails_when_it_keeps_an_order(kind: str) -> None:
    with refused(
        f"OnFailure.{kind} {kind} must be a standard one, got a FIFO one: Lambda sends failed events to no other"
    ):
        getattr(OnFailure, kind)(somewhere(new_stack(), kind, name="failed.fifo"))


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (
            {"retries": 3},
            "OnFailure.queue retries must be 0-2 retries, got 3: Lambda tries an event three times at most",
        ),
        (
            {"max_age": cdk.Duration.hours(7)},
            (
                "OnFailure.queue max_age must be 60-21600 seconds, got 25200: Lambda keeps an event for a minute at least, and for "
                "six hours at most"
            ),
        ),
        (
            {"max_age": 300},
            "OnFailure.queue max_age must be a Duration such as Duration.minutes(5), got 300: times come with their unit",
        ),
    ],
)
def test_fails_when_lambda_does_not_try_that_long(options: dict[str, Any], message: str) -> None:
    with refused(message):
        OnFailure.queue(somewhere(new_stack(), "queue"), **options)


@pytest.mark.parametrize(
    ("kind", "wanted"),
    [
        ("queue", "a queue such as Queue(self, 'Failed')"),
        ("topic", "a topic such as Topic(self, 'Failed')"),
        ("bus", "an event bus such as EventBus(self, 'Events')"),
        ("function", "a function of aws_lambda's, such as Function.from_function_arn(self, 'Failed', 'arn:...')"),
    ],
)
def test_fails_when_it_is_something_else(kind: str, wanted: str) -> None:
    with refused(f"OnFailure.{kind} {kind} must be {wanted}, got 'arn': nothing else is understood there"):
        getattr(OnFailure, kind)("arn")


def test_fails_when_a_model_function_is_given_without_its_alias(source: Path, model: Path) -> None:
    made = function(source, model)
    with pytest.raises(ValueError, match=r"^OnFailure\.function function must be a function of aws_lambda's, such as "):
        OnFailure.function(made)  # type: ignore[arg-type]
    OnFailure.function(made.alias)


def test_tokens_pass_every_check() -> None:
    stack = new_stack()
    number = number_token(stack)
    queue = sqs.Queue.from_queue_arn(stack, "To", text_token(stack))

    OnFailure.queue(queue, retries=number, max_age=cdk.Duration.seconds(number))  # type: ignore[arg-type]
