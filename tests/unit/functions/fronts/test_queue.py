from __future__ import annotations

from typing import TYPE_CHECKING, Any

import aws_cdk as cdk
import pytest
from aws_cdk import aws_iam as iam
from aws_cdk import aws_sqs as sqs

from cdk_model_hosting import Concurrency, Front, FunctionAlarm
from cdk_model_hosting.functions.size import FunctionSize
from tests.unit.builders import att, new_stack, number_token, refused, text_token
from tests.unit.functions.made import function, only_own, own, stack_of

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

LIVE = {"Ref": "FraudLiveBDC3EC24"}
ARN = "arn:aws:sqs:eu-west-1:111122223333:"


def queue(scope: cdk.Stack, visible: int | None, **options: Any) -> sqs.Queue:
    timeout = None if visible is None else cdk.Duration.seconds(visible)
    return sqs.Queue(scope, "Given", visibility_timeout=timeout, **options)


def test_a_queue_of_its_own_fits_the_function(source: Path, model: Path) -> None:
    front = Front.queue(batch=100, window=cdk.Duration.seconds(20), concurrency=4, tries=3)
    made = function(source, model, front=front, size=FunctionSize(timeout=cdk.Duration.seconds(30)))

    dead, own_queue = sorted(own(made, "AWS::SQS::Queue"), key=lambda name: "DeadLetters" not in name)
    assert own(made, "AWS::SQS::Queue")[own_queue]["Properties"] == {
        "RedrivePolicy": {"deadLetterTargetArn": att(dead, "Arn"), "maxReceiveCount": 3},
        "SqsManagedSseEnabled": True,
        "VisibilityTimeout": 200,
    }
    assert own(made, "AWS::SQS::Queue")[dead]["Properties"] == {
        "MessageRetentionPeriod": 14 * 86_400,
        "SqsManagedSseEnabled": True,
    }
    secured = [each["Properties"]["Queues"] for each in own(made, "AWS::SQS::QueuePolicy").values()]
    assert sorted(secured, key=str) == sorted([[{"Ref": dead}], [{"Ref": own_queue}]], key=str)
    assert only_own(made, "AWS::Lambda::EventSourceMapping") == {
        "BatchSize": 100,
        "Enabled": True,
        "EventSourceArn": att(own_queue, "Arn"),
        "FunctionName": LIVE,
        "FunctionResponseTypes": ["ReportBatchItemFailures"],
        "MaximumBatchingWindowInSeconds": 20,
        "ScalingConfig": {"MaximumConcurrency": 4},
    }


def test_what_is_not_said_is_as_lambda_has_it(source: Path, model: Path) -> None:
    made = function(source, model, front=Front.queue())

    mapping = only_own(made, "AWS::Lambda::EventSourceMapping")
    assert mapping["BatchSize"] == 10
    assert {"MaximumBatchingWindowInSeconds", "ScalingConfig"}.isdisjoint(mapping)
    assert only_own_queue(made)["RedrivePolicy"]["maxReceiveCount"] == 5
    assert made.url is None
    assert made.front.queue is not None
    assert made.front.queue.dead_letters is not None


def test_messages_wait_while_the_function_is_turned_off(source: Path, model: Path) -> None:
    made = function(source, model, front=Front.queue(), concurrency=Concurrency(reserved=0))

    assert only_own(made, "AWS::Lambda::EventSourceMapping")["Enabled"] is False


def test_a_function_is_turned_off_without_another_change(source: Path, model: Path) -> None:
    made = function(source, model, front=Front.queue(concurrency=4), concurrency=Concurrency(reserved=0))

    mapping = only_own(made, "AWS::Lambda::EventSourceMapping")
    assert (mapping["Enabled"], mapping["ScalingConfig"]) == (False, {"MaximumConcurrency": 4})


@pytest.mark.parametrize(("reserved", "most"), [(2, 2), (4, 4), (1000, 1000), (1500, 1000)])
def test_no_more_is_taken_than_may_be_answered(source: Path, model: Path, reserved: int, most: int) -> None:
    made = function(source, model, front=Front.queue(), concurrency=Concurrency(reserved=reserved))

    assert only_own(made, "AWS::Lambda::EventSourceMapping")["ScalingConfig"] == {"MaximumConcurrency": most}


def test_less_may_be_taken_than_may_be_answered(source: Path, model: Path) -> None:
    made = function(source, model, front=Front.queue(concurrency=3), concurrency=Concurrency(reserved=9))

    assert only_own(made, "AWS::Lambda::EventSourceMapping")["ScalingConfig"] == {"MaximumConcurrency": 3}


def test_a_fifo_queue_of_one_group_needs_one_environment(source: Path, model: Path) -> None:
    stack = new_stack()
    given = queue(stack, 60, fifo=True)
    made = function(source, model, stack, front=Front.queue(given), concurrency=Concurrency(reserved=1))

    assert only_own(made, "AWS::Lambda::EventSourceMapping")["ScalingConfig"] == {"MaximumConcurrency": 2}


@pytest.mark.parametrize("is_given", [False, True])
@pytest.mark.parametrize("concurrency", [None, 2])
def test_fails_when_one_environment_is_to_answer_two_batches(
    source: Path, model: Path, is_given: bool, concurrency: int | None
) -> None:
    stack = new_stack()
    front = Front.queue(queue(stack, 60) if is_given else None, concurrency=concurrency)
    with refused(
        "Concurrency reserved must be 0, or at least 2 with Front.queue, got 1: Lambda works on 2 batches of a queue at the same "
        "time, and takes messages that no environment may answer, until they are dead letters"
    ):
        function(source, model, stack, front=front, concurrency=Concurrency(reserved=1))


def test_other_constructs_take_the_queue(source: Path, model: Path) -> None:
    stack = new_stack()
    given = queue(stack, 60)
    assert function(source, model, stack, front=Front.queue(given)).queue is given
    with refused(
        "ModelFunction queue must be asked of a function with Front.queue, got Front.function_url: no other has one"
    ):
        _ = function(source, model, stack, "Other", front=Front.function_url()).queue


def only_own_queue(made: Any) -> dict[str, Any]:
    (found,) = [each for name, each in own(made, "AWS::SQS::Queue").items() if "DeadLetters" not in name]
    properties: dict[str, Any] = found["Properties"]
    return properties


def test_others_may_send_to_the_queue_as_well(source: Path, model: Path) -> None:
    """Its policy is one that buckets and topics can add to."""
    made = function(source, model, front=Front.queue())
    assert made.front.queue is not None
    made.front.queue.queue.grant_send_messages(iam.ServicePrincipal("sns.amazonaws.com"))

    (policy,) = [each for name, each in own(made, "AWS::SQS::QueuePolicy").items() if "DeadLetters" not in name]
    principals = [each["Principal"] for each in policy["Properties"]["PolicyDocument"]["Statement"]]
    assert principals == [{"AWS": "*"}, {"Service": "sns.amazonaws.com"}]


@pytest.mark.parametrize(
    ("visible", "window", "least"), [(59, None, 60), (None, None, 60), (69, cdk.Duration.seconds(10), 70)]
)
def test_fails_when_messages_would_come_again_too_soon(
    source: Path, model: Path, visible: int | None, window: cdk.Duration | None, least: int
) -> None:
    stack = new_stack()
    with refused(
        f"Front.queue queue must have a visibility timeout of at least {least} seconds, 6 times FunctionSize timeout and the "
        f"window, got {30 if visible is None else visible}: a message would come again while it waits for an environment, or "
        "is worked on"
    ):
        function(source, model, stack, front=Front.queue(queue(stack, visible), window=window))


def test_what_is_known_at_deploy_time_or_not_at_all_passes(source: Path, model: Path) -> None:
    stack = new_stack()
    number: Any = number_token(stack)
    given = sqs.Queue.from_queue_arn(stack, "Imported", f"{ARN}{text_token(stack)}")
    front = Front.queue(given, batch=number, window=cdk.Duration.seconds(number), concurrency=number)
    made = function(source, model, stack, front=front, concurrency=Concurrency(reserved=number))
    as_reserved = Front.queue(queue(stack, 60))
    function(source, model, stack, "Reserved", front=as_reserved, concurrency=Concurrency(reserved=number))
    short = sqs.Queue(stack, "Unknown", visibility_timeout=cdk.Duration.seconds(number))
    function(source, model, stack, "Second", front=Front.queue(short))
    long = FunctionSize(timeout=cdk.Duration.seconds(number))
    function(source, model, stack, "Third", front=Front.queue(sqs.Queue(stack, "Short")), size=long)

    (mapping,) = [
        each["Properties"] for name, each in own(made, "AWS::Lambda::EventSourceMapping").items() if "Fraud" in name
    ]
    assert mapping["BatchSize"] == mapping["MaximumBatchingWindowInSeconds"] == {"Ref": "Number"}
    assert mapping["ScalingConfig"] == {"MaximumConcurrency": {"Ref": "Number"}}
    assert made.front.queue is not None
    assert made.front.queue.dead_letters is None


def test_fails_when_its_own_queue_cannot_be_fitted(source: Path, model: Path) -> None:
    stack = new_stack()
    number: Any = number_token(stack)
    unknown = cdk.Duration.seconds(number)
    with refused(
        "FunctionSize timeout must be a literal number, got one that is known only at deploy time: CloudFormation cannot "
        "compute with it"
    ):
        function(source, model, stack, front=Front.queue(), size=FunctionSize(timeout=unknown))
    with refused(
        "Front.queue window must be a literal number, got one that is known only at deploy time: CloudFormation cannot "
        "compute with it"
    ):
        function(source, model, stack, "Second", front=Front.queue(window=unknown))
    with refused(
        "Front.queue batch must be a literal number, got one that is known only at deploy time: CloudFormation cannot "
        "compute with it"
    ):
        function(source, model, stack, "Third", front=Front.queue(batch=number))
    function(source, model, stack, "Fourth", front=Front.queue(batch=number, tries=7))
    function(source, model, stack, "Fifth", front=Front.queue(tries=number))


def test_fails_when_more_is_taken_than_may_be_answered(source: Path, model: Path) -> None:
    with refused(
        "Front.queue concurrency must be at most Concurrency reserved, got 6 of 5: Lambda would take messages that no "
        "environment may answer, until they are dead letters"
    ):
        function(source, model, front=Front.queue(concurrency=6), concurrency=Concurrency(reserved=5))
    made = function(source, model, front=Front.queue(concurrency=5), concurrency=Concurrency(reserved=5))
    assert stack_of(made)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"batch": 0}, "Front.queue batch must be 1-10000 messages, got 0: Lambda hands over no more"),
        ({"batch": None}, "Front.queue batch must be 1-10000 messages, got None: it must be a number"),
        (
            {"batch": 11},
            (
                "Front.queue batch without a window must be 1-10 messages, got 11: Lambda collects more only while it waits, "
                "and never of a FIFO queue"
            ),
        ),
        (
            {"window": cdk.Duration.minutes(6)},
            "Front.queue window must be 0-300 seconds, got 360: Lambda waits no longer",
        ),
        (
            {"concurrency": 1},
            "Front.queue concurrency must be 2-1000 batches, got 1: Lambda holds a queue back to no fewer, and to no more",
        ),
        ({"tries": 0}, "Front.queue tries must be 1-1000 times, got 0: SQS counts no further"),
        ({"queue": "arn"}, "Front.queue queue must be an SQS queue, got 'arn': nothing else is understood there"),
    ],
)
def test_fails_when_an_argument_is_wrong(options: dict[str, Any], message: str) -> None:
    with refused(message):
        Front.queue(**options)


def test_fails_when_a_queue_that_is_given_says_otherwise() -> None:
    stack = new_stack()
    with refused(
        "Front.queue tries must be omitted with a queue, got 5: how often a message comes is the queue's own to say"
    ):
        Front.queue(queue(stack, 60), tries=5)


@pytest.mark.parametrize(
    ("batch", "message"),
    [
        (
            20,
            (
                "Front.queue batch of a FIFO queue must be 1-10 messages, got 20: Lambda collects more only while it waits, "
                "and never of a FIFO queue"
            ),
        ),
        (10, "Front.queue window must be omitted with a FIFO queue, got 5 seconds: Lambda waits for no batch of it"),
    ],
)
def test_fails_when_a_fifo_queue_would_be_waited_for(batch: int, message: str) -> None:
    given = sqs.Queue(new_stack(), "Given", fifo=True)
    with refused(message):
        Front.queue(given, batch=batch, window=cdk.Duration.seconds(5))


def test_what_waits_and_what_is_dead_is_told_of(source: Path, model: Path) -> None:
    made = function(source, model, front=Front.queue())
    made.alarms(FunctionAlarm.backlog_age(above=cdk.Duration.minutes(5)), FunctionAlarm.dead_letters(above=2))

    dead, own_queue = sorted(own(made, "AWS::SQS::Queue"), key=lambda name: "DeadLetters" not in name)
    age, letters = (each["Properties"] for each in own(made, "AWS::CloudWatch::Alarm").values())
    assert (age["MetricName"], age["Threshold"]) == ("ApproximateAgeOfOldestMessage", 300)
    assert age["Dimensions"] == [{"Name": "QueueName", "Value": att(own_queue, "QueueName")}]
    assert age["AlarmDescription"].endswith(": the oldest message has waited more than 300 seconds")
    assert (letters["MetricName"], letters["Threshold"]) == ("ApproximateNumberOfMessagesVisible", 2)
    assert letters["Dimensions"] == [{"Name": "QueueName", "Value": att(dead, "QueueName")}]
    assert {each["Namespace"] for each in (age, letters)} == {"AWS/SQS"}
    assert {each["Statistic"] for each in (age, letters)} == {"Maximum"}


@pytest.mark.parametrize("has_queue", [True, False])
def test_fails_when_there_is_no_queue_to_look_at(source: Path, model: Path, has_queue: bool) -> None:
    stack = new_stack()
    front = Front.queue(queue(stack, 60)) if has_queue else Front.none()
    made = function(source, model, stack, front=front)
    if has_queue:
        made.alarms(FunctionAlarm.backlog_age(above=cdk.Duration.minutes(5)))
    with refused(
        "FunctionAlarm.dead_letters must be asked of a function with Front.queue, and with a queue of this app that has dead "
        "letters if it looks at those, got stack-fraud-7f575654: there is nothing to look at"
    ):
        made.alarms(FunctionAlarm.dead_letters())


def test_fails_when_a_rollout_would_roll_back_on_the_queue(source: Path, model: Path) -> None:
    with refused(
        "rollback_on must name conditions on what a version publishes, got FunctionAlarm.dead_letters: it is the function's "
        "as a whole, whatever version answers"
    ):
        function(source, model, front=Front.queue(), rollback_on=[FunctionAlarm.dead_letters()])


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (
            lambda: FunctionAlarm.backlog_age(above=cdk.Duration.seconds(0)),
            "FunctionAlarm.backlog_age above must be more than 0 milliseconds, got 0: every message waits a moment",
        ),
        (
            lambda: FunctionAlarm.dead_letters(above=-1),
            "FunctionAlarm.dead_letters above must be a whole number of at least 0, got -1: no queue has less than no messages",
        ),
    ],
)
def test_fails_when_a_condition_is_none(make: Callable[[], FunctionAlarm], message: str) -> None:
    with refused(message):
        make()
