"""The figures that are the same on every machine: calls, resources, bytes, modules."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from tests.bench.crossings import Crossings, counted
from tests.bench.figure import Figure
from tests.bench.subjects import app_of, bare_l1, batches, endpoints

if TYPE_CHECKING:
    from collections.abc import Callable

    import aws_cdk as cdk

ROOT = Path(__file__).parents[2]
GROWTH = (20, 40, 60, 80)
HEAVY = ("aws_ec2", "aws_eks", "aws_lambda", "aws_ecs")


@dataclass(frozen=True, slots=True, kw_only=True)
class Counts:
    """What one app took.

    Args:
        crossings: Its calls into node, and back.
        resources: Resources of its template.
        size: Bytes of its template, as the CDK writes it.
        compact: Bytes of its template without the indentation.
    """

    crossings: Crossings
    resources: int
    size: int
    compact: int

    @property
    def requests(self) -> int:
        """Calls into node."""
        return len(self.crossings.requests)


def count(fill: Callable[[cdk.Stack], None]) -> Counts:
    """Build and synthesize an app, and count."""
    with TemporaryDirectory() as folder:
        with counted() as crossings:
            app_of(Path(folder), fill).synth()
        written = (Path(folder) / "Stack.template.json").read_bytes()
    template = json.loads(written)
    return Counts(
        crossings=crossings,
        resources=len(template["Resources"]),
        size=len(written),
        compact=len(json.dumps(template, separators=(",", ":"))),
    )


def counts() -> list[Figure]:
    """All of these figures."""
    two, three = count(endpoints(2)), count(endpoints(3))
    return [
        *_calls(two, three),
        *_growth(),
        Figure(
            name="resources of a default scaled endpoint",
            value=three.resources - two.resources,
            bound=6,
            note="no alarms",
        ),
        Figure(
            name="bytes of template of a default scaled endpoint",
            value=three.size - two.size,
            bound=3400,
            note=f"no alarms; {three.compact - two.compact:,} without indentation",
        ),
        *_alarm(),
        *_check(),
        *_batch(),
        *_modules(),
    ]


def explain() -> list[str]:
    """Each call of one more default scaled endpoint."""
    two, three = count(endpoints(2)), count(endpoints(3))
    return three.crossings.requests[two.requests - 1 : -1]


def _calls(two: Counts, three: Counts) -> list[Figure]:
    bare = count(bare_l1(3)).requests - count(bare_l1(2)).requests
    return [
        Figure(
            name="calls into the kernel of a default scaled endpoint",
            value=three.requests - two.requests,
            bound=12,
            next_bound=7,
            note=f"N=3 minus N=2, without alarms and check; bare L1: {bare}",
        ),
        Figure(name="callbacks from the kernel", value=len(three.crossings.callbacks), bound=0),
        Figure(
            name="calls of a scaling policy",
            value=(three.requests - two.requests) - _marginal(policies=0),
            bound=1,
            note="beside its target; once a stack, one more",
        ),
    ]


def _marginal(policies: int = 1) -> int:
    """Calls of one more endpoint."""
    return count(endpoints(3, policies=policies)).requests - count(endpoints(2, policies=policies)).requests


def _growth() -> list[Figure]:
    numbers = [count(endpoints(number)).requests for number in GROWTH]
    steps = {after - before for before, after in pairwise(numbers)}
    sizes = " -> ".join(str(number) for number in GROWTH)
    return [
        Figure(
            name="calls off the straight line",
            value=max(steps) - min(steps),
            bound=0,
            note=f"{sizes} endpoints",
        )
    ]


def _alarm() -> list[Figure]:
    none, one, two = (count(endpoints(1, alarms=number)) for number in (0, 1, 2))
    return [
        Figure(
            name="calls of a further rollback alarm",
            value=two.requests - one.requests,
            bound=1,
            note=f"the first takes {one.requests - none.requests}",
        ),
        Figure(name="resources of a rollback alarm", value=two.resources - one.resources, bound=1),
        Figure(name="bytes of template of a rollback alarm", value=two.size - one.size, note="its permission included"),
    ]


def _check() -> list[Figure]:
    without = _marginal()
    two, three = count(endpoints(2, verified=True)), count(endpoints(3, verified=True))
    return [
        Figure(
            name="calls of the rollout check of an endpoint",
            value=three.requests - two.requests - without,
            bound=1,
            note="beside what it takes once a stack",
        ),
        Figure(name="resources of an endpoint with it", value=three.resources - two.resources, bound=6),
    ]


def _batch() -> list[Figure]:
    two, three = count(batches(2)), count(batches(3))
    calls = three.requests - two.requests
    return [
        # No goal is set for it: the bounds are what it takes today, so that it does not grow unseen.
        Figure(name="calls of a batch transform with its model", value=calls, bound=19, note="no triggers, no topics"),
        Figure(name="callbacks of batch transforms", value=len(three.crossings.callbacks), bound=0),
        Figure(name="resources of a batch transform with its model", value=three.resources - two.resources, bound=5),
        Figure(name="bytes of template of a batch transform with its model", value=three.size - two.size),
        Figure(
            name="calls of a batch transform off the straight line",
            value=abs(count(batches(4)).requests - three.requests - calls),
            bound=0,
        ),
    ]


def _modules() -> list[Figure]:
    whole = "from cdk_model_hosting import *"
    return [
        Figure(name=f"of {', '.join(HEAVY)} loaded by `{statement}`", value=_heavy(statement), bound=0)
        for statement in ("import cdk_model_hosting", whole)
    ]


def _heavy(statement: str) -> int:
    code = f"{statement}\nimport sys\nprint(sum('aws_cdk.' + name in sys.modules for name in {HEAVY!r}))"
    finished = subprocess.run(
        [sys.executable, "-c", code], env=environment(), check=True, capture_output=True, text=True
    )
    return int(finished.stdout)


def environment() -> dict[str, str]:
    """A process's variables, with the library on its path."""
    return os.environ | {"PYTHONPATH": str(ROOT / "constructs")}
