"""Everything private of ministack's Step Functions that the local AWS extends, in one place.

ministack is pinned exactly because of modules like this one: when the pin moves, what breaks is here, at import.
"""

import contextvars
import json
from collections.abc import Callable, MutableMapping
from typing import Any

from ministack.services import stepfunctions
from ministack.services.cloudformation import provisioners

Document = dict[str, Any]

Failure = stepfunctions._ExecutionError
"""What a state ends with when it fails: an ``error`` and a ``cause``."""

integrations: MutableMapping[str, Callable[[str, Document], Any]] = stepfunctions._SERVICE_DISPATCH
"""The beginning of a resource -> what performs it; it gets the resource without .sync and the parameters."""

sdk_services: MutableMapping[str, dict[str, str]] = stepfunctions._AWS_SDK_SERVICE_MAP
"""The services of aws-sdk integrations -> how they are asked."""

sdk_prefixes: MutableMapping[str, str] = stepfunctions._AWS_SDK_ERROR_PREFIX
"""The services of aws-sdk integrations -> what the names of their errors begin with."""

type_handlers: MutableMapping[str, dict[str, Any]] = provisioners._RESOURCE_HANDLERS
"""CloudFormation's resource types -> their create, update and delete functions."""

known: MutableMapping[str, Any] = vars(stepfunctions)
"""The functions of ministack by name, which is how they find each other."""


def execution(arn: str) -> Document | None:
    """Return an execution of this account and region."""
    found: Document | None = stepfunctions._executions.get(arn)
    return found


def state_machine(arn: str) -> Document | None:
    """Return a state machine of this account and region."""
    found: Document | None = stepfunctions._state_machines.get(arn)
    return found


def map_runs() -> dict[str, Document]:
    """Return the map runs of this account and region by ARN."""
    return dict(stepfunctions._map_runs.items())


def children(map_run: str) -> list[Document]:
    """Return the executions of the items of a map run, in the order in which they began."""
    return [each for each in list(stepfunctions._executions.values()) if each.get("mapRunArn") == map_run]


def resolved(template: Any, data: Any, context: Document) -> Any:
    """Return parameters with what their paths lead to."""
    return stepfunctions._resolve_params_obj(template, data, context)


def is_jsonata(state: Document, context: Document) -> bool:
    """Tell whether a state is written in JSONata."""
    return bool(stepfunctions._state_query_language(state, context) == "JSONata")


def evaluated(template: Any, given: Any, context: Document, *, result: Any = None, error_output: Any = None) -> Any:
    """Return a value of a state in JSONata with its expressions evaluated."""
    return stepfunctions._apply_jsonata_template(template, given, context, result=result, error_output=error_output)


def after(state: Document, given: Any, result: Any, context: Document) -> Any:
    """Return the output of a state whose work has a result."""
    selected = stepfunctions._apply_result_selector(state, result)
    placed = stepfunctions._apply_result_path(state, given, selected)
    return stepfunctions._apply_output_path(state, placed, context)


def now() -> str:
    """Return the time as executions write it."""
    return str(stepfunctions.now_iso())


def add_event(of: Document, kind: str, details: Document) -> None:
    """Add an event to the history of an execution."""
    stepfunctions._add_event(of, kind, details)


def tell(of: Document) -> None:
    """Send the event of an execution's status to EventBridge."""
    stepfunctions._emit_execution_status_event(of)


def definition_of(properties: Document) -> str:
    """Return the definition in the properties of an AWS::StepFunctions::StateMachine, with its substitutions."""
    return str(provisioners._sfn_definition(properties))


def refusal(code: str, message: str) -> Any:
    """Return the answer of an API that refuses."""
    return stepfunctions.error_response_json(code, message, 400)


def answer(document: Document) -> Any:
    """Return the answer of an API."""
    return stepfunctions.json_response(document)


def document_of(response: Any) -> Document:
    """Return what an API answered."""
    found: Document = json.loads(response[2] or b"{}")
    return found


def status_of(response: Any) -> int:
    """Return the HTTP status of an answer."""
    return int(response[0])


def in_context(task: Callable[..., Any], *arguments: Any) -> Callable[[], Any]:
    """Return a task that runs in the account, region and execution of this thread, whatever thread runs it."""
    context = contextvars.copy_context()
    return lambda: context.run(task, *arguments)
