"""A condition under which an endpoint is not well, as a value that makes one resource."""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Literal, Self

from aws_cdk import aws_cloudwatch as cloudwatch

from cdk_model_hosting.durations import literal
from cdk_model_hosting.errors import ConfigurationError
from cdk_model_hosting.limits import ALARM_MINUTES
from cdk_model_hosting.monitoring.watched import REQUESTS
from cdk_model_hosting.tokens import is_token

if TYPE_CHECKING:
    from collections.abc import Sequence

    from constructs import Construct

    from cdk_model_hosting.monitoring.watched import By, Watched

_PERIOD_SECONDS = 60
_NAME = re.compile(r"[A-Z][A-Za-z0-9_]{0,63}")

Counted = Literal["vcpus", "accelerators"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Condition:
    """What the factories of `Alarm` fill in.

    Args:
        name: Name, unique among the conditions that watch one endpoint.
        what: The factory as the user typed it.
        metric: The metric's name.
        namespace: Its namespace.
        by: Whether every variant publishes it, each of its containers, each inference component, or the endpoint as a
            whole. What a variant publishes of other endpoints, the components publish where there are some.
        container: The one container that is watched, of those that publish it; each when None.
        by_config: Whether the fleet of one endpoint configuration is told apart, for a rollout that watches the new one.
        statistic: What is made of a minute's data: ``Sum``, ``Average``, ``Maximum``, a percentile such as ``p99``.
        threshold: Value that is too much, or too little, in the metric's unit.
        counted: What the metric adds up over on each instance, by which the threshold is multiplied.
        count: How many of these an instance has, where the fleet's type does not say.
        gpus: Whether only instances with GPUs publish the metric.
        below: Whether the value must not fall below the threshold, rather than not rise above it.
        silence: Whether a minute without data is bad.
        assumed: Whether the threshold is this library's own: it is not drawn, for it may be far from the data.
        says: The condition in words.
        minutes: Minutes that must be bad.
        out_of: Minutes that are looked at.
    """

    name: str
    what: str
    metric: str
    namespace: str = REQUESTS
    by: By = "variant"
    container: str | None = None
    by_config: bool = True
    statistic: str
    threshold: float
    counted: Counted | None = None
    count: int | None = None
    gpus: bool = False
    below: bool = False
    silence: bool = False
    assumed: bool = field(default=False, compare=False)
    says: str
    minutes: int
    out_of: int

    def __post_init__(self) -> None:
        for argument, number in (("minutes", self.minutes), ("out_of", self.out_of)):
            ALARM_MINUTES.check(f"Alarm {argument}", literal(f"Alarm {argument}", number), optional=False)
        if self.minutes > self.out_of:
            raise ConfigurationError(
                f"Alarm minutes must be at most out_of, got {self.minutes} out of {self.out_of}: "
                "the condition is counted in the last out_of minutes"
            )

    @property
    def seconds(self) -> int:
        """Shortest time in which the alarm can go off."""
        return self.minutes * _PERIOD_SECONDS

    def named(self, name: str) -> Self:
        """The same condition under another name, for two thresholds on one metric.

        Args:
            name: A capital letter, then letters, digits and underscores, at most 64 in all.

        Raises:
            ConfigurationError: When it is anything else.
        """
        if not isinstance(name, str) or not _NAME.fullmatch(name):
            raise ConfigurationError(
                "Alarm.named name must be a capital letter and then at most 63 letters, digits and underscores, got "
                f"{name!r}: it becomes part of the alarm's name and of its construct's ID"
            )
        return replace(self, name=name)

    def check_rollback(self) -> None:
        """Refuse a condition that would roll back every deployment.

        Raises:
            ConfigurationError: When silence is bad: a new fleet is silent at first.
        """
        if self.silence:
            raise ConfigurationError(
                f"rollback_on must name conditions on requests that were made, got {self.what}: a new fleet has had no "
                "requests yet, so every deployment would roll back"
            )

    def threshold_on(self, watched: Watched) -> float:
        """The threshold for a variant's instances: times their cores or devices where the metric adds up over them.

        Args:
            watched: The variant.

        Raises:
            ConfigurationError: When there is nothing to measure, or nobody says how many there are.
        """
        machine = watched.machine
        on_gpus = self.gpus or self.counted == "accelerators"
        if on_gpus and machine is not None and machine.resolved and not machine.gpu:
            raise ConfigurationError(
                f"{self.what} must watch a fleet with GPUs, got {machine.name} of variant {watched.variant_name}: it "
                "publishes no such metric"
            )
        if self.counted is None:
            return self.threshold
        known = None if machine is None else getattr(machine, self.counted)
        count = self.count if self.count is not None else known
        if not count:
            argument = "cores" if self.counted == "vcpus" else "gpus"
            raise ConfigurationError(
                f"{self.what} {argument} must be given for variant {watched.variant_name}, got none: {self.metric} adds "
                f"up over them, and this app does not say how many its instances have"
            )
        return self.threshold * float(count)

    def containers_of(self, watched: Watched) -> tuple[Watched, ...]:
        """The containers of a variant that are watched.

        Args:
            watched: The variant.

        Raises:
            ConfigurationError: When it has no such container, or nobody says which it has.
        """
        known = watched.containers
        if self.container is None:
            if not known:
                raise ConfigurationError(
                    f"{self.what} container must be given for variant {watched.variant_name}, got none: this app does not "
                    "say what its containers are called"
                )
            return watched.each_container()
        unknown = not is_token(self.container) and self.container not in known
        if known and unknown and not any(is_token(each) for each in known):
            raise ConfigurationError(
                f"{self.what} container must be one of {', '.join(known)}, got {self.container!r}: variant "
                f"{watched.variant_name} has no other"
            )
        return watched.each_container(self.container)

    def dimensions(self, watched: Watched) -> dict[str, str]:
        """The dimensions by which the metric is found.

        Args:
            watched: What publishes it; of its configuration alone where one is named and the metric is published by it.
        """
        if self.by == "endpoint":
            return {"EndpointName": watched.endpoint_name}
        found = watched.dimensions()
        # The guide knows this dimension for the common metrics of requests to a variant only; an alarm on any other would
        # never see data by it.
        told_apart = self.by == "variant" and self.by_config and self.namespace == REQUESTS
        if watched.config_name is not None and watched.component_name is None and told_apart:
            found["EndpointConfigName"] = watched.config_name
        return found

    def bind(
        self,
        scope: Construct,
        construct_id: str,
        watched: Watched,
        alarm_name: str,
        *,
        actions: Sequence[str] = (),
        ok_actions: Sequence[str] = (),
    ) -> cloudwatch.CfnAlarm:
        """Make the alarm's resource.

        Args:
            scope: Where to make it.
            construct_id: ID below `scope`.
            watched: What it looks at.
            alarm_name: Literal name, unique in account and region.
            actions: ARNs of what happens when it goes off.
            ok_actions: ARNs of what happens when it is over.
        """
        percentile = self.statistic.startswith("p")
        whom = watched.endpoint_name if self.by == "endpoint" else watched.title
        more: dict[str, Any] = {}
        if actions:
            more["alarm_actions"] = list(actions)
        if ok_actions:
            more["ok_actions"] = list(ok_actions)
        return cloudwatch.CfnAlarm(
            scope,
            construct_id,
            alarm_name=alarm_name,
            alarm_description=f"{whom}: {self.says}",
            namespace=self.namespace,
            metric_name=self.metric,
            dimensions=[
                cloudwatch.CfnAlarm.DimensionProperty(name=name, value=value)
                for name, value in self.dimensions(watched).items()
            ],
            statistic=None if percentile else self.statistic,
            extended_statistic=self.statistic if percentile else None,
            period=_PERIOD_SECONDS,
            threshold=self.threshold_on(watched),
            comparison_operator="LessThanThreshold" if self.below else "GreaterThanThreshold",
            evaluation_periods=self.out_of,
            datapoints_to_alarm=self.minutes,
            treat_missing_data="breaching" if self.silence else "notBreaching",
            **more,
        )
