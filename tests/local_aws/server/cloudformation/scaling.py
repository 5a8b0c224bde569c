"""Scalable targets and scaling policies: CloudFormation's handlers for the emulated Application Auto Scaling."""

from typing import Any

from tests.local_aws.server.cloudformation import engine
from tests.local_aws.server.cloudformation.delegate import DelegatingProvider, as_given, tag_changes, tag_list
from tests.local_aws.server.cloudformation.provider import Created, Properties, Provider
from tests.local_aws.server.cloudformation.registry import resource_type
from tests.local_aws.server.sagemaker import autoscaling

TARGET_KEYS = ("ServiceNamespace", "ResourceId", "ScalableDimension")


class ScalableTargetProvider(DelegatingProvider):
    """A scalable target and the scheduled actions that its properties carry."""

    service_name = "ApplicationAutoScaling"

    def create(
        self,
        logical_id: str,  # noqa: ARG002 -- the handlers' common signature
        properties: Properties,
        stack_name: str,  # noqa: ARG002 -- the same
    ) -> Created:
        """Register the target, then put its scheduled actions."""
        wanted = self.checked(properties)
        self._register(wanted)
        self._schedule({}, wanted)
        physical_id = "|".join(wanted[key] for key in ("ResourceId", "ScalableDimension", "ServiceNamespace"))
        return physical_id, {"Id": physical_id}

    def update(
        self,
        physical_id: str,
        old: Properties,
        new: Properties,
        stack_name: str,  # noqa: ARG002 -- the same
        logical_id: str,  # noqa: ARG002 -- the same
    ) -> Created:
        """Register the target again, which changes it, and bring its scheduled actions and tags along."""
        wanted = self.checked(new)
        self._register({key: value for key, value in wanted.items() if key != "Tags"})
        self._schedule(old, wanted)
        self._retag(old, new)
        return physical_id, {"Id": physical_id}

    def delete(self, physical_id: str, properties: Properties) -> None:
        """Deregister the target, which takes its policies and scheduled actions along."""
        if self.read(physical_id, properties) is not None:
            self.call(autoscaling.deregister_scalable_target, _target(properties))

    def read(self, physical_id: str, properties: Properties) -> Properties | None:  # noqa: ARG002 -- the same
        """Return the target as it is registered now."""
        found = self._described(properties)
        if found is None:
            return None
        actions = self.call(autoscaling.describe_scheduled_actions, _target(properties))["ScheduledActions"]
        given = {action["ScheduledActionName"]: action for action in properties.get("ScheduledActions", ())}
        current = [as_given(given.get(action["ScheduledActionName"], action), action) for action in actions]
        return {key: as_given(properties.get(key), value) for key, value in found.items()} | {
            "ScheduledActions": current,
            "Tags": tag_list(self._tags(found)),
        }

    def _register(self, wanted: Properties) -> None:
        request = {key: value for key, value in wanted.items() if key not in {"ScheduledActions", "Tags"}}
        tags = engine.tag_map(wanted.get("Tags"))
        self.call(autoscaling.register_scalable_target, request | ({"Tags": tags} if tags else {}))

    def _schedule(self, old: Properties, new: Properties) -> None:
        before = {action["ScheduledActionName"]: action for action in old.get("ScheduledActions", ())}
        after = {action["ScheduledActionName"]: action for action in new.get("ScheduledActions", ())}
        for action in after.values():
            self.call(autoscaling.put_scheduled_action, _target(new) | action)
        for name in before.keys() - after.keys():
            self.call(autoscaling.delete_scheduled_action, _target(new) | {"ScheduledActionName": name})

    def _described(self, properties: Properties) -> dict[str, Any] | None:
        request = {
            "ServiceNamespace": properties["ServiceNamespace"],
            "ResourceIds": [properties["ResourceId"]],
            "ScalableDimension": properties["ScalableDimension"],
        }
        found = self.call(autoscaling.describe_scalable_targets, request)["ScalableTargets"]
        return found[0] if found else None

    def _retag(self, old: Properties, new: Properties) -> None:
        changed, dropped = tag_changes(old, new)
        found = self._described(new)
        if found is None:
            return
        if changed:
            self.call(autoscaling.tag_resource, {"ResourceARN": found["ScalableTargetARN"], "Tags": changed})
        if dropped:
            self.call(autoscaling.untag_resource, {"ResourceARN": found["ScalableTargetARN"], "TagKeys": dropped})

    def _tags(self, found: dict[str, Any]) -> dict[str, str]:
        arn = found.get("ScalableTargetARN")
        if arn is None:
            return {}
        tags: dict[str, str] = self.call(autoscaling.list_tags_for_resource, {"ResourceARN": arn})["Tags"]
        return tags


class ScalingPolicyProvider(DelegatingProvider):
    """A scaling policy; ``Ref`` gives its ARN, because alarms take it for an action."""

    service_name = "ApplicationAutoScaling"

    def create(
        self,
        logical_id: str,  # noqa: ARG002 -- the same
        properties: Properties,
        stack_name: str,  # noqa: ARG002 -- the same
    ) -> Created:
        """Put the policy."""
        arn = self.call(autoscaling.put_scaling_policy, _policy(self.checked(properties)))["PolicyARN"]
        return arn, {"Arn": arn}

    def update(self, physical_id: str, old: Properties, new: Properties, stack_name: str, logical_id: str) -> Created:
        """Put the policy again, which changes it."""
        del physical_id, old
        return self.create(logical_id, new, stack_name)

    def delete(self, physical_id: str, properties: Properties) -> None:
        """Delete the policy, unless it went with its target."""
        if self.read(physical_id, properties) is not None:
            policy = _policy(properties)
            self.call(autoscaling.delete_scaling_policy, {key: policy[key] for key in ("PolicyName", *TARGET_KEYS)})

    def read(self, physical_id: str, properties: Properties) -> Properties | None:  # noqa: ARG002 -- the same
        """Return the policy as it is now."""
        policy = _policy(properties)
        request = {key: policy[key] for key in TARGET_KEYS} | {"PolicyNames": [policy["PolicyName"]]}
        found = self.call(autoscaling.describe_scaling_policies, request)["ScalingPolicies"]
        return {key: as_given(properties.get(key), value) for key, value in found[0].items()} if found else None


def providers() -> tuple[Provider, ...]:
    """Return the providers of the types that the emulated Application Auto Scaling serves."""
    return (
        ScalableTargetProvider(resource_type("AWS::ApplicationAutoScaling::ScalableTarget")),
        ScalingPolicyProvider(resource_type("AWS::ApplicationAutoScaling::ScalingPolicy")),
    )


def _target(properties: Properties) -> dict[str, Any]:
    return {key: properties[key] for key in TARGET_KEYS}


def _policy(properties: Properties) -> dict[str, Any]:
    """Return the request for a policy; its target may be given as one identifier."""
    request = dict(properties)
    target = request.pop("ScalingTargetId", None)
    if target is not None:
        request |= dict(zip(("ResourceId", "ScalableDimension", "ServiceNamespace"), target.split("|"), strict=True))
    return request
