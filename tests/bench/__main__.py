"""Prints what an endpoint costs an app that uses the library, beside the goals; exits with 1 when a count misses its goal.

With --calls it prints each call into the CDK's kernel that one more endpoint makes.
"""

from __future__ import annotations

import argparse
import os
import sys
from typing import TYPE_CHECKING

from rich.console import Console
from rich.table import Table

if TYPE_CHECKING:
    from tests.bench.figure import Figure

# A synth with the CDK's own validation would measure that validation.
os.environ["CDK_VALIDATION"] = "false"


def main(arguments: list[str] | None = None) -> int:
    """Measure and print.

    Args:
        arguments: The command line; that of the process when omitted.

    Returns:
        The exit code.
    """
    parser = argparse.ArgumentParser(prog="python -m tests.bench", description=__doc__)
    parser.add_argument("--calls", action="store_true", help="print the calls of one more endpoint, and stop")
    options = parser.parse_args(arguments)

    # Imported here, for they start the node process, whose environment is then fixed.
    from tests.bench.counts import counts, explain  # noqa: PLC0415
    from tests.bench.timings import timings  # noqa: PLC0415

    console = Console(width=None if sys.stdout.isatty() else 140)
    if options.calls:
        console.print("\n".join(explain()), highlight=False)
        return 0
    figures = [*counts(), *timings()]
    console.print(_table(figures))
    missed = [figure.name for figure in figures if figure.fails]
    if missed:
        console.print(f"[red]out of bounds:[/] {'; '.join(missed)}")
    return 1 if missed else 0


def _table(figures: list[Figure]) -> Table:
    table = Table(title="One default scaled real-time endpoint", title_justify="left")
    table.add_column("figure")
    table.add_column("measured", justify="right")
    table.add_column("goal", justify="right")
    table.add_column("verdict")
    table.add_column("note", style="dim")
    for figure in figures:
        style = "red" if figure.fails else "yellow" if not figure.met else "green" if figure.bound is not None else ""
        verdict = f"[{style}]{figure.verdict}[/]" if style else figure.verdict
        table.add_row(figure.name, _number(figure.value, figure.unit), _goal(figure), verdict, figure.note)
    return table


def _goal(figure: Figure) -> str:
    if figure.bound is None:
        return ""
    then = "" if figure.next_bound is None else f", then {_number(figure.next_bound, figure.unit)}"
    return f"<= {_number(figure.bound, figure.unit)}{then}"


def _number(value: float, unit: str) -> str:
    return f"{value:,.0f}{unit}" if value == int(value) and not unit else f"{value:.2f}{unit}"


if __name__ == "__main__":
    sys.exit(main())
