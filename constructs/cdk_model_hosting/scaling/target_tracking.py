"""Policies that keep a metric near a target."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from cdk_model_hosting.errors import ConfigurationError
from cdk_model_hosting.limits import COOLDOWN_SECONDS, TARGET_VALUE, UTILIZATION_PERCENT
from cdk_model_hosting.scaling.policy import RenderedPolicy, ScaledFleet, check_name
from cdk_model_hosting.tokens import is_token

if TYPE_CHECKING:
    from cdk_model_hosting.instances import InstanceType

_INSTANCES = "/aws/sagemaker/Endpoints"


@dataclass(frozen=True, slots=True, kw_only=True)
class TargetTracking(RenderedPolicy):
    """Keeps a metric near a value: grows the fleet when it is above, shrinks it when it is well below.

    Args:
        name: Name of the policy.
        what: The factory as the user typed it.
        argument: Its argument that gives the target.
        target: Value to keep.
        out_seconds: Pause after growing; the service's 300 when None.
        in_seconds: Pause after shrinking; the service's 300 when None.
        scale_in: Whether the fleet may shrink by this policy.
    """

    name: str
    what: str
    argument: str
    target: float
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

    def check(self, machine: InstanceType) -> None:
        """Any fleet will do."""

    def specification(self, fleet: ScaledFleet) -> dict[str, Any]:
        """The metric, as the policy's configuration names it."""
        raise AssertionError(f"{type(self).__name__} must name its metric for {fleet}")

    @property
    def tracks(self) -> tuple[str, ...]:
        """What is tracked, in words that are equal for equal metrics."""
        raise AssertionError(f"{type(self).__name__} must say what it tracks")

    def value(self, machine: InstanceType) -> float:  # noqa: ARG002 - most targets are the same on every machine
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
class Utilization(TargetTracking):
    """Tracks how much of the instances is in use.

    SageMaker adds CPU and GPU metrics up over cores and devices, so that four busy GPUs show 400 %. The target is given
    for the machine as a whole, 0 to 100 %, and multiplied here.

    Args:
        metric: Metric of the instances.
        counted: What the metric is added up over: ``vcpus``, ``accelerators``, or nothing.
    """

    metric: str
    counted: str | None

    def __post_init__(self) -> None:
        UTILIZATION_PERCENT.check(f"{self.what} {self.argument}", self.target)
        super(Utilization, self).__post_init__()

    def check(self, machine: InstanceType) -> None:
        """Refuse machines without what is measured, or with an unknown number of it."""
        if self.counted is None:
            return
        if self.counted == "accelerators" and machine.resolved and not machine.gpu:
            raise ConfigurationError(
                f"{self.what} fleet must be of GPU instances, got {machine.name}: there is nothing to measure"
            )
        if self._count(machine) is None:
            name = "one that is known only at deploy time" if not machine.resolved else machine.name
            raise ConfigurationError(
                f"{self.what} fleet must be of a type whose number of {self.counted} is known, got {name}: SageMaker adds "
                "the metric up over them; use ScalingPolicy.on_metric with a target of your own"
            )

    @property
    def tracks(self) -> tuple[str, ...]:
        """The metric's namespace and name."""
        return (_INSTANCES, self.metric)

    def value(self, machine: InstanceType) -> float:
        """The target times what it is added up over."""
        count = 1 if self.counted is None else self._count(machine)
        if count in {None, 1}:
            return self.target
        return self._refused() if is_token(self.target) else round(self.target * (count or 1), 6)

    def specification(self, fleet: ScaledFleet) -> dict[str, Any]:
        """The metric with its dimensions."""
        dimensions = (("EndpointName", fleet.endpoint_name), ("VariantName", fleet.variant_name))
        return {"CustomizedMetricSpecification": _customized(_INSTANCES, self.metric, dimensions, "Average")}

    def _count(self, machine: InstanceType) -> int | None:
        count: int | None = getattr(machine, self.counted) if self.counted is not None else 1
        return count or None

    def _refused(self) -> float:
        raise ConfigurationError(
            f"{self.what} {self.argument} must be a literal number, got one that is known only at deploy time: it is "
            f"multiplied by the number of {self.counted}"
        )


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
        specification = _customized(self.namespace, self.metric, self.dimensions, self.statistic)
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


def _customized(namespace: str, metric: str, dimensions: tuple[tuple[str, str], ...], statistic: str) -> dict[str, Any]:
    return {
        "Namespace": namespace,
        "MetricName": metric,
        "Dimensions": [{"Name": name, "Value": value} for name, value in dimensions],
        "Statistic": statistic,
    }
