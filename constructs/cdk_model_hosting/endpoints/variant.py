"""One of the models behind an endpoint, with its share of the traffic."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from aws_cdk import aws_sagemaker as sagemaker

from cdk_model_hosting.advice import Advice
from cdk_model_hosting.arguments import require
from cdk_model_hosting.endpoints.fleet import Fleet
from cdk_model_hosting.errors import ConfigurationError
from cdk_model_hosting.limits import VARIANT_NAME, VARIANT_WEIGHT
from cdk_model_hosting.models.image import Architecture
from cdk_model_hosting.models.model import Model
from cdk_model_hosting.monitoring.watched import Watched
from cdk_model_hosting.scaling.policy import ScaledFleet
from cdk_model_hosting.scaling.scaling import Scaling
from cdk_model_hosting.tokens import is_token

if TYPE_CHECKING:
    import aws_cdk as cdk

    from cdk_model_hosting.patterns import Pattern

ONLY_VARIANT = "AllTraffic"
"""Name of the variant of an endpoint that has just one, as the SageMaker SDK names it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Variant:
    """A model on a fleet of its own, that gets its share of an endpoint's requests.

    Args:
        model: What it serves.
        fleet: What it runs on.
        name: Name that requests and metrics tell it apart by, at most 63 characters. Keep it across updates: SageMaker
            replaces a variant's fleet gradually only under the same name.
        weight: Share of the requests relative to the sum of all weights, 0 or more. A variant of weight 0 gets only the
            requests that name it.
        scaling: How the fleet grows with its traffic; a fixed fleet when omitted.

    Raises:
        ConfigurationError: When a value is outside what the service accepts, or the model cannot run on the fleet.
    """

    model: Model
    fleet: Fleet
    name: str = ONLY_VARIANT
    weight: float = 1
    scaling: Scaling | None = None

    def __post_init__(self) -> None:
        require("Variant model", self.model, Model)
        require("Variant fleet", self.fleet, Fleet)
        if self.scaling is not None:
            require("Variant scaling", self.scaling, Scaling)
        VARIANT_NAME.check("Variant name", self.name, optional=False)
        VARIANT_WEIGHT.check("Variant weight", self.weight, optional=False)
        self._check_architecture()
        if self.scaling is not None:
            self.scaling.check_fleet(self.fleet)

    @property
    def initial_count(self) -> int:
        """Instances that the variant is created with."""
        if self.fleet.count is not None:
            return self.fleet.count
        if self.scaling is None:
            return 1
        # One that may be at zero cannot begin there.
        minimum = self.scaling.minimum
        return minimum if is_token(minimum) else max(1, minimum)

    @property
    def smallest_count(self) -> int:
        """Fewest instances that the variant can have when it is replaced."""
        return self.initial_count if self.scaling is None else self.scaling.smallest

    @property
    def largest_count(self) -> int:
        """Most instances that the variant can have when it is replaced."""
        return self.initial_count if self.scaling is None else self.scaling.largest

    def render(self) -> sagemaker.CfnEndpointConfig.ProductionVariantProperty:
        """The variant as the endpoint configuration names it."""
        fleet = self.fleet
        return sagemaker.CfnEndpointConfig.ProductionVariantProperty(
            variant_name=self.name,
            model_name=self.model.model_name,
            initial_instance_count=self.initial_count,
            initial_variant_weight=self.weight,
            instance_type=fleet.instance_type,
            volume_size_in_gb=fleet.volume_gb,
            model_data_download_timeout_in_seconds=fleet.download_seconds,
            container_startup_health_check_timeout_in_seconds=fleet.startup_seconds,
            inference_ami_version=fleet.ami_version,
            routing_config=None if fleet.routing is None else fleet.routing.render(),
        )

    def watched(self, endpoint_name: str) -> Watched:
        """The variant as alarms and dashboards look at it.

        Args:
            endpoint_name: Name of its endpoint.
        """
        bounds = None if self.scaling is None else (self.scaling.smallest, self.scaling.largest)
        return Watched(
            endpoint_name=endpoint_name,
            variant_name=self.name,
            machine=self.fleet.machine,
            bounds=bounds,
            containers=self.model.hostnames,
        )

    def scaled(self, endpoint_name: str, stack: cdk.Stack, pattern: Pattern) -> ScaledFleet:
        """The variant as scaling policies act on it.

        Args:
            endpoint_name: Literal name of its endpoint.
            stack: The endpoint's stack.
            pattern: How the endpoint hosts its models.
        """
        return ScaledFleet(
            endpoint_name=endpoint_name,
            variant_name=self.name,
            machine=self.fleet.machine,
            stack=stack,
            pattern=pattern,
        )

    def advice(self, *, gradual: bool) -> list[Advice]:
        """What works with this variant, but not as one may expect.

        Args:
            gradual: Whether a rollout is asked for.
        """
        machine = self.fleet.machine
        found = fleet_advice(self.name, self.fleet)
        if gradual and machine.inferentia1:
            found.append(
                Advice(
                    "inferentia1Rollout",
                    f"variant {self.name} on {machine.name} is replaced all at once and without baking, whatever the "
                    "rollout says: deployment guardrails exclude Inf1 instances",
                )
            )
        if self.scaling is not None:
            found.extend(self.scaling.advice(f"variant {self.name}"))
        return [*found, *self.model.fleet_advice(machine), *self.model.advice()]

    def _check_architecture(self) -> None:
        machine = self.fleet.machine
        if not machine.resolved:
            return
        runs = Architecture.ARM64 if machine.arm else Architecture.X86_64
        for built in self.model.architectures:
            if built is not runs:
                raise ConfigurationError(
                    f"Variant fleet must be of the image's architecture {built.value}, got {machine.name} which runs "
                    f"{runs.value}: the container would not start"
                )


def fleet_advice(name: str, fleet: Fleet) -> list[Advice]:
    """What works with a fleet, but not as one may expect.

    Args:
        name: Name of its variant.
        fleet: The fleet.
    """
    machine = fleet.machine
    found: list[Advice] = []
    if machine.resolved and not machine.known:
        found.append(
            Advice(
                "unknownInstanceType",
                f"instance type {machine.name} of variant {name} is newer than this library: it is taken for what its name "
                "says, and checked no further",
            )
        )
    if machine.resolved and machine.ebs_volume is None and fleet.volume_gb is not None:
        found.append(
            Advice(
                "unconfirmedVolume",
                f"volume_gb of variant {name} may be refused: AWS does not say whether {machine.family} instances take an EBS "
                "volume",
            )
        )
    return found


def check_variants(variants: tuple[Variant, ...]) -> None:
    """Refuse variants that cannot stand behind one endpoint.

    Args:
        variants: All variants of an endpoint.

    Raises:
        ConfigurationError: When two have the same name, or all have weight 0.
    """
    literal = [each.name for each in variants if not is_token(each.name)]
    twice = sorted({name for name in literal if literal.count(name) > 1})
    if twice:
        raise ConfigurationError(
            f"Variant name must be unique in its endpoint, got {twice[0]!r} twice: requests and metrics tell variants "
            "apart by it"
        )
    weights = [each.weight for each in variants]
    if not any(is_token(weight) or weight > 0 for weight in weights):
        raise ConfigurationError(
            f"Variant weight must be above 0 for at least one variant, got {weights}: otherwise no variant gets a request "
            "that does not name one"
        )
