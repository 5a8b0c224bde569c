"""Custom::ScalingRegistration registers what the template declares, and withdraws what it has put."""

from dataclasses import replace
from typing import Any

import pytest

from tests.handlers.endpoint_guard.fleet import (
    LARGE,
    SMALL,
    Fleet,
    as_registered,
    nightly,
    registration,
    tracking,
)

REGISTRATION = "ScalingRegistration"
FULL = registration(2, 6, tracking(), tracking(70, "Cpu"), actions=[nightly()])
CPU = {
    "PolicyName": "Cpu-Stack",
    "PolicyType": "TargetTrackingScaling",
    "TargetTrackingScalingPolicyConfiguration": {
        "TargetValue": 70.0,
        "CustomizedMetricSpecification": {
            "MetricName": "CPUUtilization",
            "Namespace": "/aws/sagemaker/Endpoints",
            "Dimensions": [{"Name": "VariantName", "Value": "Main"}],
            "Statistic": "Average",
        },
    },
}


def create(fleet: Fleet, scaling: dict[str, Any] | None = None) -> dict[str, Any]:
    """Register in a stack that is created, and go on to its update."""
    properties = fleet.main(SMALL, registration() if scaling is None else scaling)
    fleet.stage.stack_becomes("CREATE_IN_PROGRESS")
    fleet.stage.succeed(REGISTRATION, "Create", properties)
    fleet.stage.settle("CREATE_COMPLETE")
    fleet.stage.stack_becomes("UPDATE_IN_PROGRESS")
    return properties


def test_a_new_stack_registers_everything_as_declared(fleet: Fleet) -> None:
    create(fleet, registration(2, 6, tracking(), CPU, actions=[nightly()]))

    assert fleet.scaling() == (
        2,
        6,
        {"Invocations-Stack": 600.0, "Cpu-Stack": 70.0},
        {"Nightly-Stack": {"MinCapacity": 1}},
    )


def test_a_new_stack_needs_no_watch(fleet: Fleet) -> None:
    fleet.stage.stack_becomes("CREATE_IN_PROGRESS")

    fleet.stage.succeed(REGISTRATION, "Create", fleet.main(SMALL, registration()))

    assert fleet.stage.function.pending == []


def test_numbers_and_booleans_arrive_as_such(fleet: Fleet) -> None:
    create(fleet)

    (policy,) = fleet.hosting.autoscaling.describe_scaling_policies(**fleet.names())["ScalingPolicies"]
    configuration = policy["TargetTrackingScalingPolicyConfiguration"]
    assert (configuration["ScaleInCooldown"], configuration["DisableScaleIn"]) == (120, False)


def test_an_update_puts_changes_and_deletes_what_is_no_longer_declared(fleet: Fleet) -> None:
    before = create(fleet, registration(2, 6, tracking(), CPU, actions=[nightly()]))
    after = registration(3, 9, tracking(900))

    fleet.stage.succeed(REGISTRATION, "Update", fleet.main(SMALL, after), before)

    assert fleet.scaling() == as_registered(after)


def test_what_others_have_put_on_the_target_stays(fleet: Fleet) -> None:
    before = create(fleet)
    fleet.hosting.autoscaling.put_scaling_policy(**fleet.names(), **{**CPU, "PolicyName": "ByHand"})
    after = fleet.main(SMALL, registration(2, 6, tracking(900)))

    fleet.stage.succeed(REGISTRATION, "Update", after, before)
    assert fleet.scaling() == (2, 6, {"Invocations-Stack": 900.0, "ByHand": 70.0}, {})

    fleet.stage.succeed(REGISTRATION, "Delete", after)
    assert fleet.scaling() == (2, 6, {"ByHand": 70.0}, {})


def test_bounds_that_a_schedule_has_moved_stay_unless_the_template_changes_them(fleet: Fleet) -> None:
    before = create(fleet)
    fleet.hosting.autoscaling.register_scalable_target(**fleet.names(), MinCapacity=4, MaxCapacity=6)

    fleet.stage.succeed(REGISTRATION, "Update", fleet.main(SMALL, registration(2, 6, tracking(900))), before)
    assert fleet.scaling() == (4, 6, {"Invocations-Stack": 900.0}, {})

    now = fleet.main(SMALL, registration(2, 6, tracking(900)))
    fleet.stage.succeed(REGISTRATION, "Update", fleet.main(SMALL, registration(3, 6, tracking(900))), now)
    assert fleet.scaling() == (3, 6, {"Invocations-Stack": 900.0}, {})


def test_a_policy_that_takes_over_a_metric_comes_after_the_one_that_had_it(fleet: Fleet) -> None:
    before = create(fleet)
    order: list[str] = []
    events = fleet.stage.clients["application-autoscaling"].meta.events
    events.register("before-call.application-autoscaling.*", lambda model, **_: order.append(model.name))

    renamed = registration(2, 6, tracking(name="Requests"))
    fleet.stage.succeed(REGISTRATION, "Update", fleet.main(SMALL, renamed), before)

    changing = [name for name in order if not name.startswith("Describe")]
    assert changing == ["DeleteScalingPolicy", "PutScalingPolicy"]
    assert fleet.scaling() == as_registered(renamed)


def test_a_policy_of_another_type_replaces_its_namesake(fleet: Fleet) -> None:
    before = create(fleet)
    steps = {
        "PolicyName": "Invocations-Stack",
        "PolicyType": "StepScaling",
        "StepScalingPolicyConfiguration": {
            "AdjustmentType": "ChangeInCapacity",
            "StepAdjustments": [{"MetricIntervalLowerBound": 0.0, "ScalingAdjustment": 1}],
        },
    }

    fleet.stage.succeed(REGISTRATION, "Update", fleet.main(SMALL, registration(2, 6, steps)), before)

    (policy,) = fleet.hosting.autoscaling.describe_scaling_policies(**fleet.names())["ScalingPolicies"]
    assert policy["PolicyType"] == "StepScaling"


def test_a_variant_that_no_longer_scales_is_deregistered(fleet: Fleet) -> None:
    before = create(fleet)

    fleet.stage.succeed(REGISTRATION, "Update", fleet.main(SMALL, None), before)

    assert fleet.scaling() is None


def test_a_variant_that_was_never_declared_to_scale_is_nobody_elses_business(fleet: Fleet) -> None:
    fleet.register_natively(registration())

    fleet.stage.succeed(REGISTRATION, "Update", fleet.main(SMALL, None), fleet.main(SMALL, None))

    assert fleet.scaling() is not None


def test_an_endpoint_of_another_name_takes_the_scaling_along(fleet: Fleet) -> None:
    before = create(fleet)
    new = fleet.hosting.endpoint({"ModelName": fleet.model, "InstanceType": SMALL})
    moved = replace(fleet, name=new)

    fleet.stage.succeed(REGISTRATION, "Update", moved.main(SMALL, registration()), before)

    assert moved.scaling() == as_registered(registration())
    assert fleet.scaling() is None


def test_deleting_deregisters(fleet: Fleet) -> None:
    before = create(fleet, registration(actions=[nightly()]))

    fleet.stage.succeed(REGISTRATION, "Delete", before)

    assert fleet.scaling() is None


@pytest.mark.parametrize("already_gone", ["target", "endpoint"])
def test_deleting_what_is_gone_is_fine(fleet: Fleet, already_gone: str) -> None:
    before = create(fleet)
    if already_gone == "target":
        fleet.deregister()
    else:
        fleet.hosting.sagemaker.delete_endpoint(EndpointName=fleet.name)

    fleet.stage.succeed(REGISTRATION, "Delete", before)


def test_deleting_leaves_a_target_that_the_stack_has_as_a_resource_of_its_own(fleet: Fleet) -> None:
    before = create(fleet)

    class Native:
        logical_resource_id = "Target"
        cf_resource_type = "AWS::ApplicationAutoScaling::ScalableTarget"
        physical_resource_id = f"{fleet.names()['ResourceId']}|sagemaker:variant:DesiredInstanceCount|sagemaker"

    fleet.stage.stack.resource_map._parsed_resources["Target"] = Native()
    fleet.stage.stack.resource_map._resource_json_map["Target"] = {}
    fleet.stage.succeed(REGISTRATION, "Delete", before)

    assert fleet.scaling() == (2, 6, {}, {})


def test_an_endpoint_that_runs_something_else_fails_the_deployment(fleet: Fleet) -> None:
    before = create(fleet)

    reason = fleet.stage.fail(REGISTRATION, "Update", fleet.main(LARGE, registration()), before)

    assert reason == (
        f"endpoint {fleet.name} runs Main on {SMALL} where Main on {LARGE} was deployed: "
        "SageMaker has rolled the update back"
    )
    assert fleet.scaling() == as_registered(registration())


def test_an_endpoint_that_is_not_there_fails_the_deployment(fleet: Fleet) -> None:
    fleet.name = "nobody"

    assert fleet.stage.fail(REGISTRATION, "Create", fleet.main(SMALL, registration())) == (
        "endpoint nobody does not exist: its variants cannot be registered to scale"
    )


def test_a_refusal_of_the_service_is_passed_on(fleet: Fleet) -> None:
    wrong = registration(7, 6)

    assert fleet.stage.fail(REGISTRATION, "Create", fleet.main(SMALL, wrong)) == (
        "RegisterScalableTarget was refused: Maximum capacity cannot be less than minimum capacity (ValidationException)"
    )


def test_a_target_that_is_not_known_everywhere_yet_is_tried_again(fleet: Fleet) -> None:
    deregistered = iter((True, True, False))
    client = fleet.hosting.local.client("application-autoscaling")

    def lose(**_: object) -> None:
        # Only a target that is gone makes the local AWS answer what the service does for a moment after registering.
        if next(deregistered, False):
            client.deregister_scalable_target(**fleet.names())
        else:
            client.register_scalable_target(**fleet.names(), MinCapacity=2, MaxCapacity=6)

    def again(**_: object) -> None:
        client.register_scalable_target(**fleet.names(), MinCapacity=2, MaxCapacity=6)

    events = fleet.stage.clients["application-autoscaling"].meta.events
    events.register("before-call.application-autoscaling.PutScalingPolicy", lose)
    fleet.stage.clock.on_sleep = again
    fleet.stage.stack_becomes("CREATE_IN_PROGRESS")

    fleet.stage.succeed(REGISTRATION, "Create", fleet.main(SMALL, registration()))

    assert fleet.scaling() == as_registered(registration())
    assert fleet.stage.clock.slept == [1.0, 2.0]


def test_taking_over_waits_until_the_cleanup_has_deregistered(fleet: Fleet) -> None:
    native, declared = registration(1, 4, tracking(owner="Native")), registration(2, 8)
    fleet.register_natively(native)

    fleet.stage.succeed(REGISTRATION, "Create", fleet.main(SMALL, declared))
    assert fleet.scaling() == as_registered(native)

    fleet.stage.stack_becomes("UPDATE_COMPLETE_CLEANUP_IN_PROGRESS")
    fleet.deregister()
    fleet.stage.settle("UPDATE_COMPLETE")
    assert fleet.scaling() == as_registered(declared)


def test_taking_over_puts_the_bounds_right_where_nothing_was_cleaned_up(fleet: Fleet) -> None:
    fleet.register_natively(registration(1, 4, CPU))

    fleet.stage.succeed(REGISTRATION, "Create", fleet.main(SMALL, registration(2, 8)))
    fleet.stage.settle("UPDATE_COMPLETE")

    assert fleet.scaling() == (2, 8, {"Cpu-Stack": 70.0, "Invocations-Stack": 600.0}, {})


def test_a_take_over_that_is_rolled_back_has_touched_nothing(fleet: Fleet) -> None:
    native, declared = registration(1, 4, tracking(owner="Native")), fleet.main(SMALL, registration(2, 8))
    fleet.register_natively(native)
    fleet.stage.succeed(REGISTRATION, "Create", declared)

    fleet.stage.stack_becomes("UPDATE_ROLLBACK_IN_PROGRESS", "UPDATE_ROLLBACK_COMPLETE_CLEANUP_IN_PROGRESS")
    fleet.stage.succeed(REGISTRATION, "Delete", declared)
    fleet.stage.settle("UPDATE_ROLLBACK_COMPLETE")

    assert fleet.scaling() == as_registered(native)
