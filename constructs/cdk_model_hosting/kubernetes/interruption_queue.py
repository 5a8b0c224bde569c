"""How Karpenter learns that EC2 is about to take an instance."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import aws_cdk as cdk
from constructs import Construct

if TYPE_CHECKING:
    from aws_cdk import aws_sqs as sqs
    from constructs import IDependable

_EVENTS: dict[str, dict[str, Any]] = {
    "Health": {"source": ["aws.health"], "detail-type": ["AWS Health Event"]},
    "Spot": {"source": ["aws.ec2"], "detail-type": ["EC2 Spot Instance Interruption Warning"]},
    "Rebalance": {"source": ["aws.ec2"], "detail-type": ["EC2 Instance Rebalance Recommendation"]},
    "State": {"source": ["aws.ec2"], "detail-type": ["EC2 Instance State-change Notification"]},
    "Reservation": {"source": ["aws.ec2"], "detail-type": ["EC2 Capacity Reservation Instance Interruption Warning"]},
}
_KEPT_SECONDS = 300
_NO_DEAD_LETTERS = "a warning that nobody took within five minutes is about an instance that is gone"


class InterruptionQueue(Construct):
    """A queue of what EC2 and AWS Health say of instances of the account.

    Args:
        scope: Where to make it.
        construct_id: ID below `scope`.

    Attributes:
        cfn_queue: The queue.
        name: Its name.
        arn: Its ARN.
        ready: What must be there before it hears of anything.

    See: https://karpenter.sh/docs/concepts/disruption/#interruption
    """

    def __init__(self, scope: Construct, construct_id: str) -> None:
        from aws_cdk import aws_events as events  # noqa: PLC0415 - loaded by stacks with Karpenter alone
        from aws_cdk import aws_sqs as sqs  # noqa: PLC0415 - the same

        super().__init__(scope, construct_id)
        self.cfn_queue: sqs.CfnQueue = sqs.CfnQueue(
            self, "Queue", message_retention_period=_KEPT_SECONDS, sqs_managed_sse_enabled=True
        )
        cdk.Validations.of(self.cfn_queue).acknowledge(
            cdk.Acknowledgment(id="AwsSolutions-SQS3", reason=_NO_DEAD_LETTERS)
        )
        self.name: str = self.cfn_queue.attr_queue_name
        self.arn: str = self.cfn_queue.attr_arn
        target = events.CfnRule.TargetProperty(id="Queue", arn=self.arn)
        rules = [
            events.CfnRule(self, name, event_pattern=pattern, targets=[target]) for name, pattern in _EVENTS.items()
        ]
        policy = sqs.CfnQueuePolicy(
            self,
            "Policy",
            queues=[self.cfn_queue.ref],
            policy_document={
                "Version": "2012-10-17",
                "Statement": [
                    {
                        "Action": "sqs:SendMessage",
                        "Condition": {"ArnEquals": {"aws:SourceArn": [each.attr_arn for each in rules]}},
                        "Effect": "Allow",
                        "Principal": {"Service": "events.amazonaws.com"},
                        "Resource": self.arn,
                    },
                    {
                        "Action": "sqs:*",
                        "Condition": {"Bool": {"aws:SecureTransport": "false"}},
                        "Effect": "Deny",
                        "Principal": "*",
                        "Resource": self.arn,
                    },
                ],
            },
        )
        self.ready: tuple[IDependable, ...] = (*rules, policy)
