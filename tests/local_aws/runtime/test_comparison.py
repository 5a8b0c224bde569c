"""Two variants under real requests, and the library's alarms on the one that does worse."""

import contextlib
from typing import Any

import aws_cdk as cdk
import pytest
from aws_cdk.assertions import Template
from botocore.exceptions import ClientError

from cdk_model_hosting import RealtimeEndpoint
from cdk_model_hosting.monitoring.comparison import Comparison, comparison_id
from tests.local_aws.runtime.hosting import Hosting

FAILURE = {"do": "status", "status": 500}
SLOW = {"do": "sleep", "seconds": 0.2}
ENOUGH, FEW = 5, 3


@pytest.fixture(scope="module")
def endpoint(hosting: Hosting) -> str:
    """An endpoint of three variants."""
    return hosting.endpoint(
        *({"VariantName": name, "ModelName": hosting.model()} for name in ("Current", "Worse", "Quiet"))
    )


def send(hosting: Hosting, endpoint: str, variant: str, wish: object, times: int) -> None:
    for _ in range(times):
        with contextlib.suppress(ClientError):
            hosting.invoke(endpoint, wish, TargetVariant=variant)


def states(hosting: Hosting, endpoint: str, baseline: str, challenger: str) -> dict[str, str]:
    """The states of the alarms that the library makes for a pair, as CloudFormation would create them."""
    stack = cdk.Stack(cdk.App(), "Stack")
    imported = RealtimeEndpoint.from_endpoint_name(stack, "Endpoint", endpoint, variant_names=[baseline, challenger])
    comparison = Comparison(
        imported,
        comparison_id(baseline, challenger),
        watching=imported.watching,
        baseline=baseline,
        challenger=challenger,
        least_requests=ENOUGH,
        percentile=50,
    )
    comparison.alarms(more_errors=10, slower=2, windows=1, out_of=1)
    alarms: list[dict[str, Any]] = [
        each["Properties"] for each in Template.from_stack(stack).find_resources("AWS::CloudWatch::Alarm").values()
    ]
    cloudwatch = hosting.local.client("cloudwatch")
    for alarm in alarms:
        cloudwatch.put_metric_alarm(**alarm)
    found = cloudwatch.describe_alarms(AlarmNames=[each["AlarmName"] for each in alarms])["MetricAlarms"]
    return {each["AlarmName"].rpartition("/")[2]: each["StateValue"] for each in found}


def test_the_variant_that_does_worse_is_found(hosting: Hosting, endpoint: str) -> None:
    send(hosting, endpoint, "Current", {}, ENOUGH)
    assert states(hosting, endpoint, "Current", "Worse") == {"MoreErrors": "OK", "Slower": "OK"}
    send(hosting, endpoint, "Worse", FAILURE, ENOUGH)
    assert states(hosting, endpoint, "Current", "Worse")["MoreErrors"] == "ALARM"
    assert states(hosting, endpoint, "Worse", "Current")["MoreErrors"] == "OK"
    send(hosting, endpoint, "Worse", SLOW, 3 * ENOUGH)
    assert states(hosting, endpoint, "Current", "Worse") == {"MoreErrors": "ALARM", "Slower": "ALARM"}


def test_few_requests_say_nothing(hosting: Hosting, endpoint: str) -> None:
    send(hosting, endpoint, "Current", {}, ENOUGH)
    send(hosting, endpoint, "Quiet", FAILURE, FEW)
    assert states(hosting, endpoint, "Current", "Quiet") == {"MoreErrors": "OK", "Slower": "OK"}
    send(hosting, endpoint, "Quiet", FAILURE, ENOUGH - FEW)
    assert states(hosting, endpoint, "Current", "Quiet")["MoreErrors"] == "ALARM"
