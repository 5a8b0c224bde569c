"""A job for each of many prefixes: the state machine, and what it may do."""

from pathlib import Path
from typing import Any

import aws_cdk as cdk
import pytest
from aws_cdk import aws_iam as iam
from aws_cdk import aws_scheduler as scheduler
from aws_cdk import aws_sns as sns
from aws_cdk.assertions import Template
from cdk_nag import AwsSolutionsChecks

from cdk_model_hosting import BatchTransformMap, ConfigurationError, Notifications, Shards, TransformSource
from tests.unit.batch.batched import allowed, batch_in, found, may, records, states
from tests.unit.builders import att, join, new_stack, number_token, refused

AT_ONCE = "Step Functions runs no more branches of a distributed map at once"
NAMED = Shards.prefixes(["input/eu/", "input/us/"])


def map_in(stack: cdk.Stack, shards: Shards = NAMED, **options: Any) -> BatchTransformMap:
    batch = options.pop("batch") if "batch" in options else batch_in(stack)
    return BatchTransformMap(stack, "Map", **{"batch": batch, "shards": shards, **options})


def machine(**options: Any) -> dict[str, Any]:
    """The states of a map."""
    stack = new_stack()
    map_in(stack, **options)
    return states(stack, "MapRuns")


def execution(name: dict[str, Any], rest: str) -> dict[str, Any]:
    here = ["arn:", {"Ref": "AWS::Partition"}, ":states:", {"Ref": "AWS::Region"}, ":", {"Ref": "AWS::AccountId"}]
    return join(*here, ":execution:", name, rest)


def test_each_shard_is_a_run_of_the_batch_transform() -> None:
    mapped = machine()["TransformShards"]
    processor = mapped["ItemProcessor"]
    assert processor["ProcessorConfig"] == {"Mode": "DISTRIBUTED", "ExecutionType": "STANDARD"}
    (branch,) = processor["States"].values()
    assert branch["Resource"] == {"Fn::Sub": "arn:${AWS::Partition}:states:::states:startExecution.sync:2"}
    assert branch["Arguments"]["StateMachineArn"]["Fn::GetAtt"][0].startswith("ScoringJobs")
    assert mapped["Items"] == ["input/eu/", "input/us/"]


def test_few_shards_run_at_once_and_none_may_fail_unless_asked_for() -> None:
    usual, asked = machine(), machine(max_concurrency=250, tolerated_failure_percent=2.5)
    limits = ["MaxConcurrency", "ToleratedFailurePercentage"]
    assert [usual["TransformShards"][each] for each in limits] == [4, 0]
    assert [asked["TransformShards"][each] for each in limits] == [250, 2.5]


def test_numbers_may_be_known_at_deploy_time_alone() -> None:
    stack = new_stack()
    number = number_token(stack)
    map_in(stack, max_concurrency=number, tolerated_failure_percent=number)
    mapped = states(stack, "MapRuns")["TransformShards"]
    read = {"Fn::Sub": ["{% $number('${Number}') %}", {"Number": {"Ref": "Number"}}]}
    assert mapped["MaxConcurrency"] == mapped["ToleratedFailurePercentage"] == read


def test_answers_keep_shards_apart() -> None:
    (branch,) = machine()["TransformShards"]["ItemProcessor"]["States"].values()
    asked = branch["Arguments"]["Input"]
    assert '$usual := "input/"' in asked
    assert '$shard.output ? $shard.output : "output/" & $name' in asked


def test_a_run_goes_through_its_states_in_order() -> None:
    named, folders = machine(), machine(shards=Shards.below())
    assert list(named) == ["Defaults", "TransformShards", "TellSuccess", "TellFailure", "Done", "Failed"]
    assert named["Defaults"]["Next"] == "TransformShards"
    assert named["TransformShards"]["Next"] == "TellSuccess"
    assert folders["Defaults"]["Next"] == "Understood"
    assert folders["TransformShards"]["Next"] == "MoreShards"
    assert folders["MoreShards"] == {
        "Type": "Choice",
        "Choices": [{"Condition": "{% $more %}", "Next": "FindShards"}],
        "Default": "TellSuccess",
    }


def reached(known: dict[str, Any]) -> set[str]:
    """The states that some state leads to."""
    led = {"Defaults"}
    for each in known.values():
        led |= {each[field] for field in ("Next", "Default") if field in each}
        led |= {one["Next"] for field in ("Choices", "Catch") for one in each.get(field, ())}
    return led


@pytest.mark.parametrize("shards", [NAMED, Shards.below(), Shards.manifest("input/shards.json")])
@pytest.mark.parametrize("notifications", [None, Notifications.create(), Notifications.none()])
def test_every_state_leads_somewhere_and_can_be_reached(shards: Shards, notifications: Notifications | None) -> None:
    known = machine(shards=shards, notifications=notifications)
    assert reached(known) == set(known)


def test_what_goes_wrong_is_told_and_fails_the_run() -> None:
    known = machine(shards=Shards.below())
    for name in ("FindShards", "TransformShards"):
        (caught,) = known[name]["Catch"]
        assert (caught["ErrorEquals"], caught["Next"]) == (["States.ALL"], "TellFailure")
    for name in ("NotUnderstood", "LooseFile"):
        assert known[name]["Next"] == "TellFailure"
    assert known["TellFailure"]["Next"] == "Failed"
    assert known["Failed"] == {"Type": "Fail", "Error": "{% $errorName %}", "Cause": "{% $reason %}"}


def test_the_number_of_shards_is_told_where_it_is_known() -> None:
    named, listed = machine(), machine(shards=Shards.manifest("input/shards.json"))
    assert named["Defaults"]["Assign"] == {"completed": 0, "empty": 0, "shards": 2}
    assert list(named["Done"]["Output"]) == ["status", "shards", "completed", "empty"]
    assert list(listed["Done"]["Output"]) == ["status", "completed", "empty"]


def topic_of(known: dict[str, Any], name: str) -> str:
    reference: str = known[name]["Arguments"]["TopicArn"]["Ref"]
    return reference


def test_those_hear_of_it_who_hear_of_the_batch_transform() -> None:
    stack = new_stack()
    made = map_in(stack)
    known = states(stack, "MapRuns")
    assert topic_of(known, "TellSuccess").startswith("ScoringSuccessTopic")
    assert topic_of(known, "TellFailure").startswith("ScoringErrorTopic")
    assert stack.resolve(made.error_topic.topic_arn)["Ref"] == topic_of(known, "TellFailure")
    topics = may(allowed(stack, "MapRunsRole"), "sns:Publish")["Resource"]
    assert [each["Ref"] for each in topics] == [topic_of(known, "TellSuccess"), topic_of(known, "TellFailure")]


def test_others_may_hear_of_it() -> None:
    stack = new_stack()
    topic = sns.Topic.from_topic_arn(stack, "Topic", "arn:aws:sns:eu-west-1:111122223333:shards")
    made = map_in(stack, notifications=Notifications.to(error=topic))
    known = states(stack, "MapRuns")
    assert "TellSuccess" not in known
    assert known["TransformShards"]["Next"] == "Done"
    assert known["TellFailure"]["Arguments"]["TopicArn"] == "arn:aws:sns:eu-west-1:111122223333:shards"
    assert made.error_topic is topic
    with pytest.raises(
        ConfigurationError, match=r"^BatchTransformMap success_topic must belong to one that tells a topic"
    ):
        _ = made.success_topic


def test_it_may_start_the_batch_transform_and_wait_for_it() -> None:
    stack = new_stack()
    map_in(stack)
    (jobs,) = [
        name for name in Template.from_stack(stack).find_resources("AWS::StepFunctions::StateMachine") if "Jobs" in name
    ]
    statements = allowed(stack, "MapRunsRole")
    assert may(statements, "states:StartExecution")["Resource"] == att(jobs, "Arn")
    assert may(statements, "states:StopExecution") == {
        "Action": ["states:DescribeExecution", "states:StopExecution"],
        "Effect": "Allow",
        "Resource": execution(att(jobs, "Name"), ":*"),
    }
    here = "arn:${AWS::Partition}:events:${AWS::Region}:${AWS::AccountId}"
    assert may(statements, "events:PutRule")["Resource"] == {
        "Fn::Sub": f"{here}:rule/StepFunctionsGetEventsForStepFunctionsExecutionRule"
    }


def test_it_may_start_branches_of_itself_alone() -> None:
    stack = new_stack()
    map_in(stack)
    (runs,) = [
        name for name in Template.from_stack(stack).find_resources("AWS::StepFunctions::StateMachine") if "Runs" in name
    ]
    policy = found(stack, "AWS::IAM::Policy", "MapBranches")
    name = att(runs, "Name")
    assert policy["PolicyDocument"]["Statement"] == [
        {"Action": "states:StartExecution", "Effect": "Allow", "Resource": att(runs, "Arn")},
        {
            "Action": ["states:DescribeExecution", "states:StopExecution"],
            "Effect": "Allow",
            "Resource": [execution(name, ":*"), execution(name, "/Shards:*")],
        },
        {"Action": "states:RedriveExecution", "Effect": "Allow", "Resource": execution(name, "/Shards:*")},
    ]
    (role,) = policy["Roles"]
    assert role["Ref"].startswith("MapRunsRole")


def test_somebody_may_be_let_start_it() -> None:
    stack = new_stack()
    made = map_in(stack)
    role = iam.Role(stack, "Caller", assumed_by=iam.ServicePrincipal("lambda.amazonaws.com"))
    made.grant_start(role).assert_success()
    (statement,) = found(stack, "AWS::IAM::Policy", "Caller")["PolicyDocument"]["Statement"]
    assert statement["Action"] == "states:StartExecution"
    assert statement["Resource"]["Fn::GetAtt"][0].startswith("MapRuns")


def test_its_runs_have_metrics() -> None:
    stack = new_stack()
    made = map_in(stack)
    metric = made.metric_failed()
    assert (metric.namespace, metric.metric_name) == ("AWS/States", "ExecutionsFailed")
    assert metric.dimensions == {"StateMachineArn": made.state_machine_arn}


def test_fails_when_the_batch_transform_reads_a_manifest() -> None:
    stack = new_stack()
    source = TransformSource.manifest("lists/all.json", data_prefix="input/", bucket=records(stack))
    with refused(
        "BatchTransformMap batch must have a prefix as its source, got a manifest: shards are prefixes, and take the place of "
        "the source's"
    ):
        map_in(stack, batch=batch_in(stack, source=source))


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"max_concurrency": 0}, f"BatchTransformMap max_concurrency must be 1-10000 shards, got 0: {AT_ONCE}"),
        (
            {"tolerated_failure_percent": 101},
            "BatchTransformMap tolerated_failure_percent must be 0-100 %, got 101: it is a share of all shards",
        ),
        (
            {"shards": ["input/eu/"]},
            "BatchTransformMap shards must be a Shards, got ['input/eu/']: nothing else is understood there",
        ),
        (
            {"batch": "Scoring"},
            "BatchTransformMap batch must be a BatchTransform, got 'Scoring': nothing else is understood there",
        ),
        (
            {"notifications": "ops@example.com"},
            "BatchTransformMap notifications must be a Notifications, got 'ops@example.com': nothing else is understood there",
        ),
    ],
)
def test_fails_when_an_argument_is_wrong(options: dict[str, Any], message: str) -> None:
    with refused(message):
        map_in(new_stack(), **options)


def test_nothing_is_left_to_acknowledge(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("CDK_VALIDATION", "true")
    app = cdk.App(outdir=str(tmp_path))
    stack = cdk.Stack(app, "Stack")
    source = TransformSource.prefix(bucket=records(stack), split="Line")
    batch = batch_in(stack, source=source, check_records=True)
    for name, shards in (("Named", NAMED), ("Below", Shards.below()), ("Listed", Shards.manifest("input/shards.json"))):
        BatchTransformMap(stack, name, batch=batch, shards=shards).grant_start(
            iam.Role(stack, f"{name}Caller", assumed_by=iam.ServicePrincipal("lambda.amazonaws.com"))
        )
    cdk.Validations.of(app).add_plugins(AwsSolutionsChecks(app))
    app.synth()


def test_it_runs_by_the_clock_once_it_may() -> None:
    stack = new_stack()
    made = map_in(stack)
    first = made.on_schedule(scheduler.ScheduleExpression.rate(cdk.Duration.hours(1)))
    made.on_schedule(scheduler.ScheduleExpression.rate(cdk.Duration.days(1)), name="Daily", enabled=False)
    template = Template.from_stack(stack)
    template.resource_count_is("AWS::Scheduler::Schedule", 2)
    machines = template.find_resources("AWS::StepFunctions::StateMachine")
    (starter,) = [each for name, each in machines.items() if name.startswith("MapStarter")]
    (policy,) = [name for name in template.find_resources("AWS::IAM::Policy") if name.startswith("MapBranches")]
    assert policy in starter["DependsOn"]
    start = starter["Properties"]["Definition"]["States"]["Start"]
    assert start["Arguments"]["StateMachineArn"]["Fn::GetAtt"][0].startswith("MapRuns")
    assert first.schedule_expression == "rate(1 hour)"
