"""What alarms look at of a function."""

from __future__ import annotations

from dataclasses import dataclass, field
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from cdk_model_hosting.errors import ConfigurationError
from cdk_model_hosting.functions.metrics import NAMESPACE
from cdk_model_hosting.handlers.model_function.contract import FUNCTION_DIMENSION, VERSION_DIMENSION

if TYPE_CHECKING:
    from collections.abc import Mapping

    from aws_cdk import aws_cloudwatch as cloudwatch
    from constructs import Construct

    from cdk_model_hosting.functions.alarm import FunctionAlarm, Measure

_PERIOD_SECONDS = 60


@dataclass(frozen=True, slots=True, kw_only=True)
class WatchedFunction:
    """A function, or one version of it.

    Args:
        label: Literal name of the function, by which its alarms are named.
        function_name: Reference to it.
        resource: The alias, as Lambda's metrics name it.
        version: The version that alone is looked at; None for the one that is live.
        queues: The names of the queues of its front: `MESSAGES` and `DEAD_LETTERS`, as far as it has them.
    """

    label: str
    function_name: str
    resource: str
    version: str | None = None
    queues: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))

    def alarm(
        self, scope: Construct, construct_id: str, condition: FunctionAlarm, alarm_name: str, **actions: Any
    ) -> cloudwatch.CfnAlarm:
        """Make an alarm.

        Args:
            scope: Where to make it.
            construct_id: ID below `scope`.
            condition: When it goes off.
            alarm_name: Its literal name.
            actions: What happens then, and after it.

        Raises:
            ConfigurationError: When it looks at a queue that the function does not have.
        """
        from aws_cdk import aws_cloudwatch as cloudwatch  # noqa: PLC0415 - loaded by those alone who have alarms

        queue = condition.measure.queue
        if queue is not None and queue not in self.queues:
            raise ConfigurationError(
                f"{condition.what} must be asked of a function with Front.queue, and with a queue of this app that has dead "
                f"letters if it looks at those, got {self.label}: there is nothing to look at"
            )
        looked_at: dict[str, Any] = (
            self._single(condition.measure)
            if condition.whole is None
            else self._share(condition.measure, condition.whole)
        )
        return cloudwatch.CfnAlarm(
            scope,
            construct_id,
            alarm_name=alarm_name,
            alarm_description=f"{self.label}: {condition.says}",
            threshold=condition.threshold,
            comparison_operator="GreaterThanThreshold",
            evaluation_periods=condition.out_of,
            datapoints_to_alarm=condition.minutes,
            treat_missing_data="notBreaching",
            **looked_at,
            **actions,
        )

    def _single(self, measure: Measure) -> dict[str, Any]:
        statistic = "extended_statistic" if measure.statistic.startswith("p") else "statistic"
        return {
            "namespace": measure.namespace,
            "metric_name": measure.name,
            "dimensions": self._dimensions(measure),
            "period": _PERIOD_SECONDS,
            statistic: measure.statistic,
        }

    def _share(self, part: Measure, whole: Measure) -> dict[str, Any]:
        from aws_cdk import aws_cloudwatch as cloudwatch  # noqa: PLC0415 - loaded by those alone who have alarms

        query = cloudwatch.CfnAlarm.MetricDataQueryProperty
        queries = [query(id="share", expression="100*part/whole", label=f"{part.name} in percent", return_data=True)]
        for name, measure in (("part", part), ("whole", whole)):
            metric = cloudwatch.CfnAlarm.MetricProperty(
                namespace=measure.namespace, metric_name=measure.name, dimensions=self._dimensions(measure)
            )
            stat = cloudwatch.CfnAlarm.MetricStatProperty(metric=metric, period=_PERIOD_SECONDS, stat=measure.statistic)
            queries.append(query(id=name, metric_stat=stat, return_data=False))
        return {"metrics": queries}

    def _dimensions(self, measure: Measure) -> list[cloudwatch.CfnAlarm.DimensionProperty]:
        from aws_cdk import aws_cloudwatch as cloudwatch  # noqa: PLC0415 - loaded by those alone who have alarms

        values: dict[str, str | None]
        if measure.queue is not None:
            values = {"QueueName": self.queues[measure.queue]}
        elif measure.namespace == NAMESPACE:
            values = {"FunctionName": self.function_name, "Resource": self.resource, "ExecutedVersion": self.version}
        else:
            values = {FUNCTION_DIMENSION: self.function_name, VERSION_DIMENSION: self.version}
        return [
            cloudwatch.CfnAlarm.DimensionProperty(name=name, value=value)
            for name, value in values.items()
            if value is not None
        ]
