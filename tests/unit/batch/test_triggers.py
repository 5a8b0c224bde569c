"""Schedules, arrivals, and what stands between them and the jobs."""

import json
from datetime import UTC, datetime
from typing import Any

import aws_cdk as cdk
import pytest
from aws_cdk import aws_s3 as s3
from aws_cdk import aws_s3_notifications as notifications
from aws_cdk import aws_scheduler as scheduler
from aws_cdk import aws_sns as sns
from aws_cdk.assertions import Template

from cdk_model_hosting import TransformDestination, TransformSource
from tests.unit.batch.batched import allowed, batch_in, found, records, states
from tests.unit.builders import att, new_stack, number_token, refused, sub, text_token

NIGHTLY = scheduler.ScheduleExpression.cron(minute="0", hour="2", time_zone=cdk.TimeZone.EUROPE_ZURICH)
STARTER = att("ScoringStarterA28EEC9C", "Arn")


def template(stack: cdk.Stack) -> Template:
    return Template.from_stack(stack)


# The starter


@pytest.fixture(scope="module")
def started() -> cdk.Stack:
    stack = new_stack()
    bucket = s3.Bucket(stack, "Records")
    batch = batch_in(
        stack,
        source=TransformSource.prefix("in/", bucket=bucket),
        destination=TransformDestination(prefix="out/"),
    )
    batch.on_schedule(NIGHTLY)
    batch.on_schedule(scheduler.ScheduleExpression.rate(cdk.Duration.days(7)), name="Weekly")
    batch.on_arrival()
    batch.on_arrival(suffix=".json", name="Lists")
    return stack


def test_one_starter_serves_all_triggers(started: cdk.Stack) -> None:
    machines = template(started).find_resources("AWS::StepFunctions::StateMachine")
    assert {each["Properties"]["StateMachineType"] for each in machines.values()} == {"STANDARD", "EXPRESS"}
    assert len(machines) == 2
    starter = next(name for name in machines if name.startswith("ScoringStarter"))
    targets = [
        each["Properties"]["Target"] for each in template(started).find_resources("AWS::Scheduler::Schedule").values()
    ]
    rules = template(started).find_resources("AWS::Events::Rule").values()
    targets += [target for rule in rules for target in rule["Properties"]["Targets"]]
    assert [each["Arn"] for each in targets] == [att(starter, "Arn")] * 4


def test_the_starter_may_start_jobs_and_nothing_else(started: cdk.Stack) -> None:
    statements = allowed(started, "ScoringStarterRole")
    jobs = next(
        name
        for name in template(started).find_resources("AWS::StepFunctions::StateMachine")
        if name.startswith("ScoringJobs")
    )
    assert statements[-1] == {"Action": "states:StartExecution", "Effect": "Allow", "Resource": att(jobs, "Arn")}
    assert [each["Resource"] for each in statements[:-1]] == ["*", "*"]


def test_the_starter_knows_where_things_lie(started: cdk.Stack) -> None:
    named = states(started, "ScoringStarter")
    assert named["Places"]["Assign"] == {
        "inputs": {"folder": "in/"},
        "outputs": {"bucket": {"Ref": "Records091F6ECA"}, "prefix": "out/"},
    }
    start = named["Start"]
    assert start["Resource"] == sub("arn:${AWS::Partition}:states:::aws-sdk:sfn:startExecution")
    assert start["Arguments"]["Name"] == "{% $hash($cause, 'SHA-256') %}"
    assert start["Catch"] == [{"ErrorEquals": ["Sfn.ExecutionAlreadyExistsException"], "Next": "StartedBefore"}]
    assert start["Retry"][0] == {"ErrorEquals": ["Sfn.ExecutionAlreadyExistsException"], "MaxAttempts": 0}


def test_without_triggers_there_is_no_starter() -> None:
    stack = new_stack()
    batch_in(stack)
    template(stack).resource_count_is("AWS::StepFunctions::StateMachine", 1)


# Schedules


def test_a_schedule_has_its_time_zone_and_its_cause() -> None:
    stack = new_stack()
    batch = batch_in(stack)
    made = batch.on_schedule(
        NIGHTLY, flexible_window=cdk.Duration.minutes(15), source="input/today/", destination="s3://answers/today"
    )
    properties = found(stack, "AWS::Scheduler::Schedule")
    target = properties.pop("Target")
    assert properties == {
        "ScheduleExpression": "cron(0 2 * * ? *)",
        "ScheduleExpressionTimezone": "Europe/Zurich",
        "FlexibleTimeWindow": {"Mode": "FLEXIBLE", "MaximumWindowInMinutes": 15},
        "State": "ENABLED",
    }
    assert json.loads(target["Input"]) == {
        "schedule": "<aws.scheduler.schedule-arn>",
        "time": "<aws.scheduler.scheduled-time>",
        "request": {"input": "input/today/", "output": "s3://answers/today"},
    }
    assert isinstance(made, scheduler.CfnSchedule)
    role = found(stack, "AWS::IAM::Role", "ScoringScheduleRole")
    (trust,) = role["AssumeRolePolicyDocument"]["Statement"]
    assert trust["Principal"] == {"Service": "scheduler.amazonaws.com"}
    assert trust["Condition"]["ArnLike"] == {
        "aws:SourceArn": sub("arn:${AWS::Partition}:scheduler:${AWS::Region}:${AWS::AccountId}:schedule-group/default")
    }
    (policy,) = role["Policies"]
    (statement,) = policy["PolicyDocument"]["Statement"]
    assert statement == {"Action": "states:StartExecution", "Effect": "Allow", "Resource": target["Arn"]}


def test_a_schedule_can_be_off_and_a_rate_has_no_zone() -> None:
    stack = new_stack()
    batch_in(stack).on_schedule(scheduler.ScheduleExpression.rate(cdk.Duration.hours(6)), enabled=False)
    properties = found(stack, "AWS::Scheduler::Schedule")
    assert (properties["ScheduleExpression"], properties["State"]) == ("rate(6 hours)", "DISABLED")
    assert properties["FlexibleTimeWindow"] == {"Mode": "OFF"}
    assert "ScheduleExpressionTimezone" not in properties
    assert json.loads(properties["Target"]["Input"])["request"] == {}


def test_a_moment_has_its_zone() -> None:
    stack = new_stack()
    moment = datetime(2027, 1, 4, 9, tzinfo=UTC)
    expression = scheduler.ScheduleExpression.at(moment, cdk.TimeZone.ETC_UTC)
    batch_in(stack).on_schedule(expression)
    properties = found(stack, "AWS::Scheduler::Schedule")
    assert properties["ScheduleExpression"] == "at(2027-01-04T09:00:00)"
    assert properties["ScheduleExpressionTimezone"] == "Etc/UTC"


@pytest.mark.parametrize(
    ("arguments", "options", "message"),
    [
        (
            ["rate(1 hour)"],
            {},
            "schedule must be a ScheduleExpression, got 'rate(1 hour)': nothing else is understood there",
        ),
        ([NIGHTLY], {"enabled": "yes"}, "enabled must be a bool, got 'yes': nothing else is understood there"),
        ([NIGHTLY], {"source": 7}, "source must be a str, got 7: nothing else is understood there"),
        (
            [scheduler.ScheduleExpression.cron(hour="2")],
            {},
            (
                "schedule must name its minute, got cron(* 2 * * ? *): it would start a job every minute; give "
                "ScheduleExpression.cron a minute"
            ),
        ),
        (
            [NIGHTLY],
            {"flexible_window": cdk.Duration.days(2)},
            "flexible_window must be 1-1440 minutes, got 2880.0: EventBridge Scheduler spreads a start over a day at most",
        ),
        (
            [NIGHTLY],
            {"flexible_window": cdk.Duration.seconds(90)},
            "flexible_window must be 1-1440 minutes, got 1.5: it must be a whole number",
        ),
    ],
)
def test_fails_when_a_schedule_is_none(arguments: list[Any], options: dict[str, Any], message: str) -> None:
    with refused(f"BatchTransform.on_schedule {message}"):
        batch_in(new_stack()).on_schedule(*arguments, **options)


def test_fails_when_a_window_is_a_token() -> None:
    stack = new_stack()
    window = cdk.Duration.seconds(int(number_token(stack)))
    with refused(
        "BatchTransform.on_schedule flexible_window must be a literal number, got one that is known only at deploy time: "
        "CloudFormation cannot compute with it"
    ):
        batch_in(stack).on_schedule(NIGHTLY, flexible_window=window)


def test_what_a_schedule_asks_for_may_be_a_token() -> None:
    stack = new_stack()
    batch_in(stack).on_schedule(NIGHTLY, source=text_token(stack))
    assert {"Ref": "Text"} in found(stack, "AWS::Scheduler::Schedule")["Target"]["Input"]["Fn::Join"][1]


# Arrivals


def pattern(stack: cdk.Stack) -> dict[str, Any]:
    found_pattern: dict[str, Any] = found(stack, "AWS::Events::Rule")["EventPattern"]
    return found_pattern


def test_every_object_of_the_source_starts_a_job() -> None:
    stack = new_stack()
    batch_in(stack, source=TransformSource.prefix("in/", bucket=records(stack))).on_arrival()
    assert pattern(stack) == {
        "source": ["aws.s3"],
        "detail-type": ["Object Created"],
        "detail": {"bucket": {"name": ["records"]}, "object": {"key": [{"prefix": "in/"}]}},
    }
    (trust,) = found(stack, "AWS::IAM::Role", "ScoringArrivalRole")["AssumeRolePolicyDocument"]["Statement"]
    assert trust["Principal"] == {"Service": "events.amazonaws.com"}


def test_some_objects_of_the_source_start_a_job() -> None:
    stack = new_stack()
    batch = batch_in(stack, source=TransformSource.prefix("in/", bucket=records(stack)))
    batch.on_arrival(prefix="in/new/", suffix=".csv.gz")
    assert pattern(stack)["detail"]["object"]["key"] == [{"wildcard": "in/new/*.csv.gz"}]


def test_manifests_start_a_job_where_the_source_is_one() -> None:
    stack = new_stack()
    source = TransformSource.manifest("lists/a.json", data_prefix="in/", bucket=records(stack))
    batch_in(stack, source=source).on_arrival()
    assert pattern(stack)["detail"]["object"]["key"] == [{"prefix": "lists/"}]
    assert states(stack, "ScoringStarter")["Places"]["Assign"]["inputs"] == {"folder": "lists/"}


def test_a_bucket_of_the_app_tells_of_its_objects(started: cdk.Stack) -> None:
    assert found(started, "AWS::S3::Bucket")["NotificationConfiguration"] == {
        "EventBridgeConfiguration": {"EventBridgeEnabled": True}
    }


def test_a_bucket_with_other_notifications_keeps_them() -> None:
    stack = new_stack()
    bucket = s3.Bucket(stack, "Records")
    topic = sns.Topic(stack, "Topic")
    bucket.add_event_notification(s3.EventType.OBJECT_REMOVED, notifications.SnsDestination(topic))
    batch_in(stack, source=TransformSource.prefix(bucket=bucket)).on_arrival()
    told = found(stack, "Custom::S3BucketNotifications")["NotificationConfiguration"]
    assert told["EventBridgeConfiguration"] == {}
    assert len(told["TopicConfigurations"]) == 1
    assert "NotificationConfiguration" not in found(stack, "AWS::S3::Bucket")


def test_a_bucket_of_another_app_is_warned_of() -> None:
    stack = new_stack()
    batch = batch_in(stack)
    batch.on_arrival()
    (warning,) = [each.data for each in batch.node.metadata if each.type == "aws:cdk:warning"]
    assert warning.startswith(
        "objects that arrive in records start nothing until its notifications to Amazon EventBridge are on: it is not made by "
        "this app, which cannot turn them on"
    )


SUFFIX = (
    "suffix must be the end of a key such as '.csv', without * and \\, got {}: EventBridge reads them as wildcards; omit it for "
    "all objects"
)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"prefix": "in"}, "prefix must end in '/' and not begin with one, got 'in': it names a folder of the bucket"),
        ({"prefix": "new/"}, "prefix must lie below the source's 'input/', got 'new/': jobs may read nothing else"),
        ({"suffix": ""}, SUFFIX.format("''")),
        ({"suffix": "*.csv"}, SUFFIX.format("'*.csv'")),
        ({"suffix": ".csv\\"}, SUFFIX.format("'.csv\\\\'")),
        ({"suffix": 7}, "suffix must be a str, got 7: nothing else is understood there"),
    ],
)
def test_fails_when_an_arrival_is_none(options: dict[str, Any], message: str) -> None:
    with refused(f"BatchTransform.on_arrival {message}"):
        batch_in(new_stack()).on_arrival(**options)


def test_tokens_pass_every_check_of_arrivals() -> None:
    stack = new_stack()
    token = text_token(stack)
    batch_in(stack).on_arrival(prefix=token, suffix=token)
    assert pattern(stack)["detail"]["object"]["key"] == [
        {"wildcard": {"Fn::Join": ["", [{"Ref": "Text"}, "*", {"Ref": "Text"}]]}}
    ]
