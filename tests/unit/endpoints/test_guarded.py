"""Endpoints on instances, whose versions replace each other under deployment guardrails."""

from typing import Any

import aws_cdk as cdk
import pytest
from aws_cdk.assertions import Template

from cdk_model_hosting import Alarm, AsyncEndpoint, Pattern, RealtimeEndpoint, Rollout, Scaling, Variant
from tests.unit.builders import FLEET, PAIR, new_stack, only, refused, resources, single
from tests.unit.endpoints.test_hosted import AT_ONCE, model_of

ENDPOINTS = (RealtimeEndpoint, AsyncEndpoint)
SCALING = {
    RealtimeEndpoint: Scaling.on_invocations(per_instance_per_minute=60, between=(2, 4)),
    AsyncEndpoint: Scaling.on_backlog(between=(2, 4)),
}
DEFAULTS = {
    Pattern.REALTIME: ["ServerErrors", "ModelLatencyP99"],
    Pattern.MULTI_MODEL: ["ServerErrors", "ModelLatencyP99", "ModelLoadWait"],
    Pattern.PIPELINE: ["ServerErrors", "ModelLatencyP99"],
    Pattern.MULTI_CONTAINER: ["ServerErrors", "ModelLatencyP99"],
}


def endpoint_in(stack: cdk.Stack, made: Any = RealtimeEndpoint, **options: Any) -> Any:
    return made(stack, "Endpoint", model=single(stack), **{"fleet": PAIR, "endpoint_name": "fraud", **options})


def rollback_alarms(stack: cdk.Stack) -> list[str]:
    """Names of the alarms that the endpoint rolls back on, without the endpoint's."""
    found = only(stack, "AWS::SageMaker::Endpoint")["DeploymentConfig"]["AutoRollbackConfiguration"]["Alarms"]
    return [each["AlarmName"].removeprefix("fraud/") for each in found]


# Kinds of models


def test_fails_when_variants_serve_models_of_two_kinds() -> None:
    stack = new_stack()
    variants = [
        Variant(model=single(stack, "Single"), fleet=FLEET, name="a"),
        Variant(model=model_of(stack, Pattern.MULTI_MODEL), fleet=FLEET, name="b"),
    ]
    with refused(
        "RealtimeEndpoint variants must serve models of one kind, got single-model real-time and multi-model: a request "
        "names a target that some of them do not have"
    ):
        RealtimeEndpoint(stack, "Endpoint", variants=variants)


@pytest.mark.parametrize("pattern", AT_ONCE, ids=lambda each: each.name)
def test_each_kind_is_watched_by_what_suits_it(pattern: Pattern) -> None:
    stack = new_stack()
    RealtimeEndpoint(stack, "Endpoint", model=model_of(stack, pattern), fleet=FLEET, endpoint_name="fraud")
    assert rollback_alarms(stack) == [f"AllTraffic/{each}/rollback" for each in DEFAULTS[pattern]]


def test_several_variants_of_models_that_are_loaded_are_each_watched_for_it() -> None:
    stack = new_stack()
    model = model_of(stack, Pattern.MULTI_MODEL)
    variants = [Variant(model=model, fleet=FLEET, name=each) for each in ("a", "b")]
    RealtimeEndpoint(stack, "Endpoint", variants=variants, endpoint_name="fraud")
    expected = [f"{variant}/{each}/rollback" for variant in ("a", "b") for each in DEFAULTS[Pattern.MULTI_MODEL]]
    assert rollback_alarms(stack) == expected


# Switches


@pytest.mark.parametrize("made", ENDPOINTS)
@pytest.mark.parametrize("switch", ["verify_rollout", "allow_instance_type_change"])
def test_fails_when_a_switch_is_neither_on_nor_off(made: Any, switch: str) -> None:
    with refused(f"{made.__name__} {switch} must be a bool, got 'yes': nothing else is understood there"):
        endpoint_in(new_stack(), made, **{switch: "yes"})


@pytest.mark.parametrize("made", ENDPOINTS)
def test_fails_when_the_alarms_are_one(made: Any) -> None:
    stack = new_stack()
    alarm = Alarm.server_errors()
    with pytest.raises(ValueError, match=rf"^{made.__name__} rollback_on must be a list or tuple, got Alarm\("):
        endpoint_in(stack, made, rollback_on=alarm)


@pytest.mark.parametrize("made", ENDPOINTS)
def test_fails_when_the_rollout_is_none(made: Any) -> None:
    with refused(f"{made.__name__} rollout must be a Rollout, got 'canary': nothing else is understood there"):
        endpoint_in(new_stack(), made, rollout="canary")


@pytest.mark.parametrize("made", ENDPOINTS)
@pytest.mark.parametrize(
    ("options", "bakes"), [({}, True), ({"rollback_on": []}, False), ({"rollback_on": [Alarm.server_errors()]}, True)]
)
def test_there_is_something_to_wait_for_where_there_is_something_to_watch(
    made: Any, options: dict[str, Any], bakes: bool
) -> None:
    stack = new_stack()
    endpoint_in(stack, made, **options)
    assert ("DeploymentConfig" in only(stack, "AWS::SageMaker::Endpoint")) is bakes


# Every rollout, for every kind that has guardrails


@pytest.mark.parametrize("made", ENDPOINTS)
@pytest.mark.parametrize(
    ("rollout", "policy"),
    [
        (Rollout.all_at_once(), "BlueGreenUpdatePolicy"),
        (Rollout.canary(percent=10, bake=cdk.Duration.minutes(5)), "BlueGreenUpdatePolicy"),
        (Rollout.linear(percent=50, bake=cdk.Duration.minutes(5)), "BlueGreenUpdatePolicy"),
        (Rollout.rolling(percent=50, bake=cdk.Duration.minutes(5)), "RollingUpdatePolicy"),
    ],
)
def test_every_rollout_is_taken(made: Any, rollout: Rollout, policy: str) -> None:
    stack = new_stack()
    endpoint_in(stack, made, rollout=rollout)
    assert set(only(stack, "AWS::SageMaker::Endpoint")["DeploymentConfig"]) == {policy, "AutoRollbackConfiguration"}


# Capacity, and who registers it


@pytest.mark.parametrize("made", ENDPOINTS)
def test_a_fleet_that_scales_keeps_its_size(made: Any) -> None:
    for scaling, kept in ((SCALING[made], True), (None, None)):
        stack = new_stack()
        endpoint_in(stack, made, scaling=scaling)
        assert only(stack, "AWS::SageMaker::Endpoint").get("RetainAllVariantProperties") is kept


@pytest.mark.parametrize("made", ENDPOINTS)
@pytest.mark.parametrize("owned", [False, True], ids=["native", "owned"])
def test_the_fleet_is_registered_once(made: Any, owned: bool) -> None:
    stack = new_stack()
    endpoint = endpoint_in(stack, made, scaling=SCALING[made], allow_instance_type_change=owned)
    native = resources(stack, "AWS::ApplicationAutoScaling::ScalableTarget")
    custom = resources(stack, "Custom::ScalingRegistration")
    assert (len(native), len(custom)) == ((0, 1) if owned else (1, 0))
    assert (set(endpoint.scaled), endpoint.cfn_scaling_registration is None) == (
        (set(), False) if owned else ({"AllTraffic"}, True)
    )


@pytest.mark.parametrize("made", ENDPOINTS)
def test_there_is_nothing_to_own_of_a_fixed_fleet(made: Any) -> None:
    stack = new_stack()
    endpoint = endpoint_in(stack, made, allow_instance_type_change=True)
    assert endpoint.cfn_scaling_registration is None
    assert resources(stack, "Custom::ScalingRelease") == {}


@pytest.mark.parametrize("made", ENDPOINTS)
@pytest.mark.parametrize("verify", [False, True])
def test_the_rollout_is_checked_when_asked_for(made: Any, verify: bool) -> None:
    stack = new_stack()
    endpoint_in(stack, made, verify_rollout=verify)
    found = Template.from_stack(stack).find_resources("Custom::EndpointRollout")
    assert len(found) == int(verify)
