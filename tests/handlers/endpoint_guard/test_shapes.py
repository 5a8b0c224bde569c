"""Text becomes what the API takes, by the API's own model."""

from typing import Any

import botocore.session
import pytest

from cdk_model_hosting.handlers.endpoint_guard.failures import GuardError
from cdk_model_hosting.handlers.endpoint_guard.shapes import input_shape, projected, typed
from tests.handlers.endpoint_guard.stage import as_text

PREDICTIVE = {
    "PolicyName": "p",
    "PredictiveScalingPolicyConfiguration": {
        "MetricSpecifications": [{"TargetValue": 40.5, "PredefinedLoadMetricSpecification": {"ResourceLabel": "true"}}],
        "SchedulingBufferTime": 300,
        "MaxCapacityBuffer": 10,
    },
}
STEPS = {
    "PolicyName": "1",
    "PolicyType": "StepScaling",
    "StepScalingPolicyConfiguration": {
        "AdjustmentType": "ChangeInCapacity",
        "StepAdjustments": [
            {"MetricIntervalUpperBound": -0.5, "ScalingAdjustment": -1},
            {"MetricIntervalLowerBound": 0.0, "ScalingAdjustment": 2},
        ],
        "Cooldown": 60,
    },
}
TARGET = {"MinCapacity": 0, "MaxCapacity": 4, "SuspendedState": {"ScheduledScalingSuspended": True}, "Tags": {"a": "1"}}


def shape(operation: str) -> Any:
    session = botocore.session.get_session()
    session.set_credentials("nobody", "nothing")
    return input_shape(session.create_client("application-autoscaling", region_name="us-east-1"), operation)


@pytest.mark.parametrize(
    ("operation", "document"),
    [("PutScalingPolicy", PREDICTIVE), ("PutScalingPolicy", STEPS), ("RegisterScalableTarget", TARGET)],
)
def test_text_gets_its_types_back(operation: str, document: dict[str, Any]) -> None:
    assert typed(as_text(document), shape(operation), "x") == document
    assert typed(document, shape(operation), "x") == document


@pytest.mark.parametrize(
    ("document", "message"),
    [
        (
            {"MinCapacity": "two"},
            "target.MinCapacity must be a integer, got 'two': that is what the service's API takes",
        ),
        (
            {"SuspendedState": {"ScheduledScalingSuspended": "perhaps"}},
            (
                "target.SuspendedState.ScheduledScalingSuspended must be a boolean, got 'perhaps': "
                "that is what the service's API takes"
            ),
        ),
        (
            {"SuspendedState": "yes"},
            "target.SuspendedState must be a structure, got 'yes': that is what the service's API takes",
        ),
        (
            {"Minimum": "2"},
            "target must not have 'Minimum': RegisterScalableTargetRequest of the service's API has no such member",
        ),
    ],
)
def test_what_the_api_does_not_take_is_refused(document: dict[str, Any], message: str) -> None:
    with pytest.raises(GuardError) as caught:
        typed(document, shape("RegisterScalableTarget"), "target")
    assert str(caught.value) == message


def test_what_was_described_loses_what_nobody_can_put() -> None:
    described = {**STEPS, "PolicyARN": "arn", "CreationTime": 1.0, "Alarms": [{"AlarmName": "a", "AlarmARN": "b"}]}

    assert projected(described, shape("PutScalingPolicy")) == STEPS
