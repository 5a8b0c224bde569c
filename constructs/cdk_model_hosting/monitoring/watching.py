"""What is watched of an endpoint, and the alarms that watch it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from cdk_model_hosting.placement import as_construct_id

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from cdk_model_hosting.monitoring.condition import Condition
    from cdk_model_hosting.monitoring.kinds import Kind
    from cdk_model_hosting.monitoring.watched import Watched


@dataclass(frozen=True, slots=True, kw_only=True)
class Watch:
    """A condition on what it looks at.

    Args:
        condition: The condition.
        watched: What it looks at.
        name: Name of its alarm, without what it is for.
        construct_id: ID of its alarm.
    """

    condition: Condition
    watched: Watched
    name: str
    construct_id: str


def spread(conditions: Sequence[Condition], variants: Sequence[Watched]) -> Iterator[Watch]:
    """Every condition on every variant, and once on the endpoint where the endpoint as a whole publishes the metric.

    Args:
        conditions: The conditions.
        variants: All variants of one endpoint.
    """
    for index, watched in enumerate(variants):
        variant_id = as_construct_id(watched.variant_name, index, kind="Variant")
        for condition in conditions:
            # A slash can be in no name of SageMaker's, so different parts make different names.
            if condition.by == "variant":
                name = f"{watched.endpoint_name}/{watched.variant_name}/{condition.name}"
                yield Watch(
                    condition=condition, watched=watched, name=name, construct_id=f"{variant_id}.{condition.name}"
                )
            elif index == 0:
                name = f"{watched.endpoint_name}/{condition.name}"
                yield Watch(condition=condition, watched=watched, name=name, construct_id=condition.name)


@dataclass(frozen=True, slots=True, kw_only=True)
class MadeAlarm:
    """An alarm that watches an endpoint.

    Args:
        name: Its name, for one that this stack makes.
        condition: What it goes off on, for the same.
        arn: Its ARN, for one that existed already.
        rollback: Whether rollouts roll back on it.
    """

    name: str = ""
    condition: Condition | None = None
    arn: str = ""
    rollback: bool


@dataclass(slots=True, kw_only=True)
class Watching:
    """What is watched of an endpoint. Every endpoint has one; alarms and dashboards work with nothing else.

    Args:
        kind: What this kind of endpoint publishes.
        variants: Its variants.
        region: The endpoint's region, where that is not the stack's.
        account: The endpoint's account, where that is not the stack's.
        alarms: The alarms made so far.
        listeners: Who wants to know of further alarms.
    """

    kind: Kind
    variants: tuple[Watched, ...]
    region: str | None = None
    account: str | None = None
    alarms: list[MadeAlarm] = field(default_factory=list)
    listeners: list[Callable[[], None]] = field(default_factory=list)

    def made(self, names: Sequence[tuple[str, Condition]], *, rollback: bool) -> None:
        """Note alarms of this stack that were made.

        Args:
            names: Their names, and what they go off on.
            rollback: Whether rollouts roll back on them.
        """
        self.alarms.extend(MadeAlarm(name=name, condition=condition, rollback=rollback) for name, condition in names)
        self._tell()

    def brought(self, arns: Sequence[str], *, rollback: bool) -> None:
        """Note alarms that existed already.

        Args:
            arns: Their ARNs.
            rollback: Whether rollouts roll back on them.
        """
        self.alarms.extend(MadeAlarm(arn=each, rollback=rollback) for each in arns)
        self._tell()

    def _tell(self) -> None:
        for listener in self.listeners:
            listener()
