from typing import Any

import aws_cdk as cdk
import pytest
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_s3 as s3
from aws_cdk.assertions import Annotations, Match, Template

from cdk_model_hosting import (
    ComponentEndpoint,
    ComponentResources,
    Fleet,
    ManagedInstances,
    ModelArtifact,
    Network,
    Routing,
)
from tests.stacks.service_requests import refusals
from tests.unit.builders import (
    FLEET,
    PAIR,
    att,
    container,
    new_stack,
    number_token,
    only,
    refused,
    resources,
    statements,
    sub,
    text_token,
)
from tests.unit.endpoints.shared import COMPONENT, CONFIG, ENDPOINT, component_on, endpoint_in, logical

ROLE = "AWS::IAM::Role"
KEY = "arn:aws:kms:eu-west-1:111122223333:key/1"
SHARED = ComponentResources(memory_mb=128)
TO_ZERO = ManagedInstances(minimum=0, maximum=3)
INVOKE = ["sagemaker:InvokeEndpoint", "sagemaker:InvokeEndpointWithResponseStream"]


def archive(stack: cdk.Stack, name: str) -> ModelArtifact:
    bucket = stack.node.try_find_child("Bucket") or s3.Bucket.from_bucket_name(stack, "Bucket", "models")
    return ModelArtifact.from_bucket(bucket, f"{name}.tar.gz")  # type: ignore[arg-type]


def variant_of(stack: cdk.Stack, **options: Any) -> dict[str, Any]:
    """The one variant, in a configuration that SageMaker accepts."""
    endpoint_in(stack, **options)
    assert refusals(Template.from_stack(stack).to_json()) == {}
    (variant,) = only(stack, CONFIG)["ProductionVariants"]
    found: dict[str, Any] = variant
    return found


@pytest.fixture(scope="module")
def plain() -> cdk.Stack:
    stack = new_stack()
    endpoint_in(stack, endpoint_name="shared")
    return stack


# Instances without a model


def test_the_variant_has_no_model_and_the_configuration_the_role(plain: cdk.Stack) -> None:
    assert only(plain, CONFIG) == {
        "ExecutionRoleArn": att(logical(plain, ROLE), "Arn"),
        "ProductionVariants": [
            {
                "VariantName": "AllTraffic",
                "InstanceType": "ml.c6i.large",
                "InitialInstanceCount": 1,
                "InitialVariantWeight": 1,
            }
        ],
    }


def test_the_endpoint_follows_its_configuration(plain: cdk.Stack) -> None:
    name = att(logical(plain, CONFIG), "EndpointConfigName")
    assert only(plain, ENDPOINT) == {"EndpointName": "shared", "EndpointConfigName": name}


def test_an_endpoint_takes_four_resources(plain: cdk.Stack) -> None:
    kinds = [each["Type"] for each in Template.from_stack(plain).to_json()["Resources"].values()]
    assert sorted(kinds) == ["AWS::IAM::ManagedPolicy", ROLE, ENDPOINT, CONFIG]


@pytest.mark.parametrize(
    ("options", "count"),
    [
        ({"fleet": PAIR}, 2),
        ({"instances": TO_ZERO}, 1),
        ({"instances": ManagedInstances(minimum=2, maximum=3)}, 2),
        ({"fleet": PAIR, "instances": ManagedInstances(minimum=1, maximum=3)}, 2),
    ],
)
def test_it_starts_with_an_instance_at_least(options: dict[str, Any], count: int) -> None:
    assert variant_of(new_stack(), **options)["InitialInstanceCount"] == count


def test_everything_of_a_fleet_is_passed_on() -> None:
    fleet = Fleet(
        instance_type="ml.c6i.large",
        volume_gb=100,
        startup_timeout=cdk.Duration.minutes(5),
        download_timeout=cdk.Duration.minutes(10),
        routing=Routing.least_outstanding_requests(),
    )
    variant = variant_of(new_stack(), fleet=fleet)
    assert variant["VolumeSizeInGB"] == 100
    assert variant["ContainerStartupHealthCheckTimeoutInSeconds"] == 300
    assert variant["ModelDataDownloadTimeoutInSeconds"] == 600
    assert variant["RoutingConfig"] == {"RoutingStrategy": "LEAST_OUTSTANDING_REQUESTS"}
    gpu = variant_of(
        new_stack(), fleet=Fleet(instance_type="ml.g5.xlarge", ami_version="al2-ami-sagemaker-inference-gpu-3-1")
    )
    assert gpu["InferenceAmiVersion"] == "al2-ami-sagemaker-inference-gpu-3-1"


def test_instances_that_copies_have_brought_up_survive_a_deployment() -> None:
    stack = new_stack()
    endpoint_in(stack, instances=TO_ZERO)
    assert only(stack, ENDPOINT)["RetainAllVariantProperties"] is True


def test_tokens_pass() -> None:
    stack = new_stack()
    low, high, count = (number_token(stack, each) for each in ("Low", "High", "Count"))
    variant = variant_of(
        stack,
        fleet=Fleet(instance_type=text_token(stack, "Type"), count=count),  # type: ignore[arg-type]
        instances=ManagedInstances(minimum=low, maximum=high),  # type: ignore[arg-type]
        endpoint_name=text_token(stack, "Name"),
    )
    assert (variant["InstanceType"], variant["InitialInstanceCount"]) == ({"Ref": "Type"}, {"Ref": "Count"})
    other = new_stack()
    fewest: Any = number_token(other)
    variant = variant_of(other, instances=ManagedInstances(minimum=fewest, maximum=3))
    assert variant["InitialInstanceCount"] == {"Ref": "Number"}


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"fleet": "ml.c6i.large"}, "ComponentEndpoint fleet must be a Fleet, got 'ml.c6i.large': nothing else is understood there"),
        ({"instances": 3}, "ComponentEndpoint instances must be a ManagedInstances, got 3: nothing else is understood there"),
        ({"network": "vpc"}, "ComponentEndpoint network must be a Network, got 'vpc': nothing else is understood there"),
        (
            {"role": "role"},
            "ComponentEndpoint role must be a role such as Role.from_role_arn(self, 'Role', arn), got 'role': nothing else is understood there",
        ),
        ({"network_isolation": 1}, "ComponentEndpoint network_isolation must be a bool, got 1: nothing else is understood there"),
        ({"verify_rollout": None}, "ComponentEndpoint verify_rollout must be a bool, got None: nothing else is understood there"),
        (
            {"fleet": PAIR, "instances": ManagedInstances(minimum=0, maximum=1)},
            "Fleet count must lie between the bounds 0 and 1 of instances, got 2: SageMaker would change it at once",
        ),
        (
            {"fleet": Fleet(instance_type="ml.inf1.xlarge")},
            "Fleet instance_type must be no Inf1 for an inference component endpoint, got ml.inf1.xlarge: SageMaker serves Inf1 instances by single-model real-time endpoints only",
        ),
        (
            {"endpoint_name": "a_b"},
            "ComponentEndpoint endpoint_name must be 1-63 characters (letters, digits and hyphens, no hyphen first or last), got 'a_b': SageMaker accepts no other endpoint name",
        ),
    ],
)  # fmt: skip
def test_fails_when_it_cannot_be(options: dict[str, Any], message: str) -> None:
    with refused(message):
        endpoint_in(new_stack(), **options)


# Keys


def test_a_key_encrypts_the_volumes() -> None:
    stack = new_stack()
    endpoint_in(stack, encryption_key=kms.Key.from_key_arn(stack, "Key", KEY))
    assert only(stack, CONFIG)["KmsKeyId"] == KEY
    grant, use = statements(stack)[1:]
    assert (grant["Action"], grant["Resource"]) == ("kms:CreateGrant", KEY)
    assert grant["Condition"] == {"Bool": {"kms:GrantIsForAWSResource": "true"}}
    assert use["Action"] == ["kms:Decrypt", "kms:DescribeKey", "kms:GenerateDataKeyWithoutPlaintext"]


def test_fails_when_a_key_meets_nvme_disks() -> None:
    stack = new_stack()
    key = kms.Key.from_key_arn(stack, "Key", KEY)
    with refused(
        "ComponentEndpoint encryption_key must be omitted for ml.g5.xlarge, got one: its local NVMe disks are encrypted by the "
        "hardware with a key of their own, and it has no volume to encrypt"
    ):
        endpoint_in(stack, fleet=Fleet(instance_type="ml.g5.xlarge"), encryption_key=key)


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"instance_type": "ml.g7.2xlarge"}, "encryption_key may be refused"),
        ({"instance_type": "ml.c99.large"}, "ml.c99.large of variant AllTraffic is newer than this library"),
        ({"instance_type": "ml.g7.2xlarge", "volume_gb": 9}, "volume_gb of variant AllTraffic may be refused"),
    ],
)
def test_says_what_aws_does_not(options: dict[str, Any], said: str) -> None:
    stack = new_stack()
    endpoint_in(stack, fleet=Fleet(**options), encryption_key=kms.Key.from_key_arn(stack, "Key", KEY))
    assert len(Annotations.from_stack(stack).find_warning("*", Match.string_like_regexp(said))) == 1


def test_a_plain_endpoint_needs_no_advice(plain: cdk.Stack) -> None:
    assert Annotations.from_stack(plain).find_warning("*", Match.any_value()) == []


# The role


def test_the_role_writes_the_logs_of_components(plain: cdk.Stack) -> None:
    logs = "arn:${AWS::Partition}:logs:${AWS::Region}:${AWS::AccountId}:log-group:/aws/sagemaker/InferenceComponents/*"
    assert statements(plain) == [
        {
            "Action": ["logs:CreateLogGroup", "logs:CreateLogStream", "logs:DescribeLogStreams", "logs:PutLogEvents"],
            "Effect": "Allow",
            "Resource": sub(logs),
        }
    ]


def test_all_components_use_the_endpoints_role() -> None:
    stack = new_stack()
    endpoint = endpoint_in(stack)
    for name in ("Coast", "Inland"):
        component_on(endpoint, name, rollback_on=[])
    arn = att(logical(stack, ROLE), "Arn")
    assert {
        str(each["Properties"]["ExecutionRoleArn"]) for each in resources(stack, "AWS::SageMaker::Model").values()
    } == {str(arn)}


@pytest.mark.parametrize("first", ["component", "grant"])
def test_what_the_role_is_granted_is_in_force_before_anything_is_made_with_it(first: str) -> None:
    stack = new_stack()
    endpoint = endpoint_in(stack)
    if first == "component":
        component_on(endpoint)
    kms.Key.from_key_arn(stack, "Key", KEY).grant_decrypt(endpoint.role)
    if first == "grant":
        component_on(endpoint)
    policy = logical(stack, "AWS::IAM::Policy")
    for kind in (CONFIG, "AWS::SageMaker::Model"):
        (made,) = resources(stack, kind).values()
        assert policy in made["DependsOn"], kind


def test_a_role_that_is_brought_gets_what_it_needs_and_is_waited_for() -> None:
    stack = new_stack()
    role = iam.Role.from_role_arn(stack, "Brought", "arn:aws:iam::111122223333:role/serve")
    endpoint = endpoint_in(stack, role=role)
    component_on(endpoint, container=container(archive(stack, "fraud")))
    assert endpoint.role_arn == "arn:aws:iam::111122223333:role/serve"
    policy = logical(stack, "AWS::IAM::Policy")
    assert only(stack, "AWS::IAM::Policy")["Roles"] == ["serve"]
    actions = [each["Action"] for each in only(stack, "AWS::IAM::Policy")["PolicyDocument"]["Statement"]]
    assert "s3:GetObject" in actions
    for kind in (CONFIG, "AWS::SageMaker::Model"):
        (made,) = resources(stack, kind).values()
        assert made["DependsOn"] == [policy], kind
    assert resources(stack, ROLE) == {}


def test_a_role_that_takes_nothing_is_left_alone() -> None:
    stack = new_stack()
    role = iam.Role.from_role_arn(stack, "Brought", "arn:aws:iam::111122223333:role/serve", mutable=False)
    component_on(endpoint_in(stack, role=role))
    assert resources(stack, "AWS::IAM::Policy") == {}


def test_fails_when_iam_keeps_no_policy_that_long() -> None:
    stack = new_stack()
    endpoint = endpoint_in(stack)
    with refused(
        "ComponentEndpoint role policy for all components must be 1-10240 characters, got 10632: IAM keeps no longer "
        "ones; bring a role that may read what the components need, or take another endpoint for some"
    ):
        for number in range(100):
            serving = container(archive(stack, f"{'x' * 900}{number}"))
            component_on(endpoint, f"C{number}", container=serving, rollback_on=[], resources=SHARED)


def test_a_role_that_is_brought_may_hold_whatever_it_does() -> None:
    stack = new_stack()
    role = iam.Role.from_role_arn(stack, "Brought", "arn:aws:iam::111122223333:role/serve", mutable=False)
    endpoint = endpoint_in(stack, role=role)
    for number in range(12):
        serving = container(archive(stack, f"{'x' * 900}{number}"))
        component_on(endpoint, f"C{number}", container=serving, rollback_on=[], resources=SHARED)
    assert len(resources(stack, COMPONENT)) == 12


# The network


def test_instances_and_models_are_in_one_network() -> None:
    stack = new_stack()
    vpc = ec2.Vpc(stack, "Vpc")
    endpoint = endpoint_in(stack, network=Network(vpc=vpc), network_isolation=True)
    component_on(endpoint)
    config, model = only(stack, CONFIG), only(stack, "AWS::SageMaker::Model")
    assert config["VpcConfig"] == model["VpcConfig"]
    assert len(config["VpcConfig"]["Subnets"]) == 2
    assert config["EnableNetworkIsolation"] is model["EnableNetworkIsolation"] is True
    assert "ec2:CreateNetworkInterface" in str(statements(stack))
    assert refusals(Template.from_stack(stack).to_json()) == {}


def test_who_may_talk_to_the_containers_can_be_said() -> None:
    stack = new_stack()
    vpc = ec2.Vpc(stack, "Vpc")
    group = ec2.SecurityGroup(stack, "Group", vpc=vpc, allow_all_outbound=False)
    endpoint = endpoint_in(stack, network=Network(vpc=vpc, security_groups=[group]))
    endpoint.connections.allow_to(ec2.Peer.ipv4("10.9.0.0/16"), ec2.Port.tcp(5432), "Features")
    template = Template.from_stack(stack)
    template.has_resource_properties(
        "AWS::EC2::SecurityGroup",
        {"SecurityGroupEgress": Match.array_with([Match.object_like({"CidrIp": "10.9.0.0/16", "ToPort": 5432})])},
    )


def test_fails_when_there_is_nobody_to_talk_to() -> None:
    with refused(
        "ComponentEndpoint connections must belong to an endpoint in a VPC, got one without a network: only a VPC has security "
        "groups"
    ):
        _ = endpoint_in(new_stack()).connections


# From outside


def test_it_is_checked_and_its_kind_of_metrics_is_published() -> None:
    stack = new_stack()
    endpoint = endpoint_in(stack, verify_rollout=True)
    (check,) = Template.from_stack(stack).find_resources("Custom::EndpointRollout").values()
    assert check["Properties"]["Endpoints"]["Endpoint0"]["Name"] == att(logical(stack, ENDPOINT), "EndpointName")
    assert stack.resolve(endpoint.metric_memory_reservation().to_metric_config())["metricStat"]["metricName"] == (
        "MemoryReservation"
    )


def test_the_resources_can_be_changed_from_outside() -> None:
    stack = new_stack()
    endpoint = endpoint_in(stack)
    endpoint.cfn_endpoint_config.add_property_override("MetricsConfig.EnableEnhancedMetrics", value=True)
    endpoint.cfn_endpoint.add_property_override("RetainDeploymentConfig", value=True)
    assert only(stack, CONFIG)["MetricsConfig"] == {"EnableEnhancedMetrics": True}
    assert only(stack, ENDPOINT)["RetainDeploymentConfig"] is True


def test_alarms_watch_every_component_those_to_come_included() -> None:
    stack = new_stack()
    endpoint = endpoint_in(stack)
    component_on(endpoint, "Coast", rollback_on=[], component_name="coast")
    endpoint.alarms()
    component_on(endpoint, "Inland", rollback_on=[], component_name="inland")
    names = [each["Properties"]["AlarmName"] for each in resources(stack, "AWS::CloudWatch::Alarm").values()]
    for condition in ("ServerErrors", "NoCapacity", "CopyMemoryUtilization"):
        assert {name.split("/")[1] for name in names if condition in name} == {"coast", "inland"}, condition


def test_the_name_may_be_left_to_the_path() -> None:
    stack = new_stack("Fraud")
    ComponentEndpoint(stack, "Shared", fleet=FLEET, verify_rollout=False)
    assert only(stack, ENDPOINT)["EndpointName"].startswith("fraud-shared-")
