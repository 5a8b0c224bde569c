"""The cleanup after an update: what was replaced or removed is deleted last, under a status and with events of its own."""

from collections.abc import Callable
from typing import Any

from ministack.services import cloudformation
from ministack.services.cloudformation import stacks

CLEANUP = "UPDATE_COMPLETE_CLEANUP_IN_PROGRESS"


def install() -> None:
    """Let ministack tell what it does in silence. To be called once, before the server takes requests."""
    stacks._resolve_stack_outputs = _announcing(stacks._resolve_stack_outputs)
    stacks._delete_resource = _telling(stacks._delete_resource)


def _announcing(resolve: Callable[..., Any]) -> Callable[..., Any]:
    """Return what begins the cleanup once an update's outputs are known: nothing can fail it any more."""

    def resolved(*arguments: Any) -> Any:
        found = resolve(*arguments)
        stack_name, stack_id = arguments[-2:]
        stack = cloudformation._stacks.get(stack_name) or {}
        if stack.get("StackStatus") == "UPDATE_IN_PROGRESS":
            stack["StackStatus"] = CLEANUP
            stacks._add_event(
                stack_id, stack_name, stack_name, "AWS::CloudFormation::Stack", CLEANUP, physical_id=stack_id
            )
        return found

    return resolved


def _telling(delete: Callable[..., Any]) -> Callable[..., Any]:
    """Return what deletes a resource, with events where it is the cleanup that does it."""

    def deleted(
        resource_type: str, physical_id: str, properties: Any, stack_name: str = "", logical_id: str = ""
    ) -> None:
        stack = cloudformation._stacks.get(stack_name) or {}
        cleaning = stack.get("StackStatus") == CLEANUP

        def tell(status: str) -> None:
            if cleaning:
                stack_id = stack["StackId"]
                stacks._add_event(stack_id, stack_name, logical_id, resource_type, status, physical_id=physical_id)

        tell("DELETE_IN_PROGRESS")
        delete(resource_type, physical_id, properties, stack_name, logical_id)
        tell("DELETE_COMPLETE")

    return deleted
