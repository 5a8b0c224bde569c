"""Who is told when an asynchronous request is answered, or fails."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import TYPE_CHECKING

from aws_cdk import aws_sagemaker as sagemaker

from cdk_model_hosting.arguments import require, require_like
from cdk_model_hosting.errors import ConfigurationError
from cdk_model_hosting.limits import ASYNC_TOPIC_ARN
from cdk_model_hosting.monitoring.actions import close_to_alarms
from cdk_model_hosting.permissions import Permission
from cdk_model_hosting.same_region import check_arn

if TYPE_CHECKING:
    from aws_cdk import aws_kms as kms
    from aws_cdk import aws_sns as sns
    from constructs import Construct

_TOPIC = "a topic such as Topic.from_topic_arn(self, 'Topic', arn)"
_OWN_REGION = "SNS takes messages in the topic's own region only"
_KEY = "a key such as Key.from_key_arn(self, 'Key', arn)"
# Publishers need no permission on the key that AWS manages for SNS: its policy lets in all of the account that may publish.
_MANAGED_KEY = "alias/aws/sns"


class Notifications(ABC):
    """SNS topics that hear of each request. Made by one of its factories.

    SageMaker sends a test message to both whenever the endpoint is created, updated or scaled.

    See: https://docs.aws.amazon.com/sagemaker/latest/dg/async-inference-create-endpoint.html
    """

    @staticmethod
    def create(*, encryption_key: kms.IKey | None = None, include_responses: bool = False) -> Notifications:
        """Two topics of the endpoint's own, encrypted, for publishers of the account alone, over TLS.

        They are no actions for alarms: CloudWatch is let in neither by the topics' policy nor by that of the key that AWS
        manages for SNS, so that `alarms` refuses them without a key of yours. Give alarms a topic of your own, whose policy,
        and that of whose customer key, lets CloudWatch in.

        Args:
            encryption_key: KMS key of the topics; the one that AWS manages for SNS when omitted.
            include_responses: Whether answers of at most 128 KB are part of the messages.

        Raises:
            ConfigurationError: When the key is none.
        """
        if encryption_key is not None:
            require_like("Notifications.create encryption_key", encryption_key, "key_arn", _KEY)
        require("Notifications.create include_responses", include_responses, bool)
        return _Made(encryption_key=encryption_key, include_responses=include_responses)

    @staticmethod
    def to(
        *, success: sns.ITopic | None = None, error: sns.ITopic | None = None, include_responses: bool = False
    ) -> Notifications:
        """Topics that exist already.

        The execution role may publish to them, and use their keys as far as the app knows them: an encrypted topic is
        imported with `Topic.from_topic_attributes(..., key_arn=...)`.

        Args:
            success: Topic that hears of answers; nobody does when omitted.
            error: Topic that hears of failures; nobody does when omitted.
            include_responses: Whether answers of at most 128 KB are part of the messages.

        Raises:
            ConfigurationError: When none is given, or one is a FIFO topic.
        """
        require("Notifications.to include_responses", include_responses, bool)
        if success is None and error is None:
            raise ConfigurationError(
                "Notifications.to must have a topic for success, for error or for both, got none: use Notifications.none() "
                "to tell nobody"
            )
        for what, topic in (("success", success), ("error", error)):
            if topic is not None:
                require_like(f"Notifications.to {what}", topic, "topic_arn", _TOPIC)
                _check_standard(what, topic)
        return _Brought(success=success, error=error, include_responses=include_responses)

    @staticmethod
    def none() -> Notifications:
        """Nobody is told: callers look for answers in the bucket."""
        return _Brought(success=None, error=None, include_responses=False)

    @abstractmethod
    def bind(self, scope: Construct) -> BoundNotifications:
        """Make the topics where none were brought.

        Args:
            scope: The endpoint.

        Raises:
            ConfigurationError: When a topic, or the key of those that are made, is in another region.
        """


@dataclass(frozen=True, slots=True, kw_only=True)
class _Made(Notifications):
    encryption_key: kms.IKey | None
    include_responses: bool

    def bind(self, scope: Construct) -> BoundNotifications:
        if self.encryption_key is not None:
            why = "SNS encrypts with keys of the topic's own region only"
            check_arn("Notifications.create encryption_key", self.encryption_key.key_arn, scope, why=why)
        return BoundNotifications(
            success=_topic(scope, "SuccessTopic", self.encryption_key),
            error=_topic(scope, "ErrorTopic", self.encryption_key),
            include_responses=self.include_responses,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Brought(Notifications):
    success: sns.ITopic | None
    error: sns.ITopic | None
    include_responses: bool

    def bind(self, scope: Construct) -> BoundNotifications:
        for what, topic in (("success", self.success), ("error", self.error)):
            if topic is not None:
                check_arn(f"Notifications.to {what}", topic.topic_arn, scope, why=_OWN_REGION)
        return BoundNotifications(success=self.success, error=self.error, include_responses=self.include_responses)


@dataclass(frozen=True, slots=True, kw_only=True)
class BoundNotifications:
    """The topics of one endpoint.

    Args:
        success: Topic that hears of answers.
        error: Topic that hears of failures.
        include_responses: Whether small answers are part of the messages.
    """

    success: sns.ITopic | None
    error: sns.ITopic | None
    include_responses: bool

    def render(self) -> sagemaker.CfnEndpointConfig.AsyncInferenceNotificationConfigProperty | None:
        """The topics as the endpoint configuration names them."""
        if self.success is None and self.error is None:
            return None
        include = []
        if self.include_responses:
            named = ((self.success, "SUCCESS_NOTIFICATION_TOPIC"), (self.error, "ERROR_NOTIFICATION_TOPIC"))
            include = [name for topic, name in named if topic is not None]
        return sagemaker.CfnEndpointConfig.AsyncInferenceNotificationConfigProperty(
            success_topic=None if self.success is None else self.success.topic_arn,
            error_topic=None if self.error is None else self.error.topic_arn,
            include_inference_response_in=include or None,
        )

    def permissions(self) -> tuple[Permission, ...]:
        """What the execution role needs to publish."""
        topics = [topic for topic in (self.success, self.error) if topic is not None]
        if not topics:
            return ()
        publish = Permission(
            actions=("sns:Publish",), resources=tuple(dict.fromkeys(topic.topic_arn for topic in topics))
        )
        keys = dict.fromkeys(topic.master_key.key_arn for topic in topics if topic.master_key is not None)
        if not keys:
            return (publish,)
        return publish, Permission(actions=("kms:Decrypt", "kms:GenerateDataKey"), resources=tuple(keys))


def _topic(scope: Construct, construct_id: str, encryption_key: kms.IKey | None) -> sns.ITopic:
    from aws_cdk import aws_sns as sns  # noqa: PLC0415 - loaded by those alone who bring no topics

    topic = sns.Topic(scope, construct_id, master_key=encryption_key, enforce_ssl=True)
    if encryption_key is None:
        resource = topic.node.default_child
        if isinstance(resource, sns.CfnTopic):
            resource.kms_master_key_id = _MANAGED_KEY
        close_to_alarms(topic)
    return topic


def _check_standard(what: str, topic: sns.ITopic) -> None:
    if topic.fifo:
        raise ConfigurationError(
            f"Notifications.to {what} must be a standard topic, got a FIFO one: SageMaker publishes to standard topics only"
        )
    ASYNC_TOPIC_ARN.check(f"Notifications.to {what}", topic.topic_arn)
