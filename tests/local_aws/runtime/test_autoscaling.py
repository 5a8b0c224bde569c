"""Application Auto Scaling keeps its rules, and SageMaker the ones that depend on it."""

from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.local_aws.runtime.hosting import Hosting

DIMENSION = "sagemaker:variant:DesiredInstanceCount"
TARGET_TRACKING = {
    "TargetValue": 600.0,
    "PredefinedMetricSpecification": {"PredefinedMetricType": "SageMakerVariantInvocationsPerInstance"},
}


def names(endpoint: str, variant: str = "Main") -> dict[str, str]:
    return {
        "ServiceNamespace": "sagemaker",
        "ResourceId": f"endpoint/{endpoint}/variant/{variant}",
        "ScalableDimension": DIMENSION,
    }


def register(hosting: Hosting, endpoint: str, low: int = 2, high: int = 6, variant: str = "Main") -> None:
    """Register a variant, and wait until it is within its bounds."""
    hosting.autoscaling.register_scalable_target(**names(endpoint, variant), MinCapacity=low, MaxCapacity=high)
    hosting.settle(endpoint)


def targets(hosting: Hosting, endpoint: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = hosting.autoscaling.describe_scalable_targets(
        ServiceNamespace="sagemaker", ResourceIds=[names(endpoint)["ResourceId"]]
    )["ScalableTargets"]
    return found


def policies(hosting: Hosting, endpoint: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = hosting.autoscaling.describe_scaling_policies(
        ServiceNamespace="sagemaker", ResourceId=names(endpoint)["ResourceId"]
    )["ScalingPolicies"]
    return found


@pytest.fixture
def scaled(hosting: Hosting) -> str:
    """Give a test an endpoint whose variant is registered."""
    name = hosting.endpoint({"ModelName": hosting.model("1")})
    register(hosting, name)
    return name


def test_a_target_is_described_as_registered(hosting: Hosting, scaled: str) -> None:
    (target,) = targets(hosting, scaled)

    assert (target["MinCapacity"], target["MaxCapacity"]) == (2, 6)
    assert target["RoleARN"].endswith("AWSServiceRoleForApplicationAutoScaling_SageMakerEndpoint")
    assert target["SuspendedState"]["DynamicScalingInSuspended"] is False


def test_registering_again_changes_the_bounds_alone(hosting: Hosting, scaled: str) -> None:
    before = targets(hosting, scaled)[0]["ScalableTargetARN"]
    hosting.autoscaling.put_scaling_policy(
        **names(scaled),
        PolicyName="p",
        PolicyType="TargetTrackingScaling",
        TargetTrackingScalingPolicyConfiguration=TARGET_TRACKING,
    )

    hosting.autoscaling.register_scalable_target(**names(scaled), MaxCapacity=9)

    (target,) = targets(hosting, scaled)
    assert (target["MinCapacity"], target["MaxCapacity"], target["ScalableTargetARN"]) == (2, 9, before)
    assert [policy["PolicyName"] for policy in policies(hosting, scaled)] == ["p"]


def test_a_variant_outside_of_its_bounds_is_brought_into_them(hosting: Hosting, scaled: str) -> None:
    assert hosting.counts(scaled) == {"Main": 2}

    register(hosting, scaled, low=4, high=6)
    assert hosting.counts(scaled) == {"Main": 4}
    register(hosting, scaled, low=1, high=3)
    assert hosting.counts(scaled) == {"Main": 3}

    activities = hosting.autoscaling.describe_scaling_activities(**names(scaled))["ScalingActivities"]
    assert [activity["Description"] for activity in activities] == [
        "Setting desired instance count to 3.",
        "Setting desired instance count to 4.",
    ]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"ResourceId": "endpoint/nobody/variant/Main"}, "Could not find endpoint"),
        ({"ResourceId": "endpoint/{scaled}/variant/Nobody"}, 'Could not find variant "Nobody"'),
        ({"ResourceId": "model/x"}, "Unsupported resource ID"),
        ({"ScalableDimension": "sagemaker:variant:DesiredProvisionedConcurrency"}, "does not fit variant Main"),
        ({"MinCapacity": 7}, "Maximum capacity cannot be less than minimum capacity"),
        ({"MinCapacity": -1}, "Minimum capacity must be at least 0"),
        ({"MinCapacity": 0}, "Minimum capacity must be at least 1"),
    ],
)
def test_a_target_that_cannot_be_scaled_is_refused(
    hosting: Hosting, scaled: str, change: dict[str, Any], message: str
) -> None:
    filled = {key: value.format(scaled=scaled) if isinstance(value, str) else value for key, value in change.items()}

    with pytest.raises(ClientError, match=message) as caught:
        hosting.autoscaling.register_scalable_target(**{**names(scaled), "MinCapacity": 2, "MaxCapacity": 6, **filled})
    assert caught.value.response["Error"]["Code"] == "ValidationException"


def test_a_burstable_variant_is_refused(hosting: Hosting) -> None:
    name = hosting.endpoint({"ModelName": hosting.model("1"), "InstanceType": "ml.t2.medium"})

    with pytest.raises(ClientError, match=r"cannot register a variant with ml\.t2\.medium instance type"):
        register(hosting, name)


def test_policies_need_a_target_and_die_with_it(hosting: Hosting, scaled: str) -> None:
    policy = {
        "PolicyName": "p",
        "PolicyType": "TargetTrackingScaling",
        "TargetTrackingScalingPolicyConfiguration": TARGET_TRACKING,
    }
    hosting.autoscaling.put_scaling_policy(**names(scaled), **policy)
    assert policies(hosting, scaled)[0]["TargetTrackingScalingPolicyConfiguration"] == TARGET_TRACKING

    hosting.autoscaling.put_scheduled_action(
        **names(scaled),
        ScheduledActionName="nightly",
        Schedule="cron(0 22 * * ? *)",
        ScalableTargetAction={"MinCapacity": 2},
    )

    hosting.autoscaling.deregister_scalable_target(**names(scaled))

    assert policies(hosting, scaled) == []
    assert hosting.autoscaling.describe_scheduled_actions(**names(scaled))["ScheduledActions"] == []
    not_found = hosting.autoscaling.exceptions.ObjectNotFoundException
    with pytest.raises(not_found, match="No scalable target registered for service namespace: sagemaker"):
        hosting.autoscaling.put_scaling_policy(**names(scaled), **policy)
    with pytest.raises(not_found, match="No scalable target found for service namespace: sagemaker"):
        hosting.autoscaling.deregister_scalable_target(**names(scaled))
    with pytest.raises(not_found, match="No scaling policy found"):
        hosting.autoscaling.delete_scaling_policy(**names(scaled), PolicyName="p")


@pytest.mark.parametrize(
    ("policy", "message"),
    [
        ({"PolicyType": "TargetTrackingScaling"}, "TargetTrackingScalingPolicyConfiguration must be specified"),
        (
            {"TargetTrackingScalingPolicyConfiguration": {"TargetValue": 1.0}},
            "StepScalingPolicyConfiguration must be specified",
        ),
        (
            {
                "PolicyType": "TargetTrackingScaling",
                "TargetTrackingScalingPolicyConfiguration": {**TARGET_TRACKING, "TargetValue": 0.0},
            },
            "TargetValue must be above 0",
        ),
        (
            {
                "PolicyType": "TargetTrackingScaling",
                "TargetTrackingScalingPolicyConfiguration": {
                    "TargetValue": 0.5,
                    "PredefinedMetricSpecification": {
                        "PredefinedMetricType": "SageMakerVariantProvisionedConcurrencyUtilization"
                    },
                },
            },
            "does not fit scalable dimension",
        ),
        (
            {
                "StepScalingPolicyConfiguration": {
                    "AdjustmentType": "ChangeInCapacity",
                    "StepAdjustments": [
                        {"MetricIntervalLowerBound": 0.0, "MetricIntervalUpperBound": 5.0, "ScalingAdjustment": 1},
                        {"MetricIntervalLowerBound": 6.0, "ScalingAdjustment": 2},
                    ],
                }
            },
            "neither overlap nor leave a gap",
        ),
    ],
)
def test_a_policy_that_makes_no_sense_is_refused(
    hosting: Hosting, scaled: str, policy: dict[str, Any], message: str
) -> None:
    with pytest.raises(ClientError, match=message):
        hosting.autoscaling.put_scaling_policy(**names(scaled), PolicyName="p", **policy)


BACKLOG = {"MetricName": "ApproximateBacklogSizePerInstance", "Namespace": "AWS/SageMaker", "Statistic": "Average"}


def put_tracking(hosting: Hosting, endpoint: str, name: str, value: float, **metric: Any) -> None:
    hosting.autoscaling.put_scaling_policy(
        **names(endpoint),
        PolicyName=name,
        PolicyType="TargetTrackingScaling",
        TargetTrackingScalingPolicyConfiguration={"TargetValue": value, **metric},
    )


def test_several_policies_on_one_target(hosting: Hosting, scaled: str) -> None:
    predefined = TARGET_TRACKING["PredefinedMetricSpecification"]
    put_tracking(hosting, scaled, "requests", 600.0, PredefinedMetricSpecification=predefined)
    put_tracking(hosting, scaled, "backlog", 5.0, CustomizedMetricSpecification=BACKLOG)
    put_tracking(hosting, scaled, "requests", 700.0, PredefinedMetricSpecification=predefined)

    found = {
        policy["PolicyName"]: policy["TargetTrackingScalingPolicyConfiguration"] for policy in policies(hosting, scaled)
    }
    assert found["requests"]["TargetValue"] == 700
    assert found["backlog"]["CustomizedMetricSpecification"] == BACKLOG
    with pytest.raises(ClientError, match="Only one TargetTrackingScaling policy for a given metric specification"):
        put_tracking(hosting, scaled, "again", 600.0, PredefinedMetricSpecification=predefined)


@pytest.mark.parametrize(
    ("metric", "message"),
    [
        ({"MetricName": "Backlog", "Namespace": "Mine"}, "needs either Metrics or MetricName, Namespace and Statistic"),
        ({**BACKLOG, "Metrics": [{"Id": "m", "Expression": "1"}]}, "needs either Metrics or MetricName"),
        (
            {"Metrics": [{"Id": "m", "Expression": "1"}, {"Id": "n", "Expression": "2"}]},
            "Exactly one metric must return data, got 2",
        ),
    ],
)
def test_a_customized_metric_that_makes_no_sense_is_refused(
    hosting: Hosting, scaled: str, metric: dict[str, Any], message: str
) -> None:
    with pytest.raises(ClientError, match=message):
        put_tracking(hosting, scaled, "p", 5.0, CustomizedMetricSpecification=metric)


def test_a_step_policy_is_kept(hosting: Hosting, scaled: str) -> None:
    steps = {
        "AdjustmentType": "ChangeInCapacity",
        "StepAdjustments": [
            {"MetricIntervalUpperBound": 0.0, "ScalingAdjustment": -1},
            {"MetricIntervalLowerBound": 0.0, "ScalingAdjustment": 1},
        ],
    }

    arn = hosting.autoscaling.put_scaling_policy(
        **names(scaled), PolicyName="steps", PolicyType="StepScaling", StepScalingPolicyConfiguration=steps
    )["PolicyARN"]

    (policy,) = policies(hosting, scaled)
    assert (policy["PolicyARN"], policy["StepScalingPolicyConfiguration"]) == (arn, steps)


def test_scheduled_actions(hosting: Hosting, scaled: str) -> None:
    hosting.autoscaling.put_scheduled_action(
        **names(scaled),
        ScheduledActionName="morning",
        Schedule="cron(0 7 * * ? *)",
        Timezone="Europe/Berlin",
        ScalableTargetAction={"MinCapacity": 4},
    )

    (action,) = hosting.autoscaling.describe_scheduled_actions(**names(scaled))["ScheduledActions"]
    assert (action["Timezone"], action["ScalableTargetAction"]) == ("Europe/Berlin", {"MinCapacity": 4})
    for wrong, message in (
        ({"Schedule": "every day", "ScalableTargetAction": {"MinCapacity": 4}}, "Schedule expression every day"),
        ({"Schedule": "rate(1 day)"}, "must specify MinCapacity, MaxCapacity or both"),
        (
            {"Schedule": "rate(1 day)", "ScalableTargetAction": {"MinCapacity": 4}, "Timezone": "Europe/Berlinn"},
            "Timezone Europe/Berlinn is not valid",
        ),
    ):
        with pytest.raises(ClientError, match=message):
            hosting.autoscaling.put_scheduled_action(**names(scaled), ScheduledActionName="wrong", **wrong)
    hosting.autoscaling.delete_scheduled_action(**names(scaled), ScheduledActionName="morning")
    assert hosting.autoscaling.describe_scheduled_actions(**names(scaled))["ScheduledActions"] == []


def test_the_instance_type_of_a_registered_variant_cannot_change(hosting: Hosting, scaled: str) -> None:
    other_type = hosting.config({"ModelName": hosting.model("2"), "InstanceType": "ml.m5.large"})
    renamed = hosting.config({"ModelName": hosting.model("3"), "VariantName": "Renamed"})
    same_type = hosting.config({"ModelName": hosting.model("4")})

    for config in (other_type, renamed):
        with pytest.raises(ClientError, match=r'"Main" must be deregistered as scalable targets'):
            hosting.sagemaker.update_endpoint(EndpointName=scaled, EndpointConfigName=config)
    hosting.update(scaled, same_type)
    assert hosting.version(scaled) == "4"

    hosting.autoscaling.deregister_scalable_target(**names(scaled))
    hosting.update(scaled, other_type)
    assert hosting.version(scaled) == "2"


def test_a_capacity_that_scaling_reached_is_kept_by_an_update_that_retains_it(hosting: Hosting, scaled: str) -> None:
    register(hosting, scaled, low=5, high=6)

    hosting.update(scaled, hosting.config({"ModelName": hosting.model("2")}), RetainAllVariantProperties=True)

    assert hosting.counts(scaled) == {"Main": 5}


def test_deleting_an_endpoint_deregisters_it(hosting: Hosting, scaled: str) -> None:
    hosting.sagemaker.delete_endpoint(EndpointName=scaled)

    assert targets(hosting, scaled) == []


def test_tags_of_a_target(hosting: Hosting, scaled: str) -> None:
    arn = targets(hosting, scaled)[0]["ScalableTargetARN"]

    hosting.autoscaling.tag_resource(ResourceARN=arn, Tags={"team": "fraud", "stage": "test"})
    hosting.autoscaling.untag_resource(ResourceARN=arn, TagKeys=["stage"])

    assert hosting.autoscaling.list_tags_for_resource(ResourceARN=arn)["Tags"] == {"team": "fraud"}
