import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import aws_cdk as cdk
import pytest
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk.assertions import Annotations, Match, Template
from cdk_nag import AwsSolutionsChecks
from cfnlint.api import ManualArgs, lint_file

from cdk_model_hosting import Fleet, Model, RealtimeEndpoint, Scaling, Variant
from cdk_model_hosting.endpoints.capture import DataCapture
from cdk_model_hosting.endpoints.shadow import Shadow
from cdk_model_hosting.experiments.schedule import ExperimentSchedule
from tests.stacks.service_requests import is_intrinsic
from tests.strict_shapes import violations
from tests.unit.builders import (
    FLEET,
    PAIR,
    att,
    join,
    new_stack,
    number_token,
    only,
    resources,
    single,
    sub,
    text_token,
)
from tests.unit.experiments.experiment import experiment_in

KIND = "AWS::SageMaker::InferenceExperiment"
KEY = "arn:aws:kms:eu-west-1:111122223333:key/1"


def logical(stack: cdk.Stack, kind: str, beginning: str = "") -> str:
    (found,) = (each for each in resources(stack, kind) if each.startswith(beginning))
    return found


def depends_on(stack: cdk.Stack) -> list[str]:
    (found,) = resources(stack, KIND).values()
    return list(found["DependsOn"])


def role_of(stack: cdk.Stack) -> dict[str, Any]:
    found: dict[str, Any] = resources(stack, "AWS::IAM::Role")[logical(stack, "AWS::IAM::Role", "Experiment")]
    return dict(found["Properties"])


def allowed(stack: cdk.Stack) -> list[dict[str, Any]]:
    """The statements of the experiment's role."""
    (policy,) = role_of(stack)["Policies"]
    return list(policy["PolicyDocument"]["Statement"])


def accepted(stack: cdk.Stack) -> dict[str, Any]:
    """The experiment as the template has it, which SageMaker must accept."""
    properties = only(stack, KIND)
    request = {name: value for name, value in properties.items() if name != "DesiredState"}
    assert violations("sagemaker", "CreateInferenceExperimentRequest", request, opaque=is_intrinsic) == []
    return properties


@pytest.fixture(scope="module")
def plain() -> cdk.Stack:
    stack = new_stack()
    experiment_in(stack)
    return stack


# The experiment


def test_an_experiment_with_nothing_chosen(plain: cdk.Stack) -> None:
    pair = {
        "InfrastructureType": "RealTimeInference",
        "RealTimeInferenceConfig": {"InstanceType": "ml.c6i.large", "InstanceCount": 2},
    }
    assert accepted(plain) == {
        "Name": "stack-experiment-9e59c8a9",
        "Type": "ShadowMode",
        "EndpointName": "fraud",
        "RoleArn": att(logical(plain, "AWS::IAM::Role", "Experiment"), "Arn"),
        "ModelVariants": [
            {
                "VariantName": "AllTraffic",
                "ModelName": att(logical(plain, "AWS::SageMaker::Model", "Model"), "ModelName"),
                "InfrastructureConfig": pair,
            },
            {
                "VariantName": "Shadow",
                "ModelName": att(logical(plain, "AWS::SageMaker::Model", "Candidate"), "ModelName"),
                "InfrastructureConfig": pair,
            },
        ],
        "ShadowModeConfig": {
            "SourceModelVariantName": "AllTraffic",
            "ShadowModelVariants": [{"ShadowModelVariantName": "Shadow", "SamplingPercentage": 50}],
        },
    }


def test_everything_can_be_chosen() -> None:
    stack = new_stack()
    model = single(stack)
    experiment = experiment_in(
        stack,
        endpoint=RealtimeEndpoint.from_endpoint_name(stack, "Live", "live", variant_names=["current"]),
        production=Variant(model=model, fleet=FLEET, name="current"),
        shadow=Shadow(model=model, fleet=Fleet(instance_type="ml.m5.large"), percent=100, name="smaller"),
        schedule=ExperimentSchedule(
            start=datetime(2027, 1, 4, 9, tzinfo=UTC), end=datetime(2027, 1, 11, 9, tzinfo=UTC)
        ),
        capture=DataCapture(encryption_key=kms.Key.from_key_arn(stack, "Captures", KEY)),
        encryption_key=kms.Key.from_key_arn(stack, "Volumes", f"{KEY}0"),
        experiment_name="smaller-instances",
        description="Whether an m5 is enough",
        desired_state="Running",
    )
    found = accepted(stack)
    bucket = logical(stack, "AWS::S3::Bucket")
    assert found["DataStorageConfig"] == {
        "Destination": join("s3://", {"Ref": bucket}, "/captured"),
        "KmsKey": KEY,
        "ContentType": {"CsvContentTypes": ["text/csv"], "JsonContentTypes": ["application/json"]},
    }
    assert stack.resolve(experiment.captured_bucket.bucket_name) == {"Ref": bucket}
    del found["ModelVariants"], found["DataStorageConfig"], found["RoleArn"]
    assert found == {
        "Name": "smaller-instances",
        "Type": "ShadowMode",
        "Description": "Whether an m5 is enough",
        "EndpointName": "live",
        "KmsKey": f"{KEY}0",
        "Schedule": {"StartTime": "2027-01-04T09:00:00Z", "EndTime": "2027-01-11T09:00:00Z"},
        "ShadowModeConfig": {
            "SourceModelVariantName": "current",
            "ShadowModelVariants": [{"ShadowModelVariantName": "smaller", "SamplingPercentage": 100}],
        },
        "DesiredState": "Running",
    }


def test_it_waits_for_the_endpoint_and_its_check(plain: cdk.Stack) -> None:
    waits_for = depends_on(plain)
    assert logical(plain, "AWS::SageMaker::Endpoint") in waits_for
    everything = Template.from_stack(plain).to_json()["Resources"]
    (check,) = (name for name, each in everything.items() if each["Type"] == "Custom::EndpointRollout")
    assert check in waits_for


def test_no_check_is_made_where_nobody_asked_for_one() -> None:
    stack = new_stack()
    experiment_in(stack, endpoint=RealtimeEndpoint.from_endpoint_name(stack, "Live", "live"))
    everything = Template.from_stack(stack).to_json()["Resources"].values()
    assert not [each for each in everything if each["Type"].startswith("Custom::")]


# What SageMaker may do


def test_the_role_may_move_the_endpoint_and_nothing_else(plain: cdk.Stack) -> None:
    endpoint, configurations, models = allowed(plain)
    assert endpoint["Action"] == [
        "sagemaker:DescribeEndpoint",
        "sagemaker:UpdateEndpoint",
        "sagemaker:UpdateEndpointWeightsAndCapacities",
    ]
    assert endpoint["Resource"]["Fn::Join"][1][-1] == ":endpoint/fraud"
    assert configurations == {
        "Action": [
            "sagemaker:AddTags",
            "sagemaker:CreateEndpointConfig",
            "sagemaker:DeleteEndpointConfig",
            "sagemaker:DescribeEndpointConfig",
            "sagemaker:UpdateEndpoint",
        ],
        "Effect": "Allow",
        "Resource": sub("arn:${AWS::Partition}:sagemaker:${AWS::Region}:${AWS::AccountId}:endpoint-config/*"),
    }
    assert models == {
        "Action": "sagemaker:DescribeModel",
        "Effect": "Allow",
        "Resource": [
            {"Ref": logical(plain, "AWS::SageMaker::Model", "Model")},
            {"Ref": logical(plain, "AWS::SageMaker::Model", "Candidate")},
        ],
    }


def test_only_this_accounts_sagemaker_may_take_the_role(plain: cdk.Stack) -> None:
    (statement,) = role_of(plain)["AssumeRolePolicyDocument"]["Statement"]
    assert statement["Principal"] == {"Service": "sagemaker.amazonaws.com"}
    (source,) = statement["Condition"]["ArnLike"].values()
    assert source["Fn::Join"][1][-1] == ":*"
    assert {"Ref": "AWS::AccountId"} in source["Fn::Join"][1]


def test_an_imported_models_arn_is_in_lower_case() -> None:
    stack = new_stack()
    shadow = Shadow(model=Model.from_model_name(stack, "New", "NewModel"), fleet=PAIR, percent=50)
    experiment_in(stack, shadow=shadow)
    _, newer = allowed(stack)[2]["Resource"]
    assert newer == sub("arn:${AWS::Partition}:sagemaker:${AWS::Region}:${AWS::AccountId}:model/newmodel")


def test_captures_are_written_by_the_models_and_by_the_experiment() -> None:
    stack = new_stack()
    experiment_in(stack, capture=DataCapture())
    objects = join(att(logical(stack, "AWS::S3::Bucket"), "Arn"), "/captured/*")
    for role in resources(stack, "AWS::IAM::Role").values():
        (policy,) = role["Properties"]["Policies"]
        writes = [
            each["Resource"]
            for each in policy["PolicyDocument"]["Statement"]
            if each["Action"] == ["s3:AbortMultipartUpload", "s3:PutObject"]
        ]
        assert writes == [objects]


def test_the_key_of_the_volumes_is_used_by_the_models_and_by_the_experiment() -> None:
    stack = new_stack()
    experiment_in(stack, encryption_key=kms.Key.from_key_arn(stack, "Key", KEY))
    for role in resources(stack, "AWS::IAM::Role").values():
        (policy,) = role["Properties"]["Policies"]
        grants = [each for each in policy["PolicyDocument"]["Statement"] if each["Action"] == "kms:CreateGrant"]
        assert grants == [
            {
                "Action": "kms:CreateGrant",
                "Effect": "Allow",
                "Resource": KEY,
                "Condition": {"Bool": {"kms:GrantIsForAWSResource": "true"}},
            }
        ]


def test_a_role_that_is_brought_gets_the_same_permissions_first() -> None:
    stack = new_stack()
    role = iam.Role(stack, "Mine", assumed_by=iam.ServicePrincipal("sagemaker.amazonaws.com"))
    experiment = experiment_in(stack, role=role)
    assert experiment.role is role
    policy = logical(stack, "AWS::IAM::Policy")
    statements = resources(stack, "AWS::IAM::Policy")[policy]["Properties"]["PolicyDocument"]["Statement"]
    assert [each["Action"] for each in statements][-1] == "sagemaker:DescribeModel"
    assert policy in depends_on(stack)
    assert only(stack, KIND)["RoleArn"] == att(logical(stack, "AWS::IAM::Role", "Mine"), "Arn")


def test_a_role_of_another_account_is_left_alone() -> None:
    stack = new_stack()
    arn = "arn:aws:iam::111122223333:role/experiments"
    experiment_in(stack, role=iam.Role.from_role_arn(stack, "Mine", arn, mutable=False))
    assert resources(stack, "AWS::IAM::Policy") == {}
    assert only(stack, KIND)["RoleArn"] == arn


def test_the_role_can_be_given_more() -> None:
    stack = new_stack()
    experiment = experiment_in(stack)
    experiment.role.add_to_principal_policy(iam.PolicyStatement(actions=["sagemaker:ListTags"], resources=["*"]))
    assert logical(stack, "AWS::IAM::Policy") in depends_on(stack)


# What others say of it


def test_cfn_lint_and_nag_find_nothing(tmp_path: Path) -> None:
    app = cdk.App(outdir=str(tmp_path))
    stack = cdk.Stack(app, "Stack")
    key = kms.Key(stack, "Key", enable_key_rotation=True)
    schedule = ExperimentSchedule(end=datetime(2027, 1, 11, 9, tzinfo=UTC))
    experiment_in(stack, capture=DataCapture(), encryption_key=key, schedule=schedule)
    cdk.Validations.of(app).add_plugins(AwsSolutionsChecks(app))
    app.synth()
    # Its list of instance types is that of the price lists, which hold fewer of them elsewhere.
    found = lint_file(tmp_path / "Stack.template.json", config=ManualArgs(regions=["us-east-1"]))
    assert [str(each) for each in found] == []


def test_cfn_lint_knows_its_instance_types(plain: cdk.Stack, tmp_path: Path) -> None:
    (resource,) = resources(plain, KIND).values()
    del resource["DependsOn"]
    resource["Properties"]["RoleArn"] = "arn:aws:iam::111122223333:role/experiments"
    for variant in resource["Properties"]["ModelVariants"]:
        variant["ModelName"] = "fraud"
        variant["InfrastructureConfig"]["RealTimeInferenceConfig"]["InstanceType"] = "ml.unknown.large"
    file = tmp_path / "changed.template.json"
    file.write_text(json.dumps({"Resources": {"Experiment": resource}}))
    found = lint_file(file, config=ManualArgs(regions=["us-east-1"]))
    assert {each.rule.id for each in found} == {"E3642"}


# What works, but not as one may expect


def warnings(stack: cdk.Stack, text: str) -> int:
    return len(Annotations.from_stack(stack).find_warning("*", Match.string_like_regexp(text)))


def test_warns_of_what_an_experiment_is_not_told() -> None:
    stack = new_stack()
    scaling = Scaling.between(3, 9)
    fleet = Fleet(instance_type="ml.c6i.large", volume_gb=50, startup_timeout=cdk.Duration.minutes(5))
    production = Variant(model=single(stack), fleet=fleet, scaling=scaling)
    experiment_in(stack, production=production, endpoint=RealtimeEndpoint.from_endpoint_name(stack, "Live", "live"))
    assert warnings(stack, "told of 3 instances of AllTraffic, which scales") == 1
    assert warnings(stack, "told nothing of volume_gb and startup_timeout of AllTraffic") == 1


def test_a_plain_experiment_warns_of_nothing(plain: cdk.Stack) -> None:
    assert warnings(plain, "experiment") == 0


# Tokens, tags


def test_numbers_and_names_may_be_tokens() -> None:
    stack = new_stack()
    name = text_token(stack, "Variant")
    experiment_in(
        stack,
        endpoint=RealtimeEndpoint.from_endpoint_name(
            stack, "Live", text_token(stack, "Endpoint"), variant_names=[name]
        ),
        production=Variant(model=single(stack), fleet=PAIR, name=name),
        shadow=Shadow(
            model=Model.from_model_name(stack, "New", text_token(stack, "ModelName")),
            fleet=PAIR,
            percent=number_token(stack, "Percent"),
            name=text_token(stack, "ShadowName"),
        ),
        schedule=ExperimentSchedule(start=text_token(stack, "Start"), end=text_token(stack, "End")),
        experiment_name=text_token(stack, "Name"),
        description=text_token(stack, "Description"),
        desired_state=text_token(stack, "State"),
    )
    found = accepted(stack)
    for what in ("Name", "Description"):
        assert found[what] == {"Ref": what}
    assert found["EndpointName"] == {"Ref": "Endpoint"}
    assert found["DesiredState"] == {"Ref": "State"}
    assert found["Schedule"] == {"StartTime": {"Ref": "Start"}, "EndTime": {"Ref": "End"}}
    assert found["ShadowModeConfig"] == {
        "SourceModelVariantName": {"Ref": "Variant"},
        "ShadowModelVariants": [
            {"ShadowModelVariantName": {"Ref": "ShadowName"}, "SamplingPercentage": {"Ref": "Percent"}}
        ],
    }


def test_it_is_tagged_with_its_stack() -> None:
    stack = new_stack()
    experiment_in(stack)
    cdk.Tags.of(stack).add("team", "fraud")
    assert only(stack, KIND)["Tags"] == [{"Key": "team", "Value": "fraud"}]


def test_synthesizing_twice_gives_the_same_template() -> None:
    def made() -> dict[str, Any]:
        stack = new_stack()
        experiment_in(stack, capture=DataCapture())
        return dict(Template.from_stack(stack).to_json())

    assert made() == made()
