"""What runs on an endpoint now."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from botocore.exceptions import ClientError

from .failures import OutOfTimeError, code_of, message_of
from .log import log
from .surroundings import Surroundings

IN_SERVICE = "InService"
BUSY = frozenset({"Creating", "Updating", "SystemUpdating", "RollingBack"})
"""Statuses that pass by themselves."""

POLL_SECONDS = 15.0


@dataclass(frozen=True, kw_only=True)
class LiveEndpoint:
    """An endpoint as SageMaker describes it.

    Args:
        name: Its name.
        status: Its status.
        config: Name of the configuration that serves.
        failure: Why the last operation failed, if SageMaker says.
        rollback_alarms: The alarms that guard its last update.
        variants: Names of its variants, the shadow ones among them.
    """

    name: str
    status: str
    config: str
    failure: str | None
    rollback_alarms: tuple[str, ...]
    variants: tuple[str, ...]


def describe(surroundings: Surroundings, name: str) -> LiveEndpoint | None:
    """Describe an endpoint.

    Args:
        surroundings: The world.
        name: Its name.

    Returns:
        None when there is none.
    """
    try:
        found = surroundings.clients("sagemaker").describe_endpoint(EndpointName=name)
    except ClientError as error:
        if _is_missing(error):
            return None
        raise
    rollback = found.get("LastDeploymentConfig", {}).get("AutoRollbackConfiguration", {})
    return LiveEndpoint(
        name=name,
        status=found["EndpointStatus"],
        config=found.get("EndpointConfigName", ""),
        failure=found.get("FailureReason") or None,
        rollback_alarms=tuple(each["AlarmName"] for each in rollback.get("Alarms", ())),
        variants=tuple(each["VariantName"] for each in _variants(found)),
    )


def settled(surroundings: Surroundings, name: str) -> LiveEndpoint | None:
    """Describe an endpoint once nothing is under way on it.

    Args:
        surroundings: The world.
        name: Its name.

    Raises:
        OutOfTimeError: When that takes longer than this invocation may.
    """
    while True:
        live = describe(surroundings, name)
        if live is None or live.status not in BUSY:
            return live
        if not surroundings.has_time():
            raise OutOfTimeError(f"endpoint {name} is {live.status}")
        log("waiting for the endpoint", endpoint=name, status=live.status)
        surroundings.sleep(POLL_SECONDS)


def instance_types(surroundings: Surroundings, live: LiveEndpoint) -> Mapping[str, str | None]:
    """The instance type by variant; None where there is no single one, or no way to learn it.

    Args:
        surroundings: The world.
        live: The endpoint.
    """
    try:
        config = surroundings.clients("sagemaker").describe_endpoint_config(EndpointConfigName=live.config)
    except ClientError as error:
        if not _is_missing(error):
            raise
        # An endpoint outlives its configuration, for instance where a rollback in silence had it deleted.
        return dict.fromkeys(live.variants)
    return {each["VariantName"]: each.get("InstanceType") for each in _variants(config)}


def _variants(document: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    return [*document.get("ProductionVariants", ()), *document.get("ShadowProductionVariants", ())]


def _is_missing(error: ClientError) -> bool:
    return code_of(error) == "ValidationException" and "Could not find" in message_of(error)
