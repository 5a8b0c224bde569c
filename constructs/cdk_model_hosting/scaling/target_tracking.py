"""Policies that keep a metric near a target."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from cdk_model_hosting.errors import ConfigurationError
from cdk_model_hosting.limits import COOLDOWN_SECONDS, TARGET_VALUE
from cdk_model_hosting.scaling.policy import RenderedPolicy, ScaledFleet, check_name

if TYPE_CHECKING:
    from cdk_model_hosting.instances import InstanceType
    from cdk_model_hosting.patterns import Pattern
    from cdk_model_hosting.scaling.reach import Reach


@dataclass(frozen=True, slots=True, kw_only=True)
class TargetTracking(RenderedPolicy):
    """Keeps a metric near a value: grows the fleet when it is above, shrinks it when it is well below.

    Args:
        name: Name of the policy.
        what: The factory as the user typed it.
        argument: Its argument that gives the target.
        target: Value to keep.
        reach: Where its metric is published.
        out_seconds: Pause after growing; the service's 300 when None.
        in_seconds: Pause after shrinking; the service's 300 when None.
        scale_in: Whether the fleet may shrink by this policy.
    """

    name: str
    what: str
    argument: str
    target: float
    reach: Reach = field(repr=False)
    out_seconds: int | None
    in_seconds: int | None
    scale_in: bool

    def __post_init__(self) -> None:
        check_name(self.what, self.name)
        if self.target is None:
            raise ConfigurationError(
                f"{self.what} {self.argument} must be a number, got None: there is no target without one"
            )
        TARGET_VALUE.check(f"{self.what} {self.argument}", self.target)
        COOLDOWN_SECONDS.check(f"{self.what} scale_out_cooldown", self.out_seconds)
        COOLDOWN_SECONDS.check(f"{self.what} scale_in_cooldown", self.in_seconds)

    def check(self, machine: InstanceType | None) -> None:
        """Any fleet will do."""

    def check_pattern(self, pattern: Pattern) -> None:
        """Refuse a kind of endpoint that does not publish the metric."""
        self.reach.check(self.what, pattern)

    @property
    def shrinks(self) -> bool:
        """Whether it takes instances away."""
        return self.scale_in

    def specification(self, fleet: ScaledFleet) -> dict[str, Any]:
        """The metric, as the policy's configuration names it."""
        raise AssertionError(f"{type(self).__name__} must name its metric for {fleet}")

    @property
    def tracks(self) -> tuple[str, ...]:
        """What is tracked, in words that are equal for equal metrics."""
        raise AssertionError(f"{type(self).__name__} must say what it tracks")

    def value(self, machine: InstanceType | None) -> float:  # noqa: ARG002 - most targets are the same on every machine
        """The target in the metric's own unit."""
        return self.target

    def render(self, fleet: ScaledFleet) -> dict[str, Any]:
        """The policy's type and configuration."""
        configuration: dict[str, Any] = {"TargetValue": self.value(fleet.machine), **self.specification(fleet)}
        if self.out_seconds is not None:
            configuration["ScaleOutCooldown"] = self.out_seconds
        if self.in_seconds is not None:
            configuration["ScaleInCooldown"] = self.in_seconds
        if not self.scale_in:
            configuration["DisableScaleIn"] = True
        return {"PolicyType": "TargetTrackingScaling", "TargetTrackingScalingPolicyConfiguration": configuration}


@dataclass(frozen=True, slots=True, kw_only=True)
class Predefined(TargetTracking):
    """Tracks a metric that Application Auto Scaling knows by name.

    Args:
        metric: That name.
    """

    metric: str

    @property
    def tracks(self) -> tuple[str, ...]:
        """The metric's name."""
        return (self.metric,)

    def specification(self, fleet: ScaledFleet) -> dict[str, Any]:  # noqa: ARG002 - the service adds the dimensions
        """The metric, by its name."""
        return {"PredefinedMetricSpecification": {"PredefinedMetricType": self.metric}}


@dataclass(frozen=True, slots=True, kw_only=True)
class OfEndpoint(TargetTracking):
    """Tracks a metric that an endpoint publishes as a whole, and not by variant.

    Args:
        namespace: Its namespace.
        metric: Its name.
        statistic: ``Average``, ``Sum``, ``Minimum``, ``Maximum`` or ``SampleCount``.
    """

    namespace: str
    metric: str
    statistic: str

    @property
    def tracks(self) -> tuple[str, ...]:
        """The metric's namespace and name."""
        return (self.namespace, self.metric)

    def specification(self, fleet: ScaledFleet) -> dict[str, Any]:
        """The metric with its one dimension."""
        dimensions = (("EndpointName", fleet.endpoint_name),)
        return {"CustomizedMetricSpecification": customized(self.namespace, self.metric, dimensions, self.statistic)}


@dataclass(frozen=True, slots=True, kw_only=True)
class Customized(TargetTracking):
    """Tracks any metric.

    Args:
        namespace: Its namespace.
        metric: Its name.
        dimensions: Its dimensions' names and values.
        statistic: ``Average``, ``Sum``, ``Minimum``, ``Maximum`` or ``SampleCount``.
        unit: Its unit, None for whichever it is published with.
        home: Account and region that it says it is of; None for the fleet's own.
    """

    namespace: str
    metric: str
    dimensions: tuple[tuple[str, str], ...]
    statistic: str
    unit: str | None
    home: tuple[str | None, str | None]

    @property
    def tracks(self) -> tuple[str, ...]:
        """The metric with its dimensions and statistic."""
        return (self.namespace, self.metric, *(f"{name}={value}" for name, value in self.dimensions), self.statistic)

    def specification(self, fleet: ScaledFleet) -> dict[str, Any]:
        """The metric with its dimensions.

        Raises:
            ConfigurationError: When it is of another account or region.
        """
        self._check_home(fleet)
        specification = customized(self.namespace, self.metric, self.dimensions, self.statistic)
        if self.unit is not None:
            specification["Unit"] = self.unit
        return {"CustomizedMetricSpecification": specification}

    def _check_home(self, fleet: ScaledFleet) -> None:
        account, region = self.home
        if account is None and region is None:
            return
        own = (fleet.stack.account, fleet.stack.region)
        if (account or own[0], region or own[1]) != own:
            elsewhere = " in ".join(each for each in (account, region) if each is not None)
            raise ConfigurationError(
                f"{self.what} metric must be of the endpoint's own account and region, got one of {elsewhere}: "
                "Application Auto Scaling looks at no other"
            )


def customized(namespace: str, metric: str, dimensions: tuple[tuple[str, str], ...], statistic: str) -> dict[str, Any]:
    """A metric as a policy's configuration names it.

    Args:
        namespace: Its namespace.
        metric: Its name.
        dimensions: Its dimensions' names and values.
        statistic: What is made of a minute's data.
    """
    return {
        "Namespace": namespace,
        "MetricName": metric,
        "Dimensions": [{"Name": name, "Value": value} for name, value in dimensions],
        "Statistic": statistic,
    }
