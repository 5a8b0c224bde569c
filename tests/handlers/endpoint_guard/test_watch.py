"""The watch looks after what a stack operation leaves behind, and ends."""

from typing import Any

import pytest

from tests.handlers.endpoint_guard.fleet import LARGE, SMALL, Fleet, as_registered, registration

WAS = registration()
HOUR = 3600.0


@pytest.fixture
def released(fleet: Fleet) -> Fleet:
    """An endpoint whose registration was released for another type, so that a watch waits for the stack."""
    fleet.register_natively(WAS)
    fleet.stage.succeed("ScalingRelease", "Update", fleet.main(LARGE, WAS), fleet.main(SMALL, WAS))
    return fleet


def test_it_waits_until_the_cleanup_is_over(released: Fleet) -> None:
    stages = iter(("UPDATE_ROLLBACK_IN_PROGRESS", "UPDATE_ROLLBACK_COMPLETE_CLEANUP_IN_PROGRESS"))
    seen: list[object] = []

    def go_on() -> None:
        seen.append(released.scaling())
        released.stage.stack_becomes(next(stages, "UPDATE_ROLLBACK_COMPLETE"))

    released.stage.clock.on_sleep = go_on
    released.stage.run_watches()

    assert seen == [None, None, None]
    assert released.scaling() == as_registered(WAS)


def test_it_hands_over_to_other_invocations_and_gives_up_after_nine_hours(released: Fleet) -> None:
    began = released.stage.clock.time

    ran = released.stage.run_watches()

    assert released.stage.clock.time - began == 9 * HOUR
    assert len(ran) == 39
    assert released.scaling() is None


def test_it_registers_nothing_twice(released: Fleet) -> None:
    released.register_natively(registration(1, 9))
    released.stage.settle("UPDATE_ROLLBACK_COMPLETE")

    assert released.scaling() == as_registered(registration(1, 9))


def test_it_completes_what_is_missing(released: Fleet) -> None:
    released.hosting.autoscaling.register_scalable_target(**released.names(), MinCapacity=2, MaxCapacity=6)

    released.stage.settle("UPDATE_ROLLBACK_COMPLETE")

    assert released.scaling() == as_registered(WAS)


@pytest.mark.parametrize("status", ["DELETE_IN_PROGRESS", "DELETE_COMPLETE", "DELETE_FAILED"])
def test_a_stack_that_is_deleted_ends_it(released: Fleet, status: str) -> None:
    released.stage.settle(status)

    assert released.scaling() is None


def test_a_stack_that_is_gone_ends_it(released: Fleet) -> None:
    cloudformation = released.stage.clients["cloudformation"]
    released.stage.resource_type = ""
    cloudformation.delete_stack(StackName=released.stage.stack.stack_id)

    released.stage.run_watches()

    assert released.scaling() is None


def test_an_endpoint_that_is_gone_ends_it(released: Fleet) -> None:
    released.hosting.sagemaker.delete_endpoint(EndpointName=released.name)

    assert len(released.stage.settle("UPDATE_ROLLBACK_COMPLETE")) == 1


def test_an_endpoint_that_failed_ends_it(released: Fleet) -> None:
    report(released, "Failed")

    assert len(released.stage.settle("UPDATE_ROLLBACK_COMPLETE")) == 1
    assert released.scaling() is None


def test_an_endpoint_that_is_busy_is_waited_for(released: Fleet) -> None:
    report(released, "Updating", "Updating")

    released.stage.settle("UPDATE_ROLLBACK_COMPLETE")

    assert released.stage.clock.slept == [15.0, 15.0]
    assert released.scaling() == as_registered(WAS)


def report(fleet: Fleet, *statuses: str) -> None:
    """Let the endpoint be in statuses that pass too quickly, or never come, on the local AWS."""
    coming = iter(statuses)

    def tell(parsed: dict[str, Any], **_: Any) -> None:
        parsed["EndpointStatus"] = next(coming, parsed["EndpointStatus"])

    fleet.stage.clients["sagemaker"].meta.events.register("after-call.sagemaker.DescribeEndpoint", tell)


def test_a_later_operation_that_dealt_with_the_resource_takes_over(released: Fleet) -> None:
    """The user opts out right after a rollback: what the first deployment has read is history."""
    stage = released.stage
    stage.stack_becomes("UPDATE_ROLLBACK_COMPLETE", "UPDATE_IN_PROGRESS")
    stage.touch("ScalingRelease", "UPDATE_COMPLETE")

    stage.settle("UPDATE_COMPLETE")

    assert released.scaling() is None


def test_a_later_operation_that_had_nothing_to_do_with_it_does_not(released: Fleet) -> None:
    stage = released.stage
    stage.stack_becomes("UPDATE_ROLLBACK_COMPLETE", "UPDATE_IN_PROGRESS")
    stage.touch("Topic", "UPDATE_COMPLETE")

    stage.settle("UPDATE_COMPLETE")

    assert released.scaling() == as_registered(WAS)


def test_a_rollback_that_is_continued_is_still_the_same_operation(released: Fleet) -> None:
    stage = released.stage
    stage.stack_becomes("UPDATE_ROLLBACK_FAILED", "UPDATE_ROLLBACK_IN_PROGRESS")
    stage.touch("ScalingRelease", "UPDATE_COMPLETE")

    stage.settle("UPDATE_ROLLBACK_COMPLETE")

    assert released.scaling() == as_registered(WAS)


def test_a_failure_is_no_end(released: Fleet) -> None:
    failing = iter(range(3))

    def fail(**_: Any) -> None:
        if next(failing, None) is not None:
            raise OSError("no network")

    released.stage.clients["application-autoscaling"].meta.events.register(
        "before-call.application-autoscaling.RegisterScalableTarget", fail
    )
    released.stage.settle("UPDATE_ROLLBACK_COMPLETE")

    assert released.scaling() == as_registered(WAS)


def test_failures_are_bounded(released: Fleet) -> None:
    def fail(**_: Any) -> None:
        raise OSError("no network")

    released.stage.clients["sagemaker"].meta.events.register("before-call.sagemaker.DescribeEndpoint", fail)

    assert len(released.stage.settle("UPDATE_ROLLBACK_COMPLETE")) == 1
    assert sum(released.stage.clock.slept) == 20 * 15.0
