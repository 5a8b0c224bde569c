"""An endpoint that this app makes: its configuration, its name, how it scales, and the check of what it runs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import aws_cdk as cdk
from aws_cdk import aws_sagemaker as sagemaker

from cdk_model_hosting import patterns
from cdk_model_hosting.arguments import require
from cdk_model_hosting.endpoints.claims import ENDPOINTS
from cdk_model_hosting.endpoints.endpoint import Endpoint
from cdk_model_hosting.endpoints.volume_key import check_key_region, use_of_volume_key
from cdk_model_hosting.guard.rollout_check import RolloutCheck
from cdk_model_hosting.limits import ENDPOINT_NAME
from cdk_model_hosting.models.model import Model
from cdk_model_hosting.monitoring.kinds import KINDS
from cdk_model_hosting.patterns import Feature, Pattern, Used
from cdk_model_hosting.placement import as_construct_id, place_of
from cdk_model_hosting.tokens import is_token

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from aws_cdk import aws_kms as kms
    from constructs import Construct, IDependable

    from cdk_model_hosting.advice import Advice
    from cdk_model_hosting.endpoints.served import Served
    from cdk_model_hosting.permissions import Permission
    from cdk_model_hosting.scaling.scaling import BoundScaling

_LONGEST_NAME = 63

_ASKED = {
    Pattern.MULTI_MODEL: Feature.MULTI_MODEL,
    Pattern.PIPELINE: Feature.PIPELINE,
    Pattern.MULTI_CONTAINER: Feature.MULTI_CONTAINER,
}


class HostedEndpoint(Endpoint):
    """What every endpoint made here has in common.

    Args:
        scope: Where to make it.
        construct_id: ID below `scope`.
        pattern: How the models are hosted.
        variants: The endpoint's variants.
        shadows: Variants that get copies of requests.
        uses: What is asked for besides the models' own features.
        endpoint_name: Name, at most 63 characters. Made of the stack's name and the path when None.

    Raises:
        ConfigurationError: When the service would refuse the combination.

    Attributes:
        pattern: How the models are hosted.
        cfn_endpoint: The endpoint's resource.
        cfn_endpoint_config: Its configuration's resource.
        scaled: The native resources by which fleets scale, by variant name.
    """

    cfn_endpoint: sagemaker.CfnEndpoint
    cfn_endpoint_config: sagemaker.CfnEndpointConfig
    scaled: dict[str, BoundScaling]

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        pattern: Pattern,
        variants: Sequence[Served],
        uses: Iterable[Used],
        endpoint_name: str | None,
        shadows: Sequence[Served] = (),
    ) -> None:
        ENDPOINT_NAME.check(f"{type(self).__name__} endpoint_name", endpoint_name)
        self._advice: list[Advice] = []
        fleets = (*variants, *shadows)
        models = list(dict.fromkeys(variant.model for variant in fleets if variant.model is not None))
        for used in (*(each for model in models for each in model.features), *uses):
            patterns.check(pattern, used)
            self._advice.extend(patterns.advice(pattern, used.feature))
        reaches_zero = patterns.supports(pattern, Feature.SCALE_TO_ZERO)
        for variant in fleets:
            if variant.scaling is not None:
                variant.scaling.check_pattern(pattern)
                variant.scaling.check_zero(f"{type(self).__name__} scaling", allowed=reaches_zero)
        place = place_of(scope)
        for model in models:
            model.check_endpoint(place)
        if endpoint_name is None:
            endpoint_name = place.unique_name(construct_id, longest=_LONGEST_NAME)
        ENDPOINTS.claim(place.root, f"{type(self).__name__} endpoint_name", endpoint_name)
        watched = [variant.watched(endpoint_name) for variant in variants]
        super().__init__(
            scope, construct_id, name=endpoint_name, variants=watched, pattern=pattern, kind=KINDS[pattern]
        )
        self._place = place.child(construct_id)
        self._models = models
        self._shadows = shadows
        self.shadow_names = tuple(variant.name for variant in shadows)
        self.watching.shadows = tuple(variant.watched(endpoint_name) for variant in shadows)
        self._hostnames = tuple(dict.fromkeys(name for model in models for name in model.hostnames))
        # The containers of an imported model are not known.
        self._loads_models = any(
            not model.containers or any(each.models is not None for each in model.containers) for model in models
        )
        self._attached: list[IDependable] = []

    @property
    def endpoint_arn(self) -> str:
        """The endpoint's ARN: literal but for account and region, or a reference where the name is a Token."""
        return self.cfn_endpoint.ref if is_token(self.endpoint_name) else super().endpoint_arn

    def _configure(self, variants: Sequence[Served], encryption_key: kms.IKey | None = None, **more: Any) -> None:
        """Make the configuration.

        Args:
            variants: The variants.
            encryption_key: KMS key of the instances' volumes.
            more: Further properties of the configuration.

        Raises:
            ConfigurationError: When the key is in another region.
        """
        if encryption_key is not None:
            check_key_region(f"{type(self).__name__} encryption_key", encryption_key, self._place.stack)
        self.cfn_endpoint_config = sagemaker.CfnEndpointConfig(
            self,
            "Config",
            production_variants=[variant.render() for variant in variants],
            shadow_production_variants=[variant.render() for variant in self._shadows] or None,
            kms_key_id=None if encryption_key is None else encryption_key.key_arn,
            **more,
        )
        self._config_name = self.cfn_endpoint_config.attr_endpoint_config_name
        if encryption_key is not None:
            self._allow(*use_of_volume_key(encryption_key))

    def _allow(self, *permissions: Permission) -> None:
        """Give the models' roles what the endpoint needs; what is attached to them later, the endpoint waits for."""
        for model in self._models:
            self._attached.extend(model.allow(*permissions))

    def _serve(self, *waits_for: IDependable, **more: Any) -> None:
        """Make the endpoint itself.

        Args:
            waits_for: What it must wait for, besides what was attached to its roles.
            more: Further properties of the endpoint.
        """
        self.cfn_endpoint = sagemaker.CfnEndpoint(
            self, "Resource", endpoint_name=self.endpoint_name, endpoint_config_name=self._config_name, **more
        )
        if self._attached or waits_for:
            self.cfn_endpoint.node.add_dependency(*self._attached, *waits_for)

    def _scale(self, variants: Sequence[Served], name: str) -> None:
        """Register the fleets that scale.

        Args:
            variants: The variants.
            name: Reference to the endpoint, so that registration waits for it.
        """
        self.scaled = {}
        for index, variant in enumerate(variants):
            fleet = variant.scaled(self.endpoint_name, self._place.stack, self.pattern)
            if variant.scaling is None or fleet is None:
                continue
            construct_id = as_construct_id(variant.name, index, kind="Variant")
            resource_id = f"endpoint/{name}/variant/{variant.name}"
            self.scaled[variant.name] = variant.scaling.bind(self, self._place, construct_id, resource_id, fleet)

    def _verify(self, name: str) -> None:
        """Have the deployment fail when the endpoint does not run this configuration in the end.

        Args:
            name: Reference to the endpoint.
        """
        RolloutCheck.of(self._place.stack).watch(name, self._config_name)

    def _warn(self) -> None:
        """Say what works, but not as one may expect."""
        for each in dict.fromkeys(self._advice):
            cdk.Annotations.of(self).add_warning_v2(f"cdk-model-hosting:{each.id}", each.text)


def check_flags(owner: str, **flags: bool) -> None:
    """Refuse switches that are neither on nor off.

    Args:
        owner: What the user typed.
        flags: The switches by name.

    Raises:
        ConfigurationError: When one is no bool.
    """
    for name, flag in flags.items():
        require(f"{owner} {name}", flag, bool)


def hosted_model(owner: str, model: Model) -> list[Used]:
    """What a model's own pattern asks of an endpoint of another one.

    Args:
        owner: What the user typed.
        model: The model.
    """
    require(f"{owner} model", model, Model)
    asked = _ASKED.get(model.pattern)
    if asked is None:
        return []
    return [Used(asked, f"{owner} model", f"a {model.pattern.value} one", must="be a single model")]
