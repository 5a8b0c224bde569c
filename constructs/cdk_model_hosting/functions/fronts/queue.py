"""A queue in front of a function."""

from __future__ import annotations

from dataclasses import dataclass, field
from math import ceil
from typing import TYPE_CHECKING

import aws_cdk as cdk

from cdk_model_hosting.arguments import require_like
from cdk_model_hosting.durations import literal, seconds
from cdk_model_hosting.errors import ConfigurationError
from cdk_model_hosting.functions.alarm import DEAD_LETTERS, MESSAGES
from cdk_model_hosting.functions.fronts.bound import BoundFront
from cdk_model_hosting.functions.fronts.front import Front
from cdk_model_hosting.functions.role import policy_beside
from cdk_model_hosting.handlers.model_function.contract import BATCH_MARGIN_SECONDS
from cdk_model_hosting.limits import (
    QUEUE_BATCH,
    QUEUE_BATCH_AT_ONCE,
    QUEUE_CONCURRENCY,
    QUEUE_TRIES,
    QUEUE_VISIBILITY_FACTOR,
    QUEUE_WINDOW_SECONDS,
)
from cdk_model_hosting.permissions import Permission
from cdk_model_hosting.same_region import check_arn
from cdk_model_hosting.tokens import is_token

if TYPE_CHECKING:
    from aws_cdk import aws_iam as iam
    from aws_cdk import aws_lambda as lambda_
    from aws_cdk import aws_sqs as sqs
    from constructs import Construct

    from cdk_model_hosting.functions.versions import Live

_KIND = "Front.queue"
_USUAL_TRIES = 5
_USUAL_BATCH = int(QUEUE_BATCH_AT_ONCE.high or 1)
_LEAST_BATCHES, _MOST_BATCHES = int(QUEUE_CONCURRENCY.low), int(QUEUE_CONCURRENCY.high or 0)
# What SQS takes when a queue does not say.
_USUAL_VISIBILITY = 30
_KEPT_SECONDS = 4 * 86_400
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

        self._check_time(live)
        self._check_concurrency(live)
        queue, dead_letters = self._own(scope, live) if self.given is None else self._checked(self.given, live)
        check_arn(
            f"{_KIND} queue", queue.queue_arn, scope, why="Lambda takes messages from queues of its own region only"
        )
        key = queue.encryption_master_key
        receive = _let_receive(scope, live, queue.queue_arn, None if key is None else key.key_arn)
        scaling, most = None, self._concurrency_of(live)
        if most is not None:
            scaling = lambda_.CfnEventSourceMapping.ScalingConfigProperty(maximum_concurrency=most)
        source = lambda_.CfnEventSourceMapping(
            scope,
            "Messages",
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
        # Lambda refuses to hand messages over while the role may not receive them.
        source.add_resource_dependency(receive)
        send = [Permission(actions=("sqs:GetQueueUrl", "sqs:SendMessage"), resources=(queue.queue_arn,))]
        if key is not None:
            send.append(Permission(actions=("kms:Decrypt", "kms:GenerateDataKey"), resources=(key.key_arn,)))
        return BoundFront(
            kind=_KIND,
            permissions=tuple(send),
            queue=QueueSource(queue=queue, dead_letters=dead_letters, cfn_event_source=source),
        )

    def _check_time(self, live: Live) -> None:
        least = BATCH_MARGIN_SECONDS + 1
        if not is_token(live.timeout_seconds) and live.timeout_seconds < least:
            raise ConfigurationError(
                f"FunctionSize timeout must be at least {least} seconds with {_KIND}, got {live.timeout_seconds}: no message is "
                "begun in the last second, so that all of them would become dead letters"
            )

    def _check_concurrency(self, live: Live) -> None:
        most, wanted = live.reserved, self.concurrency
        # A function that is turned off takes no messages, whatever it takes otherwise.
        if not most or is_token(most):
            return
        # Of a FIFO queue, which may be one group of messages, there are no more batches at once than groups.
        if most < _LEAST_BATCHES and (self.given is None or not self.given.fifo):
            raise ConfigurationError(
                f"Concurrency reserved must be 0, or at least {_LEAST_BATCHES} with {_KIND}, got {most}: Lambda works on "
                f"{_LEAST_BATCHES} batches of a queue at the same time, and takes messages that no environment may "
                "answer, until they are dead letters"
            )
        if wanted is None or is_token(wanted) or wanted <= most:
            return
        raise ConfigurationError(
            f"{_KIND} concurrency must be at most Concurrency reserved, got {wanted} of {most}: Lambda would take messages "
            "that no environment may answer, until they are dead letters"
        )

    def _concurrency_of(self, live: Live) -> int | None:
        """Batches at the same time: as many as may be answered, where that is less than what Lambda takes by itself."""
        reserved = live.reserved
        if self.concurrency is not None or reserved is None or reserved == 0:
            return self.concurrency
        return reserved if is_token(reserved) else max(_LEAST_BATCHES, min(reserved, _MOST_BATCHES))

    def _tries(self, visible: int) -> int:
        """How often a message comes.

        Of a large batch there may be no time for all, and what is left has come once more without being tried. What is usual is
        enough for all of it when each invocation gets through as many messages as a usual batch has; and a message that fails
        each time becomes a dead letter long before SQS deletes it.
        """
        kept = _KEPT_SECONDS // visible
        if self.tries is None:
            wanted = ceil(literal(f"{_KIND} batch", self.batch) / _USUAL_BATCH)
            return max(_USUAL_TRIES, min(wanted, kept // 2))
        if not is_token(self.tries) and self.tries > kept:
            raise ConfigurationError(
                f"{_KIND} tries must be at most {kept}, got {self.tries}: a message that failed is hidden for {visible} seconds, "
                "and SQS deletes it after four days, before it is a dead letter"
            )
        return self.tries

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
            dead_letter_queue=sqs.DeadLetterQueue(queue=dead_letters, max_receive_count=self._tries(int(visible))),
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


def _let_receive(scope: Construct, live: Live, queue_arn: str, key_arn: str | None) -> iam.CfnPolicy:
    """Let the function receive from this queue. From another one it may so by another policy, until that is let go of."""
    actions = ("sqs:DeleteMessage", "sqs:GetQueueAttributes", "sqs:ReceiveMessage")
    needed = [Permission(actions=actions, resources=(queue_arn,))]
    if key_arn is not None:
        needed.append(Permission(actions=("kms:Decrypt",), resources=(key_arn,)))
    return policy_beside(scope, live.role, needed, prefix="Receive")
