"""A queue in front of a function."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import aws_cdk as cdk

from cdk_model_hosting.arguments import require_like
from cdk_model_hosting.durations import literal, seconds
from cdk_model_hosting.errors import ConfigurationError
from cdk_model_hosting.functions.alarm import DEAD_LETTERS, MESSAGES
from cdk_model_hosting.functions.fronts.bound import BoundFront
from cdk_model_hosting.functions.fronts.front import Front
from cdk_model_hosting.limits import (
    QUEUE_BATCH,
    QUEUE_BATCH_AT_ONCE,
    QUEUE_CONCURRENCY,
    QUEUE_TRIES,
    QUEUE_VISIBILITY_FACTOR,
    QUEUE_WINDOW_SECONDS,
)
from cdk_model_hosting.permissions import Permission, policy_document
from cdk_model_hosting.tokens import is_token

if TYPE_CHECKING:
    from aws_cdk import aws_lambda as lambda_
    from aws_cdk import aws_sqs as sqs
    from constructs import Construct

    from cdk_model_hosting.functions.versions import Live

_KIND = "Front.queue"
_USUAL_TRIES = 5
# What SQS takes when a queue does not say.
_USUAL_VISIBILITY = 30
_DEAD_DAYS = 14


@dataclass(frozen=True, slots=True, kw_only=True)
class QueueSource:
    """The queue of a function.

    Args:
        queue: The queue.
        dead_letters: Where messages go that failed too often; None when it is not known.
        cfn_event_source: What hands its messages over.
    """

    queue: sqs.IQueue
    dead_letters: sqs.IQueue | None
    cfn_event_source: lambda_.CfnEventSourceMapping

    def names(self) -> dict[str, str]:
        """The names of the queues, for alarms on them."""
        named = {MESSAGES: self.queue.queue_name}
        return named if self.dead_letters is None else {**named, DEAD_LETTERS: self.dead_letters.queue_name}


@dataclass(frozen=True, slots=True, kw_only=True)
class QueueFront(Front):
    """A queue. Made by `Front.queue`.

    Args:
        given: The queue; one of its own when None.
        batch: Messages that are handed over at once.
        window: Time to wait for a batch to fill.
        concurrency: Batches at the same time.
        tries: How often a message comes.
    """

    given: sqs.IQueue | None
    batch: int
    window: cdk.Duration | None = field(compare=False, repr=False)
    concurrency: int | None
    tries: int | None
    window_seconds: int | None = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "window_seconds", seconds(f"{_KIND} window", self.window))
        QUEUE_BATCH.check(f"{_KIND} batch", self.batch, optional=False)
        QUEUE_WINDOW_SECONDS.check(f"{_KIND} window", self.window_seconds)
        QUEUE_CONCURRENCY.check(f"{_KIND} concurrency", self.concurrency)
        QUEUE_TRIES.check(f"{_KIND} tries", self.tries)
        # A window that is known at deploy time is one.
        if not self.window_seconds:
            QUEUE_BATCH_AT_ONCE.check(f"{_KIND} batch without a window", self.batch)
        if self.given is not None:
            self._check_given(self.given)

    def _check_given(self, queue: sqs.IQueue) -> None:
        require_like(f"{_KIND} queue", queue, "queue_arn", "an SQS queue")
        if self.tries is not None:
            raise ConfigurationError(
                f"{_KIND} tries must be omitted with a queue, got {self.tries}: how often a message comes is the queue's own "
                "to say"
            )
        if not queue.fifo:
            return
        QUEUE_BATCH_AT_ONCE.check(f"{_KIND} batch of a FIFO queue", self.batch)
        if self.window_seconds:
            raise ConfigurationError(
                f"{_KIND} window must be omitted with a FIFO queue, got {self.window_seconds} seconds: Lambda waits for no "
                "batch of it"
            )

    def bind(self, scope: Construct, live: Live) -> BoundFront:
        """Make the queue, unless one is given, and let Lambda hand its messages over."""
        from aws_cdk import aws_lambda as lambda_  # noqa: PLC0415 - loaded by stacks with functions alone

        self._check_concurrency(live)
        queue, dead_letters = self._own(scope, live) if self.given is None else self._checked(self.given, live)
        key = queue.encryption_master_key
        _let_receive(live, queue.queue_arn, None if key is None else key.key_arn)
        scaling = None
        if self.concurrency is not None:
            scaling = lambda_.CfnEventSourceMapping.ScalingConfigProperty(maximum_concurrency=self.concurrency)
        source = lambda_.CfnEventSourceMapping(
            scope,
            "Messages",
            # The function, and with it the role and what that may, comes before its alias.
            function_name=live.arn,
            event_source_arn=queue.queue_arn,
            batch_size=self.batch,
            # Where the function is turned off, messages wait in the queue, and do not become dead letters. It is said in both cases:
            # what a template no more says, CloudFormation leaves as it was.
            enabled=live.reserved != 0,
            maximum_batching_window_in_seconds=self.window_seconds,
            function_response_types=["ReportBatchItemFailures"],
            scaling_config=scaling,
        )
        send = [Permission(actions=("sqs:GetQueueUrl", "sqs:SendMessage"), resources=(queue.queue_arn,))]
        if key is not None:
            send.append(Permission(actions=("kms:Decrypt", "kms:GenerateDataKey"), resources=(key.key_arn,)))
        return BoundFront(
            kind=_KIND,
            permissions=tuple(send),
            queue=QueueSource(queue=queue, dead_letters=dead_letters, cfn_event_source=source),
        )

    def _check_concurrency(self, live: Live) -> None:
        most, wanted = live.reserved, self.concurrency
        if most is None or wanted is None or is_token(most) or is_token(wanted) or wanted <= most:
            return
        raise ConfigurationError(
            f"{_KIND} concurrency must be at most Concurrency reserved, got {wanted} of {most}: Lambda would take messages "
            "that no environment may answer, until they are dead letters"
        )

    def _own(self, scope: Construct, live: Live) -> tuple[sqs.IQueue, sqs.IQueue | None]:
        """A queue that fits the function. The CDK's own kind: buckets and topics that send to it add to its policy."""
        from aws_cdk import aws_sqs as sqs  # noqa: PLC0415 - loaded by stacks with queues alone

        visible = QUEUE_VISIBILITY_FACTOR * literal("FunctionSize timeout", live.timeout_seconds)
        visible += literal(f"{_KIND} window", self.window_seconds or 0)
        # A message's age goes on in here, so it is kept for longer than before.
        dead_letters = sqs.Queue(
            scope,
            "DeadLetters",
            encryption=sqs.QueueEncryption.SQS_MANAGED,
            enforce_ssl=True,
            retention_period=cdk.Duration.days(_DEAD_DAYS),
        )
        queue = sqs.Queue(
            scope,
            "Queue",
            encryption=sqs.QueueEncryption.SQS_MANAGED,
            enforce_ssl=True,
            visibility_timeout=cdk.Duration.seconds(visible),
            dead_letter_queue=sqs.DeadLetterQueue(
                queue=dead_letters, max_receive_count=_USUAL_TRIES if self.tries is None else self.tries
            ),
        )
        return queue, dead_letters

    def _checked(self, queue: sqs.IQueue, live: Live) -> tuple[sqs.IQueue, sqs.IQueue | None]:
        """A queue that was given, and its dead letters. Of one that is imported, nobody knows either them or its visibility."""
        from aws_cdk import aws_sqs as sqs  # noqa: PLC0415 - loaded by stacks with queues alone

        if not isinstance(queue, sqs.Queue):
            return queue, None
        resource = queue.node.default_child
        if isinstance(resource, sqs.CfnQueue):
            visible = resource.visibility_timeout
            self._check_visibility(_USUAL_VISIBILITY if visible is None else visible, live)
        dead_letters = queue.dead_letter_queue
        return queue, None if dead_letters is None else dead_letters.queue

    def _check_visibility(self, visible: float, live: Live) -> None:
        window = 0 if self.window_seconds is None else self.window_seconds
        if is_token(visible) or is_token(live.timeout_seconds) or is_token(window):
            return
        least = QUEUE_VISIBILITY_FACTOR * live.timeout_seconds + window
        if visible < least:
            raise ConfigurationError(
                f"{_KIND} queue must have a visibility timeout of at least {least} seconds, {QUEUE_VISIBILITY_FACTOR} times "
                f"FunctionSize timeout and the window, got {visible:g}: a message would come again while it waits for an "
                "environment, or is worked on"
            )


def _let_receive(live: Live, queue_arn: str, key_arn: str | None) -> None:
    """Inline in the role: Lambda refuses to hand messages over while the role may not receive them."""
    from aws_cdk import aws_iam as iam  # noqa: PLC0415 - loaded by stacks with functions alone

    actions = ("sqs:DeleteMessage", "sqs:GetQueueAttributes", "sqs:ReceiveMessage")
    needed = [Permission(actions=actions, resources=(queue_arn,))]
    if key_arn is not None:
        needed.append(Permission(actions=("kms:Decrypt",), resources=(key_arn,)))
    policy = iam.CfnRole.PolicyProperty(policy_name="Receive", policy_document=policy_document(needed))
    before = live.role.policies
    live.role.policies = [*before, policy] if isinstance(before, list) else [policy]
