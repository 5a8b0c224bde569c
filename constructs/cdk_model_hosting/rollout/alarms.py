"""The alarms that a rollout rolls back on."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import aws_cdk as cdk
from constructs import Construct

from cdk_model_hosting.errors import ConfigurationError
from cdk_model_hosting.limits import ALARM_NAME, ROLLBACK_ALARMS
from cdk_model_hosting.monitoring.alarm import Alarm
from cdk_model_hosting.monitoring.watching import Watching, spread
from cdk_model_hosting.permissions import Permission, arn
from cdk_model_hosting.tokens import is_token

if TYPE_CHECKING:
    from collections.abc import Sequence

    from aws_cdk import aws_cloudwatch as cloudwatch

    from cdk_model_hosting.monitoring.kinds import Kind
    from cdk_model_hosting.monitoring.watched import Watched

_DESCRIBE = "cloudwatch:DescribeAlarms"


def default_alarms(kind: Kind, variants: int) -> tuple[Alarm, ...]:
    """What a rollout watches when it is not told what to watch: as much of what is usual as there is room for.

    Args:
        kind: What kind of endpoint it is.
        variants: Number of variants, each of which is watched.
    """
    return kind.rollback[: int(ROLLBACK_ALARMS.high or 0) // max(variants, 1)]


class RollbackAlarms(Construct):
    """Alarms on the fleet, or on the inference component, that a deployment brings up.

    Each watches the metrics of the new endpoint configuration alone, so that faults of the old fleet do not abort the
    rollout that may mend them. What SageMaker publishes without naming the configuration is watched on both fleets: the
    use of instances, the queue and the failures of asynchronous endpoints, the loading of models, single containers.

    The endpoint depends on this construct, and the alarms know the endpoint by its literal name: that is the one order
    without a cycle.

    Args:
        scope: The endpoint, or the component.
        construct_id: ID below `scope`.
        watching: What is watched of the endpoint.
        config_name: Name of the endpoint configuration that is deployed; None where a component is.
        alarms: Conditions to watch on every variant, and alarms that exist already.
        component: The component that is deployed, which alone is watched of all components.

    Raises:
        ConfigurationError: When there are more alarms than the service takes, or a condition that nothing publishes.

    Attributes:
        names: Names of all alarms.
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        watching: Watching,
        config_name: str | None,
        alarms: Sequence[Alarm | cloudwatch.IAlarm],
        component: Watched | None = None,
    ) -> None:
        super().__init__(scope, construct_id)
        conditions = [each for each in alarms if isinstance(each, Alarm)]
        brought = [each for each in alarms if not isinstance(each, Alarm)]
        why = "SageMaker watches no more; with several variants every condition counts once for each"
        new_fleet = [replace(each, config_name=config_name) for each in watching.variants]
        components = [] if component is None else [component]
        watches = list(spread(conditions, watching.kind, new_fleet, components))
        ROLLBACK_ALARMS.check("rollback_on alarms in all", len(watches) + len(brought), why=why)
        for each in brought:
            if not hasattr(each, "alarm_name"):
                raise ConfigurationError(
                    f"rollback_on element must be a condition such as Alarm.server_errors() or a CloudWatch alarm, got "
                    f"{each!r}: nothing else is understood there"
                )
        for condition in conditions:
            condition.check_rollback()
        _check_names([(watch.construct_id, watch.condition.name) for watch in watches])
        _check_names([(each.alarm_name, each.alarm_name) for each in brought])
        self.names: list[str] = []
        self._arns: list[str] = []
        for watch in watches:
            name = f"{watch.name}/rollback"
            ALARM_NAME.check("Rollback alarm name", name)
            watch.condition.bind(self, watch.construct_id, watch.watched, name)
            watching.made([(name, watch.condition)], rollback=True)
            self.names.append(name)
        for alarm in brought:
            self._check_home(alarm.alarm_arn)
            self._arns.append(alarm.alarm_arn)
            self.names.append(alarm.alarm_name)
        self._own = len(self.names) - len(brought)
        if self._arns:
            watching.brought(self._arns, rollback=True)

    def _check_home(self, alarm_arn: str) -> None:
        """Refuse an alarm that is literally of another account or region."""
        if is_token(alarm_arn):
            return
        stack = cdk.Stack.of(self)
        region, account = alarm_arn.split(":")[3:5]
        for literal, own in ((region, stack.region), (account, stack.account)):
            if literal and not is_token(own) and literal != own:
                raise ConfigurationError(
                    f"rollback_on alarm must be of the endpoint's own account and region, got {alarm_arn}: SageMaker knows "
                    "alarms by name, and looks nowhere else"
                )

    def permissions(self) -> tuple[Permission, ...]:
        """What the execution role needs to look at the alarms: these, and no others."""
        own = "arn:${AWS::Partition}:cloudwatch:${AWS::Region}:${AWS::AccountId}:alarm:"
        resources = (*(arn(own + name) for name in self.names[: self._own]), *self._arns)
        return (Permission(actions=(_DESCRIBE,), resources=resources),)


def _check_names(names: Sequence[tuple[str, str]]) -> None:
    """Refuse alarms that cannot be told apart.

    Args:
        names: For each, what tells it apart, and its name in a message.
    """
    known = [each for each, _ in names]
    twice = sorted({name for each, name in names if known.count(each) > 1})
    if twice:
        raise ConfigurationError(
            f"rollback_on must name each alarm once, got {twice[0]} twice: SageMaker watches an alarm or does not"
        )
