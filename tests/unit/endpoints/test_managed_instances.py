from typing import Any

import aws_cdk as cdk
import pytest

from cdk_model_hosting import ManagedInstances
from tests.unit.builders import new_stack, number_token, only, refused
from tests.unit.endpoints.shared import CONFIG, endpoint_in

ALONE = "True with consolidate_step or consolidate_after, got False: they say how copies are moved together"


def rendered(instances: ManagedInstances) -> dict[str, Any]:
    stack = new_stack()
    endpoint_in(stack, instances=instances)
    (variant,) = only(stack, CONFIG)["ProductionVariants"]
    found: dict[str, Any] = variant["ManagedInstanceScaling"]
    return found


def test_an_instance_goes_when_it_has_no_copy_left() -> None:
    bounds = {"Status": "ENABLED", "MinInstanceCount": 0, "MaxInstanceCount": 3}
    assert rendered(ManagedInstances(minimum=0, maximum=3)) == bounds


def test_copies_can_be_moved_together() -> None:
    plain = ManagedInstances(minimum=1, maximum=8, consolidate=True)
    chosen = ManagedInstances(
        minimum=1, maximum=8, consolidate=True, consolidate_step=2, consolidate_after=cdk.Duration.hours(1)
    )
    assert rendered(plain)["ScaleInPolicy"] == {"Strategy": "CONSOLIDATION"}
    assert rendered(chosen)["ScaleInPolicy"] == {
        "Strategy": "CONSOLIDATION",
        "MaximumStepSize": 2,
        "CooldownInMinutes": 60,
    }


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (
            {"minimum": -1},
            "minimum must be at least 0 instances, got -1: a variant that hosts inference components may go down to none",
        ),
        (
            {"minimum": 0, "maximum": 0},
            "maximum must be at least 1 instance, got 0: a variant that never has an instance cannot answer",
        ),
        ({"minimum": 4}, "minimum must be at most maximum, got 4 and 3: no number lies between them"),
        (
            {"consolidate": True, "consolidate_step": 101},
            "consolidate_step must be 1-100 instances, got 101: SageMaker releases no more in one step",
        ),
        (
            {"consolidate": True, "consolidate_after": cdk.Duration.minutes(4)},
            "consolidate_after must be 5-1440 minutes, got 4: SageMaker waits between five minutes and a day",
        ),
        (
            {"consolidate": True, "consolidate_after": cdk.Duration.seconds(330)},
            "consolidate_after must be a whole number of minutes, got 330 seconds: SageMaker counts it in minutes",
        ),
        (
            {"consolidate_step": 1},
            f"consolidate must be {ALONE}",
        ),
        (
            {"consolidate_after": cdk.Duration.minutes(5)},
            f"consolidate must be {ALONE}",
        ),
        ({"consolidate": 1}, "consolidate must be a bool, got 1: nothing else is understood there"),
    ],
)
def test_fails_when_it_cannot_be(options: dict[str, Any], message: str) -> None:
    with refused(f"ManagedInstances {message}"):
        ManagedInstances(**{"minimum": 0, "maximum": 3, **options})


def test_tokens_pass_where_they_can_be_rendered() -> None:
    stack = new_stack()
    low, high, step = (number_token(stack, each) for each in ("Low", "High", "Step"))
    instances = ManagedInstances(minimum=low, maximum=high, consolidate=True, consolidate_step=step)  # type: ignore[arg-type]
    endpoint_in(stack, instances=instances)
    (variant,) = only(stack, CONFIG)["ProductionVariants"]
    assert variant["ManagedInstanceScaling"] == {
        "Status": "ENABLED",
        "MinInstanceCount": {"Ref": "Low"},
        "MaxInstanceCount": {"Ref": "High"},
        "ScaleInPolicy": {"Strategy": "CONSOLIDATION", "MaximumStepSize": {"Ref": "Step"}},
    }


def test_fails_when_the_pause_is_known_at_deploy_time_only() -> None:
    stack = new_stack()
    pause = cdk.Duration.seconds(number_token(stack))
    with refused(
        "ManagedInstances consolidate_after must be a whole number of minutes, got one that is known at deploy time only: "
        "SageMaker counts it in minutes"
    ):
        ManagedInstances(minimum=0, maximum=3, consolidate=True, consolidate_after=pause)


def test_equal_ones_are_equal() -> None:
    def made(minutes: int) -> ManagedInstances:
        after = cdk.Duration.minutes(minutes)
        return ManagedInstances(minimum=0, maximum=3, consolidate=True, consolidate_after=after)

    assert made(60) == made(60)
    assert made(60) != made(61)
