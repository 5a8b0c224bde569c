"""A shortage on demand: the next transform jobs are refused, or fail, as when there is no room for them.

AWS says no in two ways. CreateTransformJob is throttled or would exceed a quota of the account; or the job is there, and fails
because its instances cannot be had. Tests say how often each is to happen.
"""

import threading
from typing import Any

from tests.local_aws.server.sagemaker.errors import ServiceError

KINDS = ("throttled", "limited", "failed")
CAPACITY_ERROR = (
    "CapacityError: Unable to provision requested ML compute capacity. Please retry using a different ML instance type."
)
_LOCK = threading.Lock()
_left = dict.fromkeys(KINDS, 0)


def left() -> dict[str, int]:
    """Return how many jobs are still to be ``throttled``, ``limited`` and ``failed``."""
    with _LOCK:
        return dict(_left)


def set_left(counts: dict[str, Any]) -> None:
    """Say how many of the next jobs are to meet a shortage, by kind; what is not named is not changed.

    Raises:
        ValueError: A kind is unknown, or a count is no number of times.
    """
    for kind, count in counts.items():
        if kind not in KINDS:
            raise ValueError(f"a shortage must be one of {', '.join(KINDS)}, got {kind}")
        if isinstance(count, bool) or not isinstance(count, int) or count < 0:
            raise ValueError(f"{kind} must be a number of times, got {count}")
    with _LOCK:
        _left.update(counts)


def refuse(instance_type: str, count: int) -> None:
    """Refuse a job that would be created, if it is its turn.

    Raises:
        ServiceError: ThrottlingException or ResourceLimitExceeded.
    """
    if _is_turn("throttled"):
        raise ServiceError("ThrottlingException", "Rate exceeded")
    if _is_turn("limited"):
        raise ServiceError(
            "ResourceLimitExceeded",
            f"The account-level service limit '{instance_type} for transform job usage' is 0 Instances, with current"
            f" utilization of 0 Instances and a request delta of {count} Instances. Please use AWS Service Quotas to"
            " request an increase for this quota.",
        )


def fails() -> bool:
    """Tell whether the job that begins is to fail for want of instances."""
    return _is_turn("failed")


def _is_turn(kind: str) -> bool:
    with _LOCK:
        is_turn = _left[kind] > 0
        _left[kind] -= is_turn
        return is_turn
