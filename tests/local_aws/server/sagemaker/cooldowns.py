"""The rest that a scaling policy takes after it has scaled.

After scaling out, what was added counts: only what goes beyond it is added within the cooldown. After scaling in, the policy
does not scale in again until the cooldown is over.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass, field

from tests.local_aws.server import timing


@dataclass
class Cooldown:
    """The cooldown that a scaling activity of one policy has begun.

    Args:
        seconds: How long it takes on AWS.
        before: The capacity before the activity.
        after: The capacity that it set.
        since: When it began; moved on to when the activity is over.
    """

    seconds: float
    before: int
    after: int
    since: float = field(default_factory=time.monotonic)

    @property
    def is_over(self) -> bool:
        """Whether it has passed, in the time of this local AWS."""
        return time.monotonic() - self.since >= timing.compressed_period(self.seconds)

    @property
    def is_out(self) -> bool:
        """Whether capacity was added."""
        return self.after > self.before


def respected(cooldown: Cooldown | None, capacity: int, wanted: Callable[[int], int]) -> int:
    """Return the capacity that a policy may set now.

    Args:
        cooldown: What its last activity has begun.
        capacity: The capacity now.
        wanted: What the policy makes of a capacity.
    """
    target = wanted(capacity)
    if cooldown is None or cooldown.is_over:
        return target
    if target > capacity and cooldown.is_out:
        return max(capacity, wanted(cooldown.before))
    if target < capacity and not cooldown.is_out:
        return capacity
    return target
