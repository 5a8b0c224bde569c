"""Starting executions: once a name, and with the error names that a state machine sees when it starts another one.

See: https://docs.aws.amazon.com/step-functions/latest/apireference/API_StartExecution.html
"""

import json
from collections.abc import Callable
from typing import Any

from tests.local_aws.server.stepfunctions import definitions, engine
from tests.local_aws.server.stepfunctions.engine import Document
from tests.strict_shapes import service_model

_STANDARD = "STANDARD"
# The services of aws-sdk integrations whose errors ministack does not call so, and their models.
_NAMED = {"sfn": "stepfunctions", "sagemaker": "sagemaker"}


def install() -> None:
    """Put the rules of starting into ministack."""
    _start_once(engine.known["_start_execution"])
    _check_definitions()
    _name_errors(engine.known["_prefix_sdk_error"])
    engine.known["_invoke_nested_start_execution"] = _start_another


def _start_once(start: Callable[[Document], Any]) -> None:
    """Answer a second request for an execution that runs, with the same name and input, as the first."""

    def once(request: Document) -> Any:
        machine = engine.state_machine(request.get("stateMachineArn", ""))
        if machine is not None and machine["type"] == _STANDARD and "name" in request:
            arn = machine["stateMachineArn"].replace(":stateMachine:", ":execution:") + f":{request['name']}"
            running = engine.execution(arn)
            if running and running["status"] == "RUNNING" and running["input"] == request.get("input", "{}"):
                return engine.answer({"executionArn": arn, "startDate": running["startDate"]})
        return start(request)

    engine.known["_start_execution"] = once


def _check_definitions() -> None:
    for name in ("_create_state_machine", "_update_state_machine"):
        known = engine.known[name]

        def check(request: Document, known: Callable[[Document], Any] = known) -> Any:
            machine = engine.state_machine(request.get("stateMachineArn", "")) or {}
            kind = machine.get("type") or request.get("type", _STANDARD)
            wrong = definitions.problems(request["definition"], kind) if "definition" in request else []
            if wrong:
                return engine.refusal("InvalidDefinition", definitions.message(wrong))
            return known(request)

        engine.known[name] = check


def _name_errors(name: Callable[[str, str], str]) -> None:
    """Call errors as the SDK for Java does: by the exceptions that are declared, and by one name for all others."""

    def named(service: str, code: str) -> str:
        if service not in _NAMED or code.startswith("States."):
            return name(service, code)
        declared = {shape.name for shape in service_model(_NAMED[service]).error_shapes}
        prefix = engine.sdk_prefixes[service]
        return f"{prefix}.{code.removesuffix('Exception') if code in declared else prefix}Exception"

    engine.known["_prefix_sdk_error"] = named


def _start_another(_resource: str, parameters: Document) -> Document:
    """Perform ``states:startExecution``."""
    given = parameters.get("Input", {})
    request = {
        "stateMachineArn": parameters.get("StateMachineArn", ""),
        "input": given if isinstance(given, str) else json.dumps(given),
        **({"name": parameters["Name"]} if "Name" in parameters else {}),
    }
    response = engine.known["_start_execution"](request)
    answered = engine.document_of(response)
    if engine.status_of(response) >= 400:
        raise engine.Failure(f"StepFunctions.{answered['__type']}Exception", answered.get("message", ""))
    return {"ExecutionArn": answered["executionArn"], "StartDate": answered["startDate"]}
