"""Policies that follow a metric of the user's own."""

import re
from collections.abc import Callable
from typing import Any

import aws_cdk as cdk
import pytest
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_sqs as sqs

from cdk_model_hosting import ConfigurationError, Scaling, ScalingPolicy
from tests.unit.builders import new_stack, number_token, refused, stack_in, text_token
from tests.unit.scaling.bound import policies, queue, scaled, tracking


def on_queue(*, name: Any = "Queue", target: Any = 5, **options: Any) -> ScalingPolicy:
    return ScalingPolicy.on_metric(name, queue(**options), target=target)


def specification(rule: ScalingPolicy) -> dict[str, Any]:
    found: dict[str, Any] = tracking(rule)["CustomizedMetricSpecification"]
    return found


def test_the_policy_has_the_given_name_and_target() -> None:
    assert policies(new_stack(), on_queue()) == [
        {
            "PolicyName": "Queue",
            "PolicyType": "TargetTrackingScaling",
            "TargetTrackingScalingPolicyConfiguration": {
                "TargetValue": 5,
                "CustomizedMetricSpecification": {
                    "Namespace": "Shop",
                    "MetricName": "Queue",
                    "Dimensions": [],
                    "Statistic": "Average",
                },
            },
        }
    ]


def test_the_metric_brings_its_dimensions() -> None:
    rule = on_queue(dimensions_map={"Shop": "Bern", "Till": "2"})
    dimensions = specification(rule)["Dimensions"]
    assert sorted(dimensions, key=str) == [{"Name": "Shop", "Value": "Bern"}, {"Name": "Till", "Value": "2"}]


def test_the_metric_brings_its_unit() -> None:
    assert specification(on_queue(unit=cloudwatch.Unit.COUNT))["Unit"] == "Count"
    assert "Unit" not in specification(on_queue())


@pytest.mark.parametrize(
    ("statistic", "written"),
    [
        ("Average", "Average"),
        ("avg", "Average"),
        ("Sum", "Sum"),
        ("min", "Minimum"),
        ("Maximum", "Maximum"),
        ("n", "SampleCount"),
        ("SampleCount", "SampleCount"),
    ],
)
def test_every_statistic_that_tracking_knows_passes(statistic: str, written: str) -> None:
    assert specification(on_queue(statistic=statistic))["Statistic"] == written


@pytest.mark.parametrize("statistic", ["p99", "p99.9", "tm99", "IQM"])
def test_fails_when_the_statistic_is_another(statistic: str) -> None:
    with refused(
        "ScalingPolicy.on_metric statistic must be one of Average, Sum, Minimum, Maximum, SampleCount, got "
        f"{statistic!r}: target tracking takes no percentile"
    ):
        on_queue(statistic=statistic)


@pytest.mark.parametrize(
    ("target", "why"),
    [
        (0, "capacity follows the ratio of the metric to this value"),
        (-0.5, "capacity follows the ratio of the metric to this value"),
        (True, "it must be a number"),
        (float("nan"), "it must be a finite number"),
    ],
)
def test_fails_when_the_target_is_not_above_zero(target: object, why: str) -> None:
    with refused(f"ScalingPolicy.on_metric target must be more than 0, got {target!r}: {why}"):
        on_queue(target=target)


@pytest.mark.parametrize("target", [None, "5", [5]])
def test_fails_when_the_target_is_no_number(target: object) -> None:
    with pytest.raises(
        ConfigurationError, match=rf"^ScalingPolicy\.on_metric target must be .*{re.escape(repr(target))}"
    ):
        on_queue(target=target)


@pytest.mark.parametrize("name", ["", "x" * 257, "two\nlines", None, 5])
def test_fails_when_the_service_takes_no_such_name(name: object) -> None:
    with pytest.raises(ConfigurationError, match=r"^ScalingPolicy\.on_metric name must be (1-256 characters|a str)"):
        on_queue(name=name)


@pytest.mark.parametrize("name", ["x", "x" * 256, "Queue of the shop", "Café: 5 %/min | é"])
def test_any_printable_name_passes(name: str) -> None:
    (found,) = policies(new_stack(), on_queue(name=name))
    assert found["PolicyName"] == name


def test_fails_when_the_name_is_a_token() -> None:
    with refused(
        "ScalingPolicy.on_metric name must be literal, got one that is known only at deploy time: the construct is named "
        "after it"
    ):
        on_queue(name=text_token(new_stack()))


def test_fails_in_our_own_words_when_it_is_no_plain_metric() -> None:
    computed = cloudwatch.MathExpression(expression="a / 2", using_metrics={"a": queue()})
    others: list[Any] = ["Queue", None, computed]
    for other in others:
        with pytest.raises(ConfigurationError, match=r"^ScalingPolicy\.on_metric metric must be a Metric, got "):
            ScalingPolicy.on_metric("Queue", other, target=5)


@pytest.mark.parametrize("elsewhere", [{"region": "us-west-2"}, {"account": "999988887777"}])
@pytest.mark.parametrize("stack", [new_stack, lambda: stack_in("eu-west-1")], ids=["anywhere", "eu-west-1"])
def test_fails_when_the_metric_is_another_accounts_or_regions(
    elsewhere: dict[str, str], stack: Callable[[], cdk.Stack]
) -> None:
    rule = on_queue(**elsewhere)
    with pytest.raises(ConfigurationError) as caught:
        scaled(Scaling.between(1, 2, [rule]), scope=stack())
    message = str(caught.value)
    assert message.startswith(
        "ScalingPolicy.on_metric metric must be of the endpoint's own account and region, got one "
    )
    assert next(iter(elsewhere.values())) in message
    assert "Token" not in message


def test_a_metric_of_another_construct_passes_in_its_own_account_and_region() -> None:
    stack = stack_in("eu-west-1")
    depth = sqs.Queue(stack, "Queue").metric_approximate_number_of_messages_visible()
    assert depth.region == "eu-west-1"
    found = tracking(ScalingPolicy.on_metric("Depth", depth, target=5), scope=stack)
    assert found["CustomizedMetricSpecification"]["MetricName"] == "ApproximateNumberOfMessagesVisible"


def test_fails_when_a_policy_tracks_what_on_cpu_tracks() -> None:
    cpu = cloudwatch.Metric(
        namespace="/aws/sagemaker/Endpoints",
        metric_name="CPUUtilization",
        dimensions_map={"EndpointName": "fraud", "VariantName": "AllTraffic"},
    )
    both = [ScalingPolicy.on_cpu(percent=50), ScalingPolicy.on_metric("Cpu", cpu, target=50)]
    with pytest.raises(ConfigurationError, match=r"^Scaling policies must "):
        scaled(Scaling.between(1, 4, both))


def test_fails_when_two_policies_track_one_metric_under_two_names() -> None:
    with pytest.raises(ConfigurationError, match=r"^Scaling policies must "):
        scaled(Scaling.between(1, 4, [on_queue(name="one"), on_queue(name="two", target=9)]))


def test_two_metrics_that_differ_in_a_dimension_or_statistic_pass() -> None:
    several = [
        on_queue(name="one"),
        on_queue(name="two", statistic="Maximum"),
        on_queue(name="three", dimensions_map={"Till": "1"}),
    ]
    assert len(policies(new_stack(), *several)) == 3


def test_target_and_dimensions_may_be_tokens() -> None:
    stack = new_stack()
    rule = on_queue(target=number_token(stack), dimensions_map={"Till": text_token(stack)})
    found = tracking(rule, scope=stack)
    assert found["TargetValue"] == {"Ref": "Number"}
    assert found["CustomizedMetricSpecification"]["Dimensions"] == [{"Name": "Till", "Value": {"Ref": "Text"}}]


def test_is_a_value() -> None:
    assert on_queue(dimensions_map={"Till": "1"}) == on_queue(dimensions_map={"Till": "1"})
    assert on_queue() != on_queue(statistic="Sum")
    assert "0x" not in repr(on_queue())


def test_is_hashable_like_every_frozen_value() -> None:
    assert hash(on_queue(dimensions_map={"Till": "1"})) == hash(on_queue(dimensions_map={"Till": "1"}))


def test_what_is_changed_later_does_not_change_the_policy() -> None:
    dimensions = {"Till": "1"}
    rule = on_queue(dimensions_map=dimensions)
    dimensions["Till"] = "2"
    assert rule == on_queue(dimensions_map={"Till": "1"})
