"""What the roles of a batch transform may do, and nothing else."""

from typing import Any

import aws_cdk as cdk
import pytest
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_s3 as s3
from aws_cdk import aws_scheduler as scheduler
from aws_cdk.assertions import Template
from cdk_nag import AwsSolutionsChecks

from cdk_model_hosting import (
    Model,
    Notifications,
    TransformCapture,
    TransformDestination,
    TransformFleet,
    TransformSource,
)
from tests.unit.batch.batched import FLEET, KEY, allowed, batch_in, may, records
from tests.unit.builders import new_stack, refused, single, sub, text_token


def actions(statements: list[dict[str, Any]]) -> set[str]:
    found: set[str] = set()
    for each in statements:
        found |= {each["Action"]} if isinstance(each["Action"], str) else set(each["Action"])
    return found


# The state machine


def test_it_runs_jobs_of_its_own_name_alone() -> None:
    stack = new_stack()
    batch = batch_in(stack)
    statement = may(allowed(stack), "sagemaker:CreateTransformJob")
    assert statement["Resource"] == sub(
        f"arn:${{AWS::Partition}}:sagemaker:${{AWS::Region}}:${{AWS::AccountId}}:transform-job/{batch.job_name}-*"
    )
    assert set(statement["Action"]) == {
        "sagemaker:AddTags",
        "sagemaker:CreateTransformJob",
        "sagemaker:DescribeTransformJob",
        "sagemaker:ListTags",
        "sagemaker:StopTransformJob",
    }
    rule = may(allowed(stack), "events:PutRule")
    assert rule["Resource"] == sub(
        "arn:${AWS::Partition}:events:${AWS::Region}:${AWS::AccountId}:rule/"
        "StepFunctionsGetEventsForSageMakerTransformJobsRule"
    )


def test_it_passes_no_role_and_reads_no_record() -> None:
    stack = new_stack()
    batch_in(stack)
    granted = actions(allowed(stack))
    assert granted >= {"s3:ListBucket", "sns:Publish"}
    assert not granted & {"iam:PassRole", "s3:GetObject", "s3:PutObject", "lambda:InvokeFunction", "kms:Decrypt"}


def test_it_lists_its_input_alone() -> None:
    stack = new_stack()
    batch_in(stack, source=TransformSource.prefix("in/2027/", bucket=records(stack)))
    assert may(allowed(stack), "s3:ListBucket") == {
        "Action": "s3:ListBucket",
        "Effect": "Allow",
        "Resource": {"Fn::Join": ["", ["arn:", {"Ref": "AWS::Partition"}, ":s3:::records"]]},
        "Condition": {"StringLike": {"s3:prefix": ["in/2027/", "in/2027/*"]}},
    }


def test_it_uses_the_key_of_topics() -> None:
    stack = new_stack()
    key = kms.Key.from_key_arn(stack, "Key", KEY)
    batch_in(stack, notifications=Notifications.create(encryption_key=key))
    assert may(allowed(stack), "kms:GenerateDataKey")["Resource"] == KEY


# The model's role


def served(stack: cdk.Stack) -> list[dict[str, Any]]:
    return allowed(stack, "ModelRole")


def test_the_models_role_reads_writes_and_logs() -> None:
    stack = new_stack()
    batch_in(stack, capture=TransformCapture())
    reads, *_ = (each for each in served(stack) if each["Action"] == "s3:GetObject")
    assert reads["Resource"] == sub("arn:${AWS::Partition}:s3:::records/input/*")
    writes = [each["Resource"] for each in served(stack) if "s3:PutObject" in each["Action"]]
    assert writes == [sub(f"arn:${{AWS::Partition}}:s3:::records/{prefix}*") for prefix in ("output/", "captured/")]
    logs = "arn:${AWS::Partition}:logs:${AWS::Region}:${AWS::AccountId}:log-group:/aws/sagemaker/TransformJobs"
    assert may(served(stack), "logs:PutLogEvents")["Resource"] == [sub(logs), sub(f"{logs}:*")]


def test_the_models_role_reads_a_manifest_and_what_it_lists() -> None:
    stack = new_stack()
    source = TransformSource.manifest(
        "lists/a.json",
        data_prefix="in/",
        bucket=records(stack),
        data_bucket=records(stack, "Lake", bucket_name="lake"),
    )
    batch_in(stack, source=source)
    reads = [each["Resource"] for each in served(stack) if each["Action"] == "s3:GetObject"]
    assert reads == [sub(f"arn:${{AWS::Partition}}:s3:::{each}/*") for each in ("records/lists", "lake/in")]


def test_the_models_role_uses_keys() -> None:
    stack = new_stack()
    key = kms.Key.from_key_arn(stack, "Key", KEY)
    batch_in(
        stack,
        destination=TransformDestination(encryption_key=key),
        fleet=TransformFleet(instance_type="ml.m5.large", encryption_key=key),
    )
    assert may(served(stack), "kms:GenerateDataKey")["Resource"] == KEY
    assert may(served(stack), "kms:CreateGrant")["Condition"] == {"Bool": {"kms:GrantIsForAWSResource": "true"}}


def test_runs_wait_for_what_is_attached_to_an_imported_role() -> None:
    stack = new_stack()
    role = iam.Role(stack, "Role", assumed_by=iam.ServicePrincipal("sagemaker.amazonaws.com"))
    model = Model.from_model_name(stack, "Imported", "scorer", role=role)
    batch_in(stack, model=model)
    (machine,) = Template.from_stack(stack).find_resources("AWS::StepFunctions::StateMachine").values()
    assert any(name.startswith("RoleDefaultPolicy") for name in machine["DependsOn"])


def test_a_role_that_nobody_knows_is_warned_of() -> None:
    stack = new_stack()
    batch = batch_in(stack, model=Model.from_model_name(stack, "Imported", "scorer"))
    (warning,) = [each.data for each in batch.node.metadata if each.type == "aws:cdk:warning"]
    assert warning.startswith(
        "the execution role of the imported model scorer is not known here: it must be allowed to read the input, to write the "
        "answers, and to use their keys, or every job fails"
    )


# What is asked for elsewhere


def test_other_places_can_be_allowed() -> None:
    stack = new_stack()
    batch = batch_in(stack, source=TransformSource.prefix(bucket=records(stack), split="Line"), check_records=True)
    other = records(stack, "Others", bucket_name="others")
    batch.allow_input(other, "in/")
    batch.allow_output(other, "out/")
    listed = [
        each["Condition"]["StringLike"]["s3:prefix"] for each in allowed(stack) if each["Action"] == "s3:ListBucket"
    ]
    assert listed == [["input/", "input/*"], ["in/", "in/*"]]
    text = str(served(stack))
    assert ":s3:::others/in/*" in text
    assert ":s3:::others/out/*" in text
    counting = str(Template.from_stack(stack).find_resources("AWS::IAM::ManagedPolicy"))
    assert ":s3:::others/in/*" in counting
    assert ":s3:::others/out/*" in counting


def test_fails_when_another_place_is_none() -> None:
    stack = new_stack()
    batch = batch_in(stack)
    bucket = records(stack, "Others")
    for allow, name in ((batch.allow_input, "allow_input"), (batch.allow_output, "allow_output")):
        with refused(
            f"BatchTransform.{name} bucket must be a bucket such as Bucket.from_bucket_name(self, 'Records', 'my-records'), got "
            "'b': nothing else is understood there"
        ):
            allow("b", "in/")  # type: ignore[arg-type]
        with refused(
            f"BatchTransform.{name} prefix must end in '/' and not begin with one, got 'in': it names a folder of the bucket"
        ):
            allow(bucket, "in")
        allow(bucket, text_token(stack, name))


def test_somebody_may_start_runs() -> None:
    stack = new_stack()
    batch = batch_in(stack)
    role = iam.Role(stack, "Caller", assumed_by=iam.ServicePrincipal("lambda.amazonaws.com"))
    batch.grant_start(role).assert_success()
    (policy,) = Template.from_stack(stack).find_resources("AWS::IAM::Policy").values()
    assert policy["Properties"]["PolicyDocument"]["Statement"] == [
        {"Action": "states:StartExecution", "Effect": "Allow", "Resource": stack.resolve(batch.state_machine_arn)}
    ]


# All of it, judged by cdk-nag


def everything(app: cdk.App) -> None:
    stack = cdk.Stack(app, "Stack")
    key = kms.Key(stack, "Key", enable_key_rotation=True)
    batch = batch_in(
        stack,
        model=single(stack),
        source=TransformSource.manifest("lists/a.json", data_prefix="in/", split="Line"),
        destination=TransformDestination(encryption_key=key),
        fleet=FLEET,
        capture=TransformCapture(),
        check_records=True,
    )
    batch.on_schedule(scheduler.ScheduleExpression.rate(cdk.Duration.hours(1)))
    batch.on_arrival(suffix=".json")
    batch.alarms()
    batch.allow_input(s3.Bucket.from_bucket_name(stack, "Others", "others"), "in/")


def test_nothing_is_left_to_acknowledge(monkeypatch: pytest.MonkeyPatch, tmp_path: Any) -> None:
    monkeypatch.setenv("CDK_VALIDATION", "true")
    app = cdk.App(outdir=str(tmp_path))
    everything(app)
    cdk.Validations.of(app).add_plugins(AwsSolutionsChecks(app))
    app.synth()
