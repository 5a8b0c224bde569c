"""What is deployed to an asynchronous endpoint makes it no worse: a bad version rolls back, and its type changes at any size."""

import contextlib
import json
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import aws_cdk as cdk
import pytest
from aws_cdk import aws_s3 as s3

from cdk_model_hosting import AsyncEndpoint, AsyncStorage, Fleet, Notifications, Rollout, Scaling
from tests.local_aws.cdk import Cdk, CdkError
from tests.local_aws.examples.queued import Caller
from tests.local_aws.runtime.reading import rollout_ends

Build = Callable[[cdk.Stack], None]
Assemble = Callable[[str, Build], Cdk]

FACTOR = 0.02
"""At which the 25 minutes that a version bakes take half a minute, which an alarm ends."""


class Queued:
    """An asynchronous endpoint of the library, around the container that tells its version."""

    def __init__(self, player: Any, assemble: Assemble, name: str, *, count: int | None = None, **options: Any) -> None:
        self.player = player
        self.name = name
        self._assemble = assemble
        self._count = count
        self._options = options
        self.bucket = f"requests-of-{name}"
        player.local.client("s3").create_bucket(Bucket=self.bucket)
        self.caller = Caller(player.local, name, f"s3://{self.bucket}/requests/")

    def assembled(self, version: str, *, instance_type: str = "ml.c6i.large", **environment: str) -> Cdk:
        """Synthesize a version."""

        def build(stack: cdk.Stack) -> None:
            AsyncEndpoint(
                stack,
                "Endpoint",
                model=self.player.model(stack, "Model", version, **environment),
                fleet=Fleet(instance_type=instance_type, count=self._count),
                storage=AsyncStorage(bucket=s3.Bucket.from_bucket_name(stack, "Bucket", self.bucket)),
                notifications=Notifications.none(),
                endpoint_name=self.name,
                **self._options,
            )

        return self._assemble(self.name.title().replace("-", ""), build)

    def version(self) -> str:
        """The version that answers."""
        told = json.loads(self.caller.read(self.caller.ask(b"{}")["OutputLocation"]))
        return str(told["files"]["version.txt"])

    def instance_type(self) -> str:
        """The type of the instances that the endpoint runs on."""
        config = self.player.sagemaker.describe_endpoint_config(EndpointConfigName=self.player.config(self.name))
        return str(config["ProductionVariants"][0]["InstanceType"])

    def waking(self) -> list[str]:
        """What the alarm that wakes it sets off."""
        (alarm,) = self.player.local.client("cloudwatch").describe_alarms(
            AlarmNames=[f"{self.name}/AllTraffic/WakeFromZero-owned"]
        )["MetricAlarms"]
        return list(alarm["AlarmActions"])

    def policy(self, name: str) -> str:
        """The ARN of a scaling policy."""
        (found,) = self.player.autoscaling.describe_scaling_policies(
            ServiceNamespace="sagemaker", ResourceId=f"endpoint/{self.name}/variant/AllTraffic", PolicyNames=[name]
        )["ScalingPolicies"]
        return str(found["PolicyARN"])

    @contextlib.contextmanager
    def traffic(self) -> Iterator[list[dict[str, Any]]]:
        """Requests, one after the other."""
        over, asked = threading.Event(), list[dict[str, Any]]()

        def ask() -> None:
            while not over.wait(0.01):
                asked.append(self.caller.ask(b"{}"))

        thread = threading.Thread(target=ask)
        thread.start()
        try:
            yield asked
        finally:
            over.set()
            thread.join()


def test_a_canary_that_fails_its_requests_is_rolled_back_by_the_alarms_of_a_queue(
    player: Any, assemble: Assemble
) -> None:
    rollout = Rollout.canary(percent=50, bake=cdk.Duration.minutes(25))
    endpoint = Queued(player, assemble, "async-rollback", count=2, rollout=rollout)
    endpoint.assembled("1").deploy()
    before = player.config(endpoint.name)
    # It is healthy, so nothing but an alarm can roll it back.
    bad = endpoint.assembled("2", ECHO_STATUS="500")

    with ThreadPoolExecutor() as others, endpoint.traffic() as asked:
        with player.local.time_factor(FACTOR):
            deployed = others.submit(bad.deploy)
            rollout_ends(player.sagemaker, endpoint.name)
        with pytest.raises(CdkError, match="rolled"):
            deployed.result()

    assert player.config(endpoint.name) == before
    assert any(endpoint.caller.is_there(each["FailureLocation"]) for each in asked), "the canary must have failed some"
    assert endpoint.version() == "1"
    endpoint.assembled("3").deploy()
    assert endpoint.version() == "3"


def test_another_instance_type_in_one_deployment_at_any_size(player: Any, assemble: Assemble) -> None:
    endpoint = Queued(
        player,
        assemble,
        "async-type",
        scaling=Scaling.on_backlog(between=(0, 4)),
        allow_instance_type_change=True,
    )
    endpoint.assembled("1").deploy()
    assert player.policies(endpoint.name) == ["Backlog-owned", "WakeFromZero-owned"]
    player.scale_out(endpoint.name, 3)
    first = endpoint.policy("WakeFromZero-owned")
    assert endpoint.waking() == [first]

    endpoint.assembled("2", instance_type="ml.c7i.large").deploy()

    assert (endpoint.instance_type(), player.count(endpoint.name), endpoint.version()) == ("ml.c7i.large", 3, "2")
    assert endpoint.policy("WakeFromZero-owned") != first
    assert endpoint.waking() == [endpoint.policy("WakeFromZero-owned")]

    player.scale_out(endpoint.name, 0)
    endpoint.assembled("3", instance_type="ml.m6i.large").deploy()

    assert (endpoint.instance_type(), player.count(endpoint.name)) == ("ml.m6i.large", 0)
    target = player.target(endpoint.name)
    assert target is not None
    assert (target["MinCapacity"], target["MaxCapacity"]) == (0, 4)
    asked = endpoint.caller.ask(b"{}")
    with player.local.time_factor(FACTOR):
        told = json.loads(endpoint.caller.read(asked["OutputLocation"]))
    assert told["files"]["version.txt"] == "3"
