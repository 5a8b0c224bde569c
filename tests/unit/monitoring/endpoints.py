"""Endpoints of every kind that have nothing but what is watched of them."""

from typing import Any

import aws_cdk as cdk

from cdk_model_hosting.endpoints.endpoint import Endpoint
from cdk_model_hosting.instances import instance
from cdk_model_hosting.monitoring.kinds import KINDS
from cdk_model_hosting.monitoring.watched import Watched
from cdk_model_hosting.patterns import Pattern

CPUS, GPUS = instance("ml.c6i.large"), instance("ml.g5.12xlarge")
CONTAINERS = ("clean", "score")


def watched(name: str = "main", **more: Any) -> Watched:
    given: dict[str, Any] = {"endpoint_name": "fraud", "variant_name": name, "machine": CPUS, **more}
    return Watched(**given)


def component(name: str, **more: Any) -> Watched:
    return watched(component_name=name, **more)


def endpoint_of(stack: cdk.Stack, pattern: Pattern, *variants: Watched) -> Endpoint:
    """An endpoint of a kind."""
    return Endpoint(
        stack, "Endpoint", name="fraud", variants=variants or (watched(),), kind=KINDS[pattern], pattern=pattern
    )
