"""A model that sees a copy of the requests, and whose answers nobody gets."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from cdk_model_hosting.advice import Advice
from cdk_model_hosting.arguments import require
from cdk_model_hosting.durations import literal
from cdk_model_hosting.endpoints.fleet import Fleet
from cdk_model_hosting.endpoints.variant import Variant
from cdk_model_hosting.errors import ConfigurationError
from cdk_model_hosting.limits import SHADOW_PERCENT, SHADOW_VARIANTS, VARIANT_NAME
from cdk_model_hosting.models.model import Model
from cdk_model_hosting.patterns import MATRIX, Feature, Pattern
from cdk_model_hosting.rollout.rolling import Rolling
from cdk_model_hosting.scaling.scaling import Scaling
from cdk_model_hosting.tokens import is_token

if TYPE_CHECKING:
    from collections.abc import Sequence

    from cdk_model_hosting.rollout.rollout import Rollout

_WHOLE = 100
# What a share comes to in binary fractions is nobody's business.
_DIGITS = 9


@dataclass(frozen=True, slots=True, kw_only=True)
class Shadow:
    """A model on a fleet of its own that gets a copy of some requests of an endpoint's one production variant.

    Callers get the production variant's answers and wait for no other. What the shadow does is seen in its metrics, and
    what it says in captured data.

    Args:
        model: What it serves: a model by itself.
        fleet: What it runs on; not Inf1 instances.
        percent: Share of the requests that it gets, more than 0 and at most 100.
        name: Name that metrics tell it apart by, at most 63 characters.
        scaling: How the fleet grows with its requests; a fixed fleet when omitted.

    Raises:
        ConfigurationError: When a value is outside what the service accepts.

    See: https://docs.aws.amazon.com/sagemaker/latest/dg/model-shadow-deployment.html
    """

    model: Model
    fleet: Fleet
    percent: float
    name: str = "Shadow"
    scaling: Scaling | None = None

    def __post_init__(self) -> None:
        require("Shadow model", self.model, Model)
        require("Shadow fleet", self.fleet, Fleet)
        if self.scaling is not None:
            require("Shadow scaling", self.scaling, Scaling)
        SHADOW_PERCENT.check("Shadow percent", self.percent, optional=False)
        VARIANT_NAME.check("Shadow name", self.name, optional=False)
        _check_single("Shadow model", self.model)
        _check_fleet("Shadow fleet", self.fleet)

    def beside(self, variants: Sequence[Variant]) -> Variant:
        """The shadow as a variant, of such a weight beside the production variant's that it gets its share.

        Args:
            variants: The endpoint's production variants.

        Raises:
            ConfigurationError: When there is not exactly one of them, it cannot be shadowed, or a number that the weight
                is computed from is known only at deploy time.
        """
        if not SHADOW_VARIANTS.contains(len(variants)):
            raise ConfigurationError(
                f"RealtimeEndpoint shadow must be given with exactly one production variant, got {len(variants)}: "
                f"{SHADOW_VARIANTS.why}"
            )
        production = variants[0]
        self.check_production(production)
        share, weight = literal("Shadow percent", self.percent), production.weight
        if share != _WHOLE:
            weight = round(literal("Variant weight beside a Shadow", weight) * share / _WHOLE, _DIGITS)
        return self.variant(weight)

    def variant(self, weight: float = 1) -> Variant:
        """The shadow as a variant.

        Args:
            weight: Its weight.

        Raises:
            ConfigurationError: When the model cannot run on the fleet.
        """
        return Variant(model=self.model, fleet=self.fleet, name=self.name, weight=weight, scaling=self.scaling)

    def advice(self, rollout: Rollout | None) -> list[Advice]:
        """What may not work beside it.

        Args:
            rollout: How the endpoint's versions replace each other.
        """
        if rollout is None or not isinstance(rollout.plan, Rolling):
            return []
        text = (
            "a rolling rollout may be refused beside a shadow: AWS excludes endpoints with several variants from it, and "
            "does not say whether a shadow counts"
        )
        return [Advice("rollingShadow", text)]

    def check_production(self, production: Variant) -> None:
        """Refuse a production variant that cannot be shadowed.

        Args:
            production: The variant whose requests are copied.

        Raises:
            ConfigurationError: When it is of the same name, serves no single model, or runs on Inf1 instances.
        """
        if not is_token(self.name) and self.name == production.name:
            raise ConfigurationError(
                f"Shadow name must differ from the production variant's, got {self.name!r} for both: metrics tell them apart "
                "by it"
            )
        _check_single("Variant model beside a Shadow", production.model)
        _check_fleet("Variant fleet beside a Shadow", production.fleet)


def _check_single(what: str, model: Model) -> None:
    if model.pattern is not Pattern.REALTIME:
        raise ConfigurationError(
            f"{what} must be a model by itself, got a {model.pattern.value} one: {MATRIX[Feature.SHADOW][model.pattern].why}"
        )


def _check_fleet(what: str, fleet: Fleet) -> None:
    if fleet.machine.resolved and fleet.machine.inferentia1:
        raise ConfigurationError(
            f"{what} must not be of Inf1 instances, got {fleet.instance_type}: SageMaker shadows no endpoint with them"
        )
