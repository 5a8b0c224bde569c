"""Alarms that tell operators of a function that is not well."""

from __future__ import annotations

from functools import cache, partial
from typing import TYPE_CHECKING

from constructs import Construct

from cdk_model_hosting.arguments import require
from cdk_model_hosting.errors import ConfigurationError
from cdk_model_hosting.functions.alarm import FunctionAlarm
from cdk_model_hosting.limits import ALARM_NAME
from cdk_model_hosting.monitoring.actions import BoundActions, Targets, check_actions

if TYPE_CHECKING:
    from collections.abc import Sequence

    from aws_cdk import aws_cloudwatch as cloudwatch

    from cdk_model_hosting.functions.watched import WatchedFunction
    from cdk_model_hosting.monitoring.actions import AlarmAction


class FunctionAlarms(Construct):
    """Alarms on the version of a function that is live. Made by `ModelFunction.alarms`.

    Args:
        scope: The function.
        construct_id: ID below `scope`.
        watched: The function.
    """

    def __init__(self, scope: Construct, construct_id: str, *, watched: WatchedFunction) -> None:
        super().__init__(scope, construct_id)
        self._watched = watched
        self._names: set[str] = set()
        self._targets = Targets(self)

    def add(
        self, conditions: Sequence[FunctionAlarm], *, actions: Sequence[AlarmAction], ok_actions: Sequence[AlarmAction]
    ) -> list[cloudwatch.CfnAlarm]:
        """Make an alarm for every condition.

        Args:
            conditions: The conditions; the usual ones when empty.
            actions: What happens when an alarm goes off, at most 5.
            ok_actions: What happens when it is over, at most 5.

        Raises:
            ConfigurationError: When a condition is named twice or is none, or an action is none.
        """
        for condition in conditions:
            require("alarms condition", condition, FunctionAlarm)
        check_actions("alarms actions", actions)
        check_actions("alarms ok_actions", ok_actions)
        chosen = tuple(conditions) or (FunctionAlarm.errors(), FunctionAlarm.failures(), FunctionAlarm.throttles())
        self._check(chosen)
        bound, over = BoundActions(actions), BoundActions(ok_actions)
        return [self._make(condition, bound, over) for condition in chosen]

    def _check(self, conditions: Sequence[FunctionAlarm]) -> None:
        for condition in conditions:
            if condition.name in self._names:
                raise ConfigurationError(
                    f"alarms must name each condition once for a function, got {condition.name} twice: alarms are told apart by "
                    "their names; use FunctionAlarm.named for a second threshold"
                )
            self._names.add(condition.name)
            ALARM_NAME.check("FunctionAlarm name", self._name(condition))

    def _name(self, condition: FunctionAlarm) -> str:
        return f"{self._watched.label}/{condition.name}"

    def _make(self, condition: FunctionAlarm, actions: BoundActions, over: BoundActions) -> cloudwatch.CfnAlarm:
        name = self._name(condition)
        target = cache(partial(self._targets.of, name, condition.name))
        bound = {"alarm_actions": actions.arns(self, target), "ok_actions": over.arns(self, target)}
        given = {key: arns for key, arns in bound.items() if arns}
        return self._watched.alarm(self, condition.name, condition, name, **given)
