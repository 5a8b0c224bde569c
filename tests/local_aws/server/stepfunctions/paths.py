"""Paths that lead nowhere end an execution, as on AWS; ministack would go on with nothing in their place.

Filters, slices and descents of JSONPath are understood, which ministack takes for paths that lead nowhere.
"""

import functools
import json
from collections.abc import Callable
from typing import Any

from tests.local_aws.server.jsonpath import Path, PathError
from tests.local_aws.server.stepfunctions import engine
from tests.local_aws.server.stepfunctions.engine import Document

_LONGEST_QUOTE = 300
_parsed = functools.lru_cache(maxsize=512)(Path.parse)


def install() -> None:
    """Put the strict paths into ministack."""
    engine.known["_resolve_path"] = resolve
    _look_before_asking(engine.known["_evaluate_rule"])
    _fail_by_name(engine.known["_evaluate_intrinsic"])


def resolve(path: str | None, data: Any) -> Any:
    """Return what a path leads to.

    Raises:
        Failure: States.Runtime, where it leads nowhere.
    """
    if not path or path == "$" or not path.startswith("$"):
        return data
    try:
        return _parsed(path).read(data)
    except PathError as error:
        quote = json.dumps(data, default=str)[:_LONGEST_QUOTE]
        raise engine.Failure(
            "States.Runtime", f"The JSONPath '{path}' could not be found in the input '{quote}' ({error})."
        ) from error


def _look_before_asking(evaluate: Callable[[Document, Any, Document | None], bool]) -> None:
    """Let IsPresent ask for what is not there; every other comparison fails with that."""

    def look(rule: Document, data: Any, context: Document | None = None) -> bool:
        if "Variable" not in rule or "IsPresent" not in rule:
            return evaluate(rule, data, context)
        path, root = rule["Variable"], data
        if path.startswith("$$."):
            path, root = path[1:], context
        try:
            found = Path.parse(path)
            is_there = found.is_definite or bool(found.read(root))
            found.read(root)
        except PathError:
            is_there = False
        return is_there == bool(rule["IsPresent"])

    engine.known["_evaluate_rule"] = look


def _fail_by_name(evaluate: Callable[[str, Any, Document | None], Any]) -> None:
    def evaluated(expression: str, data: Any, context: Document | None) -> Any:
        try:
            return evaluate(expression, data, context)
        except (ValueError, TypeError, LookupError) as error:
            raise engine.Failure("States.IntrinsicFailure", f"{expression} failed: {error}") from error

    engine.known["_evaluate_intrinsic"] = evaluated
