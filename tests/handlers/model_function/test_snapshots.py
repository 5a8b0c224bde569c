"""Environments that Lambda makes from one snapshot."""

import random
import sys
from collections.abc import Callable
from types import ModuleType

import numpy as np
import pytest

from tests.handlers.model_function import events
from tests.handlers.model_function.stage import Context, Stage


@pytest.fixture
def hooks(monkeypatch: pytest.MonkeyPatch, stage: Stage) -> list[Callable[[], None]]:
    """What Lambda's module is told to do after a restore."""
    registered: list[Callable[[], None]] = []
    module = ModuleType("snapshot_restore_py")
    vars(module)["register_after_restore"] = registered.append
    monkeypatch.setitem(sys.modules, "snapshot_restore_py", module)
    stage.environment["AWS_LAMBDA_INITIALIZATION_TYPE"] = "snap-start"
    return registered


def restore(hooks: list[Callable[[], None]]) -> None:
    for hook in hooks:
        hook()


def test_the_first_request_after_a_restore_waits_for_its_environment(
    stage: Stage, hooks: list[Callable[[], None]]
) -> None:
    function = stage.start()
    for _ in range(2):
        restore(hooks)
        for _ in range(2):
            function.handle(events.http_api(), Context())

    assert [line["ColdStart"] for line in stage.lines[1:]] == [1, 0, 1, 0]


def test_random_numbers_are_others_in_each_environment(stage: Stage, hooks: list[Callable[[], None]]) -> None:
    stage.start()
    drawn = []
    for _ in range(2):
        # As the snapshot has it.
        random.seed(7)
        np.random.seed(7)  # noqa: NPY002 - the generator that everybody shares
        restore(hooks)
        drawn.append((random.random(), np.random.random()))  # noqa: NPY002, S311 - the same

    assert drawn[0][0] != drawn[1][0]
    assert drawn[0][1] != drawn[1][1]


def test_without_a_snapshot_nothing_is_to_be_done(stage: Stage, hooks: list[Callable[[], None]]) -> None:
    stage.environment["AWS_LAMBDA_INITIALIZATION_TYPE"] = "on-demand"
    stage.start()

    assert hooks == []


def test_fails_when_nothing_can_be_done_after_a_restore(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    stage.environment["AWS_LAMBDA_INITIALIZATION_TYPE"] = "snap-start"
    monkeypatch.setitem(sys.modules, "snapshot_restore_py", None)

    assert stage.fails() == (
        "SnapStart must have the package snapshot-restore-py in the function's image, got none: import of snapshot_restore_py "
        "halted; None in sys.modules: environments made from one snapshot would draw the same random numbers"
    )
