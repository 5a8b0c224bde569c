"""Stacks without the CDK: a template as a mapping, applied through the API, which takes a fraction of a second."""

import json
import time
from dataclasses import dataclass
from typing import Any

from botocore.exceptions import ClientError

from tests.local_aws.lifecycle import LocalAws

SECONDS_TO_SETTLE = 180.0
POLL_SECONDS = 0.02


class StackError(RuntimeError):
    """An operation on a stack that did not end well; its message holds the events."""


@dataclass
class Stack:
    """One stack.

    Args:
        local: The local AWS.
        name: Its name.
    """

    local: LocalAws
    name: str

    def __post_init__(self) -> None:
        self._client = self.local.client("cloudformation")

    def apply(self, template: dict[str, Any]) -> str:
        """Create or update the stack; return the status in which that ended."""
        request = {
            "StackName": self.name,
            "TemplateBody": json.dumps(template),
            "Capabilities": ["CAPABILITY_IAM"],
        }
        (self._client.update_stack if self.exists() else self._client.create_stack)(**request)
        return self.settle()

    def start(self, template: dict[str, Any]) -> None:
        """Begin an update."""
        self._client.update_stack(
            StackName=self.name, TemplateBody=json.dumps(template), Capabilities=["CAPABILITY_IAM"]
        )

    def settle(self) -> str:
        """Wait for the end of what is under way; return the status."""
        deadline = time.monotonic() + SECONDS_TO_SETTLE
        while (status := self.status()).endswith("_IN_PROGRESS"):
            assert time.monotonic() < deadline, f"{self.name} is still {status}: {self.log()}"
            time.sleep(POLL_SECONDS)
        return status

    def delete(self) -> str:
        """Delete the stack; return the status in which that ended."""
        identifier = self._client.describe_stacks(StackName=self.name)["Stacks"][0]["StackId"]
        self._client.delete_stack(StackName=self.name)
        deadline = time.monotonic() + SECONDS_TO_SETTLE
        while (
            status := str(self._client.describe_stacks(StackName=identifier)["Stacks"][0]["StackStatus"])
        ) == "DELETE_IN_PROGRESS":
            assert time.monotonic() < deadline, f"{self.name} is still {status}: {self.log()}"
            time.sleep(POLL_SECONDS)
        return status

    def has_drifted(self) -> bool:
        """Tell whether drift detection finds resources that are not what was deployed."""
        found = self._client.detect_stack_drift(StackName=self.name)["StackDriftDetectionId"]
        deadline = time.monotonic() + SECONDS_TO_SETTLE
        while True:
            known = self._client.describe_stack_drift_detection_status(StackDriftDetectionId=found)
            if known["DetectionStatus"] == "DETECTION_COMPLETE":
                return bool(known["StackDriftStatus"] == "DRIFTED")
            assert time.monotonic() < deadline, f"drift detection of {self.name} is still {known['DetectionStatus']}"
            time.sleep(POLL_SECONDS)

    def exists(self) -> bool:
        """Tell whether the stack is there."""
        try:
            self._client.describe_stacks(StackName=self.name)
        except ClientError:
            return False
        return True

    def status(self) -> str:
        """Return the status."""
        return str(self._client.describe_stacks(StackName=self.name)["Stacks"][0]["StackStatus"])

    def statuses(self) -> list[str]:
        """Return the statuses that the stack went through, first one first, from its events: none is missed there."""
        return [status for logical_id, status, _ in self.log() if logical_id == self.name]

    def outputs(self) -> dict[str, str]:
        """Return the outputs."""
        found = self._client.describe_stacks(StackName=self.name)["Stacks"][0].get("Outputs", [])
        return {output["OutputKey"]: output["OutputValue"] for output in found}

    def physical_id(self, logical_id: str) -> str:
        """Return the physical ID of a resource."""
        found = self._client.describe_stack_resources(StackName=self.name, LogicalResourceId=logical_id)
        return str(found["StackResources"][0]["PhysicalResourceId"])

    def reasons(self, status: str) -> dict[str, str]:
        """Return the reasons of all events of a status by logical ID."""
        events = self._client.describe_stack_events(StackName=self.name)["StackEvents"]
        return {
            event["LogicalResourceId"]: event.get("ResourceStatusReason", "")
            for event in events
            if event["ResourceStatus"] == status
        }

    def log(self) -> list[tuple[str, str, str]]:
        """Return all events, first one first: logical ID, status, reason."""
        events = self._client.describe_stack_events(StackName=self.name)["StackEvents"]
        return [
            (event["LogicalResourceId"], event["ResourceStatus"], event.get("ResourceStatusReason", ""))
            for event in reversed(events)
        ]


@dataclass(frozen=True)
class Direct:
    """A synthesized stack that is deployed through the API: what `Cdk` does, without the seconds that the CLI takes.

    Args:
        stack: The stack.
        template: Its template.
    """

    stack: Stack
    template: dict[str, Any]

    def deploy(self) -> dict[str, str]:
        """Create or update the stack; return its outputs.

        Raises:
            StackError: It was rolled back.
        """
        status = self.stack.apply(self.template)
        if status not in {"CREATE_COMPLETE", "UPDATE_COMPLETE"}:
            raise StackError(f"{self.stack.name} is {status}: {self.stack.log()}")
        return self.stack.outputs()

    def has_drifted(self) -> bool:
        """Tell whether drift detection finds resources that are not what was deployed."""
        return self.stack.has_drifted()

    def destroy(self) -> None:
        """Delete the stack."""
        status = self.stack.delete()
        if status != "DELETE_COMPLETE":
            raise StackError(f"{self.stack.name} is {status}: {self.stack.log()}")
