"""An endpoint's panels as CloudWatch's widgets.

See: https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/CloudWatch-Dashboard-Body-Structure.html
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

from cdk_model_hosting.limits import DASHBOARD_ALARMS
from cdk_model_hosting.monitoring.compared import RED
from cdk_model_hosting.tokens import is_token

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cdk_model_hosting.monitoring.condition import Counted
    from cdk_model_hosting.monitoring.panels.panel import Panel, Series
    from cdk_model_hosting.monitoring.watched import By, Watched
    from cdk_model_hosting.monitoring.watching import MadeAlarm, Watching

COLUMNS = 24
_TITLE_ROWS = 1
_SECONDS = 60
_COMPARED_ROWS = 6
_GREY = "#7f7f7f"


@dataclass(frozen=True, slots=True, kw_only=True)
class Home:
    """Where a stack's own alarms and metrics are: three texts, which may be Tokens.

    Args:
        partition: Such as ``aws``.
        region: The region.
        account: The account.
    """

    partition: str
    region: str
    account: str

    def arn(self, alarm: MadeAlarm) -> str:
        """An alarm's ARN."""
        return alarm.arn or f"arn:{self.partition}:cloudwatch:{self.region}:{self.account}:alarm:{alarm.name}"


def endpoint_widgets(watching: Watching, home: Home, top: int) -> list[dict[str, Any]]:
    """All widgets of one endpoint, placed below each other.

    Args:
        watching: What is watched of the endpoint.
        home: Where the dashboard's stack is.
        top: Row to begin at.
    """
    name = watching.variants[0].endpoint_name
    heading = {"type": "text", "properties": {"markdown": f"## {name}", "background": "transparent"}}
    flow = Flow(top)
    flow.put(heading, COLUMNS, _TITLE_ROWS)
    totals = watching.kind.totals
    flow.put(_metric_widget(totals, watching, home), totals.width, totals.height)
    for widget in _alarm_widgets(watching, home):
        flow.put(widget, COLUMNS - totals.width, totals.height)
    flow.break_row()
    for panel in watching.kind.panels:
        if any(_lines_of(panel, watching)):
            flow.put(_metric_widget(panel, watching, home), panel.width, panel.height)
    for compared in watching.compared:
        flow.break_row()
        for properties in compared.graphs():
            widget = {"type": "metric", "properties": {**properties, **_place(watching, home)}}
            flow.put(widget, COLUMNS // 4, _COMPARED_ROWS)
    return flow.widgets


class Flow:
    """Places widgets from left to right, and the next row below the highest of the last.

    Args:
        top: Row to begin at.

    Attributes:
        widgets: The widgets with their places.
    """

    def __init__(self, top: int) -> None:
        self.widgets: list[dict[str, Any]] = []
        self._x, self._y, self._bottom = 0, top, top

    def put(self, widget: dict[str, Any], width: int, height: int) -> None:
        """Place a widget beside the last one, or below it where there is no room.

        Args:
            widget: The widget.
            width: Columns of 24.
            height: Rows.
        """
        if self._x + width > COLUMNS:
            self.break_row()
        self.widgets.append({**widget, "x": self._x, "y": self._y, "width": width, "height": height})
        self._x += width
        self._bottom = max(self._bottom, self._y + height)

    def break_row(self) -> None:
        """Begin a row."""
        self._x, self._y = 0, self._bottom


class _Line(NamedTuple):
    """What a line is made of, who publishes that, whom it is about, and what its label begins with."""

    series: Series
    by: By
    watched: Watched
    owner: str


def _lines_of(panel: Panel, watching: Watching) -> Iterator[_Line]:
    for by in dict.fromkeys(series.by or panel.by for series in panel.series):
        seen = _seen(panel, by, watching)
        for watched in seen:
            owner = f"{watched.name} " if len(watching.seen(by)) > 1 else ""
            if by == "container" and len(watching.variants) > 1:
                owner = f"{watched.variant_name} {owner}"
            for series in panel.series:
                if (series.by or panel.by) == by:
                    yield _Line(series, by, watched, owner)


def _seen(panel: Panel, by: By, watching: Watching) -> list[Watched]:
    """Who publishes what the panel shows: GPUs are measured only where there are some."""
    return [each for each in watching.seen(by) if not panel.gpus or (each.machine is not None and each.machine.gpu)]


def _place(watching: Watching, home: Home) -> dict[str, str]:
    """Where the endpoint's metrics are."""
    found = {"region": watching.region if watching.region is not None else home.region}
    if watching.account is not None:
        found["accountId"] = watching.account
    return found


def _metric_widget(panel: Panel, watching: Watching, home: Home) -> dict[str, Any]:
    metrics: list[list[Any]] = []
    for line in _lines_of(panel, watching):
        metrics.extend(_drawn(line, panel, len(metrics)))
    properties: dict[str, Any] = {
        "title": panel.title,
        "view": panel.view,
        **_place(watching, home),
        "period": _SECONDS,
        "metrics": metrics,
    }
    if panel.view == "singleValue":
        properties["setPeriodToTimeRange"] = True
        return {"type": "metric", "properties": properties}
    seen = _seen(panel, panel.by, watching)
    left: dict[str, Any] = {"min": 0, "showUnits": False}
    if panel.highest is not None and all(_known(panel, each) for each in seen):
        left["max"] = panel.highest
    properties["yAxis"] = {"left": left}
    lines = [*_thresholds(panel, watching), *(_bounds(seen) if panel.bounds else [])]
    if lines:
        properties["annotations"] = {"horizontal": lines}
    return {"type": "metric", "properties": properties}


def _drawn(line: _Line, panel: Panel, first: int) -> Iterator[list[Any]]:
    """The metrics of a line, hidden below the expression that is drawn where there is one."""
    series, by, watched, owner = line
    count = _count(series.counted, watched)
    label = owner + series.label + (", all added up" if series.counted is not None and count is None else "")
    names = [f"m{first + index}" for index in range(len(series.of))]
    expression = (series.formula or "{0}").format(*names)
    if panel.factor != 1:
        expression = f"{expression}*{panel.factor:g}"
    if count is not None and count != 1:
        expression = f"{expression}/{count}"
    drawn_as_is = expression == names[0]
    dimensions = {"EndpointName": watched.endpoint_name} if by == "endpoint" else watched.dimensions()
    for name, stat in zip(names, series.of, strict=True):
        rendering = {"label": label} if drawn_as_is else {"id": name, "visible": False}
        found = [each for pair in dimensions.items() for each in pair]
        yield [stat.namespace, stat.metric, *found, {"stat": stat.statistic, **rendering}]
    if not drawn_as_is:
        yield [{"expression": expression, "label": label, "id": f"e{first}"}]


def _count(counted: Counted | None, watched: Watched) -> int | None:
    """How many cores or devices each instance has; None when it is not known, or there is nothing to count."""
    if counted is None or watched.machine is None:
        return None
    found: int | None = getattr(watched.machine, counted)
    return found or None


def _known(panel: Panel, watched: Watched) -> bool:
    return all(series.counted is None or _count(series.counted, watched) is not None for series in panel.series)


def _thresholds(panel: Panel, watching: Watching) -> list[dict[str, Any]]:
    """A line for every threshold that was chosen for what the panel shows."""
    single = [series.of[0] for series in panel.series if len(series.of) == 1]
    shown = {(stat.namespace, stat.metric, stat.sums) for stat in single if stat.statistic != "SampleCount"}
    found: dict[tuple[str, float], dict[str, Any]] = {}
    for alarm in watching.alarms:
        condition = alarm.condition
        if condition is None or condition.assumed or watching.kind.level(condition) != panel.by:
            continue
        if (condition.namespace, condition.metric, condition.statistic == "Sum") not in shown:
            continue
        # Multiplication alone leaves the tail of a binary fraction, such as 0.30000000000000004.
        value = float(f"{condition.threshold * panel.factor:.12g}")
        whose = condition.name if condition.container is None else f"{condition.name} of {condition.container}"
        label = f"{whose}, rollback" if alarm.rollback else whose
        fill = "below" if condition.below else "above"
        found[label, value] = {"label": label, "value": value, "color": RED, "fill": fill}
    return list(found.values())


def _bounds(seen: list[Watched]) -> list[dict[str, Any]]:
    """Between how many instances or copies each scales."""
    found: list[dict[str, Any]] = []
    for watched in seen:
        if watched.bounds is None:
            continue
        owner = f"{watched.name} " if len(seen) > 1 else ""
        for word, number in zip(("at least", "at most"), watched.bounds, strict=True):
            if not is_token(number):
                found.append({"label": f"{owner}{word}", "value": number, "color": _GREY})
    return found


def _alarm_widgets(watching: Watching, home: Home) -> Iterator[dict[str, Any]]:
    most = int(DASHBOARD_ALARMS.high or 1)
    arns = list(dict.fromkeys(home.arn(alarm) for alarm in watching.alarms))
    for start in range(0, len(arns), most):
        yield {"type": "alarm", "properties": {"title": "Alarms", "alarms": arns[start : start + most]}}
