"""Alarms that tell operators of an endpoint that is not well."""

from __future__ import annotations

from functools import cache, partial
from typing import TYPE_CHECKING, NamedTuple

from constructs import Construct

from cdk_model_hosting.arguments import require
from cdk_model_hosting.errors import ConfigurationError
from cdk_model_hosting.limits import ALARM_NAME
from cdk_model_hosting.monitoring.actions import BoundActions, Targets, check_actions
from cdk_model_hosting.monitoring.alarm import Alarm
from cdk_model_hosting.monitoring.watching import spread

if TYPE_CHECKING:
    from collections.abc import Sequence

    from aws_cdk import aws_cloudwatch as cloudwatch

    from cdk_model_hosting.monitoring.actions import AlarmAction
    from cdk_model_hosting.monitoring.condition import Condition
    from cdk_model_hosting.monitoring.watched import Watched
    from cdk_model_hosting.monitoring.watching import Watch, Watching


class _Asked(NamedTuple):
    """What was asked for at once: it holds for inference components that come later, too."""

    conditions: tuple[Condition, ...]
    actions: BoundActions
    ok_actions: BoundActions


class OperationalAlarms(Construct):
    """Alarms on an endpoint, whatever configuration it serves by. Made by the endpoint's `alarms`.

    Args:
        scope: The endpoint.
        construct_id: ID below `scope`.
        watching: What is watched of the endpoint.

    Raises:
        ConfigurationError: When the endpoint is in another region or account than the stack, or has no variants.
    """

    def __init__(self, scope: Construct, construct_id: str, *, watching: Watching) -> None:
        watching.check_place(scope)
        if not watching.variants:
            raise ConfigurationError(
                "alarms must watch an endpoint with known variants, got none: metrics belong to variants; import it with "
                "variant_names"
            )
        super().__init__(scope, construct_id)
        self._watching = watching
        self._names: set[str] = set()
        self._targets = Targets(self)
        self._asked: list[_Asked] = []
        watching.newcomers.append(self._watch_too)

    def add(
        self, conditions: Sequence[Condition], *, actions: Sequence[AlarmAction], ok_actions: Sequence[AlarmAction]
    ) -> list[cloudwatch.CfnAlarm]:
        """Make an alarm for every condition on everything that publishes its metric.

        Inference components that are added later are watched in the same way.

        Args:
            conditions: The conditions; the usual ones for this kind of endpoint when empty.
            actions: What happens when an alarm goes off, at most 5.
            ok_actions: What happens when it is over, at most 5.

        Returns:
            The alarms, by variant or component and then by condition, for composite alarms and the like.

        Raises:
            ConfigurationError: When a condition is named twice, cannot be watched on the endpoint, or an action is none.
        """
        for condition in conditions:
            require("alarms condition", condition, Alarm)
        check_actions("alarms actions", actions)
        check_actions("alarms ok_actions", ok_actions)
        watching = self._watching
        asked = _Asked(tuple(conditions) or watching.kind.alarms, BoundActions(actions), BoundActions(ok_actions))
        made = self._make(asked, list(spread(asked.conditions, watching.kind, watching.variants, watching.components)))
        self._asked.append(asked)
        return made

    def _watch_too(self, component: Watched) -> None:
        """Make the alarms that were asked for on the other components."""
        first = len(self._watching.components) - 1
        for asked in self._asked:
            self._make(asked, list(spread(asked.conditions, self._watching.kind, (), (component,), first=first)))

    def _make(self, asked: _Asked, watches: Sequence[Watch]) -> list[cloudwatch.CfnAlarm]:
        self._check(watches)
        made: list[cloudwatch.CfnAlarm] = []
        for watch in watches:
            target = cache(partial(self._targets.of, watch.name, watch.construct_id))
            made.append(
                watch.condition.bind(
                    self,
                    watch.construct_id,
                    watch.watched,
                    watch.name,
                    actions=asked.actions.arns(self, target),
                    ok_actions=asked.ok_actions.arns(self, target),
                )
            )
        self._watching.made([(watch.name, watch.condition) for watch in watches], rollback=False)
        return made

    def _check(self, watches: Sequence[Watch]) -> None:
        names: set[str] = set()
        for watch in watches:
            if watch.construct_id in self._names | names:
                raise ConfigurationError(
                    f"alarms must name each condition once for an endpoint, got {watch.condition.name} twice: alarms are "
                    "told apart by their names; use Alarm.named for a second threshold"
                )
            names.add(watch.construct_id)
            ALARM_NAME.check("Alarm name", watch.name)
            watch.condition.threshold_on(watch.watched)
        self._names |= names
