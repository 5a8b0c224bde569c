"""What the owner of a batch transform does: uploads records, reads answers, looks at runs and jobs, hears what became of them."""

from __future__ import annotations

import contextlib
import json
import time
from typing import TYPE_CHECKING, Any

from examples.fraud.train import NAME, RECIPES, TrainedModel
from tests.local_aws.examples.assembling import assemble
from tests.local_aws.examples.queued import Listener
from tests.local_aws.runtime.machines import Machine
from tests.local_aws.training import train

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    import aws_cdk as cdk

    from tests.local_aws.cdk import Cdk
    from tests.local_aws.lifecycle import LocalAws

_DELIVERIES = "/_local_aws/event-deliveries"


class Transformed:
    """An example of batch transform, with one version of the model after the other.

    Args:
        local: The local AWS.
        scratch: Where models and cloud assemblies go.
        stack: The example.
        name: The stack's name.
    """

    def __init__(self, local: LocalAws, scratch: Path, stack: Callable[..., cdk.Stack], name: str) -> None:
        self.local = local
        self.sagemaker = local.client("sagemaker")
        self.outputs: dict[str, str] = {}
        self._s3 = local.client("s3")
        self._scratch = scratch
        self._stack = stack
        self._name = name

    def deploy(self, version: str) -> tuple[Cdk, TrainedModel]:
        """Train a version and deploy it."""

        def make(app: cdk.App, environment: cdk.Environment) -> None:
            self._stack(app, self._name, model_folder=str(self._scratch / version), env=environment)

        model = train(RECIPES[version])
        model.export(self._scratch / version, name=NAME, version=version)
        assembled = assemble(self.local, self._scratch / f"cdk.out.{version}", make)
        self.outputs = assembled.deploy(self._name)[self._name]
        return assembled, model

    @property
    def bucket(self) -> str:
        return self.outputs["PaymentsGoTo"].removeprefix("s3://").partition("/")[0]

    @property
    def machine(self) -> Machine:
        return Machine(self.local, {}, arn=self.outputs["StateMachine"])

    def listener(self, output: str) -> Listener:
        """Listen to the topic that an output of the stack names."""
        return Listener(self.local, self.outputs[output])

    def put(self, key: str, lines: list[str]) -> None:
        """Upload records, one a line."""
        self._s3.put_object(Bucket=self.bucket, Key=key, Body="".join(f"{line}\n" for line in lines).encode())

    def remove(self, key: str) -> None:
        """Remove an object."""
        self._s3.delete_object(Bucket=self.bucket, Key=key)

    def keys(self, prefix: str) -> list[str]:
        """The keys below a prefix."""
        listed = self._s3.list_objects_v2(Bucket=self.bucket, Prefix=prefix)
        return [each["Key"] for each in listed.get("Contents", [])]

    def lines(self, key: str) -> list[str]:
        """What is in an object."""
        body: bytes = self._s3.get_object(Bucket=self.bucket, Key=key)["Body"].read()
        return body.decode().splitlines()

    def ended(self, told: dict[str, Any]) -> dict[str, Any]:
        """The run that a message is about, once it is over."""
        return self.machine.ended(told["execution"])

    def job(self, told: dict[str, Any]) -> dict[str, Any]:
        """The job that a message is about."""
        described: dict[str, Any] = self.sagemaker.describe_transform_job(TransformJobName=told["job"])
        return described

    def resources(self, kind: str) -> list[str]:
        """The names of the stack's resources of a type."""
        listed = self.local.client("cloudformation").describe_stack_resources(StackName=self._name)["StackResources"]
        return [each["PhysicalResourceId"] for each in listed if each["ResourceType"] == kind]

    @contextlib.contextmanager
    def told_twice(self) -> Iterator[None]:
        """Let every event be delivered twice, until the block is left."""
        self.local._ask("PUT", _DELIVERIES, b"2")
        try:
            yield
        finally:
            self.local._ask("PUT", _DELIVERIES, b"1")

    def fire(self) -> None:
        """Let the schedule come due, in another second than before: what comes due twice at one time starts one run."""
        time.sleep(1 - time.time() % 1)
        (name,) = self.resources("AWS::Scheduler::Schedule")
        self.local._ask("PUT", "/_local_aws/fired-schedule", json.dumps(name.rpartition("/")[2]).encode())
