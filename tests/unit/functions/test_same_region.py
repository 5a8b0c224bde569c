"""What a function is given of another region than its own."""

from __future__ import annotations

from typing import TYPE_CHECKING

import aws_cdk as cdk
import pytest
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_kms as kms
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_sqs as sqs

from cdk_model_hosting import Front, FunctionCode, ModelFileSystem, Rollout
from tests.unit.builders import new_stack, refused, stack_in
from tests.unit.functions.made import function

if TYPE_CHECKING:
    from pathlib import Path

HERE, ELSEWHERE = "eu-west-1", "us-west-2"
CANARY = Rollout.canary(percent=10, bake=cdk.Duration.minutes(5))


def queue(stack: cdk.Stack, region: str) -> sqs.IQueue:
    return sqs.Queue.from_queue_arn(stack, "Queue", f"arn:aws:sqs:{region}:111122223333:asked")


def alarm(stack: cdk.Stack, region: str) -> cloudwatch.IAlarm:
    return cloudwatch.Alarm.from_alarm_arn(stack, "Brought", f"arn:aws:cloudwatch:{region}:111122223333:alarm:mine")


def layer(stack: cdk.Stack, region: str) -> lambda_.ILayerVersion:
    arn = f"arn:aws:lambda:{region}:111122223333:layer:more:1"
    return lambda_.LayerVersion.from_layer_version_arn(stack, "Layer", arn)


def key(stack: cdk.Stack, region: str, construct_id: str = "Key") -> kms.IKey:
    return kms.Key.from_key_arn(stack, construct_id, f"arn:aws:kms:{region}:111122223333:key/1")


def test_fails_when_a_queue_is_in_another_region(source: Path, model: Path) -> None:
    stack = stack_in(HERE)
    with refused(
        f"Front.queue queue must be in the stack's region {HERE}, got one in {ELSEWHERE}: Lambda takes messages from queues of its own "
        "region only"
    ):
        function(source, model, stack, front=Front.queue(queue(stack, ELSEWHERE)))


def test_fails_when_an_alarm_is_in_another_region(source: Path, model: Path) -> None:
    stack = stack_in(HERE)
    with refused(
        f"rollback_on alarm must be in the stack's region {HERE}, got one in {ELSEWHERE}: CodeDeploy watches alarms of its own region only"
    ):
        function(source, model, stack, rollout=CANARY, rollback_on=[alarm(stack, ELSEWHERE)])


def test_fails_when_a_layer_is_in_another_region(source: Path, model: Path) -> None:
    stack = stack_in(HERE)
    with refused(
        f"FunctionCode layers element must be in the stack's region {HERE}, got one in {ELSEWHERE}: Lambda lays no layer of elsewhere"
    ):
        function(source, model, stack, code=FunctionCode.from_folder(source, layers=[layer(stack, ELSEWHERE)]))


def test_fails_when_a_key_is_in_another_region(source: Path, model: Path) -> None:
    stack = stack_in(HERE)
    with refused(
        f"ModelFunction encryption_key must be in the stack's region {HERE}, got one in {ELSEWHERE}: Lambda encrypts with keys of its own "
        "region only"
    ):
        function(source, model, stack, encryption_key=key(stack, ELSEWHERE))
    with refused(
        f"ModelFileSystem encryption_key must be in the stack's region {HERE}, got one in {ELSEWHERE}: EFS encrypts with keys of its own "
        "region only"
    ):
        ModelFileSystem(stack, "Models", encryption_key=key(stack, ELSEWHERE, "Other"))


@pytest.mark.parametrize("region", [HERE, cdk.Aws.REGION], ids=["same", "unknown"])
def test_those_of_the_same_or_an_unknown_region_pass(source: Path, model: Path, region: str) -> None:
    for stack in (stack_in(HERE), new_stack()):
        encrypted = key(stack, region)
        ModelFileSystem(stack, "Models", encryption_key=encrypted)
        function(
            source,
            model,
            stack,
            code=FunctionCode.from_folder(source, layers=[layer(stack, region)]),
            encryption_key=encrypted,
            front=Front.queue(queue(stack, region)),
            rollout=CANARY,
            rollback_on=[alarm(stack, region)],
        )
