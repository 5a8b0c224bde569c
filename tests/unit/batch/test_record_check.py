"""One function a stack counts the records of all batch transforms that want it."""

import json
from pathlib import Path

import aws_cdk as cdk
import pytest
from aws_cdk import aws_kms as kms
from aws_cdk.assertions import Template

from cdk_model_hosting import TransformDestination, TransformSource
from cdk_model_hosting.batch.record_check import RecordCheck
from cdk_model_hosting.permissions import Permission
from tests.handlers.record_check.stage import event
from tests.unit.batch.batched import KEY, allowed, batch_in, found, may, records, request, states
from tests.unit.batch.counting import allows, checked, flat, policies, reading
from tests.unit.builders import new_stack, refused, single, text_token

LAMBDA_REFUSALS = "Lambda.TooManyRequestsException"


@pytest.fixture(scope="module")
def stack() -> cdk.Stack:
    """A stack with one such batch transform."""
    stack = new_stack()
    checked(stack)
    return stack


def test_a_stack_has_one_function_however_many_batch_transforms() -> None:
    stack = new_stack()
    model, bucket = single(stack), records(stack)
    for name in ("Scoring", "Ranking"):
        source = TransformSource.prefix(f"{name}/", bucket=bucket, split="Line")
        checked(stack, name, model=model, source=source, destination=TransformDestination(prefix=f"{name}-out/"))
    template = Template.from_stack(stack)
    template.resource_count_is("AWS::Lambda::Function", 1)
    assert len(reading(stack)) == 1
    template.has_resource_properties(
        "AWS::Lambda::Function",
        {"Handler": "handlers.record_check.handler", "Runtime": "python3.14", "Timeout": 900, "MemorySize": 1769},
    )
    read = json.dumps(policies(stack))
    assert all(each in read for each in ("Scoring/*", "Scoring-out/*", "Ranking/*", "Ranking-out/*"))


def test_each_stack_has_its_own() -> None:
    app = cdk.App()
    for name in ("One", "Two"):
        checked(cdk.Stack(app, name))
    for each in app.node.children:
        if isinstance(each, cdk.Stack):
            Template.from_stack(each).resource_count_is("AWS::Lambda::Function", 1)


def test_a_stack_that_wants_no_check_has_no_function() -> None:
    stack = new_stack()
    batch_in(stack)
    Template.from_stack(stack).resource_count_is("AWS::Lambda::Function", 0)
    assert "CheckRecords" not in states(stack)


def test_it_is_asked_about_the_job_that_ran(stack: cdk.Stack) -> None:
    job, check = request(stack), states(stack)["CheckRecords"]
    assert check["Resource"] == {"Fn::Sub": "arn:${AWS::Partition}:states:::lambda:invoke"}
    assert check["Arguments"]["FunctionName"]["Fn::GetAtt"][0].startswith("RecordCheck")
    assert check["Arguments"]["Payload"] == {
        "TransformJobName": "{% $job %}",
        "TransformInput": job["TransformInput"],
        "TransformOutput": job["TransformOutput"],
        "CreationTime": "{% $created %}",
    }
    assert sorted(check["Arguments"]["Payload"]) == sorted(event(CreationTime=0))


def test_it_stands_between_the_job_and_the_report(stack: cdk.Stack) -> None:
    known = states(stack)
    assert known["Transform"]["Next"] == "CheckRecords"
    assert known["Transform"]["Assign"]["created"] == "{% $states.result.CreationTime %}"
    assert known["CheckRecords"]["Next"] == "TellSuccess"
    (caught,) = known["CheckRecords"]["Catch"]
    assert (caught["ErrorEquals"], caught["Next"]) == (["States.ALL"], "TellFailure")
    assert known["CheckRecords"]["Assign"] == {"records": "{% $states.result.Payload.records %}"}


def test_what_lambda_refuses_is_asked_again_and_what_is_wrong_is_not(stack: cdk.Stack) -> None:
    (again,) = states(stack)["CheckRecords"]["Retry"]
    assert LAMBDA_REFUSALS in again["ErrorEquals"]
    assert not {"RecordsMissing", "States.ALL", "States.TaskFailed", "Lambda.Unknown"} & set(again["ErrorEquals"])


def test_the_state_machine_waits_longer_than_the_function_runs(stack: cdk.Stack) -> None:
    assert states(stack)["CheckRecords"]["TimeoutSeconds"] > found(stack, "AWS::Lambda::Function")["Timeout"]


def test_the_state_machine_may_call_this_function_alone(stack: cdk.Stack) -> None:
    called = may(allowed(stack), "lambda:InvokeFunction")["Resource"]
    assert called["Fn::GetAtt"][0].startswith("RecordCheckFunction")


def test_runs_wait_until_the_function_may_read() -> None:
    stack = new_stack()
    checked(stack)
    template = Template.from_stack(stack)
    (machine,) = template.find_resources("AWS::StepFunctions::StateMachine").values()
    (policy,) = reading(stack)
    assert policy in machine["DependsOn"]


OBJECT, BUCKET = "arn:aws:s3:::records/", "arn:aws:s3:::records"


@pytest.mark.parametrize(
    ("action", "resource", "prefix", "allowed_to"),
    [
        ("s3:GetObject", f"{OBJECT}input/2027/a.csv", None, True),
        ("s3:GetObject", f"{OBJECT}output/2027/a.csv.out", None, True),
        ("s3:ListBucket", BUCKET, "input/2027/", True),
        ("s3:GetObject", f"{OBJECT}secrets/a.csv", None, False),
        ("s3:ListBucket", BUCKET, "secrets/", False),
        ("s3:PutObject", f"{OBJECT}output/a.csv.out", None, False),
        ("s3:DeleteObject", f"{OBJECT}input/a.csv", None, False),
    ],
)
def test_it_may_read_what_jobs_read_and_write_and_do_nothing_else(
    stack: cdk.Stack, action: str, resource: str, prefix: str | None, allowed_to: bool
) -> None:
    assert any(allows(each, action, resource, prefix) for each in policies(stack)) == allowed_to


def test_it_may_use_the_keys_of_what_it_reads() -> None:
    stack = new_stack()
    key = kms.Key.from_key_arn(stack, "Key", KEY)
    checked(stack, destination=TransformDestination(encryption_key=key))
    assert may(policies(stack), "kms:Decrypt")["Resource"] == KEY


def test_of_a_manifest_it_may_read_the_list_and_the_files() -> None:
    stack = new_stack()
    lists, data = records(stack), records(stack, "Data", bucket_name="data")
    source = TransformSource.manifest(
        "lists/all.json", data_prefix="2027/", bucket=lists, data_bucket=data, split="Line"
    )
    checked(stack, source=source)
    read = [flat(each["Resource"]) for each in policies(stack) if each["Action"] == "s3:GetObject"]
    assert read == [f"{OBJECT}lists/*", "arn:aws:s3:::data/2027/*", f"{OBJECT}output/*"]


def test_it_may_read_further_places_that_runs_may_name() -> None:
    stack = new_stack()
    batch = checked(stack)
    batch.allow_input(records(stack, "More", bucket_name="more"), "2027/")
    batch.allow_output(records(stack, "Results", bucket_name="results"), "2027/")
    read = json.dumps(policies(stack))
    assert "more/2027/*" in read
    assert "results/2027/*" in read


@pytest.mark.parametrize("split", ["RecordIO", "TFRecord"])
def test_fails_when_the_records_of_answers_cannot_be_told_apart(split: str) -> None:
    stack = new_stack()
    with refused(
        "TransformDestination assemble must be Line with BatchTransform check_records, got None: answers that are put together "
        "without line ends cannot be counted"
    ):
        checked(stack, source=TransformSource.prefix(bucket=records(stack), split=split))


def test_fails_when_answers_to_lines_are_to_be_put_together_as_they_are() -> None:
    with refused(
        "TransformDestination assemble must be Line with BatchTransform check_records, got None: answers that are put together "
        "without line ends cannot be counted"
    ):
        checked(new_stack(), destination=TransformDestination(assemble="None"))


def test_records_of_other_formats_can_be_counted_when_answers_are_lines() -> None:
    stack = new_stack()
    source = TransformSource.prefix(bucket=records(stack), split="TFRecord")
    checked(stack, source=source, destination=TransformDestination(assemble="Line"))
    assert request(stack)["TransformOutput"]["AssembleWith"] == "Line"


def test_files_that_are_not_split_can_be_counted_however_they_are_assembled() -> None:
    stack = new_stack()
    checked(stack, source=TransformSource.prefix(bucket=records(stack)))
    assert "CheckRecords" in states(stack)


@pytest.mark.parametrize("which", ["split", "assemble"])
def test_a_split_or_an_assembly_may_be_known_at_deploy_time_alone(which: str) -> None:
    stack = new_stack()
    token = text_token(stack)
    split, assemble = (token, "None") if which == "split" else ("Line", token)
    source = TransformSource.prefix(bucket=records(stack), split=split)
    checked(stack, source=source, destination=TransformDestination(assemble=assemble))
    assert "CheckRecords" in states(stack)


def test_the_code_is_the_handler_and_what_it_shares() -> None:
    app = cdk.App()
    checked(cdk.Stack(app, "Stack"))
    files = [each for each in Path(app.synth().directory).rglob("*") if "asset." in str(each)]
    (folder,) = [each for each in files if each.name == "handlers"]
    assert {each.name for each in folder.iterdir()} == {"__init__.py", "log.py", "record_check"}
    assert not any("__pycache__" in str(each) for each in files)


def test_the_check_of_a_stack_is_made_once() -> None:
    stack = new_stack()
    assert RecordCheck.of(stack) is RecordCheck.of(stack)


def test_fails_when_more_is_read_than_a_role_may_hold() -> None:
    check = RecordCheck.of(new_stack())
    with refused(
        "BatchTransform check_records policies of all batch transforms of a stack must be 0-10 policies, got 11: IAM attaches "
        "no more to a role; make the others in another stack"
    ):
        for number in range(80):
            check.allow(Permission(actions=("s3:GetObject",), resources=(f"{OBJECT}{'k' * 900}{number}",)))
