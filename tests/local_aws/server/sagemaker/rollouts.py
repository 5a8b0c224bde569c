"""Brings an endpoint from one fleet to the next.

The new fleet is started beside the old one, has to pass the ping health check, takes the traffic over in the stages that
the deployment configuration asks for, and only then is the old fleet stopped. When the new fleet fails, or an alarm of the
deployment goes off meanwhile, the endpoint goes back to the old one without a word, as SageMaker does: it is InService
again, on the old configuration.
"""

import logging
import time

from tests.local_aws.server import timing
from tests.local_aws.server.cloudwatch import alarms
from tests.local_aws.server.sagemaker import component_capacity, deployment_rules, fleets, instances
from tests.local_aws.server.sagemaker.state import LOCK, Document, Endpoint, Fleet

_LOG = logging.getLogger("local_aws.sagemaker")
ROLLBACK_SECONDS = 60
_LOOK_SECONDS = 0.05


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
        with LOCK:
            endpoint.pending, endpoint.pending_share = None, 0.0
            endpoint.becomes("RollingBack")
        timing.wait(ROLLBACK_SECONDS)
        fleets.stop(new)
    else:
        with LOCK:
            endpoint.fleet, endpoint.pending, endpoint.pending_share = new, None, 0.0
            for name in new.variants:
                component_capacity.follow(endpoint.name, name)
        fleets.stop(old)
    endpoint.becomes("InService")


def prepare(endpoint: Endpoint, new: Fleet) -> None:
    """Mark an endpoint as updating towards a fleet; `update` does the rest in the background."""
    with LOCK:
        endpoint.pending, endpoint.pending_share, endpoint.pending_since = new, 0.0, time.time()
        endpoint.pending_stage = "Creating"
        endpoint.becomes("Updating")


def _start(endpoint: Endpoint, fleet: Fleet) -> str:
    """Start a fleet; return why it failed, or nothing when it is well."""
    try:
        return instances.start(fleet, endpoint.name)
    except Exception as error:  # noqa: BLE001 - whatever it is, the endpoint must not stay busy for ever
        _LOG.exception("endpoint %s: a fleet could not be started", endpoint.name)
        return f"The local AWS could not start the containers: {error!r}."


def _shift(endpoint: Endpoint, new: Fleet) -> str:
    """Shift the traffic stage by stage; return why the rollout must be undone, or nothing.

    A stage bakes for the interval of the deployment. After the last one the old fleet stays for the termination wait, and
    can take the traffic back.
    """
    count = min((variant.instance_count for variant in new.variants.values()), default=0)
    steps = deployment_rules.traffic_steps(endpoint.deployment, count)
    bakes = [deployment_rules.step_wait(endpoint.deployment) for _ in steps]
    bakes[-1] += deployment_rules.termination_wait(endpoint.deployment)
    for share, seconds in zip(steps, bakes, strict=True):
        with LOCK:
            endpoint.pending_share, endpoint.pending_stage = share, "Baking"
        reason = bake(endpoint.deployment, seconds)
        if reason:
            return reason
    return ""


def bake(deployment: Document | None, seconds: float) -> str:
    """Watch the alarms of a deployment for a time, and at least once; return why it must be undone, or nothing."""
    timer = timing.Timer(seconds)
    while True:
        reason, left = tripped_alarm(deployment), timer.left()
        if reason or not left:
            return reason
        time.sleep(min(left, _LOOK_SECONDS))


def tripped_alarm(deployment: Document | None) -> str:
    """Name the alarm of the AutoRollbackConfiguration that ends the rollout.

    What is in ALARM counts, whether it went off during the rollout or before: what the service makes of the latter is not
    documented.
    """
    rollback = (deployment or {}).get("AutoRollbackConfiguration", {})
    for alarm in rollback.get("Alarms", []):
        if alarms.in_alarm(alarm["AlarmName"]):
            return f"alarm {alarm['AlarmName']} is in ALARM"
    return ""
