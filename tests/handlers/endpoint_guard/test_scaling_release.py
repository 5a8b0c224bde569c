"""Custom::ScalingRelease makes way for a change of instance type, and for nothing else."""

import pytest
from botocore.exceptions import ClientError

from tests.handlers.endpoint_guard.fleet import LARGE, SMALL, Fleet, as_registered, nightly, registration, tracking

RELEASE = "ScalingRelease"


@pytest.fixture
def scaled(fleet: Fleet) -> Fleet:
    fleet.register_natively(registration(actions=[nightly()]))
    return fleet


def test_without_a_release_the_service_refuses_another_type(scaled: Fleet) -> None:
    with pytest.raises(ClientError, match="must be deregistered"):
        scaled.deploy(LARGE)


def test_another_type_is_made_way_for(scaled: Fleet) -> None:
    before, after = (scaled.main(kind, registration()) for kind in (SMALL, LARGE))

    scaled.stage.succeed(RELEASE, "Update", after, before)

    assert scaled.scaling() is None
    scaled.deploy(LARGE)


def test_a_variant_that_goes_is_made_way_for(scaled: Fleet) -> None:
    before = scaled.main(SMALL, registration())
    after = scaled.properties(Other=(SMALL, registration()))

    scaled.stage.succeed(RELEASE, "Update", after, before)

    assert scaled.scaling() is None
    scaled.deploy(SMALL, "Other")


@pytest.mark.parametrize(
    "after",
    [registration(3, 9), registration(2, 6, tracking(900)), None],
    ids=["bounds", "policy", "no longer scaling"],
)
def test_what_changes_without_the_type_is_left_to_the_registration(
    scaled: Fleet, after: dict[str, object] | None
) -> None:
    scaled.stage.succeed(RELEASE, "Update", scaled.main(SMALL, after), scaled.main(SMALL, registration()))

    assert scaled.scaling() == as_registered(registration(actions=[nightly()]))
    assert scaled.stage.function.pending == []


@pytest.mark.parametrize("kind", ["Create", "Delete"])
def test_a_resource_that_comes_or_goes_releases_nothing(scaled: Fleet, kind: str) -> None:
    scaled.stage.succeed(RELEASE, kind, scaled.main(LARGE, registration()))

    assert scaled.scaling() is not None
    assert scaled.stage.calls == set()


def test_only_what_is_in_the_way_is_released(scaled: Fleet) -> None:
    scaled.deploy(SMALL, "Main", "Other")
    scaled.register_natively(registration(), "Other")
    before = scaled.properties(Main=(SMALL, registration()), Other=(SMALL, registration()))
    after = scaled.properties(Main=(SMALL, registration()), Other=(LARGE, registration()))

    scaled.stage.succeed(RELEASE, "Update", after, before)

    assert scaled.scaling("Main") is not None
    assert scaled.scaling("Other") is None


def test_an_endpoint_that_is_not_there_is_fine(fleet: Fleet) -> None:
    fleet.name = "nobody"

    fleet.stage.succeed(RELEASE, "Update", fleet.main(LARGE, registration()), fleet.main(SMALL, registration()))


def test_the_watch_knows_everything_before_anything_is_taken_away(scaled: Fleet) -> None:
    seen = []

    def look(**_: object) -> None:
        seen.append((scaled.scaling(), len(scaled.stage.function.pending)))

    scaled.stage.clients["application-autoscaling"].meta.events.register(
        "before-call.application-autoscaling.DeregisterScalableTarget", look
    )
    scaled.stage.succeed(RELEASE, "Update", scaled.main(LARGE, registration()), scaled.main(SMALL, registration()))

    assert seen == [(as_registered(registration(actions=[nightly()])), 1)]
    (candidate,) = scaled.stage.function.pending[0]["Watch"]["rolled_back"]["Main"]
    assert candidate["InstanceType"] == SMALL
    assert candidate["Registration"] == {
        "MinCapacity": 2,
        "MaxCapacity": 6,
        "SuspendedState": {
            "DynamicScalingInSuspended": False,
            "DynamicScalingOutSuspended": False,
            "ScheduledScalingSuspended": False,
        },
        "Policies": [{**tracking(), "Alarms": []}],
        "ScheduledActions": [nightly()],
    }


def test_nothing_is_taken_away_when_no_watch_can_be_started(scaled: Fleet) -> None:
    scaled.stage.function.failure = RuntimeError("not allowed")

    reason = scaled.stage.fail(
        RELEASE, "Update", scaled.main(LARGE, registration()), scaled.main(SMALL, registration())
    )

    assert reason == "the endpoint guard failed: RuntimeError: not allowed"
    assert scaled.scaling() is not None


def test_the_same_request_twice_does_no_harm(scaled: Fleet) -> None:
    before, after = (scaled.main(kind, registration()) for kind in (SMALL, LARGE))
    scaled.stage.succeed(RELEASE, "Update", after, before)

    scaled.stage.succeed(RELEASE, "Update", after, before)

    assert len(scaled.stage.function.pending) == 1


def test_a_scaling_activity_that_is_under_way_may_finish(scaled: Fleet) -> None:
    hosting = scaled.hosting
    waiting = iter(("Updating", "InService"))
    sagemaker = scaled.stage.clients["sagemaker"]
    before, after = (scaled.main(kind, registration()) for kind in (SMALL, LARGE))

    def report(parsed: dict[str, object], **_: object) -> None:
        # The local AWS scales at once; the service takes minutes, in which it refuses an update.
        if scaled.scaling() is None:
            parsed["EndpointStatus"] = next(waiting)

    sagemaker.meta.events.register("after-call.sagemaker.DescribeEndpoint", report)
    scaled.stage.succeed(RELEASE, "Update", after, before)

    assert scaled.stage.clock.slept == [15.0]
    assert hosting.settle(scaled.name)["EndpointStatus"] == "InService"


def test_a_rollback_registers_again_what_never_changed(scaled: Fleet) -> None:
    before, after = (scaled.main(kind, registration()) for kind in (SMALL, LARGE))
    scaled.stage.succeed(RELEASE, "Update", after, before)
    scaled.stage.stack_becomes("UPDATE_ROLLBACK_IN_PROGRESS")

    scaled.stage.succeed(RELEASE, "Update", before, after)

    assert scaled.scaling() == as_registered(registration())


def test_a_rollback_goes_on_when_the_release_fails(scaled: Fleet) -> None:
    scaled.stage.stack_becomes("UPDATE_ROLLBACK_IN_PROGRESS")
    scaled.stage.function.failure = RuntimeError("not allowed")

    scaled.stage.succeed(RELEASE, "Update", scaled.main(LARGE, registration()), scaled.main(SMALL, registration()))

    assert scaled.scaling() is not None


def test_a_type_that_nobody_knows_any_more_is_released(scaled: Fleet) -> None:
    scaled.hosting.sagemaker.delete_endpoint_config(EndpointConfigName=scaled.live)

    scaled.stage.succeed(RELEASE, "Update", scaled.main(LARGE, registration()), scaled.main(SMALL, registration()))

    assert scaled.scaling() is None
    scaled.stage.settle("UPDATE_ROLLBACK_IN_PROGRESS", "UPDATE_ROLLBACK_COMPLETE")
    assert scaled.scaling() == as_registered(registration(actions=[nightly()]))
