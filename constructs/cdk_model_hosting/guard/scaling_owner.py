"""The registration of an endpoint's fleets, where it must make way for a change of instance type."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from cdk_model_hosting.errors import ConfigurationError
from cdk_model_hosting.guard.function import EndpointGuard
from cdk_model_hosting.guard.permissions import OWN_SCALING
from cdk_model_hosting.scaling.policy import RenderedPolicy, ScaledFleet

if TYPE_CHECKING:
    from collections.abc import Sequence

    import aws_cdk as cdk
    from constructs import Construct

    from cdk_model_hosting.endpoints.variant import Variant

# Native policies of the same fleet have other names: the handler tells its own apart by them when it takes over.
_SUFFIX = "-owned"


class ScalingOwner:
    """Two custom resources that own how an endpoint's fleets are registered to scale.

    The first stands before the endpoint and releases fleets whose instance type changes; the second stands after it and
    registers them as declared. Whatever becomes of the deployment, a watch sees to it that every fleet ends up registered.

    Args:
        endpoint: The endpoint, below which they are made.
        stack: Its stack.
        endpoint_name: Its literal name.
        variants: Its variants.

    Attributes:
        cfn_release: What the endpoint must wait for.

    See: https://docs.aws.amazon.com/sagemaker/latest/dg/endpoint-scaling-update.html
    """

    def __init__(self, endpoint: Construct, stack: cdk.Stack, endpoint_name: str, variants: Sequence[Variant]) -> None:
        self._endpoint = endpoint
        self._guard = EndpointGuard.of(stack)
        self._policy = self._guard.policy("OwnScaling", OWN_SCALING)
        self._variants = {each.name: _declared(stack, endpoint_name, each) for each in variants}
        self.cfn_release = self._resource("ScalingRelease", "Custom::ScalingRelease", endpoint_name)

    def register(self, endpoint_name: str) -> cdk.CfnResource:
        """Make the second custom resource.

        Args:
            endpoint_name: Reference to the endpoint, so that it waits for it.
        """
        return self._resource("ScalingRegistration", "Custom::ScalingRegistration", endpoint_name)

    def _resource(self, construct_id: str, kind: str, endpoint_name: str) -> cdk.CfnResource:
        properties = {"EndpointName": endpoint_name, "Variants": self._variants}
        return self._guard.resource(self._endpoint, construct_id, kind, properties, policy=self._policy)


def _declared(stack: cdk.Stack, endpoint_name: str, variant: Variant) -> dict[str, Any]:
    """A variant as both custom resources declare it."""
    declared: dict[str, Any] = {"InstanceType": variant.fleet.instance_type}
    scaling = variant.scaling
    if scaling is None:
        return declared
    fleet = ScaledFleet(
        endpoint_name=endpoint_name, variant_name=variant.name, machine=variant.fleet.machine, stack=stack
    )
    scaling.check_metrics(fleet)
    policies = []
    for policy in scaling.policies:
        rule = policy.rule
        if not isinstance(rule, RenderedPolicy):
            raise ConfigurationError(
                f"RealtimeEndpoint allow_instance_type_change must be off for step policies, got {rule.name}: their alarms "
                "name the policy, which is another one after each registration"
            )
        policies.append({"PolicyName": rule.name + _SUFFIX, **rule.render(fleet)})
    declared["Registration"] = {
        "MinCapacity": scaling.minimum,
        "MaxCapacity": scaling.maximum,
        "Policies": policies,
        "ScheduledActions": [each.render() for each in scaling.schedules],
    }
    return declared
