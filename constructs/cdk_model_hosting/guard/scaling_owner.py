"""The registration of an endpoint's fleets, where it must make way for a change of instance type."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any

from cdk_model_hosting.errors import ConfigurationError
from cdk_model_hosting.guard.function import EndpointGuard
from cdk_model_hosting.guard.permissions import OWN_SCALING, own_alarm, own_capacity
from cdk_model_hosting.limits import ALARM_NAME
from cdk_model_hosting.scaling.policy import RenderedPolicy, ScaledFleet
from cdk_model_hosting.scaling.wake import WAKE
from cdk_model_hosting.tokens import is_token

if TYPE_CHECKING:
    from collections.abc import Sequence

    import aws_cdk as cdk
    from aws_cdk import aws_iam as iam
    from constructs import Construct

    from cdk_model_hosting.endpoints.variant import Variant
    from cdk_model_hosting.patterns import Pattern
    from cdk_model_hosting.scaling.scaling import Scaling
    from cdk_model_hosting.scaling.wake import Wake

# Native policies of the same fleet have other names: the handler tells its own apart by them when it takes over.
_SUFFIX = "-owned"


class ScalingOwner:
    """Two custom resources that own how an endpoint's fleets are registered to scale.

    The first stands before the endpoint and releases fleets whose instance type changes; the second stands after it and
    registers them as declared. Whatever becomes of the deployment, a watch sees to it that every fleet ends up registered.

    A fleet that can be at zero is declared with the alarm that wakes it, and the function may change that alarm: it names
    the policy, which is another one after each registration.

    Args:
        endpoint: The endpoint, below which they are made.
        stack: Its stack.
        endpoint_name: Its literal name.
        variants: Its variants.
        pattern: How its models are hosted; None where nobody says.

    Attributes:
        cfn_release: What the endpoint must wait for.

    Raises:
        ConfigurationError: When a variant has step policies of the user's.

    See: https://docs.aws.amazon.com/sagemaker/latest/dg/endpoint-scaling-update.html
    """

    def __init__(
        self,
        endpoint: Construct,
        stack: cdk.Stack,
        endpoint_name: str,
        variants: Sequence[Variant],
        *,
        pattern: Pattern | None = None,
    ) -> None:
        self._endpoint = endpoint
        self._guard = EndpointGuard.of(stack)
        self._policy = self._guard.policy("OwnScaling", OWN_SCALING)
        self._more: list[iam.CfnPolicy] = [self._may_change(endpoint_name)]
        self._variants: dict[str, Any] = {}
        for variant in variants:
            declared: dict[str, Any] = {"InstanceType": variant.fleet.instance_type}
            if variant.scaling is not None:
                fleet = ScaledFleet(
                    endpoint_name=endpoint_name,
                    variant_name=variant.name,
                    machine=variant.fleet.machine,
                    stack=stack,
                    pattern=pattern,
                )
                declared["Registration"] = self._registration(variant.scaling, fleet)
            self._variants[variant.name] = declared
        self.cfn_release = self._resource("ScalingRelease", "Custom::ScalingRelease", endpoint_name)

    def _may_change(self, endpoint_name: str) -> iam.CfnPolicy:
        # Named after the endpoint, so that it stays until a renamed one has let its scaling go.
        named = "" if is_token(endpoint_name) else _digest(endpoint_name)
        return self._guard.policy(f"OwnCapacity{named}", (own_capacity(endpoint_name),))

    def register(self, endpoint_name: str) -> cdk.CfnResource:
        """Make the second custom resource.

        Args:
            endpoint_name: Reference to the endpoint, so that it waits for it.
        """
        return self._resource("ScalingRegistration", "Custom::ScalingRegistration", endpoint_name)

    def _resource(self, construct_id: str, kind: str, endpoint_name: str) -> cdk.CfnResource:
        properties = {"EndpointName": endpoint_name, "Variants": self._variants}
        resource = self._guard.resource(self._endpoint, construct_id, kind, properties, policy=self._policy)
        for each in self._more:
            resource.add_resource_dependency(each)
        return resource

    def _registration(self, scaling: Scaling, fleet: ScaledFleet) -> dict[str, Any]:
        """How a fleet scales, as both custom resources declare it."""
        scaling.check_metrics(fleet)
        policies = []
        for policy in scaling.policies:
            rule = policy.rule
            if not isinstance(rule, RenderedPolicy):
                raise ConfigurationError(
                    f"{type(self._endpoint).__name__} allow_instance_type_change must be off for step policies, got "
                    f"{rule.name}: their alarms name the policy, which is another one after each registration; change the "
                    "type in two deployments"
                )
            policies.append({"PolicyName": rule.name + _SUFFIX, **rule.render(fleet)})
        wake = scaling.wake(fleet)
        if wake is not None:
            policies.append(self._waking(wake, f"{fleet.endpoint_name}/{fleet.variant_name}/{WAKE}{_SUFFIX}"))
        return {
            "MinCapacity": scaling.minimum,
            "MaxCapacity": scaling.maximum,
            "Policies": policies,
            "ScheduledActions": [each.render() for each in scaling.schedules],
        }

    def _waking(self, wake: Wake, alarm_name: str) -> dict[str, Any]:
        ALARM_NAME.check("Name of the alarm that wakes the fleet", alarm_name)
        # Named after the alarm, so that whoever deletes the alarm of a renamed endpoint may still do so.
        self._more.append(self._guard.policy(f"OwnAlarm{_digest(alarm_name)}", (own_alarm(alarm_name),)))
        return {
            "PolicyName": WAKE + _SUFFIX,
            **wake.render(),
            "Alarms": [{"AlarmName": alarm_name, **wake.render_alarm()}],
        }


def _digest(name: str) -> str:
    return hashlib.sha256(name.encode()).hexdigest()[:8]
