"""Draws the dashboard of docs/patterns/monitoring.md, from the template that the library makes, with made-up traffic.

`make picture` writes docs/images/dashboard.png anew.
"""

from __future__ import annotations

import ast
import json
import operator
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import matplotlib as mpl
import numpy as np

mpl.use("Agg")

from matplotlib import pyplot as plt

from docs.simulated_traffic import MINUTES, Traffic

if TYPE_CHECKING:
    from collections.abc import Callable

    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from docs.simulated_traffic import Values

PICTURE = Path(__file__).with_name("images") / "dashboard.png"

_COLUMNS = 24
_ROW_INCHES = 0.44
_WIDTH_INCHES = 15.0
_CAPTION_ROWS = 1
_COLOURS = ("#1f77b4", "#ff7f0e", "#2ca02c", "#9467bd", "#8c564b")
_CORES = 2
_OPERATORS: dict[type, Callable[[Any, Any], Any]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
}


def template() -> dict[str, Any]:
    """The template of a stack with an endpoint, its alarms and the dashboard."""
    os.environ.setdefault("CDK_VALIDATION", "false")
    import aws_cdk as cdk  # noqa: PLC0415 - after the line above
    from aws_cdk import aws_sns as sns  # noqa: PLC0415
    from aws_cdk.assertions import Template  # noqa: PLC0415

    from cdk_model_hosting import (  # noqa: PLC0415
        Alarm,
        Container,
        ContainerImage,
        EndpointDashboard,
        Fleet,
        RealtimeEndpoint,
        Rollout,
        Scaling,
        ScalingPolicy,
        SingleModel,
    )

    stack = cdk.Stack(cdk.App(), "Shop", env=cdk.Environment(region="eu-west-1", account="111122223333"))
    image = ContainerImage.from_uri("111122223333.dkr.ecr.eu-west-1.amazonaws.com/fraud:1")
    endpoint = RealtimeEndpoint(
        stack,
        "Endpoint",
        endpoint_name="fraud-detector",
        model=SingleModel(stack, "Model", container=Container(image=image)),
        fleet=Fleet(instance_type="ml.c6i.large", count=2),
        scaling=Scaling.between(2, 8, [ScalingPolicy.on_invocations(per_instance_per_minute=420)]),
        rollout=Rollout.canary(percent=10, bake=cdk.Duration.minutes(10)),
        rollback_on=[Alarm.server_errors(above=1), Alarm.model_latency(above=cdk.Duration.millis(150))],
    )
    EndpointDashboard(stack, "Dashboard", endpoints=[endpoint])
    endpoint.alarms(
        Alarm.server_errors(above=5),
        Alarm.client_errors(above=8),
        Alarm.cpu_utilization(above=80),
        Alarm.memory_utilization(above=90),
        actions=[sns.Topic(stack, "Operators")],
    )
    return dict(Template.from_stack(stack).to_json())


def draw(made: dict[str, Any], traffic: Traffic) -> Figure:
    """The dashboard.

    Args:
        made: A stack's template.
        traffic: What its one endpoint published.
    """
    resources = made["Resources"].values()
    body = next(each for each in resources if each["Type"] == "AWS::CloudWatch::Dashboard")["Properties"]
    widgets = json.loads(_text(body["DashboardBody"]))["widgets"]
    states = {
        each["Properties"]["AlarmName"]: _state(each["Properties"], traffic)
        for each in resources
        if each["Type"] == "AWS::CloudWatch::Alarm"
    }
    rows = max(each["y"] + each["height"] for each in widgets) + _CAPTION_ROWS
    figure = plt.figure(figsize=(_WIDTH_INCHES, rows * _ROW_INCHES), facecolor="#f2f3f3")
    for each in widgets:
        axes = figure.add_axes(_place(each, rows))
        properties = each["properties"]
        match each["type"], properties.get("view"):
            case "text", _:
                axes.axis("off")
                axes.text(0, 0.5, properties["markdown"].strip("# "), fontsize=15, fontweight="bold", va="center")
            case "alarm", _:
                _draw_alarms(axes, properties, states)
            case _, "singleValue":
                _draw_totals(axes, properties, traffic)
            case _:
                _draw_graph(axes, properties, traffic)
    caption = "Drawn from the synthesized template by docs/render_dashboard.py. The traffic is simulated, not measured."
    figure.text(0.008, 0.4 / rows, caption, fontsize=9, color="#555555", va="center")
    return figure


def _place(widget: dict[str, Any], rows: int) -> tuple[float, float, float, float]:
    """A widget's place, with room for its title and axes."""
    left, right, above, below = (0.2, 0.2, 0, 0) if widget["type"] == "text" else (0.75, 0.25, 0.9, 1.15)
    if widget["type"] == "alarm" or widget["properties"].get("view") == "singleValue":
        left, below = 0.2, 0.2
    return (
        (widget["x"] + left) / _COLUMNS,
        1 - (widget["y"] + widget["height"] - below) / rows,
        (widget["width"] - left - right) / _COLUMNS,
        (widget["height"] - above - below) / rows,
    )


def _draw_graph(axes: Axes, properties: dict[str, Any], traffic: Traffic) -> None:
    for colour, (label, values) in zip(_COLOURS, _lines(properties, traffic, whole=False).items(), strict=False):
        axes.plot(np.arange(MINUTES) - MINUTES, values, color=colour, linewidth=1.1, label=label)
    for line in properties.get("annotations", {}).get("horizontal", []):
        axes.axhline(line["value"], color=line["color"], linewidth=0.9, linestyle="--")
        axes.text(-MINUTES + 2, line["value"], line["label"], color=line["color"], fontsize=7, va="bottom")
    _title(axes, properties)
    top = properties["yAxis"]["left"].get("max", axes.get_ylim()[1] * 1.08)
    axes.set_ylim(properties["yAxis"]["left"]["min"], top)
    axes.set_xlim(-MINUTES, 0)
    axes.set_xticks([-180, -120, -60, 0], ["-3 h", "-2 h", "-1 h", "now"])
    axes.tick_params(labelsize=8, length=2)
    axes.grid(axis="y", color="#e4e4e4", linewidth=0.6)
    axes.legend(loc="upper left", bbox_to_anchor=(-0.01, -0.13), ncols=3, fontsize=8, frameon=False, handlelength=1)


def _draw_totals(axes: Axes, properties: dict[str, Any], traffic: Traffic) -> None:
    _title(axes, properties)
    _blank(axes)
    totals = _lines(properties, traffic, whole=True)
    for index, (label, value) in enumerate(totals.items()):
        x = (index + 0.5) / len(totals)
        number = f"{float(value):,.0f}" if float(value) >= 100 else f"{float(value):,.1f}"  # noqa: PLR2004 - digits
        axes.text(x, 0.58, number, fontsize=22, ha="center", va="center")
        axes.text(x, 0.2, label, fontsize=9, ha="center", va="center", color="#555555")


def _draw_alarms(axes: Axes, properties: dict[str, Any], states: dict[str, str]) -> None:
    _title(axes, properties)
    _blank(axes)
    names = [each.partition(":alarm:")[2] for each in properties["alarms"]]
    for index, name in enumerate(names):
        x, y = 0.02 + 0.5 * (index % 2), 0.83 - 0.31 * (index // 2)
        colour = "#1d8102" if states[name] == "OK" else "#d13212"
        axes.text(x, y, states[name], fontsize=8, color="white", va="center", backgroundcolor=colour)
        axes.text(x + 0.055, y, name.partition("/")[2], fontsize=8, va="center")


def _title(axes: Axes, properties: dict[str, Any]) -> None:
    axes.set_title(properties["title"], fontsize=10, fontweight="bold", loc="left", pad=4)
    axes.set_facecolor("white")
    for side in ("top", "right"):
        axes.spines[side].set_visible(False)


def _blank(axes: Axes) -> None:
    axes.set_xticks([])
    axes.set_yticks([])
    axes.set_xlim(0, 1)
    axes.set_ylim(0, 1)
    for spine in axes.spines.values():
        spine.set_visible(False)


def _lines(properties: dict[str, Any], traffic: Traffic, *, whole: bool) -> dict[str, Values]:
    """The values of every visible line, by its label; of the whole time as one where `whole`."""
    known: dict[str, Values] = {}
    lines: dict[str, Values] = {}
    for metric in properties["metrics"]:
        rendering = metric[-1]
        if len(metric) == 1:
            values = _evaluate(rendering["expression"], known)
        else:
            values = traffic.values(metric[1], rendering["stat"])
            values = values.sum() if whole else values
        if "id" in rendering:
            known[rendering["id"]] = values
        if rendering.get("visible", True):
            lines[rendering["label"]] = values
    return lines


def _evaluate(expression: str, known: dict[str, Values]) -> Values:
    """CloudWatch's metric math, as far as the library uses it."""

    def value(node: ast.expr) -> Any:
        match node:
            case ast.BinOp(left, operation, right):
                return _OPERATORS[type(operation)](value(left), value(right))
            case ast.Constant(number):
                return number
            case ast.Name(name):
                return known[name]
            case ast.Call(ast.Name("PERIOD")):
                return 60
            case _:
                raise ValueError(f"not understood in {expression}: {ast.unparse(node)}")

    found: Values = value(ast.parse(expression, mode="eval").body)
    return found


def _state(alarm: dict[str, Any], traffic: Traffic) -> str:
    """An alarm's state at the end of the time."""
    values = traffic.values(alarm["MetricName"], alarm.get("Statistic") or alarm["ExtendedStatistic"])
    bad = values < alarm["Threshold"] if alarm["ComparisonOperator"].startswith("Less") else values > alarm["Threshold"]
    return "ALARM" if int(bad[-alarm["EvaluationPeriods"] :].sum()) >= alarm["DatapointsToAlarm"] else "OK"


def _text(value: Any) -> str:
    """A text of a template, with references as names."""
    match value:
        case {"Fn::Join": [separator, parts]}:
            return str(separator).join(_text(part) for part in parts)
        case {"Ref": name}:
            return f"<{name}>"
        case _:
            return str(value)


def main() -> int:
    """Write the picture."""
    PICTURE.parent.mkdir(exist_ok=True)
    figure = draw(template(), Traffic(cores=_CORES))
    figure.savefig(PICTURE, dpi=80, metadata={"Software": None})
    print(f"wrote {PICTURE.name}, {PICTURE.stat().st_size // 1000} kB")
    return 0


if __name__ == "__main__":
    sys.exit(main())
