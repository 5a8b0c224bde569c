from collections.abc import Callable
from typing import Any

import aws_cdk as cdk
import pytest
from aws_cdk import aws_s3 as s3
from aws_cdk.assertions import Annotations, Match, Template
from aws_cdk.aws_applicationautoscaling import Schedule

from cdk_model_hosting import (
    ComponentResources,
    Fleet,
    InferenceComponent,
    ManagedInstances,
    ModelArtifact,
    Scaling,
    ScalingPolicy,
    ScheduledScaling,
)
from tests.stacks.service_requests import refusals
from tests.unit.builders import (
    IMAGE,
    PULL,
    att,
    container,
    join,
    new_stack,
    number_token,
    only,
    refused,
    resources,
    statements,
    sub,
    text_token,
)
from tests.unit.endpoints.shared import COMPONENT, ENDPOINT, component_in, component_on, endpoint_in, logical

MODEL = "AWS::SageMaker::Model"
TARGET = "AWS::ApplicationAutoScaling::ScalableTarget"
POLICY = "AWS::ApplicationAutoScaling::ScalingPolicy"
ALARM = "AWS::CloudWatch::Alarm"
INVOKE = ["sagemaker:InvokeEndpoint", "sagemaker:InvokeEndpointWithResponseStream"]
TO_ZERO = Scaling.on_concurrency_per_copy(per_copy=4, between=(0, 3))
SHARED = ComponentResources(memory_mb=128)


def whole(stack: cdk.Stack) -> dict[str, Any]:
    """The template, which the services accept."""
    template = dict(Template.from_stack(stack).to_json())
    assert refusals(template) == {}
    return template


# What it is


def test_it_is_a_model_in_copies_with_a_share_of_the_instances() -> None:
    stack = new_stack()
    component_on(endpoint_in(stack), rollback_on=[], component_name="coast")
    assert only(stack, COMPONENT) == {
        "EndpointName": att(logical(stack, ENDPOINT), "EndpointName"),
        "VariantName": "AllTraffic",
        "InferenceComponentName": "coast",
        "Specification": {
            "ModelName": att(logical(stack, MODEL), "ModelName"),
            "ComputeResourceRequirements": {"MinMemoryRequiredInMb": 512, "NumberOfCpuCoresRequired": 0.5},
        },
        "RuntimeConfig": {"CopyCount": 1},
    }
    assert only(stack, MODEL) == {
        "ExecutionRoleArn": att(logical(stack, "AWS::IAM::Role"), "Arn"),
        "PrimaryContainer": {"Image": IMAGE},
    }
    whole(stack)


def test_everything_can_be_chosen() -> None:
    stack = new_stack()
    found = component_in(
        stack,
        copies=3,
        startup_timeout=cdk.Duration.minutes(2),
        download_timeout=cdk.Duration.minutes(10),
        cache=True,
    )
    assert found["RuntimeConfig"] == {"CopyCount": 3}
    assert found["Specification"]["StartupParameters"] == {
        "ContainerStartupHealthCheckTimeoutInSeconds": 120,
        "ModelDataDownloadTimeoutInSeconds": 600,
    }
    assert found["Specification"]["DataCacheConfig"] == {"EnableCaching": True}
    whole(stack)


def test_its_name_is_made_of_its_path() -> None:
    stack = new_stack("Fraud")
    component = component_on(endpoint_in(stack))
    assert component.component_name.startswith("fraud-coast-")
    assert only(stack, COMPONENT)["InferenceComponentName"] == component.component_name
    assert len(component_on(component.endpoint, "C" * 90).component_name) == 63


def test_the_role_gets_what_each_component_needs() -> None:
    stack = new_stack()
    bucket = s3.Bucket.from_bucket_name(stack, "Bucket", "models")
    endpoint = endpoint_in(stack)
    for name in ("coast", "inland"):
        serving = container(ModelArtifact.from_bucket(bucket, f"{name}-1.tar.gz"))
        component_on(endpoint, name, container=serving, rollback_on=[])
    logs, pull, coast, inland = statements(stack)
    assert "logs:PutLogEvents" in logs["Action"]
    assert pull["Action"] == PULL
    assert [each["Resource"] for each in (coast, inland)] == [
        sub("arn:${AWS::Partition}:s3:::models/coast-1.tar.gz"),
        sub("arn:${AWS::Partition}:s3:::models/inland-1.tar.gz"),
    ]
    assert coast["Action"] == inland["Action"] == "s3:GetObject"


def test_files_under_a_prefix_are_served_too() -> None:
    stack = new_stack()
    bucket = s3.Bucket.from_bucket_name(stack, "Bucket", "models")
    component_on(endpoint_in(stack), container=container(ModelArtifact.uncompressed(bucket, "coast/1/")))
    assert only(stack, MODEL)["PrimaryContainer"]["ModelDataSource"]["S3DataSource"]["S3Uri"] == "s3://models/coast/1/"


def test_the_same_app_gives_the_same_template() -> None:
    def made() -> object:
        stack = new_stack()
        component_on(endpoint_in(stack, instances=ManagedInstances(minimum=0, maximum=3)), scaling=TO_ZERO)
        return whole(stack)

    assert made() == made()


# Scaling


@pytest.fixture(scope="module")
def sleepy() -> cdk.Stack:
    stack = new_stack()
    endpoint = endpoint_in(stack, instances=ManagedInstances(minimum=0, maximum=3))
    component_on(endpoint, rollback_on=[], component_name="coast", scaling=TO_ZERO)
    return stack


def test_copies_are_registered_once_the_component_is_there(sleepy: cdk.Stack) -> None:
    (target,) = resources(sleepy, TARGET).values()
    assert target["Properties"] == {
        "MinCapacity": 0,
        "MaxCapacity": 3,
        "ResourceId": "inference-component/coast",
        "ScalableDimension": "sagemaker:inference-component:DesiredCopyCount",
        "ServiceNamespace": "sagemaker",
    }
    assert target["DependsOn"] == [logical(sleepy, COMPONENT)]
    whole(sleepy)


def test_a_component_that_may_be_at_zero_starts_with_a_copy(sleepy: cdk.Stack) -> None:
    assert only(sleepy, COMPONENT)["RuntimeConfig"] == {"CopyCount": 1}


def test_the_first_failure_wakes_it(sleepy: cdk.Stack) -> None:
    policies = {each["Properties"]["PolicyName"]: name for name, each in resources(sleepy, POLICY).items()}
    assert set(policies) == {"ConcurrencyPerCopy", "WakeFromZero"}
    alarm = only(sleepy, ALARM)
    assert (alarm["MetricName"], alarm["Threshold"]) == ("NoCapacityInvocationFailures", 1)
    assert alarm["Dimensions"] == [{"Name": "InferenceComponentName", "Value": "coast"}]
    assert alarm["AlarmActions"] == [{"Ref": policies["WakeFromZero"]}]


def test_one_that_keeps_a_copy_needs_no_waking() -> None:
    stack = new_stack()
    scaling = Scaling.on_concurrency_per_copy(per_copy=4, between=(2, 3))
    component = component_on(endpoint_in(stack), rollback_on=[], scaling=scaling)
    assert resources(stack, ALARM) == {}
    assert component.scaled is not None
    assert set(component.scaled.cfn_policies) == {"ConcurrencyPerCopy"}


def test_one_without_scaling_is_not_registered() -> None:
    stack = new_stack()
    assert component_on(endpoint_in(stack)).scaled is None
    assert resources(stack, TARGET) == {}


def test_the_clock_may_move_the_bounds() -> None:
    stack = new_stack()
    night = ScheduledScaling(name="night", schedule=Schedule.cron(hour="22", minute="0"), between=(0, 1))
    scaling = Scaling.between(1, 3, [ScalingPolicy.on_invocations_per_copy(per_copy_per_minute=600)], schedules=[night])
    component_on(endpoint_in(stack), scaling=scaling)
    (action,) = only(stack, TARGET)["ScheduledActions"]
    assert action["ScalableTargetAction"] == {"MinCapacity": 0, "MaxCapacity": 1}
    assert "WakeFromZero" in {each["Properties"]["PolicyName"] for each in resources(stack, POLICY).values()}
    whole(stack)


@pytest.mark.parametrize("copies", [1, 4])
def test_fails_when_scaling_would_not_let_the_copies_be(copies: int) -> None:
    scaling = Scaling.on_concurrency_per_copy(per_copy=4, between=(2, 3))
    with refused(
        f"InferenceComponent copies must lie between the scaling's bounds 2 and 3, got {copies}: scaling would change it at once"
    ):
        component_in(new_stack(), copies=copies, scaling=scaling)


def test_fails_when_a_policy_counts_something_else() -> None:
    scaling = Scaling.on_invocations(per_instance_per_minute=600, between=(1, 3))
    with refused(
        "ScalingPolicy.on_invocations must be omitted for inference component endpoints, got one: SageMaker counts requests per "
        "instance only where instances answer at once; use ScalingPolicy.on_concurrency_per_copy"
    ):
        component_in(new_stack(), scaling=scaling)


# Tokens


def test_no_token_is_lost() -> None:
    stack = new_stack()
    tokens = {
        each: number_token(stack, each)
        for each in ("Low", "High", "Copies", "Memory", "Cpus", "Start", "Load", "Target")
    }
    component_on(
        endpoint_in(
            stack, fleet=Fleet(instance_type=text_token(stack, "Type")), endpoint_name=text_token(stack, "Endpoint_")
        ),
        component_name=text_token(stack, "Name"),
        copies=tokens["Copies"],
        resources=ComponentResources(memory_mb=tokens["Memory"], cpus=tokens["Cpus"]),  # type: ignore[arg-type]
        scaling=Scaling.on_concurrency_per_copy(per_copy=tokens["Target"], between=(tokens["Low"], tokens["High"])),  # type: ignore[arg-type]
        startup_timeout=cdk.Duration.seconds(tokens["Start"]),
        download_timeout=cdk.Duration.seconds(tokens["Load"]),
    )
    text = str(Template.from_stack(stack).to_json()["Resources"])
    for each in tokens:
        assert text.count(f"{{'Ref': '{each}'}}") == 1, each
    assert "e+28" not in text
    assert only(stack, COMPONENT)["InferenceComponentName"] == {"Ref": "Name"}
    assert only(stack, TARGET)["ResourceId"] == join("inference-component/", {"Ref": "Name"})


@pytest.mark.parametrize("minimum", [0, 1, 2])
def test_another_minimum_leaves_the_number_of_copies_that_scaling_reached(minimum: int) -> None:
    stack = new_stack()
    scaling = Scaling.on_concurrency_per_copy(per_copy=1, between=(minimum, 3))
    component_on(endpoint_in(stack), scaling=scaling)
    assert only(stack, COMPONENT)["RuntimeConfig"] == {"CopyCount": 1}


# The rest


@pytest.mark.parametrize(
    ("asked", "name", "namespace"),
    [
        (InferenceComponent.metric_no_capacity_failures, "NoCapacityInvocationFailures", "AWS/SageMaker"),
        (
            InferenceComponent.metric_memory_utilization,
            "MemoryUtilizationNormalized",
            "/aws/sagemaker/InferenceComponents",
        ),
    ],
)
def test_it_is_measured_by_its_name_alone(asked: Callable[[Any], Any], name: str, namespace: str) -> None:
    metric = asked(component_on(endpoint_in(new_stack()), component_name="coast"))
    assert (metric.metric_name, metric.namespace) == (name, namespace)
    assert metric.dimensions == {"InferenceComponentName": "coast"}


def test_its_rollouts_are_checked_as_those_of_its_endpoint_are() -> None:
    stack = new_stack()
    component_on(endpoint_in(stack, verify_rollout=True), component_name="coast")
    (check,) = Template.from_stack(stack).find_resources("Custom::EndpointRollout").values()
    assert check["Properties"]["Components"] == {
        "Component0": {
            "Name": "coast",
            "Arn": {"Ref": logical(stack, COMPONENT)},
            "Model": att(logical(stack, MODEL), "ModelName"),
        }
    }
    unchecked = new_stack()
    component_in(unchecked)
    assert Template.from_stack(unchecked).find_resources("Custom::EndpointRollout") == {}


def test_it_goes_before_its_endpoint_and_after_its_scaling() -> None:
    stack = new_stack()
    component_on(endpoint_in(stack), scaling=TO_ZERO)
    # Deleting goes against references and DependsOn: a component that outlives its endpoint keeps its name, and answers nobody.
    assert only(stack, COMPONENT)["EndpointName"] == att(logical(stack, ENDPOINT), "EndpointName")
    (target,) = resources(stack, TARGET).values()
    assert target["DependsOn"] == [logical(stack, COMPONENT)]


def test_tags_reach_it() -> None:
    stack = new_stack()
    component_on(endpoint_in(stack))
    cdk.Tags.of(stack).add("team", "fraud")
    assert only(stack, COMPONENT)["Tags"] == [{"Key": "team", "Value": "fraud"}]


def test_it_can_be_changed_from_outside() -> None:
    stack = new_stack()
    component = component_on(endpoint_in(stack))
    spread = {"PlacementStrategy": "SPREAD", "AvailabilityZoneBalance": {"EnforcementMode": "PERMISSIVE"}}
    component.cfn_component.add_property_override("Specification.SchedulingConfig", spread)
    assert only(stack, COMPONENT)["Specification"]["SchedulingConfig"] == spread
    whole(stack)


def test_a_plain_one_needs_no_advice() -> None:
    stack = new_stack()
    component_on(endpoint_in(stack), scaling=TO_ZERO)
    assert Annotations.from_stack(stack).find_warning("*", Match.any_value()) == []
