import aws_cdk as cdk
import pytest
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_iam as iam
from aws_cdk import aws_s3 as s3
from aws_cdk.assertions import Match, Template

from cdk_model_hosting import ModelArtifact, Network, RealtimeEndpoint, SingleModel
from tests.unit.builders import FLEET, PULL, container, new_stack, only, resources, single, statements, sub

BASELINE = [
    {"Action": "ecr:GetAuthorizationToken", "Effect": "Allow", "Resource": "*"},
    {
        "Action": "cloudwatch:PutMetricData",
        "Effect": "Allow",
        "Resource": "*",
        "Condition": {"StringLike": {"cloudwatch:namespace": ["AWS/SageMaker", "/aws/sagemaker/*"]}},
    },
    {
        "Action": ["logs:CreateLogGroup", "logs:CreateLogStream", "logs:DescribeLogStreams", "logs:PutLogEvents"],
        "Effect": "Allow",
        "Resource": sub(
            "arn:${AWS::Partition}:logs:${AWS::Region}:${AWS::AccountId}:log-group:/aws/sagemaker/Endpoints/*"
        ),
    },
]
PULL_IMAGE = {
    "Action": PULL,
    "Effect": "Allow",
    "Resource": sub("arn:${AWS::Partition}:ecr:eu-west-1:123456789012:repository/serve"),
}


@pytest.fixture(scope="module")
def two_models() -> cdk.Stack:
    stack = new_stack()
    single(stack, "One")
    single(stack, "Two")
    return stack


def brought_role(stack: cdk.Stack) -> iam.Role:
    return iam.Role(stack, "Brought", assumed_by=iam.ServicePrincipal("sagemaker.amazonaws.com"))


# A role made here


def test_only_this_accounts_sagemaker_may_assume_the_role(two_models: cdk.Stack) -> None:
    for role in resources(two_models, "AWS::IAM::Role").values():
        assert role["Properties"]["AssumeRolePolicyDocument"] == {
            "Version": "2012-10-17",
            "Statement": [
                {
                    "Action": "sts:AssumeRole",
                    "Effect": "Allow",
                    "Principal": {"Service": "sagemaker.amazonaws.com"},
                    "Condition": {
                        "ArnLike": {
                            "aws:SourceArn": sub("arn:${AWS::Partition}:sagemaker:${AWS::Region}:${AWS::AccountId}:*")
                        },
                    },
                }
            ],
        }


def test_a_plain_model_may_pull_its_image_and_nothing_else() -> None:
    stack = new_stack()
    single(stack)
    assert statements(stack) == [PULL_IMAGE]


def test_with_an_endpoint_it_may_look_at_the_rollback_alarms_as_well() -> None:
    stack = new_stack()
    RealtimeEndpoint(stack, "Endpoint", model=single(stack), fleet=FLEET, endpoint_name="fraud")
    assert statements(stack) == [
        PULL_IMAGE,
        {
            "Action": "cloudwatch:DescribeAlarms",
            "Effect": "Allow",
            "Resource": [
                sub(
                    f"arn:${{AWS::Partition}}:cloudwatch:${{AWS::Region}}:${{AWS::AccountId}}:alarm:{each['AlarmName']}"
                )
                for each in (alarm["Properties"] for alarm in resources(stack, "AWS::CloudWatch::Alarm").values())
            ],
        },
    ]


def test_what_every_model_needs_stands_once_a_stack(two_models: cdk.Stack) -> None:
    assert only(two_models, "AWS::IAM::ManagedPolicy")["PolicyDocument"] == {
        "Version": "2012-10-17",
        "Statement": BASELINE,
    }
    roles = resources(two_models, "AWS::IAM::Role").values()
    assert [role["Properties"]["ManagedPolicyArns"] for role in roles] == [
        [{"Ref": "ModelHostingBaseline"}],
        [{"Ref": "ModelHostingBaseline"}],
    ]


def test_each_stack_and_nested_stack_has_its_own_baseline() -> None:
    app = cdk.App()
    stacks = [cdk.Stack(app, "One"), cdk.Stack(app, "Two")]
    stacks.append(cdk.NestedStack(stacks[0], "Nested"))
    for stack in stacks:
        single(stack)
    for stack in stacks:
        Template.from_stack(stack).resource_count_is("AWS::IAM::ManagedPolicy", 1)


def test_no_policy_uses_aws_managed_ones_or_wildcard_actions(two_models: cdk.Stack) -> None:
    text = str(Template.from_stack(two_models).to_json()["Resources"])
    assert "AmazonSageMakerFullAccess" not in text
    assert ":*'" not in text.replace("${AWS::AccountId}:*'", "")


def test_the_role_waits_for_nothing_and_the_model_for_the_role(two_models: cdk.Stack) -> None:
    for model in resources(two_models, "AWS::SageMaker::Model").values():
        (role, attribute) = model["Properties"]["ExecutionRoleArn"]["Fn::GetAtt"]
        assert attribute == "Arn"
        assert role in resources(two_models, "AWS::IAM::Role")


def test_grants_on_the_role_are_in_force_before_the_model() -> None:
    stack = new_stack()
    bucket = s3.Bucket.from_bucket_name(stack, "Bucket", "lookup")
    model = single(stack)
    bucket.grant_read(model.role)
    ((policy, granted),) = resources(stack, "AWS::IAM::Policy").items()
    assert granted["Properties"]["Roles"] == [{"Ref": next(iter(resources(stack, "AWS::IAM::Role")))}]
    (rendered,) = resources(stack, "AWS::SageMaker::Model").values()
    assert rendered["DependsOn"] == [policy]


def test_asking_for_the_role_twice_gives_the_same() -> None:
    model = single(new_stack())
    assert model.role is model.role


def test_a_role_that_is_only_asked_for_adds_nothing() -> None:
    stack = new_stack()
    assert single(stack).role.role_arn
    assert resources(stack, "AWS::IAM::Policy") == {}
    (model,) = resources(stack, "AWS::SageMaker::Model").values()
    assert "DependsOn" not in model


# A role that is brought


def test_a_brought_role_gets_what_the_model_needs_before_the_model() -> None:
    stack = new_stack()
    role = brought_role(stack)
    model = single(stack, role=role)
    assert model.role is role
    ((policy, granted),) = resources(stack, "AWS::IAM::Policy").items()
    assert granted["Properties"]["PolicyDocument"]["Statement"] == [*BASELINE, PULL_IMAGE]
    assert [list(each) for each in granted["Properties"]["Roles"]] == [["Ref"]]
    (rendered,) = resources(stack, "AWS::SageMaker::Model").values()
    assert policy in rendered["DependsOn"]
    assert resources(stack, "AWS::IAM::ManagedPolicy") == {}
    assert len(resources(stack, "AWS::IAM::Role")) == 1


def test_a_brought_role_gets_what_the_endpoint_needs_too() -> None:
    stack = new_stack()
    RealtimeEndpoint(stack, "Endpoint", model=single(stack, role=brought_role(stack)), fleet=FLEET)
    document = only(stack, "AWS::IAM::Policy")["PolicyDocument"]
    assert document["Statement"][-1]["Action"] == "cloudwatch:DescribeAlarms"
    assert len(document["Statement"][-1]["Resource"]) == 2


def test_an_imported_role_gets_a_policy() -> None:
    stack = new_stack()
    role = iam.Role.from_role_arn(stack, "Role", "arn:aws:iam::123456789012:role/serve")
    single(stack, role=role)
    assert only(stack, "AWS::SageMaker::Model")["ExecutionRoleArn"] == "arn:aws:iam::123456789012:role/serve"
    assert only(stack, "AWS::IAM::Policy")["Roles"] == ["serve"]


def test_an_immutable_role_is_left_as_it_is() -> None:
    stack = new_stack()
    role = iam.Role.from_role_arn(stack, "Role", "arn:aws:iam::123456789012:role/serve", mutable=False)
    RealtimeEndpoint(stack, "Endpoint", model=single(stack, role=role), fleet=FLEET)
    assert only(stack, "AWS::SageMaker::Model")["ExecutionRoleArn"] == "arn:aws:iam::123456789012:role/serve"
    assert resources(stack, "AWS::IAM::Policy") == {}
    assert resources(stack, "AWS::IAM::ManagedPolicy") == {}


def test_a_role_of_another_stack_gets_its_policy_beside_the_model() -> None:
    app = cdk.App()
    roles, models = cdk.Stack(app, "Roles"), cdk.Stack(app, "Models")
    single(models, role=brought_role(roles))
    Template.from_stack(models).resource_count_is("AWS::IAM::Policy", 1)
    Template.from_stack(roles).resource_count_is("AWS::IAM::Policy", 0)


def test_one_role_may_serve_two_models() -> None:
    stack = new_stack()
    role = brought_role(stack)
    single(stack, "One", role=role)
    single(stack, "Two", role=role)
    assert len(resources(stack, "AWS::IAM::Policy")) == 2


# Everything at once


def test_each_thing_that_a_model_has_gives_one_statement_and_no_more() -> None:
    stack = new_stack()
    bucket = s3.Bucket.from_bucket_name(stack, "Bucket", "models")
    vpc = ec2.Vpc(stack, "Vpc")
    artifact = ModelArtifact.uncompressed(bucket, "llm/")
    SingleModel(stack, "Model", container=container(artifact), network=Network(vpc=vpc))
    assert [each["Action"] if isinstance(each["Action"], str) else each["Action"][0] for each in statements(stack)] == [
        "ecr:BatchCheckLayerAvailability",
        "s3:GetObject",
        "s3:ListBucket",
        "ec2:CreateNetworkInterface",
        "ec2:CreateNetworkInterface",
        "ec2:DescribeDhcpOptions",
    ]


def test_tags_reach_the_role() -> None:
    stack = new_stack()
    cdk.Tags.of(stack).add("team", "fraud")
    single(stack)
    Template.from_stack(stack).has_resource_properties(
        "AWS::IAM::Role", {"Tags": Match.array_with([{"Key": "team", "Value": "fraud"}])}
    )
