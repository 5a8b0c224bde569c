"""The table of how functions compare, from what `python -m tests.bench.functions` measured."""

import json
from pathlib import Path
from typing import Any

_MEASURED = Path(__file__).with_name("measured") / "functions.json"
_HEAD = (
    "| delivery | cold start | one answer, p50 | p99 | archive | unzipped | memory | {} |\n"
    "|---|---:|---:|---:|---:|---:|---:|{}"
)


def table() -> str:
    """The table in Markdown."""
    told = json.loads(_MEASURED.read_text(encoding="utf-8"))
    traffic = list(told["functions"][0]["usd_a_million"])
    titles = " | ".join(f"USD per million at {int(each):,} a month" for each in traffic)
    rows = [_row(each, traffic) for each in told["functions"]]
    return "\n".join([_HEAD.format(titles, "---:|" * len(traffic)), *rows])


def conditions() -> str:
    """What it was measured on."""
    told = json.loads(_MEASURED.read_text(encoding="utf-8"))
    return (
        f"Python {told['python']} on {told['machine']}; a cold start is the median of {told['runs']} new interpreters."
    )


def _row(figures: dict[str, Any], traffic: list[str]) -> str:
    costs = " | ".join(f"{figures['usd_a_million'][each]:,.2f}" for each in traffic)
    return (
        f"| {figures['name']} | {figures['cold_ms']} ms | {figures['warm_p50_ms']:.2f} ms | {figures['warm_p99_ms']:.2f} ms "
        f"| {figures['archive_mb']:.1f} MB | {figures['unzipped_mb']:.1f} MB | {figures['memory_mb']} MB | {costs} |"
    )
