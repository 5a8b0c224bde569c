"""Scaling as it is bound to a fleet of any kind, without an endpoint around it."""

from typing import Any

import aws_cdk as cdk
from constructs import Construct

from cdk_model_hosting import Scaling, ScalingPolicy
from cdk_model_hosting.instances import instance
from cdk_model_hosting.patterns import Pattern
from cdk_model_hosting.placement import place_of
from cdk_model_hosting.scaling.policy import COPIES, PROVISIONED_CONCURRENCY, ScaledFleet
from cdk_model_hosting.scaling.scaling import BoundScaling
from tests.unit.builders import new_stack, only
from tests.unit.scaling.bound import POLICY

AT_ONCE = (Pattern.REALTIME, Pattern.MULTI_MODEL, Pattern.PIPELINE, Pattern.MULTI_CONTAINER)
SCALED = (*AT_ONCE, Pattern.ASYNCHRONOUS, Pattern.SERVERLESS, Pattern.COMPONENTS)

# What the three kinds of fleet bring besides the names.
_OF = {
    Pattern.SERVERLESS: {"machine": None, "dimension": PROVISIONED_CONCURRENCY},
    Pattern.COMPONENTS: {"machine": None, "dimension": COPIES, "component_name": "ranker-small"},
}


def fleet(scope: Construct, pattern: Pattern | None, **options: Any) -> ScaledFleet:
    """A fleet of a kind, of an endpoint named ``ranker``."""
    given: dict[str, Any] = {
        "endpoint_name": "ranker",
        "variant_name": "AllTraffic",
        "machine": instance("ml.g5.xlarge", what="Fleet instance_type"),
        "stack": cdk.Stack.of(scope),
        "pattern": pattern,
        **(_OF.get(pattern, {}) if pattern is not None else {}),
        **options,
    }
    return ScaledFleet(**given)


def bind(
    scaling: Scaling, pattern: Pattern | None = Pattern.ASYNCHRONOUS, scope: Construct | None = None, **options: Any
) -> tuple[cdk.Stack, BoundScaling]:
    """A stack with scaling alone, and what it is made of."""
    owner = Construct(new_stack() if scope is None else scope, "Endpoint")
    scaled = fleet(owner, pattern, **options)
    resource_id = (
        f"endpoint/{scaled.endpoint_name}/variant/{scaled.variant_name}"
        if scaled.component_name is None
        else f"inference-component/{scaled.component_name}"
    )
    bound = scaling.bind(owner, place_of(owner), scaled.variant_name, resource_id, scaled)
    return cdk.Stack.of(owner), bound


def policy_of(rule: ScalingPolicy, pattern: Pattern, scope: Construct | None = None) -> dict[str, Any]:
    """The one policy of a fleet of a kind, without its reference to the fleet."""
    stack, _ = bind(Scaling.between(1, 4, [rule]), pattern, scope)
    return {name: value for name, value in only(stack, POLICY).items() if name != "ScalingTargetId"}
