"""What CreateStateMachine refuses of a definition: states that are not there or cannot be reached, tasks that cannot be performed.

Only what the local AWS can know is checked; the words are those of the service where public reports show them.
"""

import json
import re
from collections.abc import Iterator
from typing import Any

from tests.local_aws.server.stepfunctions import sagemaker
from tests.local_aws.server.stepfunctions.engine import Document

_TYPES = frozenset({"Pass", "Task", "Choice", "Wait", "Succeed", "Fail", "Parallel", "Map"})
_PATTERN = re.compile(r"\.(sync|waitForTaskToken)(:2)?$")
_PROCESSORS = ("ItemProcessor", "Iterator")
_WITHOUT_NEXT = frozenset({"Choice", "Succeed", "Fail"})


EXPRESS = "EXPRESS"


def problems(text: str, kind: str = "STANDARD") -> list[str]:
    """List what is wrong with the definition of a state machine of a kind; nothing when it can be used."""
    try:
        definition = json.loads(text)
    except ValueError as error:
        return [f"INVALID_JSON_DESCRIPTION: {error}"]
    if not isinstance(definition, dict):
        return ["INVALID_JSON_DESCRIPTION: a definition is an object"]
    found = list(_machine(definition, ""))
    if kind == EXPRESS:
        found += _waits(definition, "")
    return [f"SCHEMA_VALIDATION_FAILED: {problem}" for problem in found]


def message(wrong: list[str]) -> str:
    """Say what is wrong with a definition as the service does."""
    return f"Invalid State Machine Definition: '{', '.join(wrong)}'"


def _machine(machine: Document, path: str) -> Iterator[str]:
    states = machine.get("States") or {}
    if machine.get("StartAt") not in states:
        yield f"Missing 'StartAt' target: {machine.get('StartAt')} at {path}/StartAt"
        return
    reached = {machine["StartAt"]}
    for name, state in states.items():
        where = f"{path}/States/{name}"
        targets = list(_targets(state, where))
        for target, at in targets:
            if target not in states:
                yield f"Missing 'Next' target: {target} at {at}"
        reached.update(target for target, _at in targets)
        yield from _state(state, where)
    for name in states:
        if name not in reached:
            yield f'State "{name}" is not reachable at {path}/States/{name}'


def _targets(state: Document, path: str) -> Iterator[tuple[str, str]]:
    for field in ("Next", "Default"):
        if field in state:
            yield state[field], f"{path}/{field}"
    for field in ("Choices", "Catch"):
        for place, each in enumerate(state.get(field, ())):
            if "Next" in each:
                yield each["Next"], f"{path}/{field}[{place}]/Next"


def _state(state: Document, path: str) -> Iterator[str]:
    kind = state.get("Type")
    if kind not in _TYPES:
        yield f"Value '{kind}' is not a type of state at {path}/Type"
    elif kind not in _WITHOUT_NEXT and ("Next" in state) == bool(state.get("End")):
        yield f"Exactly one of 'Next' and 'End' is required at {path}"
    if kind == "Task":
        yield from _task(state, path)
    for place, branch in enumerate(state.get("Branches", ())):
        yield from _machine(branch, f"{path}/Branches[{place}]")
    for field in _PROCESSORS:
        if field in state:
            yield from _machine(state[field], f"{path}/{field}")


def _task(state: Document, path: str) -> Iterator[str]:
    resource: Any = state.get("Resource", "")
    if not resource:
        yield f"'Resource' is required at {path}"
    if not str(resource).startswith(sagemaker.PREFIX):
        return
    name, _, pattern = resource.removeprefix(sagemaker.PREFIX).partition(".")
    allowed = ("", "sync") if name in sagemaker.WAITED_FOR else ("",)
    if name not in sagemaker.OPERATIONS or pattern not in allowed:
        yield f"The resource provided {resource} is not recognized. The value is not a valid resource ARN at {path}/Resource"
        return
    given = state.get("Parameters", state.get("Arguments", {}))
    for field in sagemaker.unknown_fields(name, given) if isinstance(given, dict) else ():
        yield f'The field "{field}" is not supported by Step Functions at {path}/Parameters'


def _waits(machine: Document, path: str) -> Iterator[str]:
    """List the tasks that wait for something other than an answer, which an express machine does not."""
    for name, state in (machine.get("States") or {}).items():
        where = f"{path}/States/{name}"
        pattern = _PATTERN.search(str(state.get("Resource", "")))
        if pattern is not None:
            yield f"Express state machine does not support '{pattern[0]}' service integration at {where}/Resource"
        for place, branch in enumerate(state.get("Branches", ())):
            yield from _waits(branch, f"{where}/Branches[{place}]")
        for field in _PROCESSORS:
            yield from _waits(state.get(field, {}), f"{where}/{field}")
