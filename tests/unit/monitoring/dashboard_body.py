"""The rules of a dashboard's body, as CloudWatch documents them; there is no published schema to check with.

See: https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/CloudWatch-Dashboard-Body-Structure.html
"""

import re
from itertools import combinations, pairwise
from typing import Any

from cdk_model_hosting.patterns import Pattern
from tests.unit.monitoring.published import assert_published

_TOP = {"widgets", "start", "end", "periodOverride", "variables"}
_PLACED = {"type", "x", "y", "width", "height", "properties"}
_METRIC = {
    "accountId", "annotations", "legend", "liveData", "metrics", "period", "region", "setPeriodToTimeRange", "sparkline",
    "stacked", "stat", "table", "timezone", "title", "view", "yAxis",
}  # fmt: skip
_RENDERING = {"accountId", "color", "id", "label", "period", "region", "stat", "visible", "yAxis"}
_EXPRESSION = {"accountId", "color", "expression", "id", "label", "period", "region", "visible", "yAxis"}
_HORIZONTAL = {"color", "fill", "label", "value", "visible", "yAxis"}
_AXIS = {"label", "max", "min", "showUnits"}
_ALARM = {"alarms", "sortBy", "states", "title"}
_TEXT = {"background", "markdown"}
_VIEWS = {"bar", "gauge", "pie", "singleValue", "table", "timeSeries"}


def assert_valid(body: dict[str, Any], pattern: Pattern = Pattern.REALTIME) -> None:
    """Fail for what CloudWatch would refuse or not draw of endpoints of one kind."""
    assert set(body) <= _TOP
    assert re.fullmatch(r"-PT?\d+[MHDW]", body["start"])
    assert body["periodOverride"] in {"auto", "inherit"}
    assert 1 <= len(body["widgets"]) <= 500
    for widget in body["widgets"]:
        assert set(widget) == _PLACED
        assert 0 <= widget["x"] <= 23
        assert widget["y"] >= 0
        assert 1 <= widget["width"] <= 24 - widget["x"]
        assert 1 <= widget["height"] <= 1000
        {"metric": _check_metric, "text": _check_text, "alarm": _check_alarms}[widget["type"]](widget["properties"])
        _check_lines(widget["properties"].get("metrics", []), pattern)
    for one, two in combinations(body["widgets"], 2):
        assert not _overlap(one, two), (one, two)
    assert all(one["y"] <= two["y"] for one, two in pairwise(body["widgets"]))


def _overlap(one: dict[str, Any], two: dict[str, Any]) -> bool:
    beside = one["x"] + one["width"] <= two["x"] or two["x"] + two["width"] <= one["x"]
    below = one["y"] + one["height"] <= two["y"] or two["y"] + two["height"] <= one["y"]
    return not (beside or below)


def _check_text(properties: dict[str, Any]) -> None:
    assert set(properties) <= _TEXT
    assert properties["markdown"]
    assert properties.get("background", "solid") in {"solid", "transparent"}


def _check_alarms(properties: dict[str, Any]) -> None:
    assert set(properties) <= _ALARM
    assert 1 <= len(properties["alarms"]) <= 100
    assert len(set(properties["alarms"])) == len(properties["alarms"])
    assert all(":cloudwatch:" in each and ":alarm:" in each for each in properties["alarms"])


def _check_metric(properties: dict[str, Any]) -> None:
    assert set(properties) <= _METRIC
    assert properties["view"] in _VIEWS
    assert properties["region"]
    assert properties["title"]
    assert properties["period"] % 60 == 0
    assert 1 <= len(properties["metrics"]) <= 500
    for axis in properties.get("yAxis", {}).values():
        assert set(axis) <= _AXIS
    # One widget cannot have alarms beside other annotations.
    assert set(properties.get("annotations", {})) <= {"horizontal"}
    for line in properties.get("annotations", {}).get("horizontal", []):
        assert set(line) <= _HORIZONTAL
        assert isinstance(line["value"], int | float)
        assert line.get("fill", "none") in {"above", "below", "none"}
        assert re.fullmatch(r"#[0-9a-f]{6}", line["color"])


def _check_lines(lines: list[list[Any]], pattern: Pattern) -> None:
    known: set[str] = set()
    drawn: list[str] = []
    for line in lines:
        rendering = line[-1]
        identity = rendering.get("id")
        if identity is not None:
            assert re.fullmatch(r"[a-z][A-Za-z0-9_]*", identity)
            assert identity not in known
        if len(line) == 1:
            assert set(rendering) <= _EXPRESSION
            used = set(re.findall(r"\b[a-z]\w*\b", rendering["expression"]))
            assert used
            assert used <= known, rendering
        else:
            namespace, metric, *dimensions, _ = line
            assert set(rendering) <= _RENDERING
            assert_published(pattern, namespace, metric, rendering["stat"], set(dimensions[::2]))
        known |= {identity} if identity is not None else set()
        if rendering.get("visible", True):
            drawn.append(rendering["label"])
    assert len(set(drawn)) == len(drawn), drawn
    assert drawn or not lines
