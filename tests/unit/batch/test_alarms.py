"""Alarms on the runs of a batch transform, and its section of a dashboard."""

import json
from typing import Any

import aws_cdk as cdk
import pytest
from aws_cdk import aws_scheduler as scheduler
from aws_cdk import aws_sns as sns
from aws_cdk.assertions import Template

from cdk_model_hosting import BatchAlarm, BatchTransform, EndpointDashboard, RealtimeEndpoint, TransformSource
from tests.unit.batch.batched import batch_in, found, records
from tests.unit.builders import FLEET, new_stack, number_token, refused, single

HOURLY = scheduler.ScheduleExpression.rate(cdk.Duration.hours(1))
TOPIC = "arn:aws:sns:eu-west-1:111122223333:page"


def alarms(stack: cdk.Stack) -> dict[str, dict[str, Any]]:
    """The alarms by the end of their names."""
    made = Template.from_stack(stack).find_resources("AWS::CloudWatch::Alarm").values()
    return {each["Properties"]["AlarmName"].rpartition("/")[2]: each["Properties"] for each in made}


def test_failed_runs_are_told_of_by_default() -> None:
    stack = new_stack()
    batch = batch_in(stack)
    (made,) = batch.alarms(actions=[sns.Topic.from_topic_arn(stack, "Topic", TOPIC)])
    assert made.alarm_name == f"{batch.job_name}/Failures"
    (alarm,) = alarms(stack).values()
    assert alarm == {
        "AlarmName": f"{batch.job_name}/Failures",
        "AlarmDescription": f"{batch.job_name}: more than 0 transform jobs failed within 5 minutes",
        "AlarmActions": [TOPIC],
        "Namespace": "AWS/States",
        "MetricName": "ExecutionsFailed",
        "Dimensions": [{"Name": "StateMachineArn", "Value": stack.resolve(batch.state_machine_arn)}],
        "Statistic": "Sum",
        "Period": 300,
        "Threshold": 0,
        "ComparisonOperator": "GreaterThanThreshold",
        "EvaluationPeriods": 1,
        "DatapointsToAlarm": 1,
        "TreatMissingData": "notBreaching",
    }


def test_lost_starts_are_told_of_where_there_are_triggers() -> None:
    stack = new_stack()
    batch = batch_in(stack)
    batch.on_schedule(HOURLY)
    batch.alarms()
    made = alarms(stack)
    assert set(made) == {"Failures", "LostStarts"}
    (dimension,) = made["LostStarts"]["Dimensions"]
    assert dimension["Value"]["Fn::GetAtt"][0].startswith("ScoringStarter")


def test_everything_can_be_told_of() -> None:
    stack = new_stack()
    batch = batch_in(stack)
    topic = sns.Topic.from_topic_arn(stack, "Topic", TOPIC)
    batch.alarms(
        BatchAlarm.failures(above=3),
        BatchAlarm.failures().named("AnyFailure"),
        BatchAlarm.duration(above=cdk.Duration.hours(2)),
        BatchAlarm.no_success(hours=26),
        ok_actions=[topic],
    )
    made = alarms(stack)
    assert set(made) == {"Failures", "AnyFailure", "Duration", "NoSuccess"}
    assert made["Failures"]["Threshold"] == 3
    assert (made["Duration"]["MetricName"], made["Duration"]["Threshold"]) == ("ExecutionTime", 7_200_000)
    assert made["Duration"]["AlarmDescription"].endswith("a transform job took more than 120 minutes")
    silence = made["NoSuccess"]
    assert (silence["Period"], silence["EvaluationPeriods"], silence["DatapointsToAlarm"]) == (3600, 26, 26)
    assert (silence["ComparisonOperator"], silence["TreatMissingData"]) == ("LessThanThreshold", "breaching")
    assert all(each["OKActions"] == [TOPIC] for each in made.values())


def test_alarms_can_be_added_later() -> None:
    stack = new_stack()
    batch = batch_in(stack)
    batch.alarms()
    batch.alarms(BatchAlarm.no_success(hours=26))
    assert set(alarms(stack)) == {"Failures", "NoSuccess"}


@pytest.mark.parametrize(
    ("conditions", "message"),
    [
        (
            [BatchAlarm.failures(), BatchAlarm.failures(above=3)],
            (
                "alarms must name each condition once for a batch transform, got Failures twice: alarms are told apart by their "
                "names; use BatchAlarm.named for a second threshold"
            ),
        ),
        (
            [BatchAlarm.lost_starts()],
            (
                "BatchAlarm.lost_starts must watch a batch transform with a schedule or an arrival, got none: nothing else could "
                "lose a start; call alarms after on_schedule and on_arrival"
            ),
        ),
        (["Failures"], "alarms condition must be a BatchAlarm, got 'Failures': nothing else is understood there"),
    ],
)
def test_fails_when_an_alarm_cannot_be(conditions: list[Any], message: str) -> None:
    with refused(message):
        batch_in(new_stack()).alarms(*conditions)


def test_fails_when_a_condition_is_none() -> None:
    stack = new_stack()
    with refused(
        "BatchAlarm.failures above must be a whole number of at least 0, got -1: no time has less than no failures"
    ):
        BatchAlarm.failures(above=-1)
    with refused("BatchAlarm.no_success hours must be 1-168 hours, got 169: CloudWatch looks at a week at most"):
        BatchAlarm.no_success(hours=169)
    with refused(
        "BatchAlarm.no_success hours must be a literal number, got one that is known only at deploy time: CloudFormation cannot "
        "compute with it"
    ):
        BatchAlarm.no_success(hours=int(number_token(stack)))
    with refused("BatchAlarm.duration above must be more than 0 milliseconds, got 0: every job takes a moment"):
        BatchAlarm.duration(above=cdk.Duration.seconds(0))
    with refused(
        "BatchAlarm.named name must be a capital letter and then at most 63 letters, digits and underscores, got 'failed': it "
        "becomes part of the alarm's name and of its construct's ID"
    ):
        BatchAlarm.failures().named("failed")


@pytest.mark.parametrize(
    ("metric", "name", "statistic"),
    [
        (BatchTransform.metric_started, "ExecutionsStarted", "Sum"),
        (BatchTransform.metric_succeeded, "ExecutionsSucceeded", "Sum"),
        (BatchTransform.metric_failed, "ExecutionsFailed", "Sum"),
        (BatchTransform.metric_aborted, "ExecutionsAborted", "Sum"),
        (BatchTransform.metric_duration, "ExecutionTime", "Average"),
    ],
)
def test_runs_are_measured(metric: Any, name: str, statistic: str) -> None:
    stack = new_stack()
    batch = batch_in(stack)
    made = metric(batch)
    assert (made.namespace, made.metric_name, made.statistic) == ("AWS/States", name, statistic)
    assert made.dimensions == {"StateMachineArn": batch.state_machine_arn}
    assert made.period.to_seconds() == 60


# Dashboards


def body_of(stack: cdk.Stack) -> dict[str, Any]:
    text = found(stack, "AWS::CloudWatch::Dashboard")["DashboardBody"]
    parts = text["Fn::Join"][1]
    named = [
        "<" + ".".join(each.get("Fn::GetAtt", [each.get("Ref")])) + ">" if isinstance(each, dict) else each
        for each in parts
    ]
    body: dict[str, Any] = json.loads("".join(named))
    return body


def test_a_section_has_totals_and_graphs() -> None:
    stack = new_stack()
    batch = batch_in(stack)
    EndpointDashboard(stack, "Dashboard", batches=[batch])
    heading, totals, ends, times = body_of(stack)["widgets"]
    assert heading["properties"]["markdown"] == f"## {batch.job_name}"
    assert [line[1] for line in totals["properties"]["metrics"]] == [
        "ExecutionsStarted",
        "ExecutionsSucceeded",
        "ExecutionsFailed",
        "ExecutionsAborted",
    ]
    assert totals["properties"]["setPeriodToTimeRange"] is True
    assert [line[-1]["label"] for line in ends["properties"]["metrics"]] == ["succeeded", "failed", "stopped by hand"]
    drawn = [line[0] for line in times["properties"]["metrics"] if len(line) == 1]
    assert [(each["expression"], each["label"]) for each in drawn] == [("m0/60000", "average"), ("m1/60000", "longest")]
    machines = {line[3] for line in ends["properties"]["metrics"]}
    assert len(machines) == 1
    assert machines.pop().startswith("<ScoringJobs")


def test_sections_stand_below_each_other_and_show_alarms_that_come_later() -> None:
    stack = new_stack()
    endpoint = RealtimeEndpoint(stack, "Endpoint", model=single(stack, "Live"), fleet=FLEET, rollback_on=[])
    others = TransformSource.prefix(bucket=records(stack, "Others"))
    batches = [
        batch_in(stack),
        batch_in(stack, "Weekly", model=single(stack, "Other"), source=others),
    ]
    EndpointDashboard(stack, "Dashboard", endpoints=[endpoint], batches=batches)
    batches[0].on_schedule(HOURLY)
    batches[0].alarms()
    widgets = body_of(stack)["widgets"]
    headings = [each for each in widgets if each["type"] == "text"]
    assert [each["properties"]["markdown"] for each in headings[1:]] == [f"## {each.job_name}" for each in batches]
    taken: set[tuple[int, int]] = set()
    for each in widgets:
        cells = {
            (column, row)
            for column in range(each["x"], each["x"] + each["width"])
            for row in range(each["y"], each["y"] + each["height"])
        }
        assert not taken & cells
        assert max(column for column, _row in cells) < 24
        taken |= cells
    (shown,) = [each["properties"]["alarms"] for each in widgets if each["type"] == "alarm"]
    assert [each.rpartition("/")[2] for each in shown] == ["Failures", "LostStarts"]


def test_fails_when_a_batch_is_none() -> None:
    with refused(
        "EndpointDashboard batches element must be a BatchTransform, got 'Scoring': nothing else is understood there"
    ):
        EndpointDashboard(new_stack(), "Dashboard", batches=["Scoring"])  # type: ignore[list-item]
