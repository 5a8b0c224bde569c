"""SnapStart: environments that are made from a snapshot of one that has loaded its model."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cdk_model_hosting.advice import Advice
from cdk_model_hosting.errors import ConfigurationError
from cdk_model_hosting.limits import FUNCTION_SNAPSHOT_PYTHON, FUNCTION_SNAPSHOT_TMP_MB

if TYPE_CHECKING:
    from cdk_model_hosting.functions.code import FunctionCode
    from cdk_model_hosting.functions.delivery import BoundDelivery
    from cdk_model_hosting.functions.size import FunctionSize

_SWITCH = "Concurrency snap_start"
# See: https://docs.aws.amazon.com/lambda/latest/dg/snapstart.html#snapstart-supported-regions, read on 2026-11-21
_WITHOUT = {"ap-east-2": "Asia Pacific (Taipei)", "ap-southeast-6": "Asia Pacific (New Zealand)"}


def check_snap_start(code: FunctionCode, delivery: BoundDelivery, size: FunctionSize) -> None:
    """Refuse what Lambda keeps in no snapshot.

    Args:
        code: What predicts.
        delivery: How the model comes to it.
        size: How large the function is.

    Raises:
        ConfigurationError: When it has a file system, more than the least of /tmp, or an older Python.
    """
    if delivery.mount is not None:
        raise ConfigurationError(
            f"{_SWITCH} must be False with a model on a file system, got True: Lambda makes no snapshot of a function that has "
            "one mounted"
        )
    FUNCTION_SNAPSHOT_TMP_MB.check(f"FunctionSize ephemeral_mb with {_SWITCH}", size.ephemeral_mb)
    FUNCTION_SNAPSHOT_PYTHON.check(f"FunctionCode python with {_SWITCH}", code.python)


def advice_for(region: str) -> tuple[Advice, ...]:
    """Advice where there is no SnapStart, as far as it was known when this library was made.

    Args:
        region: The function's region, which may be a Token.
    """
    if region not in _WITHOUT:
        return ()
    return (
        Advice(
            "snapStartInRegion",
            f"Lambda had no SnapStart in {_WITHOUT[region]} when this library was made: without it, the deployment fails; turn "
            f"{_SWITCH} off, or deploy to another region",
        ),
    )
