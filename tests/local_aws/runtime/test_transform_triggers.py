"""What starts a state machine by itself, and what it leaves behind: schedules, arriving objects, metrics, alarms, logs."""

import json
from typing import Any

import aws_cdk as cdk
import pytest
from aws_cdk import aws_iam as iam
from aws_cdk import aws_logs as logs
from aws_cdk import aws_s3 as s3
from aws_cdk import aws_scheduler as scheduler
from aws_cdk import aws_stepfunctions as sfn

from tests.local_aws.conftest import Straight
from tests.local_aws.runtime.hosting import Hosting, unique
from tests.local_aws.runtime.machines import Machine, task
from tests.local_aws.runtime.reading import eventually
from tests.local_aws.stacks import StackError

ECHO = {"Echo": {"Type": "Pass", "End": True}}
# An hour takes a third of a second then.
FAST = 0.0001


@pytest.fixture
def machine(hosting: Hosting) -> Machine:
    return Machine(hosting.local, ECHO)


@pytest.fixture
def bucket(hosting: Hosting, machine: Machine) -> str:
    """Give a test a bucket whose events start the machine."""
    name = unique("arrivals")
    storage, events = hosting.local.client("s3"), hosting.local.client("events")
    storage.create_bucket(Bucket=name)
    storage.put_bucket_notification_configuration(
        Bucket=name, NotificationConfiguration={"EventBridgeConfiguration": {}}
    )
    key = [{"wildcard": "in/*.csv"}]
    pattern = {
        "source": ["aws.s3"],
        "detail-type": ["Object Created"],
        "detail": {"bucket": {"name": [name]}, "object": {"key": key}},
    }
    events.put_rule(Name=name, EventPattern=json.dumps(pattern))
    role = f"arn:aws:iam::{hosting.local.account}:role/starter"
    events.put_targets(Rule=name, Targets=[{"Id": "machine", "Arn": machine.arn, "RoleArn": role}])
    return name


def test_an_object_that_arrives_starts_an_execution(hosting: Hosting, machine: Machine, bucket: str) -> None:
    storage = hosting.local.client("s3")
    for key in ("in/a.txt", "out/a.csv", "in/a.csv"):
        storage.put_object(Bucket=bucket, Key=key, Body=b"1,2")

    (ended,) = machine.started_by_itself()

    told = ended["output"]
    assert (told["source"], told["detail-type"]) == ("aws.s3", "Object Created")
    assert told["detail"]["bucket"]["name"] == bucket
    assert (told["detail"]["object"]["key"], told["detail"]["object"]["size"]) == ("in/a.csv", 3)
    assert told["detail"]["reason"] == "PutObject"
    assert int(told["detail"]["object"]["sequencer"], 16) > 0


def test_an_event_that_comes_twice_is_the_same_event(hosting: Hosting, machine: Machine, bucket: str) -> None:
    assert hosting.local._ask("PUT", "/_local_aws/event-deliveries", b"2") == 1
    try:
        hosting.local.client("s3").put_object(Bucket=bucket, Key="in/a.csv", Body=b"1,2")
    finally:
        assert hosting.local._ask("PUT", "/_local_aws/event-deliveries", b"1") == 2

    first, second = machine.started_by_itself(2)

    assert first["output"] == second["output"]
    assert first["executionArn"] != second["executionArn"]


def test_an_event_cannot_be_delivered_less_than_once(hosting: Hosting) -> None:
    with pytest.raises(OSError, match="400"):
        hosting.local._ask("PUT", "/_local_aws/event-deliveries", b"0")


def schedule(hosting: Hosting, machine: Machine, expression: str, **rest: Any) -> str:
    name = unique("schedule")
    target = {
        "Arn": machine.arn,
        "RoleArn": f"arn:aws:iam::{hosting.local.account}:role/starter",
        **rest.pop("target", {}),
    }
    hosting.local.client("scheduler").create_schedule(
        Name=name, ScheduleExpression=expression, FlexibleTimeWindow={"Mode": "OFF"}, Target=target, **rest
    )
    return name


def test_a_rate_begins_at_once_and_passes_with_the_time_factor(hosting: Hosting, machine: Machine) -> None:
    name = schedule(hosting, machine, "rate(1 hour)", target={"Input": '{"from": "<aws.scheduler.schedule-arn>"}'})

    assert len(machine.started_by_itself()) == 1
    with hosting.local.time_factor(FAST):
        *_more, first = machine.started_by_itself(2)
    hosting.local.client("scheduler").delete_schedule(Name=name)

    assert first["output"] == {"from": f"arn:aws:scheduler:us-east-1:123456789012:schedule/default/{name}"}


def test_a_schedule_is_fired_by_hand(hosting: Hosting, machine: Machine) -> None:
    given = '{"at": "<aws.scheduler.scheduled-time>"}'
    name = schedule(
        hosting,
        machine,
        "cron(0 2 * * ? *)",
        ScheduleExpressionTimezone="Europe/Berlin",
        target={"Input": given},
    )

    hosting.local._ask("PUT", "/_local_aws/fired-schedule", json.dumps(name).encode())

    (ended,) = machine.started_by_itself()
    assert ended["output"]["at"].endswith("Z")


def test_a_schedule_that_is_off_or_not_there_is_not_fired(hosting: Hosting, machine: Machine) -> None:
    name = schedule(hosting, machine, "rate(1 day)", State="DISABLED")

    for each in (name, "nobody"):
        with pytest.raises(OSError, match="400"):
            hosting.local._ask("PUT", "/_local_aws/fired-schedule", json.dumps(each).encode())
    assert machine.executions() == []


def test_a_moment_that_is_over_starts_one_execution(hosting: Hosting, machine: Machine) -> None:
    schedule(hosting, machine, "at(2026-01-01T00:00:00)", ActionAfterCompletion="DELETE")

    (ended,) = machine.started_by_itself()

    assert ended["output"]["detail-type"] == "Scheduled Event"
    assert machine.executions() == [ended["executionArn"]]


def test_executions_are_counted_and_an_alarm_looks_at_them(hosting: Hosting) -> None:
    pause = {"Type": "Wait", "Seconds": 60, "Next": "Fail"}
    failing = Machine(hosting.local, {"Pause": pause, "Fail": {"Type": "Fail", "Error": "Enough"}})
    cloudwatch, name = hosting.local.client("cloudwatch"), unique("alarm")
    cloudwatch.put_metric_alarm(
        AlarmName=name,
        Namespace="AWS/States",
        MetricName="ExecutionsFailed",
        Dimensions=[{"Name": "StateMachineArn", "Value": failing.arn}],
        Statistic="Sum",
        Period=300,
        EvaluationPeriods=1,
        Threshold=1,
        ComparisonOperator="GreaterThanOrEqualToThreshold",
        TreatMissingData="notBreaching",
    )

    failing.run()

    # The last metric that is published of an execution.
    took = eventually(lambda: failing.metric("ExecutionTime"), bool)
    counts = {
        metric: failing.metric(metric) for metric in ("ExecutionsStarted", "ExecutionsSucceeded", "ExecutionsFailed")
    }
    assert counts == {"ExecutionsStarted": 1, "ExecutionsSucceeded": 0, "ExecutionsFailed": 1}
    assert 0 < took < 100_000
    state = eventually(
        lambda: cloudwatch.describe_alarms(AlarmNames=[name])["MetricAlarms"][0]["StateValue"],
        lambda known: known == "ALARM",
    )
    assert state == "ALARM"


def machine_of(stack: cdk.Stack, definition: dict[str, Any]) -> sfn.CfnStateMachine:
    """Declare a machine with logging, and a schedule that starts it."""
    role = iam.Role(stack, "Role", assumed_by=iam.ServicePrincipal("states.amazonaws.com"))
    group = logs.LogGroup(stack, "Log", log_group_name=f"/aws/vendedlogs/states/{stack.stack_name}")
    made = sfn.CfnStateMachine(
        stack,
        "Machine",
        role_arn=role.role_arn,
        definition=definition,
        definition_substitutions={"Word": "hello"},
        logging_configuration=sfn.CfnStateMachine.LoggingConfigurationProperty(
            level="ALL",
            include_execution_data=True,
            destinations=[
                sfn.CfnStateMachine.LogDestinationProperty(
                    cloud_watch_logs_log_group=sfn.CfnStateMachine.CloudWatchLogsLogGroupProperty(
                        log_group_arn=group.log_group_arn
                    )
                )
            ],
        ),
        tracing_configuration=sfn.CfnStateMachine.TracingConfigurationProperty(enabled=True),
    )
    scheduler.CfnSchedule(
        stack,
        "Schedule",
        name=f"{stack.stack_name}-nightly",
        schedule_expression="cron(0 2 * * ? *)",
        schedule_expression_timezone="Europe/Berlin",
        flexible_time_window=scheduler.CfnSchedule.FlexibleTimeWindowProperty(
            mode="FLEXIBLE", maximum_window_in_minutes=15
        ),
        target=scheduler.CfnSchedule.TargetProperty(arn=made.attr_arn, role_arn=role.role_arn, input='{"a": 1}'),
    )
    s3.CfnBucket(
        stack,
        "Bucket",
        notification_configuration=s3.CfnBucket.NotificationConfigurationProperty(
            event_bridge_configuration=s3.CfnBucket.EventBridgeConfigurationProperty(event_bridge_enabled=True)
        ),
    )
    cdk.CfnOutput(stack, "Arn", value=made.attr_arn)
    return made


def test_a_machine_of_a_template_logs_and_is_started_by_its_schedule(hosting: Hosting, straight: Straight) -> None:
    definition = {"StartAt": "Say", "States": {"Say": {"Type": "Pass", "Result": "${Word}", "End": True}}}

    def build(stack: cdk.Stack) -> None:
        machine_of(stack, definition)

    stack = straight("scheduled-machine", build)
    machine = Machine(hosting.local, {}, arn=stack.deploy()["Arn"])
    known = hosting.local.client("scheduler").get_schedule(Name="scheduled-machine-nightly")
    assert (known["ScheduleExpressionTimezone"], known["FlexibleTimeWindow"]["Mode"]) == ("Europe/Berlin", "FLEXIBLE")
    described = machine.client.describe_state_machine(stateMachineArn=machine.arn)
    assert described["loggingConfiguration"]["level"] == "ALL"
    assert described["loggingConfiguration"]["includeExecutionData"] is True

    hosting.local._ask("PUT", "/_local_aws/fired-schedule", b'"scheduled-machine-nightly"')
    (ended,) = machine.started_by_itself()

    assert (json.loads(ended["input"]), ended["output"]) == ({"a": 1}, "hello")
    found = eventually(
        lambda: hosting.local.client("logs").filter_log_events(logGroupName="/aws/vendedlogs/states/scheduled-machine")[
            "events"
        ],
        lambda events: len(events) > 3,
    )
    lines = [json.loads(event["message"]) for event in found]
    assert [line["type"] for line in lines] == [
        "ExecutionStarted",
        "PassStateEntered",
        "PassStateExited",
        "ExecutionSucceeded",
    ]
    assert {line["execution_arn"] for line in lines} == {ended["executionArn"]}
    assert lines[-1]["details"]["output"] == '"hello"'
    stack.destroy()


def test_a_template_whose_machine_cannot_work_is_rolled_back(straight: Straight) -> None:
    definition = {"StartAt": "Run", "States": {"Run": task("sagemaker:createTransformJob.sync", {"Modelname": "x"})}}

    def build(stack: cdk.Stack) -> None:
        machine_of(stack, definition)

    with pytest.raises(StackError, match='The field "Modelname" is not supported by Step Functions'):
        straight("broken-machine", build).deploy()
