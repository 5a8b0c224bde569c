"""Holding what takes processor time to a multiple of what something else takes, on a machine that has other work too."""

from collections.abc import Callable
from statistics import median

import pytest

# The budget of docs/adr/lambda-runtime.md.
MOST = 1.3
RUNS = 9
# A machine with other work can look slow for a while. What really is slow stays so.
ROUNDS = 5


def hold(run: Callable[[str], str], ours: str, alone: str) -> None:
    """Fail unless a statement takes little more than another.

    Args:
        run: Runs a program on a new interpreter and returns what it prints.
        ours: The statement.
        alone: The other.
    """
    took: list[float] = []
    least: list[float] = []
    for _ in range(ROUNDS):
        # By turns, so that a machine that gets slower does so for both.
        for _ in range(RUNS):
            least.append(milliseconds(run, alone))
            took.append(milliseconds(run, ours))
        if median(took) / median(least) <= MOST:
            return

    pytest.fail(f"{ours!r} takes {median(took):.0f} ms, {alone!r} {median(least):.0f} ms")


def milliseconds(run: Callable[[str], str], statement: str) -> float:
    """What a statement takes of a processor in a new interpreter: on the clock, whatever else the machine does would count too."""
    program = f"""
from time import process_time
began = process_time()
{statement}
print((process_time() - began) * 1000)
"""
    return float(run(program).splitlines()[-1])
