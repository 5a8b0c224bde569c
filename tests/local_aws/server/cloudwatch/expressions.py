"""Alarms over several metrics: the arithmetic of metric math, and the few functions that alarms are built with."""

import ast
import operator
import re
from collections.abc import Callable, Mapping
from typing import Any

from tests.local_aws.server.cloudwatch import windows

Value = float | None

_OPERATORS: dict[type[ast.AST], Callable[[float, float], float]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
    ast.Pow: operator.pow,
    ast.Gt: operator.gt,
    ast.GtE: operator.ge,
    ast.Lt: operator.lt,
    ast.LtE: operator.le,
    ast.Eq: operator.eq,
    ast.NotEq: operator.ne,
}
_OVER_LISTS: dict[str, Callable[[list[float]], float]] = {
    "SUM": sum,
    "MAX": max,
    "MIN": min,
    "AVG": lambda found: sum(found) / len(found),
}
_PERIOD_SECONDS = 60.0


class UnsupportedError(ValueError):
    """An expression that needs more of metric math than is played here."""


def values(queries: list[dict[str, Any]], now: float, periods: int) -> list[Value]:
    """Return what the query that returns data gives, one value a period, latest first.

    Args:
        queries: The ``Metrics`` of an alarm.
        now: When the last period ends.
        periods: How many periods there are.

    Raises:
        UnsupportedError: An expression is not played here.
    """
    by_id = {query["Id"]: query for query in queries}
    returning = [query for query in queries if str(query.get("ReturnData", True)).lower() == "true"]
    if len(returning) != 1:
        raise UnsupportedError(f"{len(returning)} of its metrics return data, an alarm takes one")
    found: dict[str, list[Value]] = {}
    for key, query in by_id.items():
        if "MetricStat" in query:
            found[key] = _series(query["MetricStat"], now, periods)
    return [_value(returning[0], by_id, found, period) for period in range(periods)]


def _series(stat: dict[str, Any], now: float, periods: int) -> list[Value]:
    metric = stat["Metric"]
    described = (metric["Namespace"], metric["MetricName"], metric.get("Dimensions") or [])
    return windows.series(described, stat["Stat"], float(stat.get("Period") or _PERIOD_SECONDS), now, periods)


def _value(
    query: dict[str, Any], by_id: Mapping[str, dict[str, Any]], found: Mapping[str, list[Value]], period: int
) -> Value:
    """Return what a query gives for one period."""
    if query["Id"] in found:
        return found[query["Id"]][period]

    def named(name: str) -> Value:
        if name not in by_id:
            raise UnsupportedError(f"{name} is none of its metrics")
        return _value(by_id[name], by_id, found, period)

    try:
        tree = ast.parse(_in_python(query["Expression"]), mode="eval").body
    except SyntaxError as error:
        raise UnsupportedError(query["Expression"]) from error
    except KeyError as error:
        raise UnsupportedError(f"{query['Id']} has neither a MetricStat nor an Expression") from error
    return _computed(tree, named)


def _in_python(expression: str) -> str:
    """Return an expression with its logical operators as Python writes them."""
    for sign, word in ((r"\bAND\b|&&", "and"), (r"\bOR\b|\|\|", "or")):
        expression = re.sub(sign, f" {word} ", expression)
    return expression


def _computed(node: ast.expr, named: Callable[[str], Value]) -> Value:  # noqa: PLR0911 - one return a kind of node
    match node:
        case ast.Constant(value=int() | float() as number):
            return float(number)
        case ast.Name(id=name):
            return named(name)
        case ast.UnaryOp(op=ast.USub(), operand=inner):
            value = _computed(inner, named)
            return None if value is None else -value
        case ast.BinOp(left=left, op=sign, right=right) | ast.Compare(left=left, ops=[sign], comparators=[right]):
            return _combined(type(sign), _computed(left, named), _computed(right, named))
        case ast.BoolOp(op=sign, values=parts):
            sides = [_computed(part, named) for part in parts]
            holds = all(sides) if isinstance(sign, ast.And) else any(sides)
            # What is missing counts as 0 beside what is not.
            return None if all(side is None for side in sides) else float(holds)
        case ast.Call(func=ast.Name(id="FILL"), args=[metric, replacement]):
            value = _computed(metric, named)
            return _computed(replacement, named) if value is None else value
        case ast.Call(func=ast.Name(id="IF"), args=[condition, first, *second]):
            chosen = [first] if _computed(condition, named) else second
            return _computed(chosen[0], named) if chosen else None
        case ast.Call(func=ast.Name(id=function), args=[ast.List(elts=parts)]) if function in _OVER_LISTS:
            present = [value for value in (_computed(part, named) for part in parts) if value is not None]
            return float(_OVER_LISTS[function](present)) if present else None
    raise UnsupportedError(ast.unparse(node))


def _combined(sign: type[ast.AST], left: Value, right: Value) -> Value:
    if sign not in _OPERATORS:
        raise UnsupportedError(f"the operator {sign.__name__}")
    if left is None or right is None:
        return None
    try:
        return float(_OPERATORS[sign](left, right))
    except ZeroDivisionError:
        return None
