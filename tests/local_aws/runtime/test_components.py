"""Inference components share the instances of an endpoint, and each has copies and a life of its own."""

import re
from collections.abc import Iterator

import pytest
from botocore.exceptions import ClientError

from tests.local_aws.runtime.componental import SMALL, WHOLE, Host, managed
from tests.local_aws.runtime.hosting import Hosting, is_alive, unique
from tests.local_aws.runtime.reading import eventually, metric

NO_CAPACITY = "Inference Component has no capacity to process this request"


@pytest.fixture(scope="module")
def host(hosting: Hosting) -> Host:
    return Host(hosting, managed(0, 20))


@pytest.fixture(scope="module")
def one(host: Host) -> str:
    """Give the tests that change nothing a component with two copies."""
    return host.component("one", copies=2, FLAVOUR="sour")


@pytest.fixture
def own(hosting: Hosting) -> Iterator[Host]:
    """Give a test a host of its own, on up to three instances, which it may leave as it likes."""
    mine = Host(hosting, managed(0, 3))
    yield mine
    hosting.sagemaker.delete_endpoint(EndpointName=mine.name)


def test_each_component_answers_by_its_name(hosting: Hosting, host: Host, one: str) -> None:
    name = unique("component")
    specification = {"ModelName": hosting.model("two"), "ComputeResourceRequirements": SMALL}
    hosting.sagemaker.create_inference_component(
        InferenceComponentName=name, EndpointName=host.name, VariantName="Main", Specification=specification
    )
    host.settle(name)

    told = host.invoke(one)

    assert told["files"] == {"version.txt": "one"}
    assert told["environment"]["FLAVOUR"] == "sour"
    assert told["answer"]["InvokedProductionVariant"] == "Main"
    assert "x-amzn-sagemaker-inference-component" not in told["headers"]
    assert host.version(name) == "two"
    host.delete(name)
    with pytest.raises(ClientError, match=rf"Inference Component {name} of account \d+ not found"):
        host.invoke(name)


def test_a_component_is_described_and_listed(hosting: Hosting, host: Host, one: str) -> None:
    known = host.describe(one)

    assert known["InferenceComponentStatus"] == "InService"
    assert known["InferenceComponentArn"].endswith(f":inference-component/{one}")
    assert (known["EndpointName"], known["VariantName"]) == (host.name, "Main")
    assert known["RuntimeConfig"] == {"DesiredCopyCount": 2, "CurrentCopyCount": 2}
    container = known["Specification"]["Container"]
    assert container["DeployedImage"]["SpecifiedImage"] == hosting.image
    assert re.search("@sha256:[0-9a-f]{64}$", container["DeployedImage"]["ResolvedImage"])
    assert "Image" not in container
    assert known["Specification"]["ComputeResourceRequirements"] == SMALL
    listed = hosting.sagemaker.list_inference_components(NameContains=one, StatusEquals="InService", SortBy="Status")
    assert [found["InferenceComponentName"] for found in listed["InferenceComponents"]] == [one]


def test_a_request_must_name_a_component_here_and_must_not_elsewhere(hosting: Hosting, host: Host, one: str) -> None:
    with pytest.raises(
        ClientError, match="Inference Component Name header is required for endpoints to which you plan"
    ):
        hosting.invoke(host.name)
    with pytest.raises(ClientError) as caught:
        hosting.invoke(hosting.endpoint({"ModelName": hosting.model("1")}), InferenceComponentName=one)

    assert caught.value.response["Error"]["Code"] == "ValidationError"
    assert "Inference Component Name header is not allowed for endpoints" in caught.value.response["Error"]["Message"]


def test_invocations_are_metered_by_component_and_by_variant(own: Host) -> None:
    name = own.component("1", copies=4)
    for _ in range(2):
        own.invoke(name)
    with pytest.raises(own.hosting.runtime.exceptions.ModelError):
        own.invoke(name, {"do": "status", "status": 500})

    mine, variant = {"InferenceComponentName": name}, {"EndpointName": own.name, "VariantName": "Main"}
    for dimensions in (mine, variant):
        assert metric(own.hosting, "Invocations", **dimensions) == 3
        assert metric(own.hosting, "Invocation5XXErrors", **dimensions) == 1
        assert (metric(own.hosting, "ModelLatency", "Maximum", **dimensions) or 0) > 0
    assert metric(own.hosting, "InvocationsPerCopy", **mine) == 0.75
    assert metric(own.hosting, "ConcurrentRequestsPerCopy", "Maximum", **mine) == 0.25
    assert metric(own.hosting, "InvocationsPerInstance", **variant) == 3
    assert metric(own.hosting, "NoCapacityInvocationFailures", **mine) is None


def test_without_copies_nothing_answers_until_there_are_some_again(own: Host) -> None:
    name = own.component("1")
    before = own.invoke(name)["pid"]

    asleep = own.scale(name, 0)

    assert asleep["InferenceComponentStatus"] == "InService"
    assert asleep["RuntimeConfig"] == {"DesiredCopyCount": 0, "CurrentCopyCount": 0}
    assert own.instances() == 0
    assert not is_alive(before)
    with pytest.raises(ClientError, match=NO_CAPACITY) as caught:
        own.invoke(name)
    assert caught.value.response["Error"]["Code"] == "ValidationError"
    assert metric(own.hosting, "NoCapacityInvocationFailures", InferenceComponentName=name) == 1
    own.scale(name, 1)
    assert own.instances() == 1
    assert own.invoke(name)["pid"] != before


def test_the_instances_follow_the_copies_between_their_bounds(own: Host) -> None:
    name = own.component("1", WHOLE, copies=2)
    assert own.instances() == 2
    small = own.component("2")
    assert own.instances() == 3

    # The third instance has room for the small one and not for a whole copy.
    crowded = own.scale(name, 3)

    assert crowded["RuntimeConfig"] == {"DesiredCopyCount": 3, "CurrentCopyCount": 2}
    assert own.instances() == 3
    own.delete(small)
    assert own.instances() == 2
    assert own.scale(name, 3)["RuntimeConfig"]["CurrentCopyCount"] == 3


def test_a_container_that_never_gets_well_fails(host: Host) -> None:
    name = host.component("1", ECHO_HEALTH="exit")

    known = host.describe(name)
    assert known["InferenceComponentStatus"] == "Failed"
    assert "did not pass the ping health check" in known["FailureReason"]
    with pytest.raises(ClientError, match=NO_CAPACITY):
        host.invoke(name)
    host.delete(name)


def test_copies_are_scaled_from_zero_by_the_alarm_on_missing_capacity(own: Host) -> None:
    name = own.component("1")
    target = {
        "ServiceNamespace": "sagemaker",
        "ResourceId": f"inference-component/{name}",
        "ScalableDimension": "sagemaker:inference-component:DesiredCopyCount",
    }
    own.hosting.autoscaling.register_scalable_target(**target, MinCapacity=0, MaxCapacity=2)
    policy = own.hosting.autoscaling.put_scaling_policy(
        **target,
        PolicyName="wake",
        PolicyType="StepScaling",
        StepScalingPolicyConfiguration={
            "AdjustmentType": "ChangeInCapacity",
            "MetricAggregationType": "Maximum",
            "StepAdjustments": [{"MetricIntervalLowerBound": 0, "ScalingAdjustment": 1}],
            "Cooldown": 60,
        },
    )["PolicyARN"]
    own.hosting.local.client("cloudwatch").put_metric_alarm(
        AlarmName=unique("wake"),
        AlarmActions=[policy],
        Namespace="AWS/SageMaker",
        MetricName="NoCapacityInvocationFailures",
        Dimensions=[{"Name": "InferenceComponentName", "Value": name}],
        Statistic="Sum",
        Period=60,
        EvaluationPeriods=1,
        Threshold=1,
        ComparisonOperator="GreaterThanOrEqualToThreshold",
        TreatMissingData="missing",
    )
    own.scale(name, 0)

    with own.hosting.local.time_factor(0.02), pytest.raises(ClientError, match=NO_CAPACITY):
        own.invoke(name)

    eventually(lambda: own.settle(name)["RuntimeConfig"]["CurrentCopyCount"], lambda copies: copies == 1)
    assert own.version(name) == "1"


def test_registering_copies_brings_them_into_their_bounds(own: Host) -> None:
    name = own.component("1")

    own.hosting.autoscaling.register_scalable_target(
        ServiceNamespace="sagemaker",
        ResourceId=f"inference-component/{name}",
        ScalableDimension="sagemaker:inference-component:DesiredCopyCount",
        MinCapacity=2,
        MaxCapacity=4,
    )

    eventually(lambda: own.settle(name)["RuntimeConfig"]["CurrentCopyCount"], lambda copies: copies == 2)


def test_a_component_outlives_its_endpoint_and_keeps_its_name(hosting: Hosting) -> None:
    host = Host(hosting)
    name = host.component("1")
    pid = host.invoke(name)["pid"]

    hosting.sagemaker.delete_endpoint(EndpointName=host.name)
    hosting.sagemaker.get_waiter("endpoint_deleted").wait(
        EndpointName=host.name, WaiterConfig={"Delay": 0.1, "MaxAttempts": 600}
    )

    assert not is_alive(pid)
    assert host.describe(name)["InferenceComponentStatus"] == "InService"
    with pytest.raises(ClientError, match="not found"):
        host.invoke(name)
    with pytest.raises(ClientError, match="Cannot create already existing inference component"):
        hosting.sagemaker.create_inference_component(
            InferenceComponentName=name, EndpointName=host.name, Specification=host.specification("1")
        )
    host.delete(name)
