from typing import Any

import aws_cdk as cdk
import pytest
from aws_cdk import aws_kms as kms
from aws_cdk import aws_sns as sns
from aws_cdk.assertions import Template
from cdk_nag import AwsSolutionsChecks

from cdk_model_hosting import Notifications
from tests.unit.builders import new_stack, refused, resources, text_token

KEY = "arn:aws:kms:eu-west-1:111122223333:key/1"
TOPIC = "arn:aws:sns:eu-west-1:111122223333:answers"


def topic_in(stack: cdk.Stack, construct_id: str = "Topic", arn: str = TOPIC) -> sns.ITopic:
    return sns.Topic.from_topic_arn(stack, construct_id, arn)


def key_in(stack: cdk.Stack) -> kms.IKey:
    return kms.Key.from_key_arn(stack, "Key", KEY)


def rendered(stack: cdk.Stack, notifications: Notifications) -> dict[str, Any] | None:
    """What the endpoint configuration says."""
    found: dict[str, Any] | None = stack.resolve(notifications.bind(stack).render())
    return found


def allowed(stack: cdk.Stack, notifications: Notifications) -> list[dict[str, Any]]:
    """What the execution role is given."""
    found: list[dict[str, Any]] = stack.resolve([each.render() for each in notifications.bind(stack).permissions()])
    return found


# Topics that are made


@pytest.fixture(scope="module")
def made() -> tuple[cdk.Stack, dict[str, Any] | None]:
    stack = new_stack()
    return stack, rendered(stack, Notifications.create())


def test_one_topic_is_made_for_answers_and_one_for_failures(made: tuple[cdk.Stack, dict[str, Any]]) -> None:
    stack, config = made
    success, error = resources(stack, "AWS::SNS::Topic")
    assert config == {"successTopic": {"Ref": success}, "errorTopic": {"Ref": error}}
    assert (success[:12], error[:10]) == ("SuccessTopic", "ErrorTopic")


def test_they_are_encrypted_with_the_key_of_sns(made: tuple[cdk.Stack, dict[str, Any]]) -> None:
    keys = [each["Properties"]["KmsMasterKeyId"] for each in resources(made[0], "AWS::SNS::Topic").values()]
    assert keys == ["alias/aws/sns"] * 2


def test_nobody_publishes_without_tls(made: tuple[cdk.Stack, dict[str, Any]]) -> None:
    policies = [each["Properties"] for each in resources(made[0], "AWS::SNS::TopicPolicy").values()]
    assert len(policies) == 2
    for policy in policies:
        (statement,) = policy["PolicyDocument"]["Statement"]
        assert (statement["Effect"], statement["Action"]) == ("Deny", "sns:Publish")
        assert statement["Condition"] == {"Bool": {"aws:SecureTransport": "false"}}


def test_nag_finds_nothing_in_them() -> None:
    app = cdk.App()
    Notifications.create().bind(cdk.Stack(app, "Stack"))
    cdk.Validations.of(app).add_plugins(AwsSolutionsChecks(app))
    app.synth()


def test_the_role_may_publish_to_them_and_needs_no_key() -> None:
    stack = new_stack()
    (publish,) = allowed(stack, Notifications.create())
    success, error = resources(stack, "AWS::SNS::Topic")
    assert publish == {"Action": "sns:Publish", "Effect": "Allow", "Resource": [{"Ref": success}, {"Ref": error}]}


def test_a_key_of_ones_own_encrypts_them_and_the_role_may_use_it() -> None:
    stack = new_stack()
    _, use = allowed(stack, Notifications.create(encryption_key=key_in(stack)))
    assert use == {"Action": ["kms:Decrypt", "kms:GenerateDataKey"], "Effect": "Allow", "Resource": KEY}
    keys = [each["Properties"]["KmsMasterKeyId"] for each in resources(stack, "AWS::SNS::Topic").values()]
    assert keys == [KEY] * 2


# Topics that are brought


def test_topics_that_exist_are_told() -> None:
    stack = new_stack()
    notifications = Notifications.to(success=topic_in(stack), error=topic_in(stack, "Errors", f"{TOPIC}-failed"))
    assert rendered(stack, notifications) == {"successTopic": TOPIC, "errorTopic": f"{TOPIC}-failed"}
    assert allowed(stack, notifications) == [
        {"Action": "sns:Publish", "Effect": "Allow", "Resource": [TOPIC, f"{TOPIC}-failed"]}
    ]
    Template.from_stack(stack).resource_count_is("AWS::SNS::Topic", 0)


def test_one_topic_may_hear_of_both() -> None:
    stack = new_stack()
    topic = topic_in(stack)
    notifications = Notifications.to(success=topic, error=topic)
    assert rendered(stack, notifications) == {"successTopic": TOPIC, "errorTopic": TOPIC}
    assert allowed(stack, notifications) == [{"Action": "sns:Publish", "Effect": "Allow", "Resource": TOPIC}]


@pytest.mark.parametrize("what", ["success", "error"])
def test_one_outcome_may_be_told_alone(what: str) -> None:
    stack = new_stack()
    topics: dict[str, Any] = {what: topic_in(stack)}
    assert rendered(stack, Notifications.to(**topics)) == {f"{what}Topic": TOPIC}


def test_the_role_may_use_the_keys_of_topics_that_are_brought() -> None:
    stack = new_stack()
    encrypted = sns.Topic.from_topic_attributes(stack, "Topic", topic_arn=TOPIC, key_arn=KEY)
    plain = topic_in(stack, "Errors")
    assert allowed(stack, Notifications.to(success=encrypted, error=plain))[1:] == [
        {"Action": ["kms:Decrypt", "kms:GenerateDataKey"], "Effect": "Allow", "Resource": KEY}
    ]


def test_nobody_is_told() -> None:
    stack = new_stack()
    assert rendered(stack, Notifications.none()) is None
    assert allowed(stack, Notifications.none()) == []
    Template.from_stack(stack).resource_count_is("AWS::SNS::Topic", 0)


# Answers in messages

BOTH = ["SUCCESS_NOTIFICATION_TOPIC", "ERROR_NOTIFICATION_TOPIC"]


def test_answers_can_be_part_of_the_messages() -> None:
    stack = new_stack()
    config = rendered(stack, Notifications.create(include_responses=True))
    assert config is not None
    assert config["includeInferenceResponseIn"] == BOTH


@pytest.mark.parametrize(("what", "included"), [("success", BOTH[:1]), ("error", BOTH[1:])])
def test_they_are_part_of_messages_to_topics_that_there_are(what: str, included: list[str]) -> None:
    stack = new_stack()
    topics: dict[str, Any] = {what: topic_in(stack)}
    config = rendered(stack, Notifications.to(**topics, include_responses=True))
    assert config == {f"{what}Topic": TOPIC, "includeInferenceResponseIn": included}


# What is refused


def test_fails_when_there_is_no_topic() -> None:
    with refused(
        "Notifications.to must have a topic for success, for error or for both, got none: use Notifications.none() to tell "
        "nobody"
    ):
        Notifications.to()


@pytest.mark.parametrize("what", ["success", "error"])
def test_fails_when_a_topic_is_a_fifo_one(what: str) -> None:
    topics: dict[str, Any] = {what: sns.Topic(new_stack(), "Topic", fifo=True)}
    with refused(
        f"Notifications.to {what} must be a standard topic, got a FIFO one: SageMaker publishes to standard topics only"
    ):
        Notifications.to(**topics)


def test_fails_when_no_topic_can_have_the_arn() -> None:
    topic = topic_in(new_stack(), arn="arn:aws:sns:eu-west-1:me:answers")
    with refused(
        "Notifications.to success must be 1-2048 characters (the ARN of a standard SNS topic), got "
        "'arn:aws:sns:eu-west-1:me:answers': SageMaker publishes to standard topics only"
    ):
        Notifications.to(success=topic)


def test_a_token_passes_as_an_arn() -> None:
    stack = new_stack()
    assert rendered(stack, Notifications.to(error=topic_in(stack, arn=text_token(stack)))) == {
        "errorTopic": {"Ref": "Text"}
    }


@pytest.mark.parametrize("what", ["success", "error"])
def test_fails_when_a_topic_is_none(what: str) -> None:
    topics: dict[str, Any] = {what: TOPIC}
    with refused(
        f"Notifications.to {what} must be a topic such as Topic.from_topic_arn(self, 'Topic', arn), got {TOPIC!r}: nothing "
        "else is understood there"
    ):
        Notifications.to(**topics)


def test_fails_when_the_key_is_none() -> None:
    with refused(
        "Notifications.create encryption_key must be a key such as Key.from_key_arn(self, 'Key', arn), got 'alias/mine': "
        "nothing else is understood there"
    ):
        Notifications.create(encryption_key="alias/mine")  # type: ignore[arg-type]


@pytest.mark.parametrize("factory", ["create", "to"])
def test_fails_when_the_switch_is_neither_on_nor_off(factory: str) -> None:
    with refused(
        f"Notifications.{factory} include_responses must be a bool, got 'yes': nothing else is understood there"
    ):
        getattr(Notifications, factory)(include_responses="yes")
