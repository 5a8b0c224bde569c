"""Brings an endpoint from one fleet to the next.

The new fleet is started beside the old one, has to pass the ping health check, takes the traffic over in the stages that
the deployment configuration asks for, and only then is the old fleet stopped. When the new fleet fails, the endpoint
goes back to the old one without a word, as SageMaker does: it is InService again, on the old configuration.
"""

import logging
import time

from tests.local_aws.server.sagemaker import deployment_rules, fleets
from tests.local_aws.server.sagemaker.state import LOCK, Endpoint, Fleet

_LOG = logging.getLogger("local_aws.sagemaker")


def create(endpoint: Endpoint) -> None:
    """Bring up the first fleet of an endpoint."""
    reason = _start(endpoint, endpoint.fleet)
    if reason:
        _LOG.warning("endpoint %s failed: %s", endpoint.name, reason)
        fleets.stop(endpoint.fleet)
        endpoint.becomes("Failed", reason=reason)
    else:
        endpoint.becomes("InService")


def update(endpoint: Endpoint) -> None:
    """Exchange the fleet of an endpoint for the pending one."""
    new, old = endpoint.pending, endpoint.fleet
    if new is None:
        raise ValueError(f"endpoint {endpoint.name} has no pending fleet")
    reason = _start(endpoint, new) or _shift(endpoint, new)
    if reason:
        _LOG.warning("endpoint %s rolls back to %s: %s", endpoint.name, old.config.name, reason)
        endpoint.becomes("RollingBack")
        with LOCK:
            endpoint.pending, endpoint.pending_share = None, 0.0
        fleets.stop(new)
    else:
        with LOCK:
            endpoint.fleet, endpoint.pending, endpoint.pending_share = new, None, 0.0
        fleets.wait(deployment_rules.termination_wait(endpoint.deployment))
        fleets.stop(old)
    endpoint.becomes("InService")


def prepare(endpoint: Endpoint, new: Fleet) -> None:
    """Mark an endpoint as updating towards a fleet; `update` does the rest in the background."""
    with LOCK:
        endpoint.pending, endpoint.pending_share, endpoint.pending_since = new, 0.0, time.time()
        endpoint.becomes("Updating")


def _start(endpoint: Endpoint, fleet: Fleet) -> str:
    """Start a fleet; return why it failed, or nothing when it is well."""
    try:
        return fleets.start(fleet, endpoint.name)
    except Exception as error:  # noqa: BLE001 - whatever it is, the endpoint must not stay busy for ever
        _LOG.exception("endpoint %s: a fleet could not be started", endpoint.name)
        return f"The local AWS could not start the containers: {error!r}."


def _shift(endpoint: Endpoint, new: Fleet) -> str:
    """Shift the traffic stage by stage; return why the rollout must be undone, or nothing."""
    count = min((variant.instance_count for variant in new.variants.values()), default=0)
    for share in deployment_rules.traffic_steps(endpoint.deployment, count):
        with LOCK:
            endpoint.pending_share = share
        fleets.wait(deployment_rules.step_wait(endpoint.deployment))
        reason = tripped_alarm(endpoint)
        if reason:
            return reason
    return ""


def tripped_alarm(_endpoint: Endpoint) -> str:
    """Name the alarm of the AutoRollbackConfiguration that ends the rollout.

    The alarms are stored and described, and none of them is looked at: here is where that belongs.
    """
    return ""
