"""Alarms that tell operators of an endpoint that is not well."""

from __future__ import annotations

from functools import cache, partial
from typing import TYPE_CHECKING

from aws_cdk import aws_cloudwatch as cloudwatch
from constructs import Construct

from cdk_model_hosting.arguments import require
from cdk_model_hosting.errors import ConfigurationError
from cdk_model_hosting.limits import ALARM_NAME
from cdk_model_hosting.monitoring.actions import BoundActions, check_actions
from cdk_model_hosting.monitoring.alarm import Alarm
from cdk_model_hosting.monitoring.watching import spread
from cdk_model_hosting.placement import place_of
from cdk_model_hosting.tokens import is_token

if TYPE_CHECKING:
    from collections.abc import Sequence

    from cdk_model_hosting.monitoring.actions import AlarmAction
    from cdk_model_hosting.monitoring.condition import Condition
    from cdk_model_hosting.monitoring.watching import Watch, Watching


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
        _check_place(scope, watching)
        if not watching.variants:
            raise ConfigurationError(
                "alarms must watch an endpoint with known variants, got none: metrics belong to variants; import it with "
                "variant_names"
            )
        super().__init__(scope, construct_id)
        self._watching = watching
        self._names: set[str] = set()
        self._arn_prefix: str | None = None

    def add(
        self, conditions: Sequence[Condition], *, actions: Sequence[AlarmAction], ok_actions: Sequence[AlarmAction]
    ) -> list[cloudwatch.CfnAlarm]:
        """Make an alarm for every condition on every variant.

        Args:
            conditions: The conditions; the usual ones for this kind of endpoint when empty.
            actions: What happens when an alarm goes off, at most 5.
            ok_actions: What happens when it is over, at most 5.

        Returns:
            The alarms, by variant and then by condition, for composite alarms and the like.

        Raises:
            ConfigurationError: When a condition is named twice, cannot be watched on a fleet, or an action is none.
        """
        for condition in conditions:
            require("alarms condition", condition, Alarm)
        check_actions("alarms actions", actions)
        check_actions("alarms ok_actions", ok_actions)
        watches = list(spread(tuple(conditions) or self._watching.kind.alarms, self._watching.variants))
        self._check(watches)
        on, over = BoundActions(actions), BoundActions(ok_actions)
        made: list[cloudwatch.CfnAlarm] = []
        for watch in watches:
            target = cache(partial(self._target, watch))
            made.append(
                watch.condition.bind(
                    self,
                    watch.construct_id,
                    watch.watched,
                    watch.name,
                    actions=on.arns(self, target),
                    ok_actions=over.arns(self, target),
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

    def _target(self, watch: Watch) -> cloudwatch.IAlarm:
        """The alarm as actions take it. Its ID is unique in the app: a LambdaAction names a permission by it."""
        if self._arn_prefix is None:
            stack = place_of(self).stack
            self._arn_prefix = f"arn:{stack.partition}:cloudwatch:{stack.region}:{stack.account}:alarm:"
        construct_id = f"{watch.construct_id}Target" if is_token(watch.name) else watch.name.replace("/", ".")
        return cloudwatch.Alarm.from_alarm_arn(self, construct_id, self._arn_prefix + watch.name)


def _check_place(scope: Construct, watching: Watching) -> None:
    for what, given in (("region", watching.region), ("account", watching.account)):
        if given is None or is_token(given):
            continue
        stack = place_of(scope).stack
        here = stack.region if what == "region" else stack.account
        if not is_token(here) and here != given:
            raise ConfigurationError(
                f"alarms must be made in the endpoint's {what} {given}, got a stack in {here}: CloudWatch watches metrics "
                f"of its own {what}"
            )
