"""An endpoint that answers while the caller waits."""

from __future__ import annotations

from typing import TYPE_CHECKING

import aws_cdk as cdk
from aws_cdk import aws_sagemaker as sagemaker

from cdk_model_hosting.advice import Advice
from cdk_model_hosting.arguments import require, require_several
from cdk_model_hosting.endpoints.endpoint import Endpoint, ImportedEndpoint, import_by_arn, import_by_name
from cdk_model_hosting.endpoints.variant import ONLY_VARIANT, Variant, check_variants
from cdk_model_hosting.errors import ConfigurationError
from cdk_model_hosting.guard.rollout_check import RolloutCheck
from cdk_model_hosting.guard.scaling_owner import ScalingOwner
from cdk_model_hosting.limits import ENDPOINT_NAME, VARIANTS
from cdk_model_hosting.monitoring.kinds import REALTIME
from cdk_model_hosting.permissions import Permission
from cdk_model_hosting.placement import as_construct_id, place_of
from cdk_model_hosting.rollout.alarms import RollbackAlarms, default_alarms
from cdk_model_hosting.rollout.rollout import Rollout
from cdk_model_hosting.scaling.policy import ScaledFleet
from cdk_model_hosting.tokens import is_token

if TYPE_CHECKING:
    from collections.abc import Sequence

    from aws_cdk import aws_cloudwatch as cloudwatch
    from aws_cdk import aws_kms as kms
    from constructs import Construct, IDependable

    from cdk_model_hosting.endpoints.fleet import Fleet
    from cdk_model_hosting.models.model import Model
    from cdk_model_hosting.monitoring.alarm import Alarm
    from cdk_model_hosting.placement import Place
    from cdk_model_hosting.scaling.scaling import BoundScaling, Scaling

_LONGEST_NAME = 63


class RealtimeEndpoint(Endpoint):
    """An endpoint that answers each request at once: at most 60 seconds, or 8 minutes for a streamed answer.

    With one model, give `model` and `fleet` (and `scaling`). To share the traffic between several, give `variants`.

    A changed model, image or fleet makes a new endpoint configuration, and the endpoint moves to it by its rollout. A
    fleet that scales keeps the size that it has reached. SageMaker refuses to change the instance type of a fleet that is
    registered for scaling, or to remove its variant: see `allow_instance_type_change`.

    Args:
        scope: Where to make it.
        construct_id: ID below `scope`.
        model: What is served.
        fleet: What it runs on.
        scaling: How the fleet grows with its traffic; a fixed fleet when omitted.
        variants: 1-10 models with their shares of the traffic, in place of the three above.
        rollout: How a new version replaces the old; `Rollout.all_at_once` when omitted, and without baking when there are
            no alarms either.
        rollback_on: Alarms that roll a new version back: conditions watched on the new fleet of every variant, and alarms
            of your own; at most 10. Server errors and latency when omitted; none at all when empty.
        endpoint_name: Name, at most 63 characters. Made of the stack's name and the path when omitted.
        encryption_key: KMS key of the instances' volumes, for families without local NVMe disks, whose hardware encrypts
            them; the service's own key when omitted.
        verify_rollout: Whether the deployment fails, and is rolled back, when SageMaker has silently rolled the endpoint
            back. It takes one small function a stack, however many endpoints.
        allow_instance_type_change: Whether the instance type of a fleet that scales can change in one deployment. The
            same function then owns the registration, which is not visible as native resources any more.

    Raises:
        ConfigurationError: When the service would refuse the combination.

    Attributes:
        cfn_endpoint: The endpoint's resource.
        cfn_endpoint_config: Its configuration's resource.
        scaled: The native resources by which fleets scale, by variant name.
        cfn_scaling_registration: The custom resource that registers them instead, with `allow_instance_type_change`.

    See: https://docs.aws.amazon.com/sagemaker/latest/dg/realtime-endpoints.html
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        model: Model | None = None,
        fleet: Fleet | None = None,
        scaling: Scaling | None = None,
        variants: Sequence[Variant] | None = None,
        rollout: Rollout | None = None,
        rollback_on: Sequence[Alarm | cloudwatch.IAlarm] | None = None,
        endpoint_name: str | None = None,
        encryption_key: kms.IKey | None = None,
        verify_rollout: bool = True,
        allow_instance_type_change: bool = False,
    ) -> None:
        ENDPOINT_NAME.check("RealtimeEndpoint endpoint_name", endpoint_name)
        for what, flag in (
            ("verify_rollout", verify_rollout),
            ("allow_instance_type_change", allow_instance_type_change),
        ):
            require(f"RealtimeEndpoint {what}", flag, bool)
        if rollback_on is not None:
            require_several("RealtimeEndpoint rollback_on", rollback_on)
        self._variants = _one_way(model, fleet, scaling, variants)
        # Without a word on either there is nothing to watch, and so nothing to wait for: the service's own default.
        plain = rollout is None and rollback_on is not None and not rollback_on
        self._rollout = None if plain else rollout if rollout is not None else Rollout.all_at_once()
        if self._rollout is not None:
            require("RealtimeEndpoint rollout", self._rollout, Rollout)
            self._rollout.plan.check(self._variants)
        if encryption_key is not None:
            _check_key(self._variants)
        place = place_of(scope)
        for variant in self._variants:
            variant.model.check_endpoint(place)
        if endpoint_name is None:
            endpoint_name = place.unique_name(construct_id, longest=_LONGEST_NAME)
        watched = [variant.watched(endpoint_name) for variant in self._variants]
        super().__init__(scope, construct_id, name=endpoint_name, variants=watched, kind=REALTIME)
        self._attached: list[IDependable] = []
        self.cfn_endpoint_config = sagemaker.CfnEndpointConfig(
            self,
            "Config",
            production_variants=[variant.render() for variant in self._variants],
            kms_key_id=None if encryption_key is None else encryption_key.key_arn,
        )
        self._config_name = self.cfn_endpoint_config.attr_endpoint_config_name
        if encryption_key is not None:
            self._allow(*_use_of(encryption_key))
        rollback_on = default_alarms(len(self._variants)) if rollback_on is None else rollback_on
        scaled = any(variant.scaling is not None for variant in self._variants)
        owner: ScalingOwner | None = None
        if scaled and allow_instance_type_change:
            owner = ScalingOwner(self, place.stack, self.endpoint_name, self._variants)
            self._attached.append(owner.cfn_release)
        self.cfn_endpoint = self._endpoint(rollback_on)
        # References, unlike the literal name, make what uses them wait for the endpoint.
        reference = self.cfn_endpoint.attr_endpoint_name if scaled or verify_rollout else self.endpoint_name
        self.scaled = {} if owner is not None else self._scale(place.child(construct_id), reference)
        self.cfn_scaling_registration = None if owner is None else owner.register(reference)
        if verify_rollout:
            RolloutCheck.of(place.stack).watch(reference, self._config_name)
        self._advise(rollback_on, _unconfirmed_key(self._variants) if encryption_key is not None else [])

    @staticmethod
    def from_endpoint_name(
        scope: Construct, construct_id: str, endpoint_name: str, *, variant_names: Sequence[str] = (ONLY_VARIANT,)
    ) -> ImportedEndpoint:
        """An existing endpoint of this account and region, with the same grants and metrics.

        Args:
            scope: Where to import it.
            construct_id: ID below `scope`.
            endpoint_name: Its name.
            variant_names: Its variants, for the metrics.

        Raises:
            ConfigurationError: When no endpoint can have that name.
        """
        return import_by_name(scope, construct_id, endpoint_name, variant_names, REALTIME)

    @staticmethod
    def from_endpoint_arn(
        scope: Construct, construct_id: str, endpoint_arn: str, *, variant_names: Sequence[str] = (ONLY_VARIANT,)
    ) -> ImportedEndpoint:
        """An existing endpoint, perhaps of another account or region, with the same grants and metrics.

        Args:
            scope: Where to import it.
            construct_id: ID below `scope`.
            endpoint_arn: Its ARN. SageMaker writes the name in lower case there; where the endpoint was created with
                capitals, import it by name, or its metrics will not be found.
            variant_names: Its variants, for the metrics.

        Raises:
            ConfigurationError: When the text is no endpoint's ARN.
        """
        return import_by_arn(scope, construct_id, endpoint_arn, variant_names, REALTIME)

    @property
    def endpoint_arn(self) -> str:
        """The endpoint's ARN: literal but for account and region, or a reference where the name is a Token."""
        return self.cfn_endpoint.ref if is_token(self.endpoint_name) else super().endpoint_arn

    def _endpoint(self, rollback_on: Sequence[Alarm | cloudwatch.IAlarm]) -> sagemaker.CfnEndpoint:
        alarms: RollbackAlarms | None = None
        if rollback_on:
            alarms = RollbackAlarms(
                self,
                "Rollback",
                watching=self.watching,
                config_name=self._config_name,
                alarms=rollback_on,
            )
            self._allow(*alarms.permissions())
        scaled = any(variant.scaling is not None for variant in self._variants)
        endpoint = sagemaker.CfnEndpoint(
            self,
            "Resource",
            endpoint_name=self.endpoint_name,
            endpoint_config_name=self._config_name,
            deployment_config=None
            if self._rollout is None
            else self._rollout.plan.render(self._variants, [] if alarms is None else alarms.names),
            # Capacity that scaling has reached survives a deployment; weights follow the template.
            retain_all_variant_properties=True if scaled else None,
            exclude_retained_variant_properties=[_weights()] if scaled and len(self._variants) > 1 else None,
        )
        waits_for = [*self._attached, *([] if alarms is None else [alarms])]
        if waits_for:
            endpoint.node.add_dependency(*waits_for)
        return endpoint

    def _scale(self, place: Place, name: str) -> dict[str, BoundScaling]:
        bound: dict[str, BoundScaling] = {}
        for index, variant in enumerate(self._variants):
            if variant.scaling is not None:
                construct_id = as_construct_id(variant.name, index, kind="Variant")
                resource_id = f"endpoint/{name}/variant/{variant.name}"
                fleet = ScaledFleet(
                    endpoint_name=self.endpoint_name,
                    variant_name=variant.name,
                    machine=variant.fleet.machine,
                    stack=place.stack,
                )
                bound[variant.name] = variant.scaling.bind(self, place, construct_id, resource_id, fleet)
        return bound

    def _allow(self, *permissions: Permission) -> None:
        """Give the models' roles what the endpoint needs; what is attached to them later, the endpoint waits for."""
        for model in dict.fromkeys(variant.model for variant in self._variants):
            self._attached.extend(model.allow(*permissions))

    def _advise(self, rollback_on: Sequence[Alarm | cloudwatch.IAlarm], advice: list[Advice]) -> None:
        """Say what works, but not as one may expect."""
        advice.extend(each for variant in self._variants for each in variant.advice(gradual=self._rollout is not None))
        if self._rollout is not None:
            advice.extend(self._rollout.plan.advice(rollback_on))
        scaled = [variant.scaling is not None for variant in self._variants]
        if any(scaled) and not all(scaled):
            advice.append(
                Advice(
                    "fixedFleetBesideScaledOne",
                    "a changed count of a variant without scaling is ignored while another variant of the endpoint "
                    "scales: SageMaker keeps the counts of all variants or of none; give it Scaling.between(n, n)",
                )
            )
        for each in advice:
            cdk.Annotations.of(self).add_warning_v2(f"cdk-model-hosting:{each.id}", each.text)


def _one_way(
    model: Model | None, fleet: Fleet | None, scaling: Scaling | None, variants: Sequence[Variant] | None
) -> tuple[Variant, ...]:
    """The variants, said in one of the two ways."""
    if variants is not None:
        if any(each is not None for each in (model, fleet, scaling)):
            raise ConfigurationError(
                "RealtimeEndpoint variants must be given without model, fleet and scaling, got both: "
                "each variant brings its own"
            )
        require_several("RealtimeEndpoint variants", variants, Variant)
        VARIANTS.check_length("RealtimeEndpoint variants", variants)
        several = tuple(variants)
        check_variants(several)
        return several
    if model is None or fleet is None:
        given = [
            name for name, value in (("model", model), ("fleet", fleet), ("scaling", scaling)) if value is not None
        ]
        raise ConfigurationError(
            f"RealtimeEndpoint must have a model and a fleet, or variants, got {' and '.join(given) or 'none of them'}: "
            "it serves a model on instances"
        )
    return (Variant(model=model, fleet=fleet, scaling=scaling),)


def _unconfirmed_key(variants: Sequence[Variant]) -> list[Advice]:
    families = {each.fleet.machine.family for each in variants if each.fleet.machine.volume_kms_key is None}
    return [
        Advice(
            "unconfirmedKey", f"encryption_key may be refused: AWS does not say whether {family} takes an EBS volume"
        )
        for family in sorted(families - {""})
    ]


def _check_key(variants: Sequence[Variant]) -> None:
    for variant in variants:
        machine = variant.fleet.machine
        if machine.volume_kms_key is False:
            raise ConfigurationError(
                f"RealtimeEndpoint encryption_key must be omitted for {machine.name}, got one: its local NVMe disks are "
                "encrypted by the hardware with a key of their own, and it has no volume to encrypt"
            )


def _use_of(key: kms.IKey) -> tuple[Permission, ...]:
    """What attaching an encrypted volume needs; grants only to AWS services."""
    arn = key.key_arn
    grant = Permission(
        actions=("kms:CreateGrant",),
        resources=(arn,),
        conditions={"Bool": {"kms:GrantIsForAWSResource": "true"}},
    )
    use = Permission(
        actions=("kms:Decrypt", "kms:DescribeKey", "kms:GenerateDataKeyWithoutPlaintext"), resources=(arn,)
    )
    return grant, use


def _weights() -> sagemaker.CfnEndpoint.VariantPropertyProperty:
    return sagemaker.CfnEndpoint.VariantPropertyProperty(variant_property_type="DesiredWeight")
