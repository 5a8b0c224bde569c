"""The environment of every test. It must stand before `aws_cdk` is imported, which starts the node process."""

from __future__ import annotations

import gc
import os
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Generator

# CDK's built-in validation turns one synth of 30 ms into 2 s; tests/stacks/test_built_in_validation.py runs it once, in
# a process of its own.
os.environ["CDK_VALIDATION"] = "false"
# A major version is what silences the banner: `1` is taken for Node 1.
os.environ.setdefault("JSII_SILENCE_WARNING_END_OF_LIFE_NODE_VERSION", "20")
OBJECTS_BETWEEN_LOOKS = 10_000


@pytest.hookimpl(wrapper=True)
def pytest_collection() -> Generator[None, object, object]:
    """Look for garbage only in what the tests make, and not in what was imported for them.

    The CDK's classes and the tests are a million objects that stay until the end: to go through them, while they are imported and
    again and again after that, takes a fifth of the tests' time. What linters read makes millions more, to look through which at
    every 700 of them takes a fifth of theirs.
    """
    gc.disable()
    try:
        return (yield)
    finally:
        gc.freeze()
        gc.set_threshold(OBJECTS_BETWEEN_LOOKS)
        gc.enable()
