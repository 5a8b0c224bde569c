"""Policies on what an endpoint explains."""

from typing import Any

import pytest
from aws_cdk import aws_cloudwatch as cloudwatch

from cdk_model_hosting import Baseline, Explainer, Pace, RealtimeEndpoint, Scaling, ScalingPolicy, Shadow
from cdk_model_hosting.patterns import Pattern
from tests.unit.builders import FLEET, new_stack, number_token, only, refused, single
from tests.unit.scaling.bound import POLICY, scaled
from tests.unit.scaling.fleets import bind, policy_of

EXPLAINER = Explainer.shap(baseline=Baseline.inline("1,2"))
WITHOUT = (
    "ScalingPolicy.on_explanations must be omitted for endpoints without explainer, got one: SageMaker counts explanations "
    "only where there are some"
)


def scaling(**options: Any) -> Scaling:
    return Scaling.between(1, 4, [ScalingPolicy.on_explanations(**{"per_instance_per_minute": 20, **options})])


def test_it_tracks_the_records_that_an_instance_of_the_variant_explains() -> None:
    rule = ScalingPolicy.on_explanations(per_instance_per_minute=20)
    assert policy_of(rule, Pattern.REALTIME) == {
        "PolicyName": "Explanations",
        "PolicyType": "TargetTrackingScaling",
        "TargetTrackingScalingPolicyConfiguration": {
            "TargetValue": 20,
            "CustomizedMetricSpecification": {
                "Namespace": "AWS/SageMaker",
                "MetricName": "ExplanationsPerInstance",
                "Dimensions": [
                    {"Name": "EndpointName", "Value": "ranker"},
                    {"Name": "VariantName", "Value": "AllTraffic"},
                ],
                "Statistic": "Sum",
            },
        },
    }


def test_an_endpoint_that_explains_scales_by_it() -> None:
    stack = scaled(scaling(pace=Pace(scale_in=False)), explainer=EXPLAINER)
    configuration = only(stack, POLICY)["TargetTrackingScalingPolicyConfiguration"]
    assert (configuration["TargetValue"], configuration["DisableScaleIn"]) == (20, True)


def test_fails_when_the_endpoint_explains_nothing() -> None:
    with refused(WITHOUT):
        scaled(scaling())


def test_fails_when_a_shadow_counts_on_it() -> None:
    stack = new_stack()
    model = single(stack)
    shadow = Shadow(model=model, fleet=FLEET, percent=10, scaling=scaling())
    with refused(WITHOUT):
        RealtimeEndpoint(stack, "Endpoint", model=model, fleet=FLEET, shadow=shadow)


def test_fails_when_the_users_metric_is_the_same_one() -> None:
    same = cloudwatch.Metric(
        namespace="AWS/SageMaker",
        metric_name="ExplanationsPerInstance",
        dimensions_map={"EndpointName": "ranker", "VariantName": "AllTraffic"},
        statistic="Sum",
    )
    both = [*scaling().policies, ScalingPolicy.on_metric("Mine", same, target=2)]
    with refused(
        "Scaling policies must track different metrics, got Explanations and Mine on one: two targets for one metric would "
        "fight"
    ):
        bind(Scaling.between(1, 4, both), Pattern.REALTIME)


@pytest.mark.parametrize("target", [0, -1])
def test_fails_when_the_target_is_not_above_zero(target: float) -> None:
    with refused(
        f"ScalingPolicy.on_explanations per_instance_per_minute must be more than 0, got {target}: capacity follows the ratio "
        "of the metric to this value"
    ):
        scaling(per_instance_per_minute=target)


def test_the_target_may_be_a_token() -> None:
    stack = new_stack()
    rule = ScalingPolicy.on_explanations(per_instance_per_minute=number_token(stack))
    policy = policy_of(rule, Pattern.REALTIME, stack)
    assert policy["TargetTrackingScalingPolicyConfiguration"]["TargetValue"] == {"Ref": "Number"}
