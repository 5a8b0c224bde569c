"""Queues and alarms that a function is given, of another region than its own."""

from __future__ import annotations

from typing import TYPE_CHECKING

import aws_cdk as cdk
import pytest
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_sqs as sqs

from cdk_model_hosting import Front, Rollout
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


@pytest.mark.parametrize("region", [HERE, cdk.Aws.REGION], ids=["same", "unknown"])
def test_those_of_the_same_or_an_unknown_region_pass(source: Path, model: Path, region: str) -> None:
    for stack in (stack_in(HERE), new_stack()):
        given = Front.queue(queue(stack, region))
        function(source, model, stack, front=given, rollout=CANARY, rollback_on=[alarm(stack, region)])
