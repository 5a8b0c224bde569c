"""Policies that follow how busy the instances are."""

from typing import Any

import pytest

from cdk_model_hosting import ConfigurationError, Fleet, Model, Scaling, ScalingPolicy, Variant
from tests.unit.builders import FLEET, new_stack, number_token, refused, text_token
from tests.unit.scaling.bound import scaled, tracking

METRICS = {
    "on_cpu": "CPUUtilization",
    "on_memory": "MemoryUtilization",
    "on_gpu": "GPUUtilization",
    "on_gpu_memory": "GPUMemoryUtilization",
}


def busy(factory: str, percent: Any = 60) -> ScalingPolicy:
    made: ScalingPolicy = getattr(ScalingPolicy, factory)(percent=percent)
    return made


def on(instance_type: str, factory: str, percent: float = 60) -> Variant:
    model = Model.from_model_name(new_stack(), "Model", "fraud")
    return Variant(
        model=model, fleet=Fleet(instance_type=instance_type), scaling=Scaling.between(1, 2, [busy(factory, percent)])
    )


@pytest.mark.parametrize(("factory", "metric"), METRICS.items())
def test_the_metric_is_the_one_of_the_fleet(factory: str, metric: str) -> None:
    assert tracking(busy(factory), Fleet(instance_type="ml.g5.12xlarge"))["CustomizedMetricSpecification"] == {
        "Namespace": "/aws/sagemaker/Endpoints",
        "MetricName": metric,
        "Dimensions": [{"Name": "EndpointName", "Value": "fraud"}, {"Name": "VariantName", "Value": "AllTraffic"}],
        "Statistic": "Average",
    }


@pytest.mark.parametrize(
    ("factory", "instance_type", "count"),
    [
        ("on_cpu", "ml.m8g.medium", 1),
        ("on_cpu", "ml.c6i.large", 2),
        ("on_cpu", "ml.m5.xlarge", 4),
        ("on_cpu", "ml.c4.8xlarge", 36),
        ("on_cpu", "ml.c5.9xlarge", 36),
        ("on_cpu", "ml.g5.12xlarge", 48),
        ("on_cpu", "ml.p4d.24xlarge", 96),
        ("on_cpu", "ml.inf2.48xlarge", 192),
        ("on_gpu", "ml.g5.xlarge", 1),
        ("on_gpu", "ml.g5.12xlarge", 4),
        ("on_gpu", "ml.g4dn.16xlarge", 1),
        ("on_gpu", "ml.g5.16xlarge", 1),
        ("on_gpu", "ml.p3.8xlarge", 4),
        ("on_gpu", "ml.p5.48xlarge", 8),
        ("on_gpu", "ml.p6e-gb200.36xlarge", 4),
        ("on_gpu_memory", "ml.g5.48xlarge", 8),
        ("on_gpu_memory", "ml.g6e.12xlarge", 4),
        ("on_gpu_memory", "ml.p2.16xlarge", 16),
        ("on_memory", "ml.c5.18xlarge", 1),
        ("on_memory", "ml.p4d.24xlarge", 1),
    ],
)
def test_the_target_is_multiplied_by_what_the_metric_is_added_up_over(
    factory: str, instance_type: str, count: int
) -> None:
    target = tracking(busy(factory), Fleet(instance_type=instance_type))["TargetValue"]
    assert target == 60 * count


def test_a_share_may_have_decimals() -> None:
    assert tracking(ScalingPolicy.on_cpu(percent=33.3))["TargetValue"] == pytest.approx(66.6)
    assert tracking(ScalingPolicy.on_memory(percent=62.5))["TargetValue"] == 62.5


def test_a_size_of_a_newer_family_is_counted_by_rule() -> None:
    assert tracking(busy("on_cpu"), Fleet(instance_type="ml.c9i.2xlarge"))["TargetValue"] == 60 * 8
    assert on("ml.c9i.medium", "on_memory").scaling is not None


@pytest.mark.parametrize("factory", METRICS)
@pytest.mark.parametrize(
    ("percent", "why"),
    [
        (0, "it is a percentage of the whole machine, 70 and not 0.7"),
        (-1, "it is a percentage of the whole machine, 70 and not 0.7"),
        (100.1, "it is a percentage of the whole machine, 70 and not 0.7"),
        (400, "it is a percentage of the whole machine, 70 and not 0.7"),
        (True, "it must be a number"),
        ("50", "it must be a number"),
        (float("nan"), "it must be a finite number"),
        (float("inf"), "it must be a finite number"),
    ],
)
def test_fails_when_it_is_no_share(factory: str, percent: object, why: str) -> None:
    with refused(f"ScalingPolicy.{factory} percent must be 1-100 %, got {percent!r}: {why}"):
        busy(factory, percent)


@pytest.mark.parametrize("factory", METRICS)
def test_the_whole_machine_passes(factory: str) -> None:
    assert busy(factory, 100).rule.name == METRICS[factory]


@pytest.mark.parametrize("factory", METRICS)
def test_fails_when_there_is_no_share(factory: str) -> None:
    with pytest.raises(ConfigurationError, match=rf"^ScalingPolicy\.{factory} percent must .*None"):
        scaled(Scaling.between(1, 2, [busy(factory, None)]), Fleet(instance_type="ml.g5.12xlarge"))


@pytest.mark.parametrize("factory", ["on_gpu", "on_gpu_memory"])
@pytest.mark.parametrize("instance_type", ["ml.c6i.large", "ml.inf2.xlarge", "ml.dl1.24xlarge", "ml.trn1.32xlarge"])
def test_fails_when_the_fleet_has_no_gpus(factory: str, instance_type: str) -> None:
    with refused(
        f"ScalingPolicy.{factory} fleet must be of GPU instances, got {instance_type}: there is nothing to measure"
    ):
        on(instance_type, factory)


@pytest.mark.parametrize(
    ("factory", "instance_type", "counted"),
    [
        ("on_gpu", "ml.g9.xlarge", "accelerators"),
        ("on_gpu_memory", "ml.g5.96xlarge", "accelerators"),
        ("on_cpu", "ml.c9i.medium", "vcpus"),
    ],
)
def test_fails_when_the_number_is_not_known(factory: str, instance_type: str, counted: str) -> None:
    with refused(
        f"ScalingPolicy.{factory} fleet must be of a type whose number of {counted} is known, got {instance_type}: "
        "SageMaker adds the metric up over them; use ScalingPolicy.on_metric with a target of your own"
    ):
        on(instance_type, factory)


@pytest.mark.parametrize(("factory", "counted"), [("on_cpu", "vcpus"), ("on_gpu", "accelerators")])
def test_fails_when_the_type_is_known_only_at_deploy_time(factory: str, counted: str) -> None:
    stack = new_stack()
    fleet = Fleet(instance_type=text_token(stack))
    with refused(
        f"ScalingPolicy.{factory} fleet must be of a type whose number of {counted} is known, got one that is known only "
        "at deploy time: SageMaker adds the metric up over them; use ScalingPolicy.on_metric with a target of your own"
    ):
        scaled(Scaling.between(1, 2, [busy(factory)]), fleet, stack)


def test_memory_needs_no_number() -> None:
    stack = new_stack()
    fleet = Fleet(instance_type=text_token(stack))
    assert tracking(busy("on_memory"), fleet, stack)["TargetValue"] == 60


@pytest.mark.parametrize(
    ("factory", "instance_type"),
    [("on_memory", "ml.p4d.24xlarge"), ("on_gpu", "ml.g5.xlarge"), ("on_cpu", "ml.m8g.medium")],
)
def test_the_share_may_be_a_token_where_nothing_is_multiplied(factory: str, instance_type: str) -> None:
    stack = new_stack()
    rule = busy(factory, number_token(stack))
    assert tracking(rule, Fleet(instance_type=instance_type), stack)["TargetValue"] == {"Ref": "Number"}


@pytest.mark.parametrize(
    ("factory", "fleet", "counted"),
    [("on_cpu", FLEET, "vcpus"), ("on_gpu", Fleet(instance_type="ml.g5.12xlarge"), "accelerators")],
)
def test_fails_when_the_share_is_a_token_that_would_be_multiplied(factory: str, fleet: Fleet, counted: str) -> None:
    stack = new_stack()
    with refused(
        f"ScalingPolicy.{factory} percent must be a literal number, got one that is known only at deploy time: it is "
        f"multiplied by the number of {counted}"
    ):
        scaled(Scaling.between(1, 2, [busy(factory, number_token(stack))]), fleet, stack)
