"""The runs of a batch transform as CloudWatch's widgets.

See: https://docs.aws.amazon.com/step-functions/latest/dg/procedure-cw-metrics.html
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from cdk_model_hosting.monitoring.compared import RED
from cdk_model_hosting.monitoring.widgets import COLUMNS, Flow

if TYPE_CHECKING:
    from cdk_model_hosting.batch.watching import WatchedBatch
    from cdk_model_hosting.monitoring.widgets import Home

_NAMESPACE = "AWS/States"
_SECONDS = 60
_ENDS = (
    ("ExecutionsSucceeded", "succeeded", None),
    ("ExecutionsFailed", "failed", RED),
    ("ExecutionsAborted", "stopped by hand", "#7f7f7f"),
)


def batch_widgets(watching: WatchedBatch, home: Home, top: int) -> list[dict[str, Any]]:
    """All widgets of one batch transform: a heading, numbers, and a row of graphs.

    Args:
        watching: What is watched of it.
        home: Where the dashboard's stack is.
        top: Row to begin at.
    """
    flow = Flow(top)
    heading = {"markdown": f"## {watching.name}", "background": "transparent"}
    flow.put({"type": "text", "properties": heading}, COLUMNS, 1)
    started = _line(watching, "ExecutionsStarted", "Sum", "started")
    ends = [_line(watching, metric, "Sum", label) for metric, label, _color in _ENDS]
    totals = {
        "title": "In the time shown",
        "view": "singleValue",
        "setPeriodToTimeRange": True,
        **_common(home, [started, *ends]),
    }
    flow.put({"type": "metric", "properties": totals}, COLUMNS // 2, 4)
    if watching.alarms:
        arns = list(dict.fromkeys(home.arn(alarm) for alarm in watching.alarms))
        flow.put({"type": "alarm", "properties": {"title": "Alarms", "alarms": arns}}, COLUMNS // 2, 4)
    flow.break_row()
    colored = [
        _line(watching, metric, "Sum", label, **({} if color is None else {"color": color}))
        for metric, label, color in _ENDS
    ]
    flow.put(_graph("Runs that ended", home, colored), COLUMNS // 2, 6)
    flow.put(_graph("Time of a run, minutes", home, _minutes(watching)), COLUMNS // 2, 6)
    return flow.widgets


def _line(watching: WatchedBatch, metric: str, statistic: str, label: str, **more: Any) -> list[Any]:
    return [_NAMESPACE, metric, "StateMachineArn", watching.arn, {"stat": statistic, "label": label, **more}]


def _minutes(watching: WatchedBatch) -> list[list[Any]]:
    lines: list[list[Any]] = []
    for number, (statistic, label) in enumerate((("Average", "average"), ("Maximum", "longest"))):
        line = _line(watching, "ExecutionTime", statistic, label)
        line[-1] = {"stat": statistic, "id": f"m{number}", "visible": False}
        lines.extend([line, [{"expression": f"m{number}/60000", "label": label, "id": f"e{number}"}]])
    return lines


def _graph(title: str, home: Home, lines: list[list[Any]]) -> dict[str, Any]:
    axis = {"left": {"min": 0, "showUnits": False}}
    return {
        "type": "metric",
        "properties": {"title": title, "view": "timeSeries", **_common(home, lines), "yAxis": axis},
    }


def _common(home: Home, lines: list[list[Any]]) -> dict[str, Any]:
    return {"region": home.region, "period": _SECONDS, "metrics": lines}
