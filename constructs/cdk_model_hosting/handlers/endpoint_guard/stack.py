"""How far CloudFormation has come with the stack."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from botocore.exceptions import ClientError

from .failures import code_of, message_of
from .log import log_failure
from .surroundings import Surroundings

ENDPOINT = "AWS::SageMaker::Endpoint"
COMPONENT = "AWS::SageMaker::InferenceComponent"

_STACK = "AWS::CloudFormation::Stack"
_SCALABLE_TARGET = "AWS::ApplicationAutoScaling::ScalableTarget"
_GONE = "DELETE_COMPLETE"


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """What became of a stack operation.

    Args:
        status: The status in which the operation left the stack.
        superseded: Whether a later operation has dealt with the resource in question.
    """

    status: str
    superseded: bool = False

    @property
    def is_gone(self) -> bool:
        """Whether the stack is deleted, or was to be."""
        return self.status.startswith("DELETE_")

    @property
    def is_stuck(self) -> bool:
        """Whether the operation has ended half way, and somebody has to go on with it or back."""
        return self.status.endswith("_FAILED")

    @property
    def rolled_back(self) -> bool:
        """Whether the stack went back to what it was before, as far as it could."""
        return "ROLLBACK" in self.status


def status(surroundings: Surroundings, stack_id: str) -> str:
    """The stack's status now.

    Args:
        surroundings: The world.
        stack_id: Its ARN, by which deleted stacks are found, too.
    """
    try:
        found = surroundings.clients("cloudformation").describe_stacks(StackName=stack_id)
    except ClientError as error:
        if code_of(error) == "ValidationError" and "does not exist" in message_of(error):
            return _GONE
        raise
    return str(found["Stacks"][0]["StackStatus"])


def rolls_back(stack_status: str) -> bool:
    """Whether a stack in that status is on its way back.

    Args:
        stack_status: The status.
    """
    return "ROLLBACK" in stack_status


def newest_event(surroundings: Surroundings, stack_id: str) -> str:
    """ID of the newest event, a mark in the stack's history that needs no clock.

    Args:
        surroundings: The world.
        stack_id: Its ARN.
    """
    return str(next(_newest_first(surroundings, stack_id))["EventId"])


def outcome(surroundings: Surroundings, stack_id: str, mark: str, logical_id: str) -> Outcome | None:
    """What became of the operation that was under way at a mark.

    The status alone would not tell: between two looks one operation can end and the next begin.

    Args:
        surroundings: The world.
        stack_id: ARN of the stack.
        mark: `newest_event` of a moment within the operation.
        logical_id: The resource in question.

    Returns:
        None while the stack is busy, be it with that operation or a later one.
    """
    now = status(surroundings, stack_id)
    if now.startswith("DELETE_"):
        return Outcome(status=now)
    if now.endswith("_IN_PROGRESS"):
        return None
    since = list(_since(surroundings, stack_id, mark))
    for index, event in enumerate(since):
        # A rollback that failed is continued: that is still the same operation.
        over = not event["ResourceStatus"].endswith(("_IN_PROGRESS", "_ROLLBACK_FAILED"))
        if _is_of_stack(event) and (over or index == len(since) - 1):
            touched = any(later["LogicalResourceId"] == logical_id for later in since[index + 1 :])
            return Outcome(status=event["ResourceStatus"], superseded=touched)
    return None


def restored(surroundings: Surroundings, stack_id: str, kind: str, name: str) -> bool:
    """Whether the rollback that is under way has already been at a resource.

    Args:
        surroundings: The world.
        stack_id: ARN of the stack.
        kind: Its type: `ENDPOINT` or `COMPONENT`.
        name: Its name, which ends its physical ID.
    """
    for event in _newest_first(surroundings, stack_id):
        if _is_of_stack(event) and event["ResourceStatus"] == "UPDATE_ROLLBACK_IN_PROGRESS":
            return False
        physical = event.get("PhysicalResourceId", "").rpartition("/")[2]
        if (event["ResourceType"], physical.lower()) == (kind, name.lower()):
            return bool(event["ResourceStatus"] == "UPDATE_COMPLETE")
    return False


def has_scalable_target(surroundings: Surroundings, stack_id: str, resource_id: str) -> bool:
    """Whether the stack has a scalable target of CloudFormation's own type for a resource.

    Args:
        surroundings: The world.
        stack_id: ARN of the stack.
        resource_id: What scales.
    """
    pages = surroundings.clients("cloudformation").get_paginator("list_stack_resources").paginate(StackName=stack_id)
    try:
        return any(
            each["ResourceType"] == _SCALABLE_TARGET
            and each.get("PhysicalResourceId", "").startswith(f"{resource_id}|")
            and not each["ResourceStatus"].startswith("DELETE_")
            for page in pages
            for each in page["StackResourceSummaries"]
        )
    except ClientError as error:
        # This is asked while something is deleted, which must not get stuck on it.
        log_failure("the stack's resources cannot be listed", error)
        return False


def _newest_first(surroundings: Surroundings, stack_id: str) -> Iterator[Mapping[str, Any]]:
    pages = surroundings.clients("cloudformation").get_paginator("describe_stack_events").paginate(StackName=stack_id)
    for page in pages:
        yield from page["StackEvents"]


def _since(surroundings: Surroundings, stack_id: str, mark: str) -> Iterator[Mapping[str, Any]]:
    """The events after a mark, oldest first."""
    found = []
    for event in _newest_first(surroundings, stack_id):
        if event["EventId"] == mark:
            break
        found.append(event)
    yield from reversed(found)


def _is_of_stack(event: Mapping[str, Any]) -> bool:
    return bool(event["ResourceType"] == _STACK and event.get("PhysicalResourceId") == event["StackId"])
