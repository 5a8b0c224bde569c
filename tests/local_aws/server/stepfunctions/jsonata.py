"""States in JSONata as AWS has them: variables are assigned together, a Succeed state has an output, a timeout may be computed.

See: https://docs.aws.amazon.com/step-functions/latest/dg/workflow-variables.html
"""

from collections.abc import Callable
from typing import Any

from tests.local_aws.server.stepfunctions import engine
from tests.local_aws.server.stepfunctions.engine import Document


def install() -> None:
    """Put all three into ministack."""
    engine.known["_apply_state_assign"] = _assign
    _give_output(engine.known["_apply_output_path"])
    _compute_timeouts(engine.known["_execute_task"])


def _assign(
    state: Document, given: Any, context: Document | None, result: Any = None, error_output: Any = None
) -> None:
    """Assign variables: what one of them is computed from is what the others were before."""
    if context is None or not engine.is_jsonata(state, context) or not isinstance(state.get("Assign"), dict):
        return
    evaluated = engine.evaluated(state["Assign"], given, context, result=result, error_output=error_output)
    context.setdefault("variables", {}).update(evaluated)


def _give_output(select: Callable[..., Any]) -> None:
    def give(state: Document, data: Any, context: Document | None = None) -> Any:
        if state.get("Type") == "Succeed" and "Output" in state and context and engine.is_jsonata(state, context):
            return engine.evaluated(state["Output"], data, context)
        return select(state, data, context)

    engine.known["_apply_output_path"] = give


def _compute_timeouts(execute: Callable[..., Any]) -> None:
    def computed(state: Document, given: Any, execution: Document, context: Document) -> Any:
        if isinstance(state.get("TimeoutSeconds"), str):
            state = {**state, "TimeoutSeconds": engine.evaluated(state["TimeoutSeconds"], given, context)}
        elif "TimeoutSecondsPath" in state:
            found = engine.resolved({"seconds.$": state["TimeoutSecondsPath"]}, given, context)
            state = {**state, "TimeoutSeconds": found["seconds"]}
        return execute(state, given, execution, context)

    engine.known["_execute_task"] = computed
