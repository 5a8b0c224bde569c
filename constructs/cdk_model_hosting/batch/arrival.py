"""Jobs for objects that arrive in a bucket."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from constructs import Construct

from cdk_model_hosting.advice import Advice
from cdk_model_hosting.arguments import require
from cdk_model_hosting.batch.permissions import start
from cdk_model_hosting.batch.state_machine import trust
from cdk_model_hosting.buckets import check_prefix
from cdk_model_hosting.errors import ConfigurationError
from cdk_model_hosting.permissions import policy_document
from cdk_model_hosting.tokens import is_token

if TYPE_CHECKING:
    from aws_cdk import aws_s3 as s3

_WHAT = "BatchTransform.on_arrival"
_SWITCH = "NotificationConfiguration.EventBridgeConfiguration.EventBridgeEnabled"
_RULES = "arn:${AWS::Partition}:events:${AWS::Region}:${AWS::AccountId}:rule/*"


class TransformArrival(Construct):
    """A rule of EventBridge that starts a job for each object. Made by `BatchTransform.on_arrival`.

    Args:
        scope: The batch transform.
        construct_id: ID below `scope`.
        bucket: The bucket.
        prefix: What the keys begin with.
        suffix: What the keys end in; anything when None.
        target: ARN of what starts jobs.

    Attributes:
        cfn_rule: The rule's resource.

    See: https://docs.aws.amazon.com/AmazonS3/latest/userguide/EventBridge.html
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        bucket: s3.IBucket,
        prefix: str,
        suffix: str | None,
        target: str,
    ) -> None:
        from aws_cdk import aws_events as events  # noqa: PLC0415 - loaded by those alone who wait for objects
        from aws_cdk import aws_iam as iam  # noqa: PLC0415

        super().__init__(scope, construct_id)
        role = iam.CfnRole(
            self,
            "Role",
            assume_role_policy_document=trust("events.amazonaws.com", _RULES),
            policies=[
                iam.CfnRole.PolicyProperty(policy_name="Start", policy_document=policy_document([start(target)]))
            ],
        )
        self.cfn_rule = events.CfnRule(
            self,
            "Resource",
            description="Starts a transform job for each object that arrives",
            event_pattern=_pattern(bucket.bucket_name, prefix, suffix),
            targets=[events.CfnRule.TargetProperty(id="Starter", arn=target, role_arn=role.attr_arn)],
        )


def check_arrival(prefix: str, suffix: str | None, folder: str) -> None:
    """Refuse keys that jobs could not read, or that EventBridge reads as something else.

    Args:
        prefix: What the keys begin with.
        suffix: What they end in.
        folder: What jobs may read.

    Raises:
        ConfigurationError: When the prefix lies elsewhere, or one holds a wildcard.
    """
    check_prefix(f"{_WHAT} prefix", prefix)
    if not is_token(prefix) and not is_token(folder) and not prefix.startswith(folder):
        raise ConfigurationError(
            f"{_WHAT} prefix must lie below the source's {folder!r}, got {prefix!r}: jobs may read nothing else"
        )
    if suffix is None:
        return
    require(f"{_WHAT} suffix", suffix, str)
    if is_token(suffix):
        return
    if not suffix or set("*\\") & set(suffix):
        raise ConfigurationError(
            f"{_WHAT} suffix must be the end of a key such as '.csv', without * and \\, got {suffix!r}: EventBridge reads "
            "them as wildcards; omit it for all objects"
        )


def announce(bucket: s3.IBucket) -> list[Advice]:
    """Have a bucket tell EventBridge of its objects.

    Args:
        bucket: The bucket.

    Returns:
        What must be done by hand for a bucket that is not made by this app.
    """
    from aws_cdk import aws_s3 as s3  # noqa: PLC0415 - loaded by those alone who wait for objects

    resource = bucket.node.default_child
    if not isinstance(resource, s3.CfnBucket):
        return [
            Advice(
                "bucketOfAnotherApp",
                f"objects that arrive in {bucket.bucket_name} start nothing until its notifications to Amazon EventBridge are "
                "on: it is not made by this app, which cannot turn them on",
            )
        ]
    if isinstance(bucket, s3.Bucket) and bucket.node.try_find_child("Notifications") is not None:
        # The CDK's own resource for notifications replaces whatever the bucket says.
        bucket.enable_event_bridge_notification()
    else:
        resource.add_property_override(_SWITCH, value=True)
    return []


def _pattern(bucket_name: str, prefix: str, suffix: str | None) -> dict[str, Any]:
    keys = {"prefix": prefix} if suffix is None else {"wildcard": f"{prefix}*{suffix}"}
    return {
        "source": ["aws.s3"],
        "detail-type": ["Object Created"],
        "detail": {"bucket": {"name": [bucket_name]}, "object": {"key": [keys]}},
    }
