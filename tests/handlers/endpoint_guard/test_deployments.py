"""Whole deployments, step by step as CloudFormation takes them: whatever fails, the fleet scales in the end as declared."""

from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.handlers.endpoint_guard.fleet import LARGE, SMALL, Fleet, as_registered, nightly, registration, tracking

OLD = registration(2, 6, tracking(600), actions=[nightly()])
NEW = registration(1, 3, tracking(300, "Requests"))


class Deployment:
    """An update of the instance type and of how it scales, in the order of the template: release, endpoint, the rest."""

    def __init__(self, fleet: Fleet) -> None:
        self.fleet, self.stage = fleet, fleet.stage
        self.before, self.after = fleet.main(SMALL, OLD), fleet.main(LARGE, NEW)
        self.old_config = fleet.live
        self.stage.stack_becomes("CREATE_IN_PROGRESS")
        self.stage.succeed("ScalingRegistration", "Create", self.before)
        self.stage.settle("CREATE_COMPLETE")
        self.stage.stack_becomes("UPDATE_IN_PROGRESS")

    def release(self) -> None:
        self.stage.succeed("ScalingRelease", "Update", self.after, self.before)

    def endpoint(self) -> None:
        self.fleet.deploy(LARGE)

    def register(self) -> None:
        self.stage.succeed("ScalingRegistration", "Update", self.after, self.before)

    def fails(self) -> None:
        self.stage.stack_becomes("UPDATE_ROLLBACK_IN_PROGRESS")

    def release_goes_back(self) -> None:
        self.stage.succeed("ScalingRelease", "Update", self.before, self.after)

    def endpoint_goes_back(self) -> None:
        self.fleet.redeploy(self.old_config)

    def registration_goes_back(self) -> None:
        self.stage.succeed("ScalingRegistration", "Update", self.before, self.after)

    def is_rolled_back(self) -> None:
        self.stage.settle("UPDATE_ROLLBACK_COMPLETE_CLEANUP_IN_PROGRESS", "UPDATE_ROLLBACK_COMPLETE")

    def is_done(self) -> None:
        self.stage.settle("UPDATE_COMPLETE_CLEANUP_IN_PROGRESS", "UPDATE_COMPLETE")


@pytest.fixture
def deployment(fleet: Fleet) -> Deployment:
    return Deployment(fleet)


def test_the_type_changes_in_one_deployment(deployment: Deployment) -> None:
    deployment.release()
    deployment.endpoint()
    deployment.register()
    assert deployment.fleet.scaling() == as_registered(NEW)

    deployment.is_done()
    assert deployment.fleet.scaling() == as_registered(NEW)


def test_the_next_deployment_finds_everything_in_order(deployment: Deployment) -> None:
    test_the_type_changes_in_one_deployment(deployment)
    deployment.stage.stack_becomes("UPDATE_IN_PROGRESS")

    deployment.stage.succeed("ScalingRelease", "Update", deployment.before, deployment.after)
    deployment.endpoint_goes_back()
    deployment.stage.succeed("ScalingRegistration", "Update", deployment.before, deployment.after)
    deployment.is_done()

    assert deployment.fleet.scaling() == as_registered(OLD)


def test_an_update_that_the_service_refuses(deployment: Deployment) -> None:
    deployment.release()
    with pytest.raises(ClientError, match="Could not find"):
        deployment.fleet.hosting.update(deployment.fleet.name, "no-such-config")
    deployment.fails()
    deployment.release_goes_back()
    assert deployment.fleet.scaling() == as_registered(OLD)

    deployment.is_rolled_back()
    assert deployment.fleet.scaling() == as_registered(OLD)


def test_an_update_that_sagemaker_rolls_back_in_silence(deployment: Deployment) -> None:
    deployment.release()
    deployment.fleet.deploy(LARGE, ECHO_HEALTH="exit")
    assert deployment.fleet.live == deployment.old_config
    deployment.fails()
    deployment.release_goes_back()
    deployment.endpoint_goes_back()
    deployment.is_rolled_back()

    assert deployment.fleet.scaling() == as_registered(OLD)


def test_a_failure_between_the_endpoint_and_the_registration(deployment: Deployment) -> None:
    deployment.release()
    deployment.endpoint()
    deployment.fails()
    deployment.release_goes_back()
    deployment.endpoint_goes_back()
    assert deployment.fleet.scaling() is None, "the registration was never touched, so nobody tells it to go back"

    deployment.is_rolled_back()
    assert deployment.fleet.scaling() == as_registered(OLD)


def back_in_the_templates_order(deployment: Deployment) -> list[Callable[[], None]]:
    return [deployment.release_goes_back, deployment.endpoint_goes_back, deployment.registration_goes_back]


def back_in_the_other_order(deployment: Deployment) -> list[Callable[[], None]]:
    return back_in_the_templates_order(deployment)[::-1]


@pytest.mark.parametrize("order", [back_in_the_templates_order, back_in_the_other_order])
def test_a_failure_after_the_registration(
    deployment: Deployment, order: Callable[[Deployment], list[Callable[[], None]]]
) -> None:
    deployment.release()
    deployment.endpoint()
    deployment.register()
    deployment.fails()
    for step in order(deployment):
        step()
    deployment.is_rolled_back()

    assert deployment.fleet.scaling() == as_registered(OLD)


def test_a_release_that_fails_half_way(deployment: Deployment) -> None:
    refused = iter([True])
    events = deployment.stage.clients["application-autoscaling"].meta.events

    def refuse(**_: Any) -> None:
        if next(refused, False):
            raise ClientError({"Error": {"Code": "InternalServiceException", "Message": "oh"}}, "Deregister")

    events.register("after-call.application-autoscaling.DeregisterScalableTarget", refuse)
    reason = deployment.stage.fail("ScalingRelease", "Update", deployment.after, deployment.before)
    assert reason == "Deregister was refused: oh (InternalServiceException)"
    assert deployment.fleet.scaling() is None
    deployment.fails()
    deployment.release_goes_back()
    deployment.is_rolled_back()

    assert deployment.fleet.scaling() == as_registered(OLD)


def test_a_function_that_dies_after_deregistering(deployment: Deployment) -> None:
    events = deployment.stage.clients["application-autoscaling"].meta.events

    def die(**_: Any) -> None:
        raise SystemExit

    events.register_last("after-call.application-autoscaling.DeregisterScalableTarget", die)
    with pytest.raises(SystemExit):
        deployment.release()
    events.unregister("after-call.application-autoscaling.DeregisterScalableTarget", die)
    assert deployment.fleet.scaling() is None
    deployment.fails()
    deployment.is_rolled_back()

    assert deployment.fleet.scaling() == as_registered(OLD)


def test_a_registration_that_fails(deployment: Deployment) -> None:
    deployment.after["Variants"]["Main"]["Registration"]["MinCapacity"] = 9
    deployment.release()
    deployment.endpoint()
    deployment.stage.fail("ScalingRegistration", "Update", deployment.after, deployment.before)
    deployment.fails()
    for step in back_in_the_templates_order(deployment):
        step()
    deployment.is_rolled_back()

    assert deployment.fleet.scaling() == as_registered(OLD)


def test_a_deployment_that_is_stopped_half_way_can_be_gone_on_with(deployment: Deployment) -> None:
    """With rollback disabled the stack stays where it failed: registering again would block the next attempt."""
    deployment.release()
    deployment.stage.stack_becomes("UPDATE_FAILED")

    def go_on() -> None:
        # A second attempt leaves the release alone, for its properties are the same.
        deployment.stage.clock.on_sleep = lambda: None
        assert deployment.fleet.scaling() is None
        deployment.stage.stack_becomes("UPDATE_IN_PROGRESS")
        deployment.endpoint()
        deployment.register()
        deployment.stage.stack_becomes("UPDATE_COMPLETE")

    deployment.stage.clock.on_sleep = go_on
    # What goes on meanwhile is answered, so this invocation is not like the others that `run_watches` makes.
    deployment.stage.invoke(deployment.stage.function.pending.pop(0))
    deployment.stage.run_watches()

    assert deployment.fleet.scaling() == as_registered(NEW)


def test_a_rollback_that_fails_can_be_continued(deployment: Deployment) -> None:
    deployment.release()
    deployment.endpoint()
    deployment.register()
    deployment.fails()
    deployment.release_goes_back()
    deployment.stage.stack_becomes("UPDATE_ROLLBACK_FAILED")

    def go_on() -> None:
        deployment.stage.clock.on_sleep = lambda: None
        deployment.stage.stack_becomes("UPDATE_ROLLBACK_IN_PROGRESS")
        deployment.endpoint_goes_back()
        deployment.stage.stack_becomes("UPDATE_ROLLBACK_COMPLETE")

    deployment.stage.clock.on_sleep = go_on
    deployment.stage.run_watches()

    assert deployment.fleet.scaling() == as_registered(OLD)


def test_a_rollback_of_which_the_endpoint_wants_to_know_nothing(deployment: Deployment) -> None:
    """It stays on the new type, so it scales as the new type did."""
    deployment.release()
    deployment.endpoint()
    deployment.register()
    deployment.fails()
    deployment.release_goes_back()
    deployment.is_rolled_back()

    assert deployment.fleet.scaling() == as_registered(NEW)


def test_the_stack_is_deleted(deployment: Deployment) -> None:
    deployment.stage.stack_becomes("DELETE_IN_PROGRESS")
    deployment.stage.succeed("ScalingRegistration", "Delete", deployment.before)
    assert deployment.fleet.scaling() is None

    deployment.fleet.hosting.sagemaker.delete_endpoint(EndpointName=deployment.fleet.name)
    deployment.stage.succeed("ScalingRelease", "Delete", deployment.before)
    assert deployment.stage.function.pending == []


def test_two_variants_of_which_one_changes(fleet: Fleet) -> None:
    fleet.deploy(SMALL, "Main", "Other")
    before = fleet.properties(Main=(SMALL, OLD), Other=(SMALL, NEW))
    after = fleet.properties(Main=(SMALL, OLD), Other=(LARGE, NEW))
    for variant, scaling in (("Main", OLD), ("Other", NEW)):
        fleet.register_natively(scaling, variant)

    fleet.stage.succeed("ScalingRelease", "Update", after, before)
    fleet.redeploy(
        fleet.hosting.config(
            {"ModelName": fleet.model, "InstanceType": SMALL, "VariantName": "Main"},
            {"ModelName": fleet.model, "InstanceType": LARGE, "VariantName": "Other"},
        )
    )
    fleet.stage.succeed("ScalingRegistration", "Update", after, before)
    fleet.stage.settle("UPDATE_COMPLETE")

    assert (fleet.scaling("Main"), fleet.scaling("Other")) == (as_registered(OLD), as_registered(NEW))


def test_capacity_that_was_reached_survives_the_change(deployment: Deployment) -> None:
    fleet = deployment.fleet
    fleet.hosting.sagemaker.update_endpoint_weights_and_capacities(
        EndpointName=fleet.name, DesiredWeightsAndCapacities=[{"VariantName": "Main", "DesiredInstanceCount": 3}]
    )
    fleet.hosting.settle(fleet.name)

    deployment.release()
    deployment.endpoint()
    deployment.register()
    deployment.is_done()

    assert fleet.hosting.counts(fleet.name) == {"Main": 3}
