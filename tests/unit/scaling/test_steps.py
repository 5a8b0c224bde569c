"""Step policies: the policies and alarms that they become."""

from typing import Any

import aws_cdk as cdk
import pytest
from aws_cdk import aws_cloudwatch as cloudwatch

from cdk_model_hosting import ConfigurationError, Interval, RealtimeEndpoint, Scaling, ScalingPolicy
from tests.stacks.service_requests import refusals
from tests.unit.builders import PAIR, new_stack, number_token, refused, resources, text_token, variants
from tests.unit.scaling.bound import ALARM, GROW, NEUTRAL, POLICY, TARGET, queue, scaled, template


def made(*intervals: Interval, scope: cdk.Stack | None = None, **options: Any) -> cdk.Stack:
    metric = options.pop("metric", None) or queue()
    rule = ScalingPolicy.steps("Steps", metric, intervals, **options)
    return scaled(Scaling.between(1, 4, [rule]), scope=scope)


def directions(stack: cdk.Stack) -> dict[str, list[dict[str, Any]]]:
    """The adjustments by the comparison and threshold of the alarm that acts on them."""
    policies = resources(stack, POLICY)
    found: dict[str, list[dict[str, Any]]] = {}
    for alarm in resources(stack, ALARM).values():
        properties = alarm["Properties"]
        ((reference,),) = (each.values() for each in properties["AlarmActions"])
        configuration = policies[reference]["Properties"]["StepScalingPolicyConfiguration"]
        assert configuration["AdjustmentType"] == "ChangeInCapacity"
        sign = {"GreaterThanOrEqualToThreshold": ">=", "LessThanOrEqualToThreshold": "<="}
        key = f"{sign[properties['ComparisonOperator']]} {properties['Threshold']}"
        found[key] = configuration["StepAdjustments"]
    assert len(found) == len(policies)
    return found


def step(change: int, lower: float | None = None, upper: float | None = None) -> dict[str, float]:
    ends = {"MetricIntervalLowerBound": lower, "MetricIntervalUpperBound": upper}
    return {"ScalingAdjustment": change, **{name: value for name, value in ends.items() if value is not None}}


@pytest.mark.parametrize(
    ("intervals", "expected"),
    [
        ((NEUTRAL, GROW), {">= 5": [step(1, 0)]}),
        ((GROW, NEUTRAL), {">= 5": [step(1, 0)]}),
        ((Interval(below=1, change=-1), GROW), {"<= 1": [step(-1, upper=0)], ">= 5": [step(1, 0)]}),
        (
            (Interval(below=1, change=-1), Interval(above=1, below=5, change=0), GROW),
            {"<= 1": [step(-1, upper=0)], ">= 5": [step(1, 0)]},
        ),
        (
            (NEUTRAL, Interval(above=5, below=10, change=1), Interval(above=10, change=3)),
            {">= 5": [step(1, 0, 5), step(3, 5)]},
        ),
        (
            (Interval(above=10, change=3), Interval(below=1, change=-2), Interval(above=5, below=10, change=1)),
            {"<= 1": [step(-2, upper=0)], ">= 5": [step(1, 0, 5), step(3, 5)]},
        ),
        (
            (Interval(below=1, change=-3), Interval(above=1, below=2, change=-1), Interval(above=2, change=0)),
            {"<= 2": [step(-1, -1, 0), step(-3, upper=-1)]},
        ),
        ((Interval(below=1, change=2), Interval(above=4, change=-2)), {"<= 1": [step(2, upper=0)], ">= 4": [step(-2, 0)]}),
        ((Interval(below=-5, change=-1), Interval(above=-1.5, change=1)), {"<= -5": [step(-1, upper=0)], ">= -1.5": [step(1, 0)]}),
    ],
    ids=["grow", "any_order", "gap", "neutral", "two_up", "three_unordered", "only_shrink", "falling_metric", "negative"],
)  # fmt: skip
def test_each_direction_is_a_policy_and_an_alarm(
    intervals: tuple[Interval, ...], expected: dict[str, list[dict[str, float]]]
) -> None:
    found = directions(made(*intervals))
    assert {key: sorted(each, key=str) for key, each in found.items()} == {
        key: sorted(each, key=str) for key, each in expected.items()
    }


def test_the_service_accepts_what_is_made() -> None:
    stack = made(
        Interval(below=1, change=-1), Interval(above=5, below=9, change=1), Interval(above=9, change=4),
        cooldown=cdk.Duration.seconds(0), data_points=3,
    )  # fmt: skip
    assert refusals(template(stack)) == {}


def test_the_policies_act_on_the_registered_fleet() -> None:
    stack = made(Interval(below=1, change=-1), GROW)
    (target,) = resources(stack, TARGET)
    assert [each["Properties"]["ScalingTargetId"] for each in resources(stack, POLICY).values()] == [
        {"Ref": target},
        {"Ref": target},
    ]
    assert resources(stack, "AWS::IAM::Role") == {}


def test_its_resources_can_be_reached_by_its_name() -> None:
    stack = new_stack()
    rule = ScalingPolicy.steps("Steps", queue(), [Interval(below=1, change=-1), GROW])
    endpoint = RealtimeEndpoint(
        stack,
        "Endpoint",
        variants=variants(stack, "a", fleet=PAIR, scaling=Scaling.between(1, 4, [rule])),
        verify_rollout=False,
    )
    kinds = [each.cfn_resource_type for each in endpoint.scaled["a"].cfn_policies["Steps"]]
    assert sorted(kinds) == [POLICY, POLICY, ALARM, ALARM]


def test_both_directions_pause_as_told() -> None:
    def pauses(**options: Any) -> list[Any]:
        stack = made(Interval(below=1, change=-1), GROW, **options)
        found = [each["Properties"]["StepScalingPolicyConfiguration"] for each in resources(stack, POLICY).values()]
        return [each.get("Cooldown") for each in found]

    assert pauses() == [None, None]
    assert pauses(cooldown=cdk.Duration.minutes(2)) == [120, 120]
    assert pauses(cooldown=cdk.Duration.seconds(0)) == [0, 0]


def test_fails_when_the_cooldown_is_no_whole_number_of_seconds() -> None:
    with refused(
        "ScalingPolicy.steps cooldown must be a whole number of seconds, got 1500 milliseconds: the service counts in "
        "seconds"
    ):
        made(NEUTRAL, GROW, cooldown=cdk.Duration.millis(1500))


def test_the_alarm_watches_the_metric() -> None:
    stack = made(NEUTRAL, GROW, metric=queue(statistic="Maximum", period=cdk.Duration.minutes(1)), data_points=3)
    (alarm,) = resources(stack, ALARM).values()
    watched = {
        key: alarm["Properties"][key] for key in ("Namespace", "MetricName", "Statistic", "Period", "EvaluationPeriods")
    }
    assert watched == {
        "Namespace": "Shop",
        "MetricName": "Queue",
        "Statistic": "Maximum",
        "Period": 60,
        "EvaluationPeriods": 3,
    }


def test_percentiles_and_expressions_may_be_watched() -> None:
    (tail,) = resources(made(NEUTRAL, GROW, metric=queue(statistic="p99")), ALARM).values()
    assert tail["Properties"]["ExtendedStatistic"] == "p99"
    computed = cloudwatch.MathExpression(expression="a / 2", using_metrics={"a": queue()})
    (half,) = resources(made(NEUTRAL, GROW, metric=computed), ALARM).values()
    assert [each.get("Expression") for each in half["Properties"]["Metrics"]] == ["a / 2", None]


@pytest.mark.parametrize("count", [0, -1, 1.5, True, "2", 1441])
def test_fails_when_the_data_points_are_no_possible_number(count: Any) -> None:
    with pytest.raises(ConfigurationError, match=r"^ScalingPolicy\.steps data_points must be 1-1440 "):
        made(NEUTRAL, GROW, data_points=count)


@pytest.mark.parametrize("metric", ["Queue", 5])
def test_fails_in_our_own_words_when_it_is_no_metric(metric: Any) -> None:
    with pytest.raises(ConfigurationError, match=r"^ScalingPolicy\.steps metric must "):
        made(NEUTRAL, GROW, metric=metric)


@pytest.mark.parametrize("name", ["", "x" * 257, "two\nlines", None, 5])
def test_fails_when_the_service_takes_no_such_name(name: Any) -> None:
    with pytest.raises(ConfigurationError, match=r"^ScalingPolicy\.steps name must be (1-256 characters|a str)"):
        scaled(Scaling.between(1, 4, [ScalingPolicy.steps(name, queue(), [NEUTRAL, GROW])]))


def test_fails_in_our_own_words_when_the_name_is_a_token() -> None:
    stack = new_stack()
    with pytest.raises(ConfigurationError, match=r"^ScalingPolicy\.steps name must "):
        scaled(Scaling.between(1, 4, [ScalingPolicy.steps(text_token(stack), queue(), [NEUTRAL, GROW])]), scope=stack)


def test_change_cooldown_and_data_points_may_be_tokens() -> None:
    stack = new_stack()
    change: Any = number_token(stack, "Change")
    count: Any = number_token(stack, "Count")
    cooldown = cdk.Duration.seconds(number_token(stack, "Cooldown"))
    made(NEUTRAL, Interval(above=5, change=change), cooldown=cooldown, data_points=count, scope=stack)
    (policy,), (alarm,) = resources(stack, POLICY).values(), resources(stack, ALARM).values()
    configuration = policy["Properties"]["StepScalingPolicyConfiguration"]
    assert configuration["Cooldown"] == {"Ref": "Cooldown"}
    assert configuration["StepAdjustments"] == [{"MetricIntervalLowerBound": 0, "ScalingAdjustment": {"Ref": "Change"}}]
    assert alarm["Properties"]["EvaluationPeriods"] == {"Ref": "Count"}


def test_two_step_policies_stand_beside_one_another_and_beside_tracking() -> None:
    several = [
        ScalingPolicy.steps("Fast", queue(), [NEUTRAL, GROW]),
        ScalingPolicy.steps("Slow", queue(metric_name="Age"), [Interval(below=1, change=-1), GROW]),
        ScalingPolicy.on_invocations(per_instance_per_minute=60),
    ]
    stack = scaled(Scaling.between(1, 4, several))
    kinds = sorted(each["Properties"]["PolicyType"] for each in resources(stack, POLICY).values())
    assert kinds == ["StepScaling"] * 3 + ["TargetTrackingScaling"]
    names = {each["Properties"]["PolicyName"] for each in resources(stack, POLICY).values()}
    assert len(names) == 4
    assert refusals(template(stack)) == {}
