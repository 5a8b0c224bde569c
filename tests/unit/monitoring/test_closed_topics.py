"""Topics that CloudWatch cannot publish to are no actions for alarms."""

from typing import Any

import pytest
from aws_cdk import aws_cloudwatch_actions as cloudwatch_actions
from aws_cdk import aws_kms as kms
from aws_cdk import aws_sns as sns
from aws_cdk.assertions import Template

from cdk_model_hosting import Alarm, Notifications
from tests.unit.batch.batched import KEY, batch_in
from tests.unit.builders import new_stack, refused
from tests.unit.endpoints.queues import endpoint_in

UNHEARD = (
    "must be a topic that CloudWatch may publish to, got one of Notifications.create(): the key that AWS manages for SNS lets "
    "no alarm use it; give a topic of your own"
)


@pytest.mark.parametrize("argument", ["actions", "ok_actions"])
@pytest.mark.parametrize("topic", ["success_topic", "error_topic"])
def test_fails_when_an_endpoints_own_topic_is_told(topic: str, argument: str) -> None:
    endpoint = endpoint_in(new_stack())
    told: dict[str, Any] = {argument: [getattr(endpoint, topic)]}
    with refused(f"alarms {argument} element {UNHEARD}"):
        endpoint.alarms(**told)


def test_fails_when_an_action_is_made_of_one() -> None:
    endpoint = endpoint_in(new_stack())
    with refused(f"alarms actions {UNHEARD}"):
        endpoint.alarms(Alarm.server_errors(), actions=[cloudwatch_actions.SnsAction(endpoint.error_topic)])


def test_fails_when_a_batch_transforms_own_topic_is_told() -> None:
    batch = batch_in(new_stack())
    with refused(f"alarms actions element {UNHEARD}"):
        batch.alarms(actions=[batch.error_topic])


def test_topics_whose_policies_the_user_sees_to_pass() -> None:
    stack = new_stack()
    key = kms.Key.from_key_arn(stack, "Key", KEY)
    own = endpoint_in(stack, rollback_on=[], notifications=Notifications.create(encryption_key=key))
    own.alarms(Alarm.server_errors(), actions=[own.error_topic, cloudwatch_actions.SnsAction(own.success_topic)])
    topics = stack.resolve([own.error_topic.topic_arn, own.success_topic.topic_arn])
    Template.from_stack(stack).has_resource_properties("AWS::CloudWatch::Alarm", {"AlarmActions": topics})


def test_topics_that_were_brought_pass() -> None:
    stack = new_stack()
    topic = sns.Topic(stack, "Told")
    endpoint = endpoint_in(stack, rollback_on=[], notifications=Notifications.to(error=topic))
    endpoint.alarms(Alarm.server_errors(), actions=[topic])
    Template.from_stack(stack).has_resource_properties(
        "AWS::CloudWatch::Alarm", {"AlarmActions": [stack.resolve(topic.topic_arn)]}
    )
