"""Whatever is deployed, the endpoint goes on serving, with the capacity it had, or the deployment fails."""

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import aws_cdk as cdk
import pytest

from cdk_model_hosting import Alarm, Fleet, RealtimeEndpoint, Rollout, Scaling, ScalingPolicy
from tests.local_aws.cdk import Cdk, CdkError
from tests.local_aws.runtime.reading import rollout_ends

Build = Callable[[cdk.Stack], None]
Assemble = Callable[[str, Build], Cdk]

SCALING = Scaling.between(2, 8, [ScalingPolicy.on_invocations(per_instance_per_minute=600)])


def test_a_version_that_never_gets_healthy_fails_the_deployment_and_the_old_one_serves(
    player: Any, assemble: Assemble, endpoint_of: Callable[..., Build]
) -> None:
    name = "silent-rollback"
    assemble("Silent", endpoint_of("1", name=name)).deploy()
    before = player.config(name)

    with pytest.raises(CdkError, match="rolled"):
        assemble("Silent", endpoint_of("2", name=name, environment={"ECHO_HEALTH": "exit"})).deploy()

    assert player.version(name) == "1"
    assert player.config(name) == before
    assert before in player.configs()
    assemble("Silent", endpoint_of("3", name=name)).deploy()
    assert player.version(name) == "3"


def test_without_the_check_the_silent_rollback_passes_for_success(
    player: Any, assemble: Assemble, endpoint_of: Callable[..., Build]
) -> None:
    name = "unchecked"
    assemble("Unchecked", endpoint_of("1", name=name, verify_rollout=False)).deploy()
    bad = endpoint_of("2", name=name, verify_rollout=False, environment={"ECHO_HEALTH": "exit"})

    assemble("Unchecked", bad).deploy()

    # This is what the check is for: success is reported, and another version serves.
    assert player.version(name) == "1"


def test_the_size_that_scaling_reached_is_kept(
    player: Any, assemble: Assemble, endpoint_of: Callable[..., Build]
) -> None:
    name = "scaled-out"
    assemble("ScaledOut", endpoint_of("1", name=name, scaling=SCALING)).deploy()
    player.scale_out(name, 6)

    assemble("ScaledOut", endpoint_of("2", name=name, scaling=SCALING)).deploy()

    assert player.version(name) == "2"
    assert player.count(name) == 6


def test_another_instance_type_is_refused_while_the_fleet_is_registered(
    player: Any, assemble: Assemble, endpoint_of: Callable[..., Build]
) -> None:
    name = "native-type"
    assemble("NativeType", endpoint_of("1", name=name, scaling=SCALING)).deploy()

    with pytest.raises(CdkError, match=r"(?i)registered|deregister"):
        assemble("NativeType", endpoint_of("2", name=name, scaling=SCALING, instance_type="ml.c7i.large")).deploy()

    assert player.version(name) == "1"
    assert player.target(name) is not None


def test_another_instance_type_in_one_deployment(
    player: Any, assemble: Assemble, endpoint_of: Callable[..., Build]
) -> None:
    name = "owned-type"

    def build(version: str, instance_type: str, **environment: str) -> Build:
        return endpoint_of(
            version,
            name=name,
            scaling=SCALING,
            instance_type=instance_type,
            environment=environment,
            allow_instance_type_change=True,
        )

    assemble("OwnedType", build("1", "ml.c6i.large")).deploy()
    assert player.policies(name) == ["Invocations-owned"]
    player.scale_out(name, 5)

    assemble("OwnedType", build("2", "ml.c7i.large")).deploy()

    config = player.sagemaker.describe_endpoint_config(EndpointConfigName=player.config(name))
    assert config["ProductionVariants"][0]["InstanceType"] == "ml.c7i.large"
    assert player.version(name) == "2"
    assert player.count(name) == 5
    target = player.target(name)
    assert target is not None
    assert (target["MinCapacity"], target["MaxCapacity"]) == (2, 8)
    assert player.policies(name) == ["Invocations-owned"]

    with pytest.raises(CdkError):
        assemble("OwnedType", build("3", "ml.m6i.large", ECHO_HEALTH="exit")).deploy()

    assert player.version(name) == "2"
    assert player.target(name) is not None, "a failed deployment must leave the fleet registered"
    assert player.policies(name) == ["Invocations-owned"]

    app = assemble("OwnedType", build("2", "ml.c7i.large"))
    app.destroy()
    assert player.target(name) is None


def test_two_endpoints_in_one_stack_and_one_of_them_is_bad(player: Any, assemble: Assemble) -> None:
    def build_both(version: str, **environment: str) -> Build:
        def build(stack: cdk.Stack) -> None:
            for name, variables in (("twin-a", {}), ("twin-b", environment)):
                RealtimeEndpoint(
                    stack,
                    name,
                    model=player.model(stack, f"Model-{name}", version, **variables),
                    fleet=Fleet(instance_type="ml.c6i.large", count=2),
                    endpoint_name=name,
                )

        return build

    assemble("Twins", build_both("1")).deploy()
    assert (player.version("twin-a"), player.version("twin-b")) == ("1", "1")

    with pytest.raises(CdkError, match="twin-b"):
        assemble("Twins", build_both("2", ECHO_HEALTH="exit")).deploy()

    assert (player.version("twin-a"), player.version("twin-b")) == ("1", "1")


def test_two_variants_that_both_scale(player: Any, assemble: Assemble, variants_of: Callable[..., Build]) -> None:
    name = "both-scale"
    assemble("BothScale", variants_of(["1", "2"], name=name, scaling=SCALING)).deploy()
    player.scale_out(name, 4, "v0")
    player.scale_out(name, 3, "v1")

    assemble("BothScale", variants_of(["3", "4"], name=name, scaling=SCALING)).deploy()

    assert [player.version(name, TargetVariant=variant) for variant in ("v0", "v1")] == ["3", "4"]
    assert [player.count(name, variant) for variant in ("v0", "v1")] == [4, 3]
    assert all(player.target(name, variant) for variant in ("v0", "v1"))


def test_an_alarm_that_goes_off_during_the_canary_takes_the_traffic_back(
    player: Any, assemble: Assemble, endpoint_of: Callable[..., Build]
) -> None:
    name = "canary-alarm"
    rollout = Rollout.canary(percent=50, bake=cdk.Duration.minutes(25))
    options = {"name": name, "rollout": rollout, "rollback_on": [Alarm.server_errors(above=5)]}
    assemble("CanaryAlarm", endpoint_of("1", **options)).deploy()
    bad = assemble("CanaryAlarm", endpoint_of("2", **options, environment={"ECHO_STATUS": "500"}))

    answered: list[str] = []
    over = threading.Event()

    def ask() -> None:
        while not over.wait(0.02):
            try:
                answered.append(player.version(name))
            except player.runtime.exceptions.ModelError:
                answered.append("error")

    with ThreadPoolExecutor() as others:
        others.submit(ask)
        try:
            # The canary takes half a minute here, which the alarm ends.
            with player.local.time_factor(0.02):
                deployed = others.submit(bad.deploy)
                rollout_ends(player.sagemaker, name)
            with pytest.raises(CdkError, match="rolled"):
                deployed.result()
        finally:
            over.set()

    assert "error" in answered, "the canary must have had its share of the traffic"
    assert {player.version(name) for _ in range(20)} == {"1"}
    assert len(player.sagemaker.describe_endpoint(EndpointName=name)["ProductionVariants"]) == 1
