"""What the page on watching says of each kind of endpoint, taken from the kinds themselves: cog calls these functions."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cdk_model_hosting.monitoring.kinds import KINDS

if TYPE_CHECKING:
    from collections.abc import Iterable

    from cdk_model_hosting.monitoring.alarm import Alarm


def conditions() -> str:
    """The usual conditions of each kind, for operators and for rollouts, as a table."""
    rows = [f"| {kind.pattern.value} | {_named(kind.alarms)} | {_named(kind.rollback)} |" for kind in KINDS.values()]
    head = "| endpoint | `endpoint.alarms()` watches | a rollout that names none rolls back on |"
    return "\n".join([head, "|---|---|---|", *rows])


def graphs() -> str:
    """The graphs that a dashboard has of each kind, as a table: those of the first, and what differs from them."""
    first, *others = KINDS.values()
    usual = [panel.title for panel in first.panels]
    rows = [f"| {first.pattern.value} | {_listed(usual)} | |"]
    for kind in others:
        own = [panel.title for panel in kind.panels]
        more, without = [each for each in own if each not in usual], [each for each in usual if each not in own]
        rows.append(f"| {kind.pattern.value} | {_listed(more)} | {_listed(without)} |")
    return "\n".join(["| endpoint | graphs, besides those of the first row | without |", "|---|---|---|", *rows])


def _named(alarms: Iterable[Alarm]) -> str:
    return ", ".join(f"`{each.what.removeprefix('Alarm.')}`" for each in alarms) or "nothing"


def _listed(titles: list[str]) -> str:
    return "; ".join(titles)
