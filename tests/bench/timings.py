"""The figures that are times: shown as ratios within one run, for machines differ and are busy."""

from __future__ import annotations

import math
import subprocess
import sys
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from time import perf_counter
from typing import TYPE_CHECKING

from tests.bench.counts import environment
from tests.bench.figure import Figure
from tests.bench.subjects import app_of, bare_l1, endpoints

if TYPE_CHECKING:
    from collections.abc import Callable

    import aws_cdk as cdk

ROUNDS = 5
FEW, MANY = 20, 80


def timings() -> list[Figure]:
    """All of these figures."""
    ours, bare, few = _interleaved(endpoints(MANY), bare_l1(MANY), endpoints(FEW))
    cdk_import, our_import, all_names = _interleaved_imports(
        "import aws_cdk", "import cdk_model_hosting", "from cdk_model_hosting import *"
    )
    return [
        Figure(
            name=f"build and synth of {MANY} endpoints against bare L1",
            value=ours / bare,
            bound=1.15,
            next_bound=0.85,
            unit="x",
            note=f"{ours * 1000:.0f} ms and {bare * 1000:.0f} ms",
            timed=True,
        ),
        Figure(
            name=f"exponent of its time from {FEW} to {MANY} endpoints",
            value=math.log(ours / few) / math.log(MANY / FEW),
            bound=1.1,
            timed=True,
        ),
        Figure(
            name="`import cdk_model_hosting` against `import aws_cdk`",
            value=our_import / cdk_import,
            bound=1.10,
            unit="x",
            note=f"{our_import * 1000:.0f} ms and {cdk_import * 1000:.0f} ms",
            timed=True,
        ),
        Figure(
            name="every public name against `import aws_cdk`",
            value=all_names / cdk_import,
            unit="x",
            note=f"{all_names * 1000:.0f} ms, with the CDK's own modules",
            timed=True,
        ),
    ]


def _interleaved(*fills: Callable[[cdk.Stack], None]) -> list[float]:
    """The median time of each, taken in turns, so that a busy moment meets them all."""
    return _medians([lambda fill=fill: _build(fill) for fill in fills])  # type: ignore[misc]


def _interleaved_imports(*statements: str) -> list[float]:
    return _medians([lambda statement=statement: _import(statement) for statement in statements])  # type: ignore[misc]


def _medians(runs: list[Callable[[], None]]) -> list[float]:
    times: list[list[float]] = [[] for _ in runs]
    for run in runs:
        run()
    for _ in range(ROUNDS):
        for run, taken in zip(runs, times, strict=True):
            start = perf_counter()
            run()
            taken.append(perf_counter() - start)
    return [median(taken) for taken in times]


def _build(fill: Callable[[cdk.Stack], None]) -> None:
    with TemporaryDirectory() as folder:
        app_of(Path(folder), fill).synth()


def _import(statement: str) -> None:
    subprocess.run([sys.executable, "-c", statement], env=environment(), check=True, capture_output=True)
