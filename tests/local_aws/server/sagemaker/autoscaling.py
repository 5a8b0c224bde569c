"""The Application Auto Scaling API of the local AWS: one function an operation, from request to response document.

Targets of the namespace sagemaker are checked against the endpoints, and scaled by `scaling_actions` when the alarms of their
policies go off; those of other namespaces are only kept. Scheduled actions are stored and described, and never happen.
Registering scales too, as on AWS: a variant outside of its new bounds is brought into them.
"""

import time
import uuid
from collections.abc import Callable, Iterable

from tests.local_aws.server.cloudwatch import alarms, engine
from tests.local_aws.server.sagemaker import cloud, scaling_actions, scaling_rules, target_tracking
from tests.local_aws.server.sagemaker.errors import ServiceError
from tests.local_aws.server.sagemaker.scaling_state import (
    INSTANCES,
    Key,
    Target,
    deregister,
    key_of,
    names_of,
    scaling_store,
)
from tests.local_aws.server.sagemaker.state import LOCK, Document
from tests.local_aws.server.sagemaker.validation import refuse_unless, validate

_SERVICE = "application-autoscaling"
_DEFAULT_PAGE = 50
_ROLES = {
    "sagemaker": "sagemaker.application-autoscaling.amazonaws.com/AWSServiceRoleForApplicationAutoScaling_SageMakerEndpoint"
}


def register_scalable_target(request: Document) -> Document:
    """Register a target, or change one that is registered."""
    validate(_SERVICE, "RegisterScalableTarget", request)
    key = key_of(request)
    with LOCK:
        if key[0] == "sagemaker":
            scaling_rules.check_resource(request)
        targets = scaling_store().targets
        known = targets.get(key)
        low = request.get("MinCapacity", known.low if known else None)
        high = request.get("MaxCapacity", known.high if known else None)
        if low is None or high is None:
            raise ServiceError("ValidationException", "MinCapacity and MaxCapacity must be specified for a new target.")
        scaling_rules.check_bounds(low, high)
        if key[2] == INSTANCES:
            scaling_rules.check_least(low, key[1])
        target = known or _new_target(key)
        target.low, target.high = low, high
        target.suspended = {**target.suspended, **request.get("SuspendedState", {})}
        target.tags |= request.get("Tags", {})
        targets[key] = target
    alarms.watch()
    scaling_actions.bring_into_bounds(target)
    return {"ScalableTargetARN": target.arn}


def deregister_scalable_target(request: Document) -> Document:
    """Deregister a target; its policies and scheduled actions go with it."""
    validate(_SERVICE, "DeregisterScalableTarget", request)
    with LOCK:
        deregister(_target(request, "found").key)
    return {}


def describe_scalable_targets(request: Document) -> Document:
    """Describe the targets of a namespace."""
    validate(_SERVICE, "DescribeScalableTargets", request)
    with LOCK:
        wanted = request.get("ResourceIds")
        found = [
            {
                **names_of(target.key),
                "MinCapacity": target.low,
                "MaxCapacity": target.high,
                "RoleARN": target.role_arn,
                "CreationTime": target.created,
                "SuspendedState": target.suspended,
                "ScalableTargetARN": target.arn,
            }
            for target in _targets(request)
            if not wanted or target.key[1] in wanted
        ]
    return _page(found, request, "ScalableTargets")


def put_scaling_policy(request: Document) -> Document:
    """Create a policy on a target, or change one."""
    validate(_SERVICE, "PutScalingPolicy", request)
    with LOCK:
        target = _target(request, "registered")
        name = request["PolicyName"]
        scaling_rules.check_policy(request, [policy for key, policy in target.policies.items() if key != name])
        known = target.policies.get(name, {})
        kind = request.get("PolicyType", known.get("PolicyType", "StepScaling"))
        refuse_unless(not known or known["PolicyType"] == kind, f"The type of policy {name} cannot be changed.")
        arn = known.get("PolicyARN") or cloud.arn(
            "autoscaling", f"scalingPolicy:{uuid.uuid4()}:resource/{target.key[0]}/{target.key[1]}:policyName/{name}"
        )
        configuration = f"{kind}PolicyConfiguration"
        target.policies[name] = {
            "PolicyARN": arn,
            "PolicyName": name,
            **names_of(target.key),
            "PolicyType": kind,
            configuration: request[configuration],
            "CreationTime": known.get("CreationTime", time.time()),
        }
        if kind == target_tracking.KIND and target.key[0] == "sagemaker":
            target_tracking.keep_alarms(target, target.policies[name])
    return {"PolicyARN": arn, "Alarms": _alarms(arn)}


def delete_scaling_policy(request: Document) -> Document:
    """Delete a policy."""
    validate(_SERVICE, "DeleteScalingPolicy", request)
    with LOCK:
        target = _delete(request, "PolicyName", "scaling policy", lambda target: target.policies)
        target_tracking.drop_alarms(target, request["PolicyName"])
    return {}


def describe_scaling_policies(request: Document) -> Document:
    """Describe the policies of a namespace."""
    validate(_SERVICE, "DescribeScalingPolicies", request)
    with LOCK:
        wanted = request.get("PolicyNames")
        found = [
            {**policy, "Alarms": _alarms(policy["PolicyARN"])}
            for target in _targets(request)
            for policy in target.policies.values()
            if not wanted or policy["PolicyName"] in wanted
        ]
    return _page(found, request, "ScalingPolicies")


def put_scheduled_action(request: Document) -> Document:
    """Create a scheduled action on a target, or change one."""
    validate(_SERVICE, "PutScheduledAction", request)
    with LOCK:
        target = _target(request, "registered")
        name = request["ScheduledActionName"]
        known = target.actions.get(name)
        scaling_rules.check_schedule(request, exists=known is not None)
        fresh: Document = {
            "ScheduledActionARN": cloud.arn(
                "autoscaling",
                f"scheduledAction:{uuid.uuid4()}:resource/{target.key[0]}/{target.key[1]}:scheduledActionName/{name}",
            ),
            "CreationTime": time.time(),
        }
        target.actions[name] = {**(known or fresh), **request}
    return {}


def delete_scheduled_action(request: Document) -> Document:
    """Delete a scheduled action."""
    validate(_SERVICE, "DeleteScheduledAction", request)
    with LOCK:
        _delete(request, "ScheduledActionName", "scheduled action", lambda target: target.actions)
    return {}


def describe_scheduled_actions(request: Document) -> Document:
    """Describe the scheduled actions of a namespace."""
    validate(_SERVICE, "DescribeScheduledActions", request)
    with LOCK:
        wanted = request.get("ScheduledActionNames")
        found = [
            action
            for target in _targets(request)
            for action in target.actions.values()
            if not wanted or action["ScheduledActionName"] in wanted
        ]
    return _page(found, request, "ScheduledActions")


def describe_scaling_activities(request: Document) -> Document:
    """Describe what was scaled, latest first."""
    validate(_SERVICE, "DescribeScalingActivities", request)
    with LOCK:
        found = [
            dict(activity)
            for activity in reversed(scaling_store().activities)
            if all(
                request.get(name) in {None, activity[name]}
                for name in ("ServiceNamespace", "ResourceId", "ScalableDimension")
            )
        ]
    return _page(found, request, "ScalingActivities")


def tag_resource(request: Document) -> Document:
    """Add tags to a target."""
    validate(_SERVICE, "TagResource", request)
    with LOCK:
        _by_arn(request["ResourceARN"]).tags.update(request["Tags"])
    return {}


def untag_resource(request: Document) -> Document:
    """Take tags off a target."""
    validate(_SERVICE, "UntagResource", request)
    with LOCK:
        known = _by_arn(request["ResourceARN"]).tags
        for key in request["TagKeys"]:
            known.pop(key, None)
    return {}


def list_tags_for_resource(request: Document) -> Document:
    """List the tags of a target."""
    validate(_SERVICE, "ListTagsForResource", request)
    with LOCK:
        return {"Tags": dict(_by_arn(request["ResourceARN"]).tags)}


def _new_target(key: Key) -> Target:
    role = _ROLES.get(key[0], f"{key[0]}.application-autoscaling.amazonaws.com/AWSServiceRoleForApplicationAutoScaling")
    return Target(
        key=key,
        arn=cloud.arn(_SERVICE, f"scalable-target/{uuid.uuid4().hex}"),
        low=0,
        high=0,
        role_arn=f"arn:aws:iam::{cloud.account()}:role/aws-service-role/{role}",
        suspended=dict.fromkeys(
            ("DynamicScalingInSuspended", "DynamicScalingOutSuspended", "ScheduledScalingSuspended"), False
        ),
        tags={},
    )


def _alarms(policy_arn: str) -> list[Document]:
    """List the alarms that set off a policy: its own, and those of others that name it."""
    return [{"AlarmName": each["AlarmName"], "AlarmARN": each["AlarmArn"]} for each in engine.acting(policy_arn)]


def _target(request: Document, word: str) -> Target:
    namespace, resource_id, dimension = key = key_of(request)
    target = scaling_store().targets.get(key)
    if target is None:
        raise ServiceError(
            "ObjectNotFoundException",
            f"No scalable target {word} for service namespace: {namespace}, resource ID: {resource_id},"
            f" scalable dimension: {dimension}",
        )
    return target


def _targets(request: Document) -> Iterable[Target]:
    for target in scaling_store().targets.values():
        if all(request.get(name) in {None, value} for name, value in names_of(target.key).items()):
            yield target


def _delete(request: Document, name_key: str, noun: str, of: Callable[[Target], dict[str, Document]]) -> Target:
    namespace, resource_id, dimension = key_of(request)
    target = scaling_store().targets.get(key_of(request))
    if target is None or of(target).pop(request[name_key], None) is None:
        raise ServiceError(
            "ObjectNotFoundException",
            f"No {noun} found for service namespace: {namespace}, resource ID: {resource_id},"
            f" scalable dimension: {dimension}, {noun} name: {request[name_key]}",
        )
    return target


def _by_arn(arn: str) -> Target:
    for target in scaling_store().targets.values():
        if target.arn == arn:
            return target
    raise ServiceError("ResourceNotFoundException", f"The resource {arn} was not found.")


def _page(found: list[Document], request: Document, result_key: str) -> Document:
    token = request.get("NextToken", "0")
    if not token.isdigit():
        raise ServiceError("InvalidNextTokenException", "The next token is not valid.")
    start, size = int(token), request.get("MaxResults", _DEFAULT_PAGE)
    answer: Document = {result_key: found[start : start + size]}
    if start + size < len(found):
        answer["NextToken"] = str(start + size)
    return answer
