"""The states of a run: what leads to what. What they do is tried on the local AWS."""

import json
import re
from typing import Any

import aws_cdk as cdk
import pytest
from aws_cdk import aws_s3 as s3
from aws_cdk import aws_scheduler as scheduler
from aws_cdk.assertions import Template
from cfnlint.api import ManualArgs, lint

from cdk_model_hosting import ConfigurationError, Notifications, Retries, TransformDestination, TransformSource
from tests.unit.batch.batched import batch_in, found, records, states
from tests.unit.builders import new_stack, number_token, refused, sub

TOPICS = {"success": "arn:aws:sns:eu-west-1:111122223333:good", "error": "arn:aws:sns:eu-west-1:111122223333:bad"}


def linted(stack: cdk.Stack) -> list[str]:
    """What cfn-lint says of the stack's state machines."""
    template = Template.from_stack(stack).to_json()
    return [str(each) for each in lint(json.dumps(template), config=ManualArgs(regions=["eu-central-1"]))]


def following(state: dict[str, Any]) -> set[str]:
    """The states that a state leads to."""
    named = [state.get("Next"), state.get("Default")]
    named += [each["Next"] for each in (*state.get("Choices", ()), *state.get("Catch", ()))]
    return {each for each in named if each is not None}


@pytest.fixture(scope="module")
def usual() -> dict[str, Any]:
    stack = new_stack()
    batch_in(stack)
    return states(stack)


def test_the_definitions_are_what_step_functions_accepts() -> None:
    stack = new_stack()
    batch = batch_in(stack, source=TransformSource.prefix(split="Line"), check_records=True)
    batch.on_schedule(scheduler.ScheduleExpression.rate(cdk.Duration.hours(1)))
    assert linted(stack) == []


def test_what_the_class_does_not_offer_can_be_added() -> None:
    stack = new_stack()
    machine = batch_in(stack).cfn_state_machine
    machine.add_property_override("Definition.States.Transform.Arguments.ExperimentConfig", {"TrialName": "a"})
    machine.add_property_override("Definition.States.NameJob.Nxt", "Transform")
    assert states(stack)["Transform"]["Arguments"]["ExperimentConfig"] == {"TrialName": "a"}
    (complaint,) = linted(stack)
    assert "'Nxt' was unexpected" in complaint


def test_every_state_is_reached_and_every_way_ends(usual: dict[str, Any]) -> None:
    reached = {"Defaults"}
    for name in list(usual):
        reached |= following(usual[name])
    assert reached == set(usual)
    ends = {name for name, state in usual.items() if not following(state)}
    assert ends == {"Done", "Failed", "NothingToDo"}
    assert {usual[name]["Type"] for name in ends} == {"Succeed", "Fail"}


def test_every_task_that_fails_is_told_of(usual: dict[str, Any]) -> None:
    caught = {name: state["Catch"][-1] for name, state in usual.items() if state["Type"] == "Task"}
    assert {each["ErrorEquals"][0] for each in caught.values()} == {"States.ALL"}
    assert {name: each["Next"] for name, each in caught.items()} == {
        "FindInput": "TellFailure",
        "Transform": "AnotherTry",
        "StopJob": "TellFailure",
        "TellSuccess": "Failed",
        "TellFailure": "Failed",
    }


def test_what_is_usual_stands_in_the_first_state() -> None:
    stack = new_stack()
    bucket = s3.Bucket(stack, "Records")
    batch = batch_in(
        stack,
        source=TransformSource.prefix("in/", bucket=bucket),
        destination=TransformDestination(prefix="out/", bucket=records(stack, "Answers", bucket_name="answers")),
    )
    assigned = states(stack)["Defaults"]["Assign"]
    assert assigned["inputs"] == {"bucket": {"Ref": "Records091F6ECA"}, "key": "in/"}
    assert assigned["outputs"] == {"bucket": "answers", "key": "out"}
    assert batch.output_url == "s3://answers/out"


def test_every_name_of_a_job_is_short_enough(usual: dict[str, Any]) -> None:
    match = re.match(r"\{% '([a-z0-9-]+)-' & \$substring\(.*, 0, 16\) & '-' & ", usual["NameJob"]["Assign"]["job"])
    assert match is not None
    assert len(match[1]) <= 42
    assert len(f"{match[1]}-{'f' * 16}-100") <= 63


def test_a_long_name_of_a_stack_leaves_room_for_the_run() -> None:
    stack = new_stack("S" * 120)
    batch = batch_in(stack)
    assert len(batch.job_name) <= 42
    assert re.fullmatch(r"[a-z0-9](-*[a-z0-9])*", batch.job_name)


def test_pauses_are_what_was_asked_for() -> None:
    stack = new_stack()
    retries = Retries(attempts=3, wait=cdk.Duration.seconds(30), longest_wait=cdk.Duration.minutes(5))
    batch_in(stack, retries=retries, timeout=cdk.Duration.hours(2))
    named = states(stack)
    assert named["Transform"]["TimeoutSeconds"] == 7200
    limited, throttled = named["Transform"]["Retry"]
    assert limited == {
        "ErrorEquals": ["SageMaker.ResourceLimitExceededException"],
        "IntervalSeconds": 30,
        "BackoffRate": 2,
        "MaxAttempts": 3,
        "MaxDelaySeconds": 300,
        "JitterStrategy": "FULL",
    }
    assert throttled["ErrorEquals"] == ["SageMaker.AmazonSageMakerException"]
    assert "$attempt <= 3" in named["AnotherTry"]["Choices"][0]["Condition"]
    assert "$min([300, 30 * $power(2, $attempt - 1)])" in named["WaitForInstances"]["Seconds"]


def test_a_job_has_a_day_when_nothing_is_said(usual: dict[str, Any]) -> None:
    assert usual["Transform"]["TimeoutSeconds"] == 86_400


def test_a_time_that_is_a_token_is_a_number_again_when_a_job_starts() -> None:
    stack = new_stack()
    batch_in(stack, timeout=cdk.Duration.seconds(int(number_token(stack))))
    assert states(stack)["Transform"]["TimeoutSeconds"] == {
        "Fn::Sub": ["{% $number('${Number}') %}", {"Number": {"Ref": "Number"}}]
    }


def test_fails_when_a_job_has_no_time() -> None:
    with refused("BatchTransform timeout must be 1-99999999 seconds, got 0: Step Functions waits no longer for a task"):
        batch_in(new_stack(), timeout=cdk.Duration.seconds(0))


def test_a_manifest_is_looked_for_by_its_whole_key() -> None:
    stack = new_stack()
    batch_in(stack, source=TransformSource.manifest("lists/a.json", data_prefix="in/", bucket=records(stack)))
    named = states(stack)
    assert "and Key = " in named["FindInput"]["Assign"]["found"]
    assert named["Defaults"]["Assign"]["inputs"] == {"bucket": "records", "key": "lists/a.json"}


def test_the_resources_are_those_of_any_partition(usual: dict[str, Any]) -> None:
    called = {state["Resource"]["Fn::Sub"] for state in usual.values() if state["Type"] == "Task"}
    assert called == {
        f"arn:${{AWS::Partition}}:states:::{name}"
        for name in (
            "aws-sdk:s3:listObjectsV2",
            "sagemaker:createTransformJob.sync",
            "aws-sdk:sagemaker:stopTransformJob",
            "sns:publish",
        )
    }


# Who is told


def test_topics_of_its_own_are_made() -> None:
    stack = new_stack()
    batch = batch_in(stack)
    named = states(stack)
    assert stack.resolve(batch.success_topic.topic_arn) == named["TellSuccess"]["Arguments"]["TopicArn"]
    assert stack.resolve(batch.error_topic.topic_arn) == named["TellFailure"]["Arguments"]["TopicArn"]
    success, error = (named[name]["Arguments"]["TopicArn"]["Ref"] for name in ("TellSuccess", "TellFailure"))
    assert success.startswith("ScoringSuccessTopic")
    assert error.startswith("ScoringErrorTopic")
    assert "'reason': $reason" in named["TellFailure"]["Arguments"]["Message"]
    assert all(len(named[name]["Arguments"]["Subject"]) <= 100 for name in ("TellSuccess", "TellFailure"))


@pytest.mark.parametrize(("told", "silent"), [("success", "TellFailure"), ("error", "TellSuccess")])
def test_nobody_is_told_who_did_not_ask(told: str, silent: str) -> None:
    from aws_cdk import aws_sns as sns  # noqa: PLC0415 - for this test alone

    stack = new_stack()
    topic = sns.Topic.from_topic_arn(stack, "Topic", TOPICS[told])
    batch = batch_in(stack, notifications=Notifications.to(**{told: topic}))  # type: ignore[arg-type]
    named = states(stack)
    assert silent not in named
    assert {each for state in named.values() for each in following(state)} | {"Defaults"} == set(named)
    assert getattr(batch, f"{told}_topic") is topic
    other = {"success": "error", "error": "success"}[told]
    with pytest.raises(
        ConfigurationError, match=f"^BatchTransform {other}_topic must belong to one that tells a topic"
    ):
        getattr(batch, f"{other}_topic")


def test_without_topics_a_run_just_ends() -> None:
    stack = new_stack()
    batch_in(stack, notifications=Notifications.none())
    named = states(stack)
    assert named["Transform"]["Next"] == "Done"
    assert named["FindInput"]["Catch"][0]["Next"] == "Failed"
    assert {each for state in named.values() for each in following(state)} | {"Defaults"} == set(named)


def test_fails_when_answers_should_be_in_messages() -> None:
    with refused(
        "BatchTransform notifications must be without include_responses, got them: the answers of a job are files, which no "
        "message holds"
    ):
        batch_in(new_stack(), notifications=Notifications.create(include_responses=True))


# The state machine around them


def test_everything_is_logged_and_traced() -> None:
    stack = new_stack()
    batch_in(stack)
    machine = found(stack, "AWS::StepFunctions::StateMachine")
    assert machine["StateMachineType"] == "STANDARD"
    assert machine["TracingConfiguration"] == {"Enabled": True}
    assert (machine["LoggingConfiguration"]["Level"], machine["LoggingConfiguration"]["IncludeExecutionData"]) == (
        "ALL",
        True,
    )
    logs = found(stack, "AWS::Logs::LogGroup")
    assert re.fullmatch(r"/aws/vendedlogs/states/stack-scoring-jobs-[0-9a-f]{8}", logs["LogGroupName"])
    assert logs["RetentionInDays"] == 90


def test_step_functions_takes_the_role_for_this_account_alone() -> None:
    stack = new_stack()
    batch_in(stack)
    (statement,) = found(stack, "AWS::IAM::Role", "ScoringJobs")["AssumeRolePolicyDocument"]["Statement"]
    assert statement == {
        "Action": "sts:AssumeRole",
        "Effect": "Allow",
        "Principal": {"Service": "states.amazonaws.com"},
        "Condition": {
            "ArnLike": {
                "aws:SourceArn": sub("arn:${AWS::Partition}:states:${AWS::Region}:${AWS::AccountId}:stateMachine:*")
            },
            "StringEquals": {"aws:SourceAccount": {"Ref": "AWS::AccountId"}},
        },
    }
