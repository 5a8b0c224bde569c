"""The rules of a DeploymentConfig that the service model does not state."""

import math
from typing import TYPE_CHECKING, Any

from tests.local_aws.server.sagemaker.validation import refuse_unless

if TYPE_CHECKING:
    from tests.local_aws.server.sagemaker.state import EndpointConfig, Fleet

Document = dict[str, Any]

_SECONDS_WITHOUT_LIMIT = 28800


def check(deployment: Document) -> None:
    """Check a deployment configuration by itself, as CreateEndpoint and UpdateEndpoint both do.

    Raises:
        ServiceError: The service would refuse it.
    """
    blue_green, rolling = deployment.get("BlueGreenUpdatePolicy"), deployment.get("RollingUpdatePolicy")
    refuse_unless(
        not (blue_green and rolling), "BlueGreenUpdatePolicy and RollingUpdatePolicy cannot both be specified."
    )
    if blue_green:
        routing = blue_green["TrafficRoutingConfiguration"]
        kind = routing["Type"]
        for member, owner in (("CanarySize", "CANARY"), ("LinearStepSize", "LINEAR")):
            refuse_unless(
                (member in routing) == (kind == owner),
                f"{member} must be specified when and only when the traffic routing type is {owner}, got {kind}.",
            )


def check_update(deployment: Document, old: "Fleet", new: "EndpointConfig", counts: dict[str, int]) -> None:
    """Check a deployment configuration against the fleets that it is to exchange.

    Args:
        deployment: The deployment configuration.
        old: The fleet that answers now.
        new: The configuration of the fleet that replaces it.
        counts: How many instances each variant of the new fleet gets.

    Raises:
        ServiceError: The service would refuse it.
    """
    check(deployment)
    blue_green, rolling = deployment.get("BlueGreenUpdatePolicy"), deployment.get("RollingUpdatePolicy")
    if not (blue_green or rolling):
        return
    missing = sorted(set(old.variants) - set(new.variants))
    refuse_unless(
        not missing, f"Deployment guardrails need the same variant names before and after, missing {missing}."
    )
    fewest = min(counts.values(), default=0)
    if rolling:
        refuse_unless(len(new.variants) == 1, "RollingUpdatePolicy supports endpoints with one production variant.")
        serverless = any("ServerlessConfig" in variant for variant in new.variants.values())
        refuse_unless(not serverless, "RollingUpdatePolicy is not supported for serverless endpoints.")
        share = share_of(rolling["MaximumBatchSize"], fewest)
        refuse_unless(0.05 <= share <= 0.5, f"MaximumBatchSize must be 5-50% of the variant, got {share:.0%}.")
    if blue_green:
        routing = blue_green["TrafficRoutingConfiguration"]
        for member, low in (("CanarySize", 0.0), ("LinearStepSize", 0.1)):
            if member in routing:
                share = share_of(routing[member], fewest)
                refuse_unless(low <= share <= 0.5, f"{member} must be {low:.0%}-50% of the variant, got {share:.0%}.")
    limit = (blue_green or rolling or {}).get("MaximumExecutionTimeoutInSeconds", _SECONDS_WITHOUT_LIMIT)
    waits = seconds_waited(deployment, fewest)
    refuse_unless(
        limit > waits, f"MaximumExecutionTimeoutInSeconds {limit} must exceed the {waits} seconds that are waited."
    )


def traffic_steps(deployment: Document | None, count: int) -> list[float]:
    """List the shares of the traffic that the new fleet gets, one stage after the other; the last is all of it."""
    deployment = deployment or {}
    rolling = deployment.get("RollingUpdatePolicy")
    routing = deployment.get("BlueGreenUpdatePolicy", {}).get("TrafficRoutingConfiguration", {"Type": "ALL_AT_ONCE"})
    if rolling:
        step = share_of(rolling["MaximumBatchSize"], count)
    elif routing["Type"] == "CANARY":
        return [share_of(routing["CanarySize"], count), 1.0]
    elif routing["Type"] == "LINEAR":
        step = share_of(routing["LinearStepSize"], count)
    else:
        return [1.0]
    stages = max(1, math.ceil(1.0 / step - 1e-9))
    return [min(1.0, step * number) for number in range(1, stages)] + [1.0]


def step_wait(deployment: Document | None) -> int:
    """Return the seconds for which each stage is watched."""
    deployment = deployment or {}
    routing = deployment.get("BlueGreenUpdatePolicy", {}).get("TrafficRoutingConfiguration", {})
    return int(deployment.get("RollingUpdatePolicy", routing).get("WaitIntervalInSeconds", 0))


def termination_wait(deployment: Document | None) -> int:
    """Return the seconds for which the old fleet stays after it lost its last traffic."""
    return int((deployment or {}).get("BlueGreenUpdatePolicy", {}).get("TerminationWaitInSeconds", 0))


def seconds_waited(deployment: Document, count: int) -> int:
    """Return the sum of all waits of a deployment."""
    return step_wait(deployment) * len(traffic_steps(deployment, count)) + termination_wait(deployment)


def share_of(size: Document, count: int) -> float:
    """Return a CapacitySize as a share of a variant with so many instances."""
    share = size["Value"] / 100 if size["Type"] == "CAPACITY_PERCENT" else size["Value"] / max(count, 1)
    return float(min(share, 1.0))
