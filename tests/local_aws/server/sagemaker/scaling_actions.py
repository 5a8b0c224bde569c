"""Scaling: an alarm sets off a policy, the policy gives a capacity, and the service that owns it is asked to change it."""

import contextlib
import logging
import time
import uuid

from tests.local_aws.server.cloudwatch import actions, alarms, engine
from tests.local_aws.server.sagemaker import capacities, cloud, cooldowns, step_scaling, target_tracking
from tests.local_aws.server.sagemaker.capacities import Capacity
from tests.local_aws.server.sagemaker.cooldowns import Cooldown
from tests.local_aws.server.sagemaker.errors import ServiceError
from tests.local_aws.server.sagemaker.scaling_state import Target, names_of, scaling_store
from tests.local_aws.server.sagemaker.state import LOCK, Document

_LOG = logging.getLogger("local_aws.scaling")
_COOLDOWN_SECONDS = 300
_SECONDS_TO_SETTLE = 120.0
_MOMENT_SECONDS = 1.0


def install() -> None:
    """Let alarms set off scaling policies."""
    actions.register("autoscaling", run)


def run(policy_arn: str, alarm_name: str) -> None:
    """Scale because of an alarm, if its policy asks for it now.

    A resource that is being changed is left alone: the alarm comes back in a minute.
    """
    with LOCK:
        found = _policy(policy_arn)
        if found is None:
            return
        target, policy = found
        capacity = capacities.of(target.key[2])
        now = capacity.read(target.key[1]) if capacity is not None else None
        if capacity is None or now is None:
            return
        wanted = _wanted(target, policy, alarm_name, now)
        if wanted == now or _is_suspended(target, out=wanted > now):
            return
        name = policy["PolicyName"]
        cause = f"monitor alarm {alarm_name} in state ALARM triggered policy {name}"
        cooldown = Cooldown(_cooldown_seconds(policy, out=wanted > now), now, wanted)
        activity = _begin(target, capacity, wanted, cause)
        if activity["StatusCode"] != "InProgress":
            return
        if cooldown.is_out:
            target.cooldowns = {key: known for key, known in target.cooldowns.items() if known.is_out}
        target.cooldowns[name] = cooldown
    _end(activity, target, capacity, wanted)
    if activity["StatusCode"] == "Successful":
        cooldown.since = time.monotonic()
    else:
        target.cooldowns.pop(name, None)


def bring_into_bounds(target: Target) -> None:
    """Scale a target that was registered with bounds that its capacity is out of.

    What takes no longer than a moment is over when this returns.
    """
    capacity = capacities.of(target.key[2])
    if capacity is None:
        return
    if capacity.read(target.key[1]) is None:  # it is being changed
        cloud.in_background(_bound_later, target, capacity, name="scale-into-bounds")
        return
    with LOCK:
        activity, wanted = _bound(target, capacity)
    if activity is not None:
        with contextlib.suppress(TimeoutError):
            capacity.settle(target.key[1], _MOMENT_SECONDS)
        cloud.in_background(_end, activity, target, capacity, wanted, name="scale-into-bounds")


def _bound_later(target: Target, capacity: Capacity) -> None:
    capacity.settle(target.key[1], _SECONDS_TO_SETTLE)
    with LOCK:
        activity, wanted = _bound(target, capacity)
    if activity is not None:
        _end(activity, target, capacity, wanted)


def _bound(target: Target, capacity: Capacity) -> tuple[Document | None, int]:
    """Begin to bring a target into its bounds; return the activity, if one is under way now, and the capacity asked for."""
    now = capacity.read(target.key[1])
    if now is None or target.low <= now <= target.high or scaling_store().targets.get(target.key) is not target:
        return None, 0
    wanted = min(max(now, target.low), target.high)
    cause = f"minimum capacity was set to {target.low}, maximum capacity to {target.high}"
    activity = _begin(target, capacity, wanted, cause)
    return (activity if activity["StatusCode"] == "InProgress" else None), wanted


def _policy(arn: str) -> tuple[Target, Document] | None:
    for target in scaling_store().targets.values():
        for policy in target.policies.values():
            if policy["PolicyARN"] == arn:
                return target, policy
    return None


def _wanted(target: Target, policy: Document, alarm_name: str, now: int) -> int:
    """Return the capacity that a policy may set now, within the bounds of its target."""

    def within_bounds(capacity: int) -> int:
        asked = _asked(target, policy, alarm_name, capacity)
        return asked if asked == capacity else min(max(asked, target.low), target.high)

    return cooldowns.respected(target.cooldowns.get(policy["PolicyName"]), now, within_bounds)


def _asked(target: Target, policy: Document, alarm_name: str, capacity: int) -> int:
    if policy["PolicyType"] == target_tracking.KIND:
        return target_tracking.wanted(target, policy, alarm_name, capacity)
    alarm = engine.alarm(alarm_name)
    if policy["PolicyType"] != "StepScaling" or alarm is None:
        return capacity
    # An alarm that was set by hand may have no value: it counts as being at its threshold.
    value = alarms.latest(alarm_name)
    distance = 0.0 if value is None else value - float(alarm["Threshold"])
    below = str(alarm["ComparisonOperator"]).startswith("LessThan")
    return step_scaling.wanted(policy["StepScalingPolicyConfiguration"], capacity, distance, below=below)


def _is_suspended(target: Target, *, out: bool) -> bool:
    return bool(target.suspended[f"DynamicScaling{'Out' if out else 'In'}Suspended"])


def _cooldown_seconds(policy: Document, *, out: bool) -> float:
    settings = policy[f"{policy['PolicyType']}PolicyConfiguration"]
    side = "ScaleOutCooldown" if out else "ScaleInCooldown"
    return float(settings.get("Cooldown", settings.get(side, _COOLDOWN_SECONDS)))


def _begin(target: Target, capacity: Capacity, wanted: int, cause: str) -> Document:
    """Ask for another capacity, and note that."""
    activity: Document = {
        "ActivityId": str(uuid.uuid4()),
        **names_of(target.key),
        "Description": f"Setting {capacity.noun} to {wanted}.",
        "Cause": cause,
        "StartTime": time.time(),
        "StatusCode": "InProgress",
        "StatusMessage": f"Successfully set {capacity.noun} to {wanted}. Waiting for change to be fulfilled by sagemaker.",
    }
    scaling_store().activities.append(activity)
    _LOG.info("%s: %s (%s)", target.key[1], activity["Description"], cause)
    try:
        capacity.change(target.key[1], wanted)
    except ServiceError as error:
        _close(activity, "Failed", f"Failed to set {capacity.noun} to {wanted}. Reason: {error.message}")
    return activity


def _end(activity: Document, target: Target, capacity: Capacity, wanted: int) -> None:
    """Wait until the capacity is as asked for, and note how that ended."""
    try:
        capacity.settle(target.key[1], _SECONDS_TO_SETTLE)
    except TimeoutError as error:
        _close(activity, "Unfulfilled", str(error))
        return
    if capacity.read(target.key[1]) == wanted:
        done = f"Successfully set {capacity.noun} to {wanted}. Change successfully fulfilled by sagemaker."
        _close(activity, "Successful", done)
    else:
        _close(activity, "Failed", f"Failed to set {capacity.noun} to {wanted}. Reason: sagemaker did not fulfill it.")


def _close(activity: Document, status: str, message: str) -> None:
    with LOCK:
        activity.update({"StatusCode": status, "StatusMessage": message, "EndTime": time.time()})
