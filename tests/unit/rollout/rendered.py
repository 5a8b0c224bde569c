"""Rollouts as they stand in a template."""

from typing import Any

import aws_cdk as cdk
from aws_cdk.assertions import Annotations, Match

from cdk_model_hosting import Fleet, RealtimeEndpoint, Rollout, Scaling
from tests.stacks.service_requests import is_intrinsic
from tests.strict_shapes import violations
from tests.unit.builders import PAIR, new_stack, only, single


def fleet_of(count: Any, instance_type: str = "ml.c6i.large", **options: Any) -> Fleet:
    return Fleet(instance_type=instance_type, count=count, **options)


def endpoint(
    rollout: Rollout | None,
    fleet: Fleet = PAIR,
    scaling: Scaling | None = None,
    stack: cdk.Stack | None = None,
    **options: Any,
) -> cdk.Stack:
    """The stack of an endpoint with this rollout and, unless told otherwise, without alarms."""
    scope = new_stack() if stack is None else stack
    RealtimeEndpoint(
        scope,
        "Endpoint",
        model=single(scope),
        fleet=fleet,
        scaling=scaling,
        rollout=rollout,
        **{"rollback_on": [], "verify_rollout": False, **options},
    )
    return scope


def deployment(*args: Any, **options: Any) -> dict[str, Any]:
    """The deployment configuration, which the service's own model accepts."""
    config: dict[str, Any] = only(endpoint(*args, **options), "AWS::SageMaker::Endpoint")["DeploymentConfig"]
    assert violations("sagemaker", "DeploymentConfig", config, opaque=is_intrinsic) == []
    return config


def advice(*args: Any, **options: Any) -> dict[str, str]:
    """The warnings on the endpoint, by their short name."""
    stack = endpoint(*args, **options)
    found = [str(each.entry.data) for each in Annotations.from_stack(stack).find_warning("*", Match.any_value())]
    split = [each.removesuffix("]").rsplit(" [ack: cdk-model-hosting:", 1) for each in found]
    return {name: text for text, name in split}
