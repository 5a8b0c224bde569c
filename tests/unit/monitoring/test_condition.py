"""What all conditions have in common."""

from typing import Any

import pytest

from cdk_model_hosting import Alarm
from cdk_model_hosting.instances import instance
from cdk_model_hosting.monitoring.watched import Watched
from tests.unit.builders import new_stack, refused, text_token


def on(instance_type: str | None = None, **options: Any) -> Watched:
    machine = None if instance_type is None else instance(instance_type)
    return Watched(endpoint_name="fraud", variant_name="main", machine=machine, **options)


def test_the_new_fleet_is_told_apart_where_its_metrics_are() -> None:
    new = on("ml.c6i.large", config_name="config")
    assert Alarm.server_errors().dimensions(new) == {
        "EndpointName": "fraud",
        "VariantName": "main",
        "EndpointConfigName": "config",
    }
    assert Alarm.memory_utilization().dimensions(new) == {"EndpointName": "fraud", "VariantName": "main"}


@pytest.mark.parametrize(
    ("instance_type", "cpu", "memory"),
    [("ml.c6i.large", 160, 80), ("ml.c6i.xlarge", 320, 80), ("ml.c4.8xlarge", 36 * 80, 80)],
)
def test_thresholds_follow_the_instance_type(instance_type: str, cpu: float, memory: float) -> None:
    assert Alarm.cpu_utilization(above=80).threshold_on(on(instance_type)) == cpu
    assert Alarm.memory_utilization(above=80).threshold_on(on(instance_type)) == memory


def test_cores_and_gpus_can_be_said_where_the_type_does_not() -> None:
    assert Alarm.cpu_utilization(above=80, cores=4).threshold_on(on()) == 320
    assert Alarm.gpu_utilization(above=80, gpus=2).threshold_on(on()) == 160
    assert Alarm.cpu_utilization(above=80, cores=3).threshold_on(on("ml.c6i.large")) == 240


@pytest.mark.parametrize("watched", [on(), on(text_token(new_stack()))])
@pytest.mark.parametrize(
    ("alarm", "argument"),
    [
        (Alarm.cpu_utilization(), "cores"),
        (Alarm.gpu_utilization(), "gpus"),
        (Alarm.gpu_memory_utilization(), "gpus"),
    ],
)
def test_fails_when_nobody_says_how_many(watched: Watched, alarm: Alarm, argument: str) -> None:
    with refused(
        f"{alarm.what} {argument} must be given for variant main, got none: {alarm.metric} adds up over them, and this app "
        "does not say how many its instances have"
    ):
        alarm.threshold_on(watched)


@pytest.mark.parametrize("instance_type", ["ml.c6i.large", "ml.inf2.xlarge"])
@pytest.mark.parametrize("alarm", [Alarm.gpu_utilization(), Alarm.gpu_memory_utilization(gpus=1)])
def test_fails_when_the_fleet_has_no_gpus(alarm: Alarm, instance_type: str) -> None:
    with refused(
        f"{alarm.what} must watch a fleet with GPUs, got {instance_type} of variant main: it publishes no such metric"
    ):
        alarm.threshold_on(on(instance_type))


def test_another_name_makes_another_alarm_of_the_same_condition() -> None:
    page = Alarm.server_errors(above=20).named("Page")
    assert (page.name, page.threshold, type(page)) == ("Page", 0.2, Alarm)
    assert Alarm.server_errors().name == "ServerErrors"


@pytest.mark.parametrize("name", ["", "page", "1Page", "Page-1", "Page/1", "P" * 65, None])
def test_fails_when_the_name_cannot_be_part_of_another(name: Any) -> None:
    with refused(
        "Alarm.named name must be a capital letter and then at most 63 letters, digits and underscores, got "
        f"{name!r}: it becomes part of the alarm's name and of its construct's ID"
    ):
        Alarm.server_errors().named(name)


def test_fails_when_a_rollout_would_roll_back_on_silence() -> None:
    with refused(
        "rollback_on must name conditions on requests that were made, got Alarm.few_requests: a new fleet has had no "
        "requests yet, so every deployment would roll back"
    ):
        Alarm.few_requests().check_rollback()
    Alarm.server_errors().check_rollback()
