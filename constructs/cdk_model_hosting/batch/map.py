"""Batch transforms of what is too large for one job."""

from __future__ import annotations

from typing import TYPE_CHECKING

from constructs import Construct

from cdk_model_hosting.acknowledgments import acknowledge_wildcards
from cdk_model_hosting.arguments import require
from cdk_model_hosting.batch.checks import check_topics
from cdk_model_hosting.batch.definition import Topics
from cdk_model_hosting.batch.map_definition import LABEL, definition
from cdk_model_hosting.batch.metrics import TransformMetrics
from cdk_model_hosting.batch.permissions import start
from cdk_model_hosting.batch.schedule import TransformSchedule
from cdk_model_hosting.batch.shards import Shards
from cdk_model_hosting.batch.starter import Starter
from cdk_model_hosting.batch.state_machine import StateMachine
from cdk_model_hosting.batch.told import TransformTopics
from cdk_model_hosting.batch.transform import BatchTransform
from cdk_model_hosting.bucket_facts import facts_of
from cdk_model_hosting.endpoints.notifications import Notifications
from cdk_model_hosting.errors import ConfigurationError
from cdk_model_hosting.grants import grant
from cdk_model_hosting.limits import SHARD_CONCURRENCY, SHARD_FAILURES
from cdk_model_hosting.permissions import Permission, arn, policy_document
from cdk_model_hosting.placement import place_of

if TYPE_CHECKING:
    import aws_cdk as cdk
    from aws_cdk import aws_iam as iam
    from aws_cdk import aws_scheduler as scheduler

_STATES = "arn:${AWS::Partition}:states:${AWS::Region}:${AWS::AccountId}"
_RULE = (
    "arn:${AWS::Partition}:events:${AWS::Region}:${AWS::AccountId}:rule/"
    "StepFunctionsGetEventsForStepFunctionsExecutionRule"
)


class BatchTransformMap(Construct, TransformTopics, TransformMetrics):
    """Jobs of one batch transform for many parts of its input, so many of them at once.

    A Step Functions state machine with a distributed map, whose every branch is a run of the batch transform. That run looks
    for input, tries again, checks and tells as always; what it tells comes once a shard.

    Args:
        scope: Where to make it: the batch transform's stack.
        construct_id: ID below `scope`.
        batch: The batch transform, whose source is a prefix.
        shards: The parts of its input.
        max_concurrency: Jobs that run at once, 1-10,000; keep it, times the instances of a job, within the account's quota.
        tolerated_failure_percent: Share of the shards that may fail before the others are given up and the run fails, 0-100.
        notifications: Who is told what became of a run as a whole; who is told by the batch transform when omitted.

    Raises:
        ConfigurationError: When the batch transform's jobs could not read a shard, or a number is outside its range.

    Attributes:
        cfn_state_machine: The state machine's resource.
        state_machine_arn: Its ARN.
        told: The topics that hear of runs.

    See: https://docs.aws.amazon.com/step-functions/latest/dg/state-map-distributed.html
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        batch: BatchTransform,
        shards: Shards,
        max_concurrency: int = 4,
        tolerated_failure_percent: float = 0,
        notifications: Notifications | None = None,
    ) -> None:
        require("BatchTransformMap batch", batch, BatchTransform)
        require("BatchTransformMap shards", shards, Shards)
        SHARD_CONCURRENCY.check("BatchTransformMap max_concurrency", max_concurrency)
        SHARD_FAILURES.check("BatchTransformMap tolerated_failure_percent", tolerated_failure_percent)
        if batch.source.is_manifest:
            raise ConfigurationError(
                "BatchTransformMap batch must have a prefix as its source, got a manifest: shards are prefixes, and take the "
                "place of the source's"
            )
        if notifications is not None:
            require("BatchTransformMap notifications", notifications, Notifications)
        super().__init__(scope, construct_id)
        self._place = place = place_of(scope).child(construct_id)
        told = batch.told if notifications is None else notifications.bind(self)
        check_topics(told)
        self.told = told
        found = shards.bind(batch)
        runs = StateMachine(
            self,
            "Runs",
            place=place,
            definition=definition(batch, found, Topics.of(told), max_concurrency, tolerated_failure_percent),
            permissions=[*found.permissions, *_run(batch), *told.permissions()],
        )
        self.cfn_state_machine = runs.cfn_state_machine
        self.state_machine_arn = runs.arn
        self._branches = self._allow_branches(runs)
        self._batch = batch
        self._starter: Starter | None = None

    def on_schedule(
        self,
        schedule: scheduler.ScheduleExpression,
        *,
        name: str = "Schedule",
        flexible_window: cdk.Duration | None = None,
        enabled: bool = True,
    ) -> scheduler.CfnSchedule:
        """Start a run by the clock; a schedule that comes due twice starts one.

        Args:
            schedule: When, as for `BatchTransform.on_schedule`.
            name: ID of the schedule among those of the map.
            flexible_window: Whole minutes that a start may be put off, 1-1440; none when omitted.
            enabled: Whether it runs.

        Raises:
            ConfigurationError: When the schedule or the window is none that EventBridge Scheduler knows.
        """
        if self._starter is None:
            self._starter = Starter(
                self,
                "Starter",
                place=self._place,
                target=self.state_machine_arn,
                input_folder=self._batch.source.key,
                output_bucket=facts_of(self._batch.output_bucket).name,
                output_prefix=self._batch.destination.prefix,
            )
            # A rate starts a run at its deployment.
            self._starter.cfn_state_machine.add_resource_dependency(self._branches)
        made = TransformSchedule(
            self,
            name,
            schedule=schedule,
            flexible_window=flexible_window,
            request={},
            enabled=enabled,
            target=self._starter.arn,
        )
        return made.cfn_schedule

    def grant_start(self, grantee: iam.IGrantable) -> iam.Grant:
        """Let somebody start runs.

        Args:
            grantee: Who may.
        """
        return grant(grantee, [start(self.state_machine_arn)])

    def _allow_branches(self, runs: StateMachine) -> iam.CfnPolicy:
        """Let the state machine start branches of itself, which it can only be told when it is there."""
        from aws_cdk import aws_iam as iam  # noqa: PLC0415 - loaded by those alone who have shards

        name = runs.cfn_state_machine.attr_name
        permissions = [
            start(runs.arn),
            Permission(
                actions=("states:DescribeExecution", "states:StopExecution"),
                resources=(arn(f"{_STATES}:execution:{name}:*"), arn(f"{_STATES}:execution:{name}/{LABEL}:*")),
                wildcard_reason="runs and their branches are named when they start",
            ),
            Permission(
                actions=("states:RedriveExecution",),
                resources=(arn(f"{_STATES}:execution:{name}/{LABEL}:*"),),
                wildcard_reason="branches are named when they start",
            ),
        ]
        policy = iam.CfnPolicy(
            self,
            "Branches",
            policy_name="Branches",
            policy_document=policy_document(permissions),
            roles=[runs.cfn_role.ref],
        )
        acknowledge_wildcards(policy, permissions)
        return policy


def _run(batch: BatchTransform) -> tuple[Permission, ...]:
    """Start runs of a batch transform, wait for them and stop them.

    See: https://docs.aws.amazon.com/step-functions/latest/dg/connect-stepfunctions.html
    """
    name = batch.cfn_state_machine.attr_name
    return (
        start(batch.state_machine_arn),
        Permission(
            actions=("states:DescribeExecution", "states:StopExecution"),
            resources=(arn(f"{_STATES}:execution:{name}:*"),),
            wildcard_reason="runs of the batch transform are named when they start",
        ),
        Permission(actions=("events:DescribeRule", "events:PutRule", "events:PutTargets"), resources=(arn(_RULE),)),
    )
