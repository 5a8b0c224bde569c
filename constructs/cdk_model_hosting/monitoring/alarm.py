"""Alarms on what an endpoint publishes, as values that any variant can be watched by."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from aws_cdk import aws_cloudwatch as cloudwatch

from cdk_model_hosting.durations import literal
from cdk_model_hosting.errors import ConfigurationError
from cdk_model_hosting.limits import ALARM_MINUTES

if TYPE_CHECKING:
    import aws_cdk as cdk
    from constructs import Construct

_PERIOD_SECONDS = 60
_WHOLE = 100
_DEFAULT_LATENCY_MILLIS = 10_000.0
_MICROSECONDS = 1_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Watched:
    """What an alarm looks at.

    Args:
        endpoint_name: Name of the endpoint.
        variant_name: Name of its variant.
        config_name: Name of the endpoint configuration, to look at the fleet that this configuration brought up and
            not at the one it replaces; None to look at whatever serves.
    """

    endpoint_name: str
    variant_name: str
    config_name: str | None = None

    def dimensions(self) -> list[cloudwatch.CfnAlarm.DimensionProperty]:
        """The dimensions of the watched metrics."""
        named = {"EndpointName": self.endpoint_name, "VariantName": self.variant_name}
        if self.config_name is not None:
            named["EndpointConfigName"] = self.config_name
        return [cloudwatch.CfnAlarm.DimensionProperty(name=name, value=value) for name, value in named.items()]


def _literal_millis(duration: cdk.Duration) -> float:
    if duration.is_unresolved():
        raise ConfigurationError(
            "Alarm.model_latency above must be a literal time, got one that is known only at deploy time: CloudFormation "
            "cannot convert it into microseconds"
        )
    return float(duration.to_milliseconds())


@dataclass(frozen=True, slots=True, kw_only=True)
class Alarm:
    """A condition under which a variant is not well. Made by one of its factories.

    An alarm looks at minutes: it goes off when the condition held in `minutes` of the last `out_of` of them. Minutes
    without requests count as well.

    See: https://docs.aws.amazon.com/sagemaker/latest/dg/monitoring-cloudwatch.html
    """

    name: str
    metric: str
    statistic: str
    threshold: float
    says: str
    minutes: int
    out_of: int

    def __post_init__(self) -> None:
        for what, number in (("minutes", self.minutes), ("out_of", self.out_of)):
            ALARM_MINUTES.check(f"Alarm {what}", literal(f"Alarm {what}", number))
        if self.minutes > self.out_of:
            raise ConfigurationError(
                f"Alarm minutes must be at most out_of, got {self.minutes} out of {self.out_of}: "
                "the condition is counted in the last out_of minutes"
            )

    @staticmethod
    def server_errors(*, above: float = 5, minutes: int = 2, out_of: int = 3) -> Alarm:
        """Too large a share of the requests is answered with a server error (5xx).

        Args:
            above: Percent of the requests, 0 to below 100; a literal number.
            minutes: Minutes that must be bad.
            out_of: Minutes that are looked at, at most a day of them.

        Raises:
            ConfigurationError: When a number is outside its range.
        """
        if not 0 <= literal("Alarm.server_errors above", above) < _WHOLE:
            raise ConfigurationError(
                f"Alarm.server_errors above must be 0 to below 100 %, got {above}: it is a share of the requests"
            )
        return Alarm(
            name="ServerErrors",
            metric="Invocation5XXErrors",
            # SageMaker reports 0 or 1 for each request, so the average is the share.
            statistic="Average",
            threshold=above / _WHOLE,
            says=f"more than {above} % of the requests are answered with a server error",
            minutes=minutes,
            out_of=out_of,
        )

    @staticmethod
    def model_latency(
        *, above: cdk.Duration | None = None, percentile: float = 99, minutes: int = 2, out_of: int = 3
    ) -> Alarm:
        """The model takes too long to answer.

        Args:
            above: Time that the model may take, above 0; 10 seconds when omitted, which suits few models: give your own.
            percentile: Percentile of the answers that is looked at, above 0 to 100, with at most two decimals.
            minutes: Minutes that must be bad.
            out_of: Minutes that are looked at, at most a day of them.

        Raises:
            ConfigurationError: When a number is outside its range.
        """
        what = "Alarm.model_latency percentile"
        if not 0 < literal(what, percentile) <= _WHOLE or round(percentile, 2) != percentile:
            raise ConfigurationError(
                f"{what} must be above 0 to 100 with at most two decimals, got {percentile}: it is a share of the answers"
            )
        millis = _DEFAULT_LATENCY_MILLIS if above is None else _literal_millis(above)
        if millis <= 0:
            raise ConfigurationError(
                f"Alarm.model_latency above must be more than 0 milliseconds, got {millis:g}: every answer takes longer"
            )
        return Alarm(
            name=f"ModelLatencyP{percentile:g}".replace(".", "_"),
            metric="ModelLatency",
            statistic=f"p{percentile:g}",
            threshold=millis * _MICROSECONDS / 1000,
            says=f"the model takes more than {millis:.15g} ms for an answer at the percentile {percentile:g}",
            minutes=minutes,
            out_of=out_of,
        )

    @property
    def seconds(self) -> int:
        """Shortest time in which the alarm can go off."""
        return self.minutes * _PERIOD_SECONDS

    def bind(self, scope: Construct, construct_id: str, watched: Watched, alarm_name: str) -> cloudwatch.CfnAlarm:
        """Make the alarm's resource.

        Args:
            scope: Where to make it.
            construct_id: ID below `scope`.
            watched: What it looks at.
            alarm_name: Literal name, unique in account and region.
        """
        percentile = self.statistic.startswith("p")
        return cloudwatch.CfnAlarm(
            scope,
            construct_id,
            alarm_name=alarm_name,
            alarm_description=f"{watched.variant_name} of {watched.endpoint_name}: {self.says}",
            namespace="AWS/SageMaker",
            metric_name=self.metric,
            dimensions=watched.dimensions(),
            statistic=None if percentile else self.statistic,
            extended_statistic=self.statistic if percentile else None,
            period=_PERIOD_SECONDS,
            threshold=self.threshold,
            comparison_operator="GreaterThanThreshold",
            evaluation_periods=self.out_of,
            datapoints_to_alarm=self.minutes,
            treat_missing_data="notBreaching",
        )
