"""What brings the first instance, or the first copy, back from zero."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import aws_cdk as cdk

from cdk_model_hosting.scaling.policy import POLICY

if TYPE_CHECKING:
    from constructs import Construct

    from cdk_model_hosting.placement import Place

WAKE = "WakeFromZero"
"""Name of the policy, which no other policy of a fleet that can be at zero may have."""

_PERIOD_SECONDS = 60


@dataclass(frozen=True, slots=True, kw_only=True)
class Wake:
    """Adds one when there is work and nothing to do it. Made by one of its factories.

    Target tracking follows a ratio to what runs, and does not leave zero when the first request comes. This is the step that
    does: one policy and the one alarm that sets it off.

    Args:
        metric: What SageMaker publishes when there is work and nothing to do it.
        dimension: Name and value of its one dimension.
        statistic: What is made of a minute's data.
        minutes: Minutes in a row for which it must hold.
        aggregation: What the policy makes of the data points.
        cooldown_seconds: Pause after the step.
        says: The condition in words.
    """

    metric: str
    dimension: tuple[str, str]
    statistic: str
    minutes: int
    aggregation: str
    cooldown_seconds: int
    says: str

    @staticmethod
    def asynchronous(endpoint_name: str) -> Wake:
        """For an asynchronous endpoint: requests wait, and no instance is there.

        Args:
            endpoint_name: The endpoint's name.

        See: https://docs.aws.amazon.com/sagemaker/latest/dg/async-inference-autoscale.html
        """
        return Wake(
            metric="HasBacklogWithoutCapacity",
            # The endpoint as a whole publishes it: with its variant's name besides, no alarm would ever see data.
            dimension=("EndpointName", endpoint_name),
            statistic="Average",
            minutes=2,
            aggregation="Average",
            cooldown_seconds=300,
            says=f"requests wait for {endpoint_name}, and it has no instance",
        )

    @staticmethod
    def component(component_name: str) -> Wake:
        """For an inference component: requests failed because it has no copy.

        Args:
            component_name: The component's name.

        See: https://docs.aws.amazon.com/sagemaker/latest/dg/endpoint-auto-scaling-zero-instances.html
        """
        return Wake(
            metric="NoCapacityInvocationFailures",
            dimension=("InferenceComponentName", component_name),
            statistic="Sum",
            minutes=1,
            aggregation="Maximum",
            cooldown_seconds=60,
            says=f"requests to {component_name} failed, because it has no copy",
        )

    def render(self) -> dict[str, Any]:
        """The policy's type and configuration, in the words of CloudFormation, which are those of the API."""
        return {
            "PolicyType": "StepScaling",
            "StepScalingPolicyConfiguration": {
                "AdjustmentType": "ChangeInCapacity",
                "Cooldown": self.cooldown_seconds,
                "MetricAggregationType": self.aggregation,
                "StepAdjustments": [{"MetricIntervalLowerBound": 0, "ScalingAdjustment": 1}],
            },
        }

    def render_alarm(self) -> dict[str, Any]:
        """The alarm without its action, in the words of both."""
        name, value = self.dimension
        return {
            "AlarmDescription": f"Wakes it from zero: {self.says}",
            "Namespace": "AWS/SageMaker",
            "MetricName": self.metric,
            "Dimensions": [{"Name": name, "Value": value}],
            "Statistic": self.statistic,
            "Period": _PERIOD_SECONDS,
            "EvaluationPeriods": self.minutes,
            "DatapointsToAlarm": self.minutes,
            # AWS's example for components says "greater than 1", and would sleep through a single request.
            "ComparisonOperator": "GreaterThanOrEqualToThreshold",
            "Threshold": 1,
            "TreatMissingData": "missing",
        }

    def bind(self, scope: Construct, place: Place, construct_id: str, target: Any) -> list[cdk.CfnResource]:
        """Make the policy and its alarm.

        They are written as two resources, because the CDK's own construct makes a second pair for taking away.

        Args:
            scope: Where to make them.
            place: Where `scope` stands.
            construct_id: Beginning of their IDs below `scope`.
            target: Reference to the registered fleet.
        """
        policy_id = f"{construct_id}:Wake"
        properties = {"PolicyName": WAKE, "ScalingTargetId": target, **self.render()}
        policy = cdk.CfnResource(scope, policy_id, type=POLICY, properties=properties)
        alarm = cdk.CfnResource(
            scope,
            f"{construct_id}:WakeAlarm",
            type="AWS::CloudWatch::Alarm",
            properties={**self.render_alarm(), "AlarmActions": [place.reference(policy, policy_id)]},
        )
        return [policy, alarm]
