"""Every policy acts on the kinds of endpoint that publish its metric, and is refused on all others."""

from collections.abc import Callable

import pytest

from cdk_model_hosting import ConfigurationError, Scaling, ScalingPolicy
from cdk_model_hosting.patterns import Pattern
from tests.unit.builders import refused
from tests.unit.scaling.bound import GROW, NEUTRAL, queue
from tests.unit.scaling.fleets import AT_ONCE, SCALED, bind

Make = Callable[[], ScalingPolicy]
POLICIES: dict[str, tuple[Make, tuple[Pattern, ...]]] = {
    "on_invocations": (lambda: ScalingPolicy.on_invocations(per_instance_per_minute=60), AT_ONCE),
    "on_load_test": (lambda: ScalingPolicy.on_load_test(max_requests_per_second=1), AT_ONCE),
    "on_concurrency": (lambda: ScalingPolicy.on_concurrency(per_instance=2), AT_ONCE),
    "on_explanations": (lambda: ScalingPolicy.on_explanations(per_instance_per_minute=60), AT_ONCE),
    "on_cpu": (lambda: ScalingPolicy.on_cpu(percent=50), (*AT_ONCE, Pattern.ASYNCHRONOUS)),
    "on_memory": (lambda: ScalingPolicy.on_memory(percent=50), (*AT_ONCE, Pattern.ASYNCHRONOUS)),
    "on_gpu": (lambda: ScalingPolicy.on_gpu(percent=50), (*AT_ONCE, Pattern.ASYNCHRONOUS)),
    "on_gpu_memory": (lambda: ScalingPolicy.on_gpu_memory(percent=50), (*AT_ONCE, Pattern.ASYNCHRONOUS)),
    "on_backlog": (lambda: ScalingPolicy.on_backlog(per_instance=5), (Pattern.ASYNCHRONOUS,)),
    "on_provisioned_use": (lambda: ScalingPolicy.on_provisioned_use(percent=70), (Pattern.SERVERLESS,)),
    "on_concurrency_per_copy": (lambda: ScalingPolicy.on_concurrency_per_copy(per_copy=2), (Pattern.COMPONENTS,)),
    "on_invocations_per_copy": (
        lambda: ScalingPolicy.on_invocations_per_copy(per_copy_per_minute=60),
        (Pattern.COMPONENTS,),
    ),
    "on_metric": (lambda: ScalingPolicy.on_metric("Depth", queue(), target=5), SCALED),
    "steps": (lambda: ScalingPolicy.steps("Steps", queue(), [NEUTRAL, GROW]), SCALED),
}


def test_every_factory_is_listed_here() -> None:
    factories = {name for name in dir(ScalingPolicy) if name == "steps" or name.startswith("on_")}
    assert factories == set(POLICIES)


@pytest.mark.parametrize("factory", POLICIES)
@pytest.mark.parametrize("pattern", SCALED, ids=lambda pattern: pattern.name)
def test_a_policy_acts_where_its_metric_is_published_and_nowhere_else(factory: str, pattern: Pattern) -> None:
    make, reached = POLICIES[factory]
    scaling = Scaling.between(1, 2, [make()])
    if pattern not in reached:
        with pytest.raises(ConfigurationError, match=rf" must be omitted for {pattern.value} endpoints, got one: "):
            scaling.check_pattern(pattern)
        return
    scaling.check_pattern(pattern)
    _, bound = bind(scaling, pattern)
    assert list(bound.cfn_policies) == [scaling.policies[0].rule.name]


WAITING = "SageMaker counts requests per instance only where instances answer at once"
EXPLAINED = "SageMaker explains only what instances answer at once"
MEASURED = "it measures the instances that are added and taken away, and these are none"


AT_ONCE_INSTEAD = "ScalingPolicy.on_invocations or ScalingPolicy.on_concurrency"


@pytest.mark.parametrize(
    ("factory", "pattern", "why", "instead"),
    [
        ("on_invocations", Pattern.ASYNCHRONOUS, WAITING, "ScalingPolicy.on_backlog"),
        ("on_concurrency", Pattern.SERVERLESS, WAITING, "ScalingPolicy.on_provisioned_use"),
        ("on_concurrency", Pattern.COMPONENTS, WAITING, "ScalingPolicy.on_concurrency_per_copy"),
        ("on_explanations", Pattern.ASYNCHRONOUS, EXPLAINED, "ScalingPolicy.on_backlog"),
        ("on_gpu", Pattern.SERVERLESS, MEASURED, "ScalingPolicy.on_provisioned_use"),
        ("on_cpu", Pattern.COMPONENTS, MEASURED, "ScalingPolicy.on_concurrency_per_copy"),
        ("on_backlog", Pattern.REALTIME, "only asynchronous endpoints queue their requests", AT_ONCE_INSTEAD),
        (
            "on_provisioned_use",
            Pattern.ASYNCHRONOUS,
            "only serverless endpoints have provisioned concurrency",
            "ScalingPolicy.on_backlog",
        ),
        ("on_invocations_per_copy", Pattern.MULTI_MODEL, "only inference components run in copies", AT_ONCE_INSTEAD),
    ],
)
def test_the_refusal_says_what_to_use_instead(factory: str, pattern: Pattern, why: str, instead: str) -> None:
    make, _ = POLICIES[factory]
    with refused(
        f"ScalingPolicy.{factory} must be omitted for {pattern.value} endpoints, got one: {why}; use {instead}"
    ):
        Scaling.between(1, 2, [make()]).check_pattern(pattern)


def test_one_policy_of_several_is_enough_to_be_refused() -> None:
    several = [ScalingPolicy.on_backlog(), ScalingPolicy.on_cpu(percent=50), POLICIES["on_invocations"][0]()]
    with pytest.raises(ConfigurationError, match=r"^ScalingPolicy\.on_invocations must be omitted for asynchronous "):
        Scaling.between(1, 2, several).check_pattern(Pattern.ASYNCHRONOUS)


def test_nothing_is_suggested_where_nothing_scales() -> None:
    with refused(
        "ScalingPolicy.on_backlog must be omitted for batch transform endpoints, got one: only asynchronous endpoints "
        "queue their requests"
    ):
        Scaling.on_backlog(between=(0, 2)).check_pattern(Pattern.BATCH)


@pytest.mark.parametrize("factory", ["on_cpu", "on_memory", "on_gpu", "on_gpu_memory"])
def test_fails_when_there_are_no_instances_to_measure(factory: str) -> None:
    with refused(
        f"ScalingPolicy.{factory} fleet must have instances, got none: there is nothing to measure; use "
        "ScalingPolicy.on_metric"
    ):
        bind(Scaling.between(1, 2, [POLICIES[factory][0]()]), Pattern.COMPONENTS)


def test_steps_act_on_what_scales_of_the_fleet() -> None:
    rule = ScalingPolicy.steps("Steps", queue(), [NEUTRAL, GROW])
    for pattern in (Pattern.SERVERLESS, Pattern.COMPONENTS):
        _, bound = bind(Scaling.between(1, 2, [rule]), pattern)
        kinds = [each.cfn_resource_type for each in bound.cfn_policies["Steps"]]
        assert sorted(kinds) == ["AWS::ApplicationAutoScaling::ScalingPolicy", "AWS::CloudWatch::Alarm"]
