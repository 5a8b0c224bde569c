"""Alarms that tell operators of jobs that fail, or do not come."""

from __future__ import annotations

from functools import cache, partial
from typing import TYPE_CHECKING, Any

from constructs import Construct

from cdk_model_hosting.arguments import require
from cdk_model_hosting.batch.alarm import BatchAlarm
from cdk_model_hosting.batch.metrics import NAMESPACE
from cdk_model_hosting.errors import ConfigurationError
from cdk_model_hosting.limits import ALARM_NAME
from cdk_model_hosting.monitoring.actions import BoundActions, Targets, check_actions
from cdk_model_hosting.monitoring.watching import MadeAlarm

if TYPE_CHECKING:
    from collections.abc import Sequence

    from aws_cdk import aws_cloudwatch as cloudwatch

    from cdk_model_hosting.batch.watching import WatchedBatch
    from cdk_model_hosting.monitoring.actions import AlarmAction


class TransformAlarms(Construct):
    """Alarms on the runs of a batch transform. Made by `BatchTransform.alarms`.

    Args:
        scope: The batch transform.
        construct_id: ID below `scope`.
        watching: What is watched of it.
    """

    def __init__(self, scope: Construct, construct_id: str, *, watching: WatchedBatch) -> None:
        super().__init__(scope, construct_id)
        self._watching = watching
        self._names: set[str] = set()
        self._targets = Targets(self)

    def add(
        self, conditions: Sequence[BatchAlarm], *, actions: Sequence[AlarmAction], ok_actions: Sequence[AlarmAction]
    ) -> list[cloudwatch.CfnAlarm]:
        """Make an alarm for every condition.

        Args:
            conditions: The conditions; the usual ones when empty.
            actions: What happens when an alarm goes off, at most 5.
            ok_actions: What happens when it is over, at most 5.

        Raises:
            ConfigurationError: When a condition is named twice or cannot be watched, or an action is none.
        """
        for condition in conditions:
            require("alarms condition", condition, BatchAlarm)
        check_actions("alarms actions", actions)
        check_actions("alarms ok_actions", ok_actions)
        chosen = tuple(conditions) or self._usual()
        self._check(chosen)
        bound, over = BoundActions(actions), BoundActions(ok_actions)
        made = [self._make(condition, bound, over) for condition in chosen]
        self._watching.made(
            [MadeAlarm(name=self._name(condition), rollback=False) for condition in chosen],
        )
        return made

    def _usual(self) -> tuple[BatchAlarm, ...]:
        if self._watching.starter_arn is None:
            return (BatchAlarm.failures(),)
        return BatchAlarm.failures(), BatchAlarm.lost_starts()

    def _check(self, conditions: Sequence[BatchAlarm]) -> None:
        names: set[str] = set()
        for condition in conditions:
            if condition.name in self._names | names:
                raise ConfigurationError(
                    f"alarms must name each condition once for a batch transform, got {condition.name} twice: alarms are told "
                    "apart by their names; use BatchAlarm.named for a second threshold"
                )
            if condition.of == "starts" and self._watching.starter_arn is None:
                raise ConfigurationError(
                    f"{condition.what} must watch a batch transform with a schedule or an arrival, got none: nothing else "
                    "could lose a start; call alarms after on_schedule and on_arrival"
                )
            names.add(condition.name)
            ALARM_NAME.check("BatchAlarm name", self._name(condition))
        self._names |= names

    def _name(self, condition: BatchAlarm) -> str:
        return f"{self._watching.name}/{condition.name}"

    def _make(self, condition: BatchAlarm, actions: BoundActions, over: BoundActions) -> cloudwatch.CfnAlarm:
        from aws_cdk import aws_cloudwatch as cloudwatch  # noqa: PLC0415 - loaded by those alone who have alarms

        name = self._name(condition)
        target = cache(partial(self._targets.of, name, condition.name))
        more: dict[str, Any] = {}
        for key, bound in (("alarm_actions", actions), ("ok_actions", over)):
            arns = bound.arns(self, target)
            if arns:
                more[key] = arns
        watching = self._watching
        machine = watching.arn if condition.of == "jobs" else watching.starter_arn
        return cloudwatch.CfnAlarm(
            self,
            condition.name,
            alarm_name=name,
            alarm_description=f"{watching.name}: {condition.says}",
            namespace=NAMESPACE,
            metric_name=condition.metric,
            dimensions=[cloudwatch.CfnAlarm.DimensionProperty(name="StateMachineArn", value=str(machine))],
            statistic=condition.statistic,
            period=condition.seconds,
            threshold=condition.threshold,
            comparison_operator="LessThanThreshold" if condition.below else "GreaterThanThreshold",
            evaluation_periods=condition.periods,
            datapoints_to_alarm=condition.periods,
            treat_missing_data="breaching" if condition.below else "notBreaching",
            **more,
        )
