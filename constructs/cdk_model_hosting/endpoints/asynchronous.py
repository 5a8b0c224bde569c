"""An endpoint that answers when it can: requests wait in a queue, answers land in a bucket."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aws_cdk import aws_iam as iam
from aws_cdk import aws_sagemaker as sagemaker

from cdk_model_hosting.arguments import require
from cdk_model_hosting.endpoints.async_storage import AsyncStorage
from cdk_model_hosting.endpoints.endpoint import ImportedEndpoint, import_by_arn, import_by_name
from cdk_model_hosting.endpoints.guarded import GuardedEndpoint, Replacement
from cdk_model_hosting.endpoints.hosted import hosted_model
from cdk_model_hosting.endpoints.metrics_asynchronous import AsynchronousMetrics
from cdk_model_hosting.endpoints.notifications import Notifications
from cdk_model_hosting.endpoints.variant import ONLY_VARIANT, Variant
from cdk_model_hosting.errors import ConfigurationError
from cdk_model_hosting.limits import ASYNC_CONCURRENCY
from cdk_model_hosting.patterns import Pattern

if TYPE_CHECKING:
    from collections.abc import Sequence

    from aws_cdk import aws_cloudwatch as cloudwatch
    from aws_cdk import aws_kms as kms
    from aws_cdk import aws_s3 as s3
    from aws_cdk import aws_sns as sns
    from constructs import Construct

    from cdk_model_hosting.endpoints.fleet import Fleet
    from cdk_model_hosting.models.model import Model
    from cdk_model_hosting.monitoring.alarm import Alarm
    from cdk_model_hosting.rollout.rollout import Rollout
    from cdk_model_hosting.scaling.scaling import Scaling


class QueuedRequests:
    """What a caller of an asynchronous endpoint may do, whether it was made here or imported."""

    endpoint_arn: str

    def grant_invoke_async(self, grantee: iam.IGrantable) -> iam.Grant:
        """Let somebody put requests into the queue.

        Args:
            grantee: Who may.
        """
        return iam.Grant.add_to_principal(
            grantee=grantee, actions=["sagemaker:InvokeEndpointAsync"], resource_arns=[self.endpoint_arn]
        )

    def grant_invoke(self, grantee: iam.IGrantable, **_targets: object) -> iam.Grant:
        """Refused: nobody waits for this endpoint's answers.

        Args:
            grantee: Whoever should be allowed.

        Raises:
            ConfigurationError: Always.
        """
        raise ConfigurationError(
            f"AsyncEndpoint grant_invoke must be grant_invoke_async, got the one for waiting callers for {grantee}: an "
            "asynchronous endpoint answers none of them"
        )


class ImportedAsyncEndpoint(QueuedRequests, AsynchronousMetrics, ImportedEndpoint):
    """An asynchronous endpoint that exists already. Made by `AsyncEndpoint.from_endpoint_name` and its kin."""


class AsyncEndpoint(QueuedRequests, AsynchronousMetrics, GuardedEndpoint):
    """An endpoint for requests of up to 1 GB that may take up to an hour each, and for fleets that shrink to nothing.

    A caller puts the request into a bucket and its address into the endpoint's queue. SageMaker hands it to an instance
    when there is room, puts the answer into a bucket, and tells an SNS topic.

    Between 0 and some instances (`Scaling.on_backlog`) it costs nothing while nobody asks, and the first request wakes it,
    which takes some minutes.

    Args:
        scope: Where to make it.
        construct_id: ID below `scope`.
        model: What is served: a model of one container.
        fleet: What it runs on.
        scaling: How the fleet grows with the queue; a fixed fleet when omitted.
        storage: Where requests are found and answers are left; a bucket of the endpoint's own when omitted.
        notifications: Who is told; two encrypted topics of the endpoint's own when omitted.
        concurrency_per_instance: Requests that a container gets at once, 1-1000; as SageMaker chooses when omitted.
        rollout: How a new version replaces the old; `Rollout.all_at_once` when omitted.
        rollback_on: Alarms that roll a new version back; those that suit the queue when omitted, none when empty.
        endpoint_name: Name, at most 63 characters. Made of the stack's name and the path when omitted.
        encryption_key: KMS key of the instances' volumes, for families without local NVMe disks.
        verify_rollout: Whether the deployment fails when SageMaker has silently rolled the endpoint back.
        allow_instance_type_change: Whether the instance type of a fleet that scales can change in one deployment.

    Raises:
        ConfigurationError: When the service would refuse the combination.

    Attributes:
        bucket: Bucket of the answers.
        input_bucket: Bucket of the requests.
        input_prefix: Prefix that callers put requests under.
        success_topic: Topic that hears of answers, if any.
        error_topic: Topic that hears of failures, if any.

    See: https://docs.aws.amazon.com/sagemaker/latest/dg/async-inference.html
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        model: Model,
        fleet: Fleet,
        scaling: Scaling | None = None,
        storage: AsyncStorage | None = None,
        notifications: Notifications | None = None,
        concurrency_per_instance: int | None = None,
        rollout: Rollout | None = None,
        rollback_on: Sequence[Alarm | cloudwatch.IAlarm] | None = None,
        endpoint_name: str | None = None,
        encryption_key: kms.IKey | None = None,
        verify_rollout: bool = True,
        allow_instance_type_change: bool = False,
    ) -> None:
        storage = AsyncStorage() if storage is None else storage
        notifications = Notifications.create() if notifications is None else notifications
        require("AsyncEndpoint storage", storage, AsyncStorage)
        require("AsyncEndpoint notifications", notifications, Notifications)
        ASYNC_CONCURRENCY.check("AsyncEndpoint concurrency_per_instance", concurrency_per_instance)
        variant = Variant(model=model, fleet=fleet, scaling=scaling)
        super().__init__(
            scope,
            construct_id,
            pattern=Pattern.ASYNCHRONOUS,
            variants=(variant,),
            replacement=Replacement(
                rollout=rollout,
                rollback_on=rollback_on,
                verify=verify_rollout,
                allow_instance_type_change=allow_instance_type_change,
            ),
            uses=hosted_model("AsyncEndpoint", model),
            endpoint_name=endpoint_name,
            encryption_key=encryption_key,
        )
        stored = storage.bind(self, "Storage")
        told = notifications.bind(self)
        self.bucket: s3.IBucket = stored.bucket
        self.input_bucket: s3.IBucket = stored.input_bucket
        self.input_prefix = storage.input_prefix
        self.success_topic: sns.ITopic | None = told.success
        self.error_topic: sns.ITopic | None = told.error
        self._storage = stored
        self._allow(*stored.permissions(), *told.permissions())
        key = storage.encryption_key
        self._host(
            async_inference_config=sagemaker.CfnEndpointConfig.AsyncInferenceConfigProperty(
                client_config=None
                if concurrency_per_instance is None
                else sagemaker.CfnEndpointConfig.AsyncInferenceClientConfigProperty(
                    max_concurrent_invocations_per_instance=concurrency_per_instance
                ),
                output_config=sagemaker.CfnEndpointConfig.AsyncInferenceOutputConfigProperty(
                    kms_key_id=None if key is None else key.key_arn,
                    notification_config=told.render(),
                    s3_output_path=stored.output_url,
                    s3_failure_path=stored.failure_url,
                ),
            )
        )

    def grant_invoke_async(self, grantee: iam.IGrantable) -> iam.Grant:
        """Let somebody upload requests and put them into the queue.

        Args:
            grantee: Who may.
        """
        upload = self.input_bucket.grant_put(grantee, f"{self.input_prefix}*")
        return super().grant_invoke_async(grantee).combine(upload)

    def grant_read_answers(self, grantee: iam.IGrantable) -> iam.Grant:
        """Let somebody read answers, and what failed and why.

        Args:
            grantee: Who may.
        """
        storage = self._storage.storage
        answers = self.bucket.grant_read(grantee, f"{storage.output_prefix}*")
        return answers.combine(self.bucket.grant_read(grantee, f"{storage.failure_prefix}*"))

    @staticmethod
    def from_endpoint_name(scope: Construct, construct_id: str, endpoint_name: str) -> ImportedAsyncEndpoint:
        """An existing asynchronous endpoint of this account and region, with the same grants and metrics.

        Who calls it needs the upload of requests besides `grant_invoke_async`: the bucket is not known here.

        Args:
            scope: Where to import it.
            construct_id: ID below `scope`.
            endpoint_name: Its name.

        Raises:
            ConfigurationError: When no endpoint can have that name.
        """
        return import_by_name(
            ImportedAsyncEndpoint,
            scope,
            construct_id,
            endpoint_name,
            variant_names=[ONLY_VARIANT],
            pattern=Pattern.ASYNCHRONOUS,
        )

    @staticmethod
    def from_endpoint_arn(scope: Construct, construct_id: str, endpoint_arn: str) -> ImportedAsyncEndpoint:
        """An existing asynchronous endpoint, perhaps of another account or region.

        Args:
            scope: Where to import it.
            construct_id: ID below `scope`.
            endpoint_arn: Its ARN.

        Raises:
            ConfigurationError: When the text is no endpoint's ARN.
        """
        return import_by_arn(
            ImportedAsyncEndpoint,
            scope,
            construct_id,
            endpoint_arn,
            variant_names=[ONLY_VARIANT],
            pattern=Pattern.ASYNCHRONOUS,
        )
