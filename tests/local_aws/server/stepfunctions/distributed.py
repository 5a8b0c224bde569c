"""Distributed maps in JSONata: items, what is selected of them, limits and output may be computed.

See: https://docs.aws.amazon.com/step-functions/latest/dg/state-map-distributed.html
"""

from collections.abc import Callable
from typing import Any

from tests.local_aws.server.stepfunctions import engine
from tests.local_aws.server.stepfunctions.engine import Document

_COMPUTED = ("MaxConcurrency", "ToleratedFailureCount", "ToleratedFailurePercentage")
_KEPT = ("Type", "Label", "Next", "End")

Run = Callable[..., tuple[Any, str | None]]


def install() -> None:
    """Put them into ministack. To be called after what else there is on maps."""
    run: Run = engine.known["_run_distributed_map"]

    def computed(state: Document, given: Any, effective: Any, *rest: Any) -> tuple[Any, str | None]:
        processor, execution, context = rest
        if not engine.is_jsonata(state, context):
            return run(state, given, effective, *rest)
        limits = {name: engine.evaluated(state[name], given, context) for name in _COMPUTED if name in state}
        plain = {**{name: state[name] for name in _KEPT if name in state}, **limits}
        # What variables are outside of a branch is not known in it.
        within = {**context, "variables": {}}
        results, following = run(plain, given, _items(state, given, context), processor, execution, within)
        output = results
        if "Output" in state:
            output = engine.evaluated(state["Output"], given, context, result=results)
        engine.known["_apply_state_assign"](state, given, context, result=results)
        return output, following

    engine.known["_run_distributed_map"] = computed


def _items(state: Document, given: Any, context: Document) -> list[Any]:
    """Return what the branches begin with."""
    if "ItemReader" in state:
        reader = engine.evaluated(state["ItemReader"], given, context)
        items = engine.known["_read_map_items"](reader, given, context)
    else:
        items = engine.evaluated(state.get("Items", "{% $states.input %}"), given, context)
    listed = items if isinstance(items, list) else [items]
    if "ItemSelector" not in state:
        return listed
    return [
        engine.evaluated(state["ItemSelector"], given, {**context, "Map": {"Item": {"Index": place, "Value": item}}})
        for place, item in enumerate(listed)
    ]
