"""An endpoint on instances, whose versions replace each other under deployment guardrails."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from aws_cdk import aws_sagemaker as sagemaker

from cdk_model_hosting.advice import Advice
from cdk_model_hosting.arguments import require, require_several
from cdk_model_hosting.endpoints.hosted import HostedEndpoint, check_flags
from cdk_model_hosting.endpoints.volume_key import check_key, check_volume_key, volume_key_advice
from cdk_model_hosting.errors import ConfigurationError
from cdk_model_hosting.guard.scaling_owner import ScalingOwner
from cdk_model_hosting.patterns import Feature, Pattern, Used
from cdk_model_hosting.rollout.alarms import RollbackAlarms, default_alarms
from cdk_model_hosting.rollout.rolling import Rolling
from cdk_model_hosting.rollout.rollout import Rollout

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    import aws_cdk as cdk
    from aws_cdk import aws_cloudwatch as cloudwatch
    from aws_cdk import aws_kms as kms
    from constructs import Construct

    from cdk_model_hosting.endpoints.variant import Variant
    from cdk_model_hosting.monitoring.alarm import Alarm


@dataclass(frozen=True, slots=True, kw_only=True)
class Replacement:
    """How a new version replaces the old one.

    Args:
        rollout: How traffic moves to it.
        rollback_on: What rolls it back; the usual for this kind of endpoint when None.
        verify: Whether the deployment fails on a silent rollback.
        allow_instance_type_change: Whether the instance type of a fleet that scales can change in one deployment.
    """

    rollout: Rollout | None
    rollback_on: Sequence[Alarm | cloudwatch.IAlarm] | None
    verify: bool
    allow_instance_type_change: bool

    def checked(self, owner: str) -> Replacement:
        """The same with what follows from it.

        Args:
            owner: What the user typed.

        Raises:
            ConfigurationError: When one of them is of another type.
        """
        check_flags(owner, verify_rollout=self.verify, allow_instance_type_change=self.allow_instance_type_change)
        if self.rollback_on is not None:
            require_several(f"{owner} rollback_on", self.rollback_on)
        rollout = self.rollout
        if rollout is not None:
            require(f"{owner} rollout", rollout, Rollout)
        elif self.rollback_on is None or self.rollback_on:
            # Without a word on either there is nothing to watch, and so nothing to wait for: the service's own default.
            rollout = Rollout.all_at_once()
        return Replacement(
            rollout=rollout,
            rollback_on=self.rollback_on,
            verify=self.verify,
            allow_instance_type_change=self.allow_instance_type_change,
        )


class GuardedEndpoint(HostedEndpoint):
    """What endpoints on instances have in common.

    Args:
        scope: Where to make it.
        construct_id: ID below `scope`.
        pattern: How the models are hosted.
        variants: The endpoint's variants.
        replacement: How a new version replaces the old one.
        uses: What is asked for besides.
        shadows: Variants that get copies of requests.
        endpoint_name: Name, at most 63 characters.
        encryption_key: KMS key of the instances' volumes.

    Attributes:
        cfn_scaling_registration: The custom resource that registers fleets in place of native resources.
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        pattern: Pattern,
        variants: tuple[Variant, ...],
        replacement: Replacement,
        uses: Iterable[Used],
        endpoint_name: str | None,
        encryption_key: kms.IKey | None,
        shadows: tuple[Variant, ...] = (),
    ) -> None:
        owner = type(self).__name__
        check_key(owner, encryption_key)
        self._replacement = replacement.checked(owner)
        rollout = self._replacement.rollout
        fleets = (*variants, *shadows)
        used = [*uses, *_used(owner, variants, fleets, rollout, encryption_key)]
        if rollout is not None:
            rollout.plan.check(variants)
        for variant in fleets:
            variant.model.check_fleet(variant.fleet.machine)
            if encryption_key is not None:
                check_volume_key(owner, variant.fleet)
        super().__init__(
            scope,
            construct_id,
            pattern=pattern,
            variants=variants,
            shadows=shadows,
            uses=used,
            endpoint_name=endpoint_name,
        )
        self._variants = variants
        self._fleets = fleets
        self._encryption_key = encryption_key
        self.cfn_scaling_registration: cdk.CfnResource | None = None

    def _host(self, **config: Any) -> None:
        """Make all resources.

        Args:
            config: Further properties of the endpoint configuration.
        """
        replacement = self._replacement
        self._configure(self._variants, self._encryption_key, **config)
        conditions = replacement.rollback_on
        if conditions is None:
            conditions = default_alarms(self.watching.kind, len(self._variants))
        scaled = any(variant.scaling is not None for variant in self._fleets)
        registration: ScalingOwner | None = None
        if scaled and replacement.allow_instance_type_change:
            registration = ScalingOwner(self, self._place.stack, self.endpoint_name, self._fleets, pattern=self.pattern)
            self._attached.append(registration.cfn_release)
        self._serve_guarded(conditions, scaled=scaled)
        # References, unlike the literal name, make what uses them wait for the endpoint.
        name = self.cfn_endpoint.attr_endpoint_name if scaled or replacement.verify else self.endpoint_name
        self._scale([] if registration is not None else self._fleets, name)
        if registration is not None:
            self.cfn_scaling_registration = registration.register(name)
        if replacement.verify:
            self._verify(name)
        self._advise(conditions)

    def _serve_guarded(self, conditions: Sequence[Alarm | cloudwatch.IAlarm], *, scaled: bool) -> None:
        alarms: RollbackAlarms | None = None
        if conditions:
            alarms = RollbackAlarms(
                self, "Rollback", watching=self.watching, config_name=self._config_name, alarms=conditions
            )
            self._allow(*alarms.permissions())
        rollout = self._replacement.rollout
        deployment = None
        if rollout is not None:
            deployment = rollout.plan.render(self._variants, [] if alarms is None else alarms.names)
        self._serve(
            *([] if alarms is None else [alarms]),
            deployment_config=deployment,
            # Capacity that scaling has reached survives a deployment; weights follow the template.
            retain_all_variant_properties=True if scaled else None,
            exclude_retained_variant_properties=[_weights()] if scaled and len(self._fleets) > 1 else None,
        )

    def _advise(self, conditions: Sequence[Alarm | cloudwatch.IAlarm]) -> None:
        found, rollout = self._advice, self._replacement.rollout
        if self._encryption_key is not None:
            found.extend(volume_key_advice(*(each.fleet for each in self._fleets)))
        for variant in self._fleets:
            found.extend(variant.advice(gradual=rollout is not None))
        if rollout is not None:
            found.extend(rollout.plan.advice(conditions, self._variants))
        scaled = [variant.scaling is not None for variant in self._fleets]
        if any(scaled) and not all(scaled):
            found.append(
                Advice(
                    "fixedFleetBesideScaledOne",
                    "a changed count of a variant without scaling is ignored while another variant of the endpoint "
                    "scales: SageMaker keeps the counts of all variants or of none; give it Scaling.between(n, n)",
                )
            )
        self._warn()


def pattern_of(owner: str, variants: Sequence[Variant]) -> Pattern:
    """How the models of an endpoint are hosted where its callers wait.

    Args:
        owner: What the user typed.
        variants: The endpoint's variants.

    Raises:
        ConfigurationError: When they are not all of one kind.
    """
    found = list(dict.fromkeys(variant.model.pattern for variant in variants))
    if len(found) > 1:
        raise ConfigurationError(
            f"{owner} variants must serve models of one kind, got {' and '.join(each.value for each in found)}: a request "
            "names a target that some of them do not have"
        )
    return found[0]


def _used(
    owner: str,
    variants: Sequence[Variant],
    fleets: Sequence[Variant],
    rollout: Rollout | None,
    encryption_key: kms.IKey | None,
) -> list[Used]:
    found: list[Used] = []
    if len(variants) > 1:
        found.append(Used(Feature.SEVERAL_VARIANTS, f"{owner} variants", str(len(variants)), must="be one"))
    if rollout is not None:
        feature = Feature.ROLLING if isinstance(rollout.plan, Rolling) else Feature.BLUE_GREEN
        found.append(Used(feature, f"{owner} rollout"))
    if encryption_key is not None:
        found.append(Used(Feature.VOLUME_KEY, f"{owner} encryption_key"))
    for variant in fleets:
        machine = variant.fleet.machine
        if machine.resolved and machine.gpu:
            found.append(Used(Feature.GPU, "Fleet instance_type", machine.name, must="be without GPUs"))
        if machine.resolved and machine.inferentia1:
            found.append(Used(Feature.INFERENTIA1, "Fleet instance_type", machine.name, must="be no Inf1"))
    return found


def _weights() -> sagemaker.CfnEndpoint.VariantPropertyProperty:
    return sagemaker.CfnEndpoint.VariantPropertyProperty(variant_property_type="DesiredWeight")
