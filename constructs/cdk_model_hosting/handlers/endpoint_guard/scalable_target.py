"""One variant's registration with Application Auto Scaling: reading it, making it, taking it away."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from botocore.exceptions import ClientError

from . import step_alarms
from .declaration import Registration, action_names, alarm_names, policy_names
from .failures import GuardError, code_of
from .log import log
from .shapes import input_shape, projected, typed
from .surroundings import Surroundings

_NOT_FOUND = "ObjectNotFoundException"
_PASSING = frozenset({_NOT_FOUND, "ConcurrentUpdateException"})
_ATTEMPTS = 6
_NAMES = frozenset({"ServiceNamespace", "ResourceId", "ScalableDimension"})
# Passing the role that a target has would need permission to pass it, and it is the service-linked one anyway.
_NOT_READ = _NAMES | {"RoleARN"}


@dataclass(frozen=True)
class ScalableTarget:
    """A variant's instance count, as something that can be registered to scale.

    Args:
        surroundings: The world.
        endpoint: The endpoint's name.
        variant: The variant's name.
    """

    surroundings: Surroundings
    endpoint: str
    variant: str

    @property
    def resource_id(self) -> str:
        """What Application Auto Scaling calls it."""
        return f"endpoint/{self.endpoint}/variant/{self.variant}"

    def bounds(self) -> dict[str, Any] | None:
        """What RegisterScalableTarget would take to make it what it is; None when it is not registered."""
        found = self._client.describe_scalable_targets(
            ServiceNamespace="sagemaker",
            ResourceIds=[self.resource_id],
            ScalableDimension=self._names["ScalableDimension"],
        )["ScalableTargets"]
        return self._projected(found[0], "RegisterScalableTarget") if found else None

    def read(self) -> Registration | None:
        """Everything that deregistering takes away; None when it is not registered."""
        bounds = self.bounds()
        if bounds is None:
            return None
        return {
            **bounds,
            "Policies": [
                {
                    **self._projected(policy, "PutScalingPolicy"),
                    "Alarms": step_alarms.pointing_at(self.surroundings, policy),
                }
                for policy in self._policies()
            ],
            "ScheduledActions": [self._projected(action, "PutScheduledAction") for action in self._actions()],
        }

    def register(self, registration: Registration, before: Registration | None = None) -> None:
        """Make it what a registration says.

        Bounds that the template did not change are left as they are: a scheduled action may have moved them.

        Args:
            registration: What is to be.
            before: What the template said before, whose policies and actions go unless they are still declared.
        """
        previous = before or {}
        if self.bounds() is None or _bounds_of(previous) != _bounds_of(registration):
            self._put("RegisterScalableTarget", _bounds_of(registration))
        # What goes goes first: a metric takes one target-tracking policy, so a renamed one would be refused.
        kept = _identities(registration)
        self._delete(
            {name for name, identity in _identities(previous).items() if kept.get(name) != identity},
            action_names(previous) - action_names(registration),
        )
        step_alarms.delete(self.surroundings, alarm_names(previous) - alarm_names(registration))
        for policy in registration.get("Policies", ()):
            self._put_policy(policy)
        for action in registration.get("ScheduledActions", ()):
            self._put("PutScheduledAction", action)

    def complete(self, registration: Registration, *, bounds: bool) -> bool:
        """Make what is missing of a registration, and touch nothing that is there.

        Args:
            registration: What is to be.
            bounds: Whether bounds that differ are to be put right, too.

        Returns:
            Whether anything was missing.
        """
        current = self.bounds()
        if current is None:
            self.register(registration)
            return True
        wrong = bounds and any(str(current.get(name)) != str(registration[name]) for name in _capacities(registration))
        if wrong:
            self._put("RegisterScalableTarget", _bounds_of(registration))
        present = {each["PolicyName"] for each in self._policies()}
        policies = [each for each in registration.get("Policies", ()) if each["PolicyName"] not in present]
        for policy in policies:
            self._put_policy(policy)
        scheduled = {each["ScheduledActionName"] for each in self._actions()}
        actions = [
            each for each in registration.get("ScheduledActions", ()) if each["ScheduledActionName"] not in scheduled
        ]
        for action in actions:
            self._put("PutScheduledAction", action)
        return bool(wrong or policies or actions)

    def deregister(self) -> None:
        """Take the registration away with all that hangs on it, and see it gone, if there is one."""
        log("deregistering", target=self.resource_id)
        try:
            self._persist(lambda: self._client.deregister_scalable_target(**self._names), {"ConcurrentUpdateException"})
        except ClientError as error:
            if code_of(error) != _NOT_FOUND:
                raise
        for _ in range(_ATTEMPTS):
            if self.bounds() is None:
                return
            self.surroundings.sleep(5)
        raise GuardError(
            f"{self.resource_id} is still registered with Application Auto Scaling after it was deregistered: SageMaker "
            "would refuse to change the variant"
        )

    def withdraw(self, registration: Registration, *, also_claimed: Callable[[], bool]) -> None:
        """Take away what a registration has put, and the target itself unless somebody else uses it.

        Args:
            registration: What was put.
            also_claimed: Whether somebody else claims the target, though nothing of theirs hangs on it.
        """
        log("withdrawing", target=self.resource_id)
        self._delete(policy_names(registration), action_names(registration))
        step_alarms.delete(self.surroundings, alarm_names(registration))
        if self.bounds() is None or self._policies() or self._actions() or also_claimed():
            return
        self.deregister()

    @property
    def _names(self) -> dict[str, str]:
        return {
            "ServiceNamespace": "sagemaker",
            "ResourceId": self.resource_id,
            "ScalableDimension": "sagemaker:variant:DesiredInstanceCount",
        }

    @property
    def _client(self) -> Any:
        return self.surroundings.clients("application-autoscaling")

    def _policies(self) -> list[dict[str, Any]]:
        return self._all("describe_scaling_policies", "ScalingPolicies")

    def _actions(self) -> list[dict[str, Any]]:
        return self._all("describe_scheduled_actions", "ScheduledActions")

    def _all(self, operation: str, key: str) -> list[dict[str, Any]]:
        pages = self._client.get_paginator(operation).paginate(**self._names)
        return [each for page in pages for each in page[key]]

    def _projected(self, described: Mapping[str, Any], operation: str) -> dict[str, Any]:
        found = projected(described, input_shape(self._client, operation))
        return {name: value for name, value in found.items() if name not in _NOT_READ}

    def _put_policy(self, policy: Mapping[str, Any]) -> None:
        wanted = {name: value for name, value in policy.items() if name != "Alarms"}
        arn = self._put("PutScalingPolicy", wanted)["PolicyARN"]
        step_alarms.point_at(self.surroundings, policy.get("Alarms", ()), arn)

    def _put(self, operation: str, document: Mapping[str, Any]) -> Any:
        wanted = typed(document, input_shape(self._client, operation), f"{self.resource_id} {operation}")
        log("putting", target=self.resource_id, operation=operation, request=wanted)
        method = {
            "RegisterScalableTarget": "register_scalable_target",
            "PutScalingPolicy": "put_scaling_policy",
            "PutScheduledAction": "put_scheduled_action",
        }[operation]
        # A target is not known everywhere at once after it was registered.
        return self._persist(lambda: getattr(self._client, method)(**{**wanted, **self._names}), _PASSING)

    def _delete(self, policies: set[str], actions: set[str]) -> None:
        for name in sorted(policies):
            self._delete_one("delete_scaling_policy", PolicyName=name)
        for name in sorted(actions):
            self._delete_one("delete_scheduled_action", ScheduledActionName=name)

    def _delete_one(self, method: str, **name: str) -> None:
        try:
            self._persist(lambda: getattr(self._client, method)(**self._names, **name), {"ConcurrentUpdateException"})
        except ClientError as error:
            if code_of(error) != _NOT_FOUND:
                raise

    def _persist(self, call: Callable[[], Any], passing: set[str] | frozenset[str]) -> Any:
        """Call again after a refusal that passes, a few times."""
        for attempt in range(1, _ATTEMPTS):
            try:
                return call()
            except ClientError as error:
                if code_of(error) not in passing:
                    raise
                log("trying again", target=self.resource_id, code=code_of(error), attempt=attempt)
            self.surroundings.sleep(float(attempt))
        return call()


def _bounds_of(registration: Registration) -> dict[str, Any]:
    return {name: value for name, value in registration.items() if name not in {"Policies", "ScheduledActions"}}


def _identities(registration: Registration) -> dict[str, Any]:
    """What cannot change about a policy, by name: its type, and the metric that it has for itself."""
    found = {}
    for policy in registration.get("Policies", ()):
        tracking = policy.get("TargetTrackingScalingPolicyConfiguration", {})
        metrics = [tracking.get(f"{kind}MetricSpecification") for kind in ("Predefined", "Customized")]
        found[policy["PolicyName"]] = (policy.get("PolicyType"), metrics)
    return found


def _capacities(registration: Registration) -> list[str]:
    return [name for name in ("MinCapacity", "MaxCapacity") if name in registration]
