"""Where the events go that nobody waits for, when they fail."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from cdk_model_hosting.arguments import require_like
from cdk_model_hosting.durations import seconds
from cdk_model_hosting.errors import ConfigurationError
from cdk_model_hosting.limits import FUNCTION_EVENT_AGE_SECONDS, FUNCTION_RETRIES
from cdk_model_hosting.permissions import Permission

if TYPE_CHECKING:
    import aws_cdk as cdk
    from aws_cdk import aws_events as events
    from aws_cdk import aws_kms as kms
    from aws_cdk import aws_lambda as lambda_
    from aws_cdk import aws_sns as sns
    from aws_cdk import aws_sqs as sqs
    from constructs import Construct

    from cdk_model_hosting.functions.versions import Live

_RETRIES = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class OnFailure:
    """Where the events go that nobody waits for, when they fail. Made by one of its factories.

    Somebody who invokes the function asynchronously, a rule or a topic for instance, is not told what became of it. Lambda tries
    an event that failed twice more, a minute and two minutes later, and an event for which there was no environment for six hours.
    Then it is gone, unless it is sent somewhere with the reason.

    Events of queues are not among them: what fails returns to its queue.

    Args:
        arn: The ARN of where they go.
        permissions: What the function's role needs to send them there.
        retries: How often a failed event is tried again.
        max_age_seconds: How old an event may become.

    See: https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-retain-records.html
    """

    arn: str
    permissions: tuple[Permission, ...]
    retries: int
    max_age_seconds: int | None

    @staticmethod
    def queue(queue: sqs.IQueue, *, retries: int = _RETRIES, max_age: cdk.Duration | None = None) -> OnFailure:
        """To a queue, from which somebody takes them later.

        Args:
            queue: A standard queue. When it is encrypted with a KMS key that the CDK knows, the function may use it.
            retries: How often a failed event is tried again first, 0-2.
            max_age: How old an event may become before it counts as failed, 1 minute to 6 hours; 6 hours when omitted.

        Raises:
            ConfigurationError: When the queue is none or a FIFO queue, or a number is outside its range.
        """
        what = "OnFailure.queue"
        require_like(f"{what} queue", queue, "queue_arn", "a queue such as Queue(self, 'Failed')")
        _check_order(f"{what} queue", fifo=queue.fifo)
        send = _permission("sqs:SendMessage", queue.queue_arn)
        return _checked(what, queue.queue_arn, (send, *_encrypt(queue.encryption_master_key)), retries, max_age)

    @staticmethod
    def topic(topic: sns.ITopic, *, retries: int = _RETRIES, max_age: cdk.Duration | None = None) -> OnFailure:
        """To a topic, which tells everybody who listens. A message of SNS's is at most 256 KB, an event up to 1 MB.

        Args:
            topic: A standard topic. When it is encrypted with a KMS key that the CDK knows, the function may use it.
            retries: How often a failed event is tried again first, 0-2.
            max_age: How old an event may become before it counts as failed, 1 minute to 6 hours; 6 hours when omitted.

        Raises:
            ConfigurationError: When the topic is none or a FIFO topic, or a number is outside its range.
        """
        what = "OnFailure.topic"
        require_like(f"{what} topic", topic, "topic_arn", "a topic such as Topic(self, 'Failed')")
        _check_order(f"{what} topic", fifo=topic.fifo)
        publish = _permission("sns:Publish", topic.topic_arn)
        return _checked(what, topic.topic_arn, (publish, *_encrypt(topic.master_key)), retries, max_age)

    @staticmethod
    def bus(bus: events.IEventBus, *, retries: int = _RETRIES, max_age: cdk.Duration | None = None) -> OnFailure:
        """To an event bus, whose rules decide what becomes of them.

        Args:
            bus: The bus.
            retries: How often a failed event is tried again first, 0-2.
            max_age: How old an event may become before it counts as failed, 1 minute to 6 hours; 6 hours when omitted.

        Raises:
            ConfigurationError: When the bus is none, or a number is outside its range.
        """
        what = "OnFailure.bus"
        require_like(f"{what} bus", bus, "event_bus_arn", "an event bus such as EventBus(self, 'Events')")
        return _checked(
            what, bus.event_bus_arn, (_permission("events:PutEvents", bus.event_bus_arn),), retries, max_age
        )

    @staticmethod
    def function(
        function: lambda_.IFunction, *, retries: int = _RETRIES, max_age: cdk.Duration | None = None
    ) -> OnFailure:
        """To another function, which is invoked with them.

        Args:
            function: The function; of a `ModelFunction`, its `alias`.
            retries: How often a failed event is tried again first, 0-2.
            max_age: How old an event may become before it counts as failed, 1 minute to 6 hours; 6 hours when omitted.

        Raises:
            ConfigurationError: When the function is none of the CDK's, or a number is outside its range.
        """
        what = "OnFailure.function"
        kind = "a function of aws_lambda's, such as Function.from_function_arn(self, 'Failed', 'arn:...')"
        # A model function has an ARN too, but not that of what is live.
        require_like(f"{what} function", function, "grant_principal", kind)
        arn = function.function_arn
        return _checked(what, arn, (_permission("lambda:InvokeFunction", arn),), retries, max_age)

    def bind(self, scope: Construct, live: Live) -> lambda_.CfnEventInvokeConfig:
        """Tell Lambda of it, for the version that is live.

        Args:
            scope: Where to make the resource.
            live: The version that is live.
        """
        from aws_cdk import aws_lambda as lambda_  # noqa: PLC0415 - loaded by stacks with functions alone

        destination = lambda_.CfnEventInvokeConfig.OnFailureProperty(destination=self.arn)
        config = lambda_.CfnEventInvokeConfig(
            scope,
            "OnFailure",
            function_name=live.function_name,
            qualifier=live.name,
            destination_config=lambda_.CfnEventInvokeConfig.DestinationConfigProperty(on_failure=destination),
            maximum_retry_attempts=self.retries,
            maximum_event_age_in_seconds=self.max_age_seconds,
        )
        # The alias is named, not referred to.
        config.add_resource_dependency(live.cfn_alias)
        return config


def _checked(
    what: str, arn: str, permissions: tuple[Permission, ...], retries: int, max_age: cdk.Duration | None
) -> OnFailure:
    FUNCTION_RETRIES.check(f"{what} retries", retries)
    age = seconds(f"{what} max_age", max_age)
    FUNCTION_EVENT_AGE_SECONDS.check(f"{what} max_age", age)
    return OnFailure(arn=arn, permissions=permissions, retries=retries, max_age_seconds=age)


def _check_order(what: str, *, fifo: bool | None) -> None:
    if fifo:
        raise ConfigurationError(
            f"{what} must be a standard one, got a FIFO one: Lambda sends failed events to no other"
        )


def _permission(action: str, arn: str) -> Permission:
    return Permission(actions=(action,), resources=(arn,))


def _encrypt(key: kms.IKey | None) -> tuple[Permission, ...]:
    if key is None:
        return ()
    return (Permission(actions=("kms:Decrypt", "kms:GenerateDataKey"), resources=(key.key_arn,)),)
