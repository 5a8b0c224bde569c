"""What must not be the same in every environment that Lambda makes from one snapshot (SnapStart)."""

import random
import sys
from collections.abc import Callable, Mapping

from .failures import StartError


def register(environment: Mapping[str, str], restored: Callable[[], None]) -> None:
    """Have things put right when an environment is made from a snapshot, if the function is to be kept in one.

    Args:
        environment: The environment variables.
        restored: What else to do then.

    Raises:
        StartError: When the means to do so are not there.
    """
    if environment.get("AWS_LAMBDA_INITIALIZATION_TYPE") != "snap-start":
        return
    try:
        from snapshot_restore_py import (  # type: ignore[import-not-found] # noqa: PLC0415 - Lambda's Python has it
            register_after_restore,
        )
    except ImportError as error:
        raise StartError(
            f"SnapStart must have the package snapshot-restore-py in the function's image, got none: {error}: environments "
            "made from one snapshot would draw the same random numbers"
        ) from error
    register_after_restore(reseed)
    register_after_restore(restored)


def reseed() -> None:
    """Let the generators of random numbers that everybody shares begin anew."""
    random.seed()
    if "numpy.random" in sys.modules:
        sys.modules["numpy.random"].seed()
