"""A batch transform: a state machine whose every run is one job."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING

from cdk_model_hosting.arguments import require_like
from cdk_model_hosting.batch.alarms import TransformAlarms
from cdk_model_hosting.batch.capture import TransformCapture
from cdk_model_hosting.batch.checks import (
    check_environment,
    check_model,
    check_split,
    check_tags,
    check_topics,
    check_values,
)
from cdk_model_hosting.batch.definition import Topics, TransformStates
from cdk_model_hosting.batch.destination import TransformDestination
from cdk_model_hosting.batch.fleet import TransformFleet
from cdk_model_hosting.batch.job import TransformJob, assembly_word
from cdk_model_hosting.batch.metrics import TransformMetrics
from cdk_model_hosting.batch.permissions import LOG_JOBS, find_below, run_jobs, start
from cdk_model_hosting.batch.processing import Processing
from cdk_model_hosting.batch.requests import Batching, ModelClient
from cdk_model_hosting.batch.retries import Retries
from cdk_model_hosting.batch.source import BUCKET, TransformSource
from cdk_model_hosting.batch.state_machine import StateMachine
from cdk_model_hosting.batch.storage import READS, READS_OWN_REGION, WRITES, WRITES_OWN_REGION, TransformStorage
from cdk_model_hosting.batch.told import TransformTopics
from cdk_model_hosting.batch.triggers import TransformTriggers
from cdk_model_hosting.batch.watching import WatchedBatch
from cdk_model_hosting.bucket_facts import facts_of
from cdk_model_hosting.buckets import check_prefix, read_below, write_below
from cdk_model_hosting.durations import seconds
from cdk_model_hosting.endpoints.notifications import Notifications
from cdk_model_hosting.endpoints.volume_key import check_key_region, use_of_volume_key
from cdk_model_hosting.grants import grant
from cdk_model_hosting.limits import JOB_SECONDS
from cdk_model_hosting.placement import place_of
from cdk_model_hosting.same_region import check_bucket

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import aws_cdk as cdk
    from aws_cdk import aws_cloudwatch as cloudwatch
    from aws_cdk import aws_iam as iam
    from aws_cdk import aws_s3 as s3
    from constructs import Construct, IDependable

    from cdk_model_hosting.batch.alarm import BatchAlarm
    from cdk_model_hosting.batch.record_check import RecordCheck
    from cdk_model_hosting.models.model import Model
    from cdk_model_hosting.monitoring.actions import AlarmAction
    from cdk_model_hosting.permissions import Permission

# A job's name is this, 16 letters of its run and the number of the try, in 63 characters.
_LONGEST_NAME = 42
_DAY_SECONDS = 86_400


class BatchTransform(TransformTriggers, TransformTopics, TransformMetrics):
    """Batch transform jobs of one model, that start by themselves, report, and leave nothing running.

    CloudFormation knows no transform jobs. This is a Step Functions state machine: each run looks whether there is input,
    starts a job under a name of its own, waits for it, tries again where instances are lacking, stops it when its time is
    up, and tells an SNS topic what became of it.

    `on_schedule` and `on_arrival` start runs; so does whoever `grant_start` lets, with ``{}`` as the input of a run, or with
    another ``input`` and ``output`` than the usual: ``{"input": "s3://bucket/input/2027/", "output": "output/2027"}``.

    Args:
        scope: Where to make it: the model's stack.
        construct_id: ID below `scope`.
        model: The model: of one container, or a pipeline of several.
        source: What jobs read.
        fleet: What they run on.
        destination: Where answers go; below ``output/`` in the source's bucket when omitted.
        batching: How records become requests; as SageMaker chooses when omitted.
        processing: Filters of records and answers, and whether both are joined; answers as they are when omitted.
        client: How patient SageMaker is with the container.
        environment: At most 16 environment variables, besides those of the model.
        capture: Where lists of what was read and written go; nowhere when omitted.
        retries: How often a job is tried again that finds no instances; `Retries()` when omitted.
        timeout: Time that a job may take before it is stopped; a day when omitted.
        notifications: Who is told; two encrypted topics of its own when omitted.
        check_records: Whether a run fails whose answers are more or fewer than its records. A Lambda function counts the
            lines of both, within 15 minutes.
        tags: Tags of the jobs.

    Raises:
        ConfigurationError: When the service would refuse the combination.

    Attributes:
        cfn_state_machine: The state machine's resource. What SageMaker's API takes and this class does not can be added to
            ``Definition.States.Transform.Arguments`` with ``add_property_override``.
        state_machine_arn: Its ARN.
        job_name: What the names of all jobs begin with.
        source: What jobs read.
        destination: Where answers go.
        input_bucket: Bucket of what is read.
        input_url: S3 address of what is read when nothing else is asked for.
        output_bucket: Bucket of the answers.
        output_url: S3 address of the answers when nothing else is asked for.
        told: The topics that hear of runs.
        watching: What is watched of it, for dashboards.

    See: https://docs.aws.amazon.com/sagemaker/latest/dg/batch-transform.html
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        model: Model,
        source: TransformSource,
        fleet: TransformFleet,
        destination: TransformDestination | None = None,
        batching: Batching | None = None,
        processing: Processing | None = None,
        client: ModelClient | None = None,
        environment: Mapping[str, str] = MappingProxyType({}),
        capture: TransformCapture | None = None,
        retries: Retries | None = None,
        timeout: cdk.Duration | None = None,
        notifications: Notifications | None = None,
        check_records: bool = False,
        tags: Mapping[str, str] = MappingProxyType({}),
    ) -> None:
        destination = TransformDestination() if destination is None else destination
        batching = Batching() if batching is None else batching
        retries = Retries() if retries is None else retries
        notifications = Notifications.create() if notifications is None else notifications
        check_values(
            source=(source, TransformSource),
            fleet=(fleet, TransformFleet),
            destination=(destination, TransformDestination),
            batching=(batching, Batching),
            processing=(processing, Processing),
            client=(client, ModelClient),
            capture=(capture, TransformCapture),
            retries=(retries, Retries),
            notifications=(notifications, Notifications),
            check_records=(check_records, bool),
        )
        place = place_of(scope)
        found = check_model(model, fleet, place)
        check_environment(environment)
        check_tags(tags)
        check_split(source, batching)
        if processing is not None:
            processing.check(source, destination, assembly_word(source, destination))
        given = seconds("BatchTransform timeout", timeout)
        JOB_SECONDS.check("BatchTransform timeout", given)
        super().__init__(scope, construct_id)
        self.job_name = place.unique_name(construct_id, longest=_LONGEST_NAME)
        self.source = source
        self.destination = destination
        self._place = place.child(construct_id)
        self._model = model
        self._storage = TransformStorage.bind(self, source, destination, capture)
        self._alarms: TransformAlarms | None = None
        self.input_bucket: s3.IBucket = self._storage.input_bucket
        self.output_bucket: s3.IBucket = self._storage.output_bucket
        self.input_url = self._storage.input_url
        self.output_url = self._storage.output_url
        self._storage.check_region(place.stack)
        if fleet.encryption_key is not None:
            check_key_region("TransformFleet encryption_key", fleet.encryption_key, place.stack)
        told = notifications.bind(self)
        check_topics(told)
        self.told = told
        job = TransformJob(
            model_name=model.model_name,
            storage=self._storage,
            fleet=fleet,
            batching=batching,
            processing=processing,
            client=client,
            environment=environment,
            tags=tags,
        )
        request = job.request()
        self._check = _record_check(place.stack) if check_records else None
        check = None if self._check is None else self._check.bind(self._storage, request)
        states = TransformStates(
            title=f"Batch transform {self.job_name}",
            job_name=self.job_name,
            request=request,
            manifest=source.is_manifest,
            input_bucket=facts_of(self.input_bucket).name,
            input_key=source.key,
            output_bucket=facts_of(self.output_bucket).name,
            output_prefix=destination.prefix.removesuffix("/"),
            timeout=_DAY_SECONDS if given is None else given,
            retries=retries,
            topics=Topics.of(told),
            check=check,
        )
        permissions = [*run_jobs(self.job_name), find_below(self.input_bucket, source.folder), *told.permissions()]
        self._jobs = StateMachine(
            self,
            "Jobs",
            place=self._place,
            definition=states.render(),
            permissions=[*permissions, *(() if check is None else check.permissions)],
        )
        waits_for: list[IDependable] = [] if check is None else [check.policy]
        keys = () if fleet.encryption_key is None else use_of_volume_key(fleet.encryption_key)
        waits_for.extend(model.allow(LOG_JOBS, *self._storage.permissions(), *keys))
        if waits_for:
            self._jobs.cfn_state_machine.node.add_dependency(*waits_for)
        self.cfn_state_machine = self._jobs.cfn_state_machine
        self.state_machine_arn = self._jobs.arn
        self.watching = WatchedBatch(name=self.job_name, arn=self.state_machine_arn)
        self._warn(found)

    def grant_start(self, grantee: iam.IGrantable) -> iam.Grant:
        """Let somebody start runs, with the usual input and output or others that `allow_input` and `allow_output` name.

        Args:
            grantee: Who may.
        """
        return grant(grantee, [start(self.state_machine_arn)])

    def allow_input(self, bucket: s3.IBucket, prefix: str) -> None:
        """Let runs be asked for input elsewhere.

        Args:
            bucket: The bucket, in the job's region.
            prefix: What keys begin with there, ending in ``/``.

        Raises:
            ConfigurationError: When the prefix names no folder, or the bucket is in another region.
        """
        require_like("BatchTransform.allow_input bucket", bucket, "bucket_name", BUCKET)
        check_prefix("BatchTransform.allow_input prefix", prefix)
        check_bucket("BatchTransform.allow_input bucket", bucket, self._place.stack, why=READS_OWN_REGION)
        self._jobs.allow(find_below(bucket, prefix))
        self._allow(*read_below(bucket, prefix, reason=READS))
        self._allow_check(bucket, prefix)

    def allow_output(self, bucket: s3.IBucket, prefix: str) -> None:
        """Let runs be asked to write elsewhere.

        Args:
            bucket: The bucket, in the job's region.
            prefix: What keys begin with there, ending in ``/``.

        Raises:
            ConfigurationError: When the prefix names no folder, or the bucket is in another region.
        """
        require_like("BatchTransform.allow_output bucket", bucket, "bucket_name", BUCKET)
        check_prefix("BatchTransform.allow_output prefix", prefix)
        check_bucket("BatchTransform.allow_output bucket", bucket, self._place.stack, why=WRITES_OWN_REGION)
        self._allow(*write_below(bucket, prefix, key=self._storage.output_key, reason=WRITES))
        self._allow_check(bucket, prefix)

    def alarms(
        self,
        *conditions: BatchAlarm,
        actions: Sequence[AlarmAction] = (),
        ok_actions: Sequence[AlarmAction] = (),
    ) -> list[cloudwatch.CfnAlarm]:
        """Tell somebody when jobs fail, take too long, or do not come.

        Args:
            conditions: What is told of: failed runs, and lost starts where there are triggers, when none are named.
            actions: What happens when an alarm goes off: SNS topics, or any ``IAlarmAction``; at most 5.
            ok_actions: What happens when it is over, at most 5.

        Returns:
            The alarms by condition, for composite alarms and the like.

        Raises:
            ConfigurationError: When a condition is named twice or cannot be watched, or an action is none.
        """
        if self._alarms is None:
            self._alarms = TransformAlarms(self, "Alarms", watching=self.watching)
        return self._alarms.add(conditions, actions=actions, ok_actions=ok_actions)

    def _allow(self, *permissions: Permission) -> None:
        """Give the model's role more; what is attached to it later, runs wait for."""
        attached = self._model.allow(*permissions)
        if attached:
            self.cfn_state_machine.node.add_dependency(*attached)

    def _allow_check(self, bucket: s3.IBucket, prefix: str) -> None:
        """Let what counts records read more."""
        if self._check is not None:
            policy = self._check.allow(*read_below(bucket, prefix, reason=READS))
            self.cfn_state_machine.add_resource_dependency(policy)


def _record_check(stack: cdk.Stack) -> RecordCheck:
    from cdk_model_hosting.batch.record_check import RecordCheck  # noqa: PLC0415 - loads Lambda's module

    return RecordCheck.of(stack)
