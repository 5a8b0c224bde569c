"""Brings what runs behind an endpoint in line with its instance counts: at zero, nothing runs."""

import dataclasses
import logging

from tests.local_aws.server.sagemaker import fleets, notifications
from tests.local_aws.server.sagemaker.state import LOCK, Endpoint, Fleet, Variant

_LOG = logging.getLogger("local_aws.sagemaker")


def start(fleet: Fleet, endpoint_name: str) -> str:
    """Start the first or the next fleet of an endpoint; return why it failed, or nothing when it is well.

    A variant that an update keeps at zero is not started, so nothing tells whether its new model would come up.
    """
    wrong = notifications.send_test(fleet.config) if fleet.config.is_async else ""
    for variant in fleet.variants.values():
        variant.endpoint_name = endpoint_name
    running = {name: variant for name, variant in fleet.variants.items() if not is_at_zero(variant)}
    return wrong or fleets.start(dataclasses.replace(fleet, variants=running), endpoint_name)


def settle(endpoint: Endpoint) -> None:
    """Follow a change of instance counts, and make the endpoint InService again.

    A variant that leaves zero stays there when its containers do not come up.
    """
    if endpoint.fleet.config.is_async:
        notifications.send_test(endpoint.fleet.config)
    reason = "".join(_follow(endpoint, variant) for variant in endpoint.fleet.variants.values())
    endpoint.becomes("InService", reason=reason)


def is_at_zero(variant: Variant) -> bool:
    """Tell whether a variant that needs instances has none."""
    return variant.model is not None and not variant.is_serverless and variant.instance_count == 0


def _follow(endpoint: Endpoint, variant: Variant) -> str:
    """Start or stop what answers for a variant; return why that failed, or nothing."""
    if is_at_zero(variant):
        fleets.stop(_alone(endpoint.fleet, variant))
        return ""
    if variant.model is None or variant.serving is not None or variant.unplayable:
        return ""
    # A copy is started, so that nobody asks the containers before they are well.
    fresh = dataclasses.replace(variant)
    try:
        reason = fleets.start(_alone(endpoint.fleet, fresh), endpoint.name)
    except Exception as error:  # noqa: BLE001 - whatever it is, the endpoint must not stay busy for ever
        _LOG.exception("endpoint %s: variant %s could not be started", endpoint.name, variant.name)
        reason = f"The local AWS could not start the containers: {error!r}."
    if reason:
        fleets.stop(_alone(endpoint.fleet, fresh))
    with LOCK:
        variant.serving, variant.unplayable = fresh.serving, fresh.unplayable
        variant.instance_count = 0 if reason else variant.instance_count
    return reason


def _alone(fleet: Fleet, variant: Variant) -> Fleet:
    return Fleet(fleet.config, {variant.name: variant})
