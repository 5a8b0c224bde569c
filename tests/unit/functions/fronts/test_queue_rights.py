"""What a function with a queue may do to it, and those who ask over it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import aws_cdk as cdk
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_sqs as sqs

from cdk_model_hosting import Front, ModelFunction
from tests.unit.builders import att, new_stack, resources
from tests.unit.functions.made import function, only_own, own

if TYPE_CHECKING:
    from pathlib import Path

RECEIVE = ["sqs:DeleteMessage", "sqs:GetQueueAttributes", "sqs:ReceiveMessage"]


def receiving(made: Any) -> tuple[str, dict[str, Any]]:
    """The policy by which the role may receive from the queue: its logical ID, and what it is."""
    (found,) = [each for each in own(made, "AWS::IAM::Policy").items() if each[0].startswith("FraudReceive")]
    return found[0], found[1]["Properties"]


def received(made: Any) -> list[dict[str, Any]]:
    """What the role may do for the queue."""
    statements: list[dict[str, Any]] = receiving(made)[1]["PolicyDocument"]["Statement"]
    return statements


def test_the_role_may_receive_from_the_queue_before_it_has_to(source: Path, model: Path) -> None:
    made = function(source, model, front=Front.queue())

    name, policy = receiving(made)
    (own_queue,) = [each for each in own(made, "AWS::SQS::Queue") if "DeadLetters" not in each]
    assert received(made) == [{"Action": RECEIVE, "Effect": "Allow", "Resource": att(own_queue, "Arn")}]
    assert policy["Roles"] == [{"Ref": role} for role in own(made, "AWS::IAM::Role")]
    (mapping,) = own(made, "AWS::Lambda::EventSourceMapping").values()
    assert mapping["DependsOn"] == [name]


def test_another_queue_is_received_from_beside_the_one_before(source: Path, model: Path) -> None:
    def made_with(name: str) -> ModelFunction:
        stack = new_stack()
        return function(
            source,
            model,
            stack,
            front=Front.queue(sqs.Queue.from_queue_arn(stack, "Given", f"arn:aws:sqs:eu-west-1:111122223333:{name}")),
        )

    one, other, again = made_with("one"), made_with("other"), made_with("one")

    (name, policy), (other_name, other_policy) = receiving(one), receiving(other)
    assert name != other_name
    # Policies of one role are told apart by their names.
    assert policy["PolicyName"] != other_policy["PolicyName"]
    assert only_own(one, "AWS::IAM::Role") == only_own(other, "AWS::IAM::Role")
    assert receiving(again) == (name, policy)


def test_a_queue_that_is_given_is_decrypted_with_its_key(source: Path, model: Path) -> None:
    stack = new_stack()
    key = kms.Key(stack, "Key")
    dead = sqs.Queue(stack, "Dead")
    given = sqs.Queue(
        stack,
        "Given",
        visibility_timeout=cdk.Duration.minutes(1),
        encryption_master_key=key,
        dead_letter_queue={"queue": dead, "max_receive_count": 2},
    )
    made = function(source, model, stack, front=Front.queue(given))
    user = iam.User(stack, "User")
    made.grant_ask(user)

    assert [each["Action"] for each in received(made)] == [RECEIVE, "kms:Decrypt"]
    assert received(made)[1]["Resource"] == stack.resolve(key.key_arn)
    assert made.front.queue is not None
    assert made.front.queue.queue is given
    assert made.front.queue.dead_letters is dead
    (policy,) = [each for name, each in resources(stack, "AWS::IAM::Policy").items() if name.startswith("User")]
    assert policy["Properties"]["PolicyDocument"]["Statement"] == [
        {
            "Action": ["sqs:GetQueueUrl", "sqs:SendMessage"],
            "Effect": "Allow",
            "Resource": stack.resolve(given.queue_arn),
        },
        {
            "Action": ["kms:Decrypt", "kms:GenerateDataKey"],
            "Effect": "Allow",
            "Resource": stack.resolve(key.key_arn),
        },
    ]
