"""What is watched of a batch transform."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from cdk_model_hosting.monitoring.watching import MadeAlarm


@dataclass(slots=True, kw_only=True)
class WatchedBatch:
    """What alarms and dashboards know of a batch transform.

    Args:
        name: Its name, by which alarms and jobs are named.
        arn: ARN of the state machine of its jobs.
        starter_arn: ARN of what starts jobs for schedules and arrivals; None while there are none.
        alarms: The alarms made so far.
        listeners: Who wants to know of further ones.
    """

    name: str
    arn: str
    starter_arn: str | None = None
    alarms: list[MadeAlarm] = field(default_factory=list)
    listeners: list[Callable[[], None]] = field(default_factory=list)

    def made(self, alarms: Sequence[MadeAlarm]) -> None:
        """Note alarms that were made.

        Args:
            alarms: The alarms.
        """
        self.alarms.extend(alarms)
        self.tell()

    def tell(self) -> None:
        """Say that there is more to be seen."""
        for listener in self.listeners:
            listener()
