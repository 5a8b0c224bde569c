"""An endpoint that answers when it can: requests wait in a queue, answers land in a bucket."""

from __future__ import annotations

from typing import TYPE_CHECKING

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
from cdk_model_hosting.grants import grant
from cdk_model_hosting.limits import ASYNC_CONCURRENCY
from cdk_model_hosting.patterns import Pattern
from cdk_model_hosting.permissions import Permission

if TYPE_CHECKING:
    from collections.abc import Sequence

    from aws_cdk import aws_cloudwatch as cloudwatch
    from aws_cdk import aws_iam as iam
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
        return grant(grantee, self.queuing())

    def grant_invoke(self, grantee: iam.IGrantable, **_targets: object) -> iam.Grant:  # noqa: ARG002 - refused for all
        """Refused: nobody waits for this endpoint's answers.

        Args:
            grantee: Whoever should be allowed.

        Raises:
            ConfigurationError: Always.
        """
        raise ConfigurationError(
            f"{type(self).__name__} grant_invoke must be grant_invoke_async, got grant_invoke: an asynchronous endpoint "
            "queues its requests, and refuses callers who wait for the answer"
        )

    def queuing(self) -> tuple[Permission, ...]:
        """What a caller needs to put requests into the queue, as `grant_invoke_async` grants it."""
        return (Permission(actions=("sagemaker:InvokeEndpointAsync",), resources=(self.endpoint_arn,)),)


class ImportedAsyncEndpoint(QueuedRequests, AsynchronousMetrics, ImportedEndpoint):
    """An asynchronous endpoint that exists already. Made by `AsyncEndpoint.from_endpoint_name` and its kin."""


class AsyncEndpoint(QueuedRequests, AsynchronousMetrics, GuardedEndpoint):
    """An endpoint for requests of up to 1 GB that may take up to an hour each, and for fleets that shrink to nothing.

    A caller puts the request into a bucket and its address into the endpoint's queue. SageMaker hands it to an instance
    when there is room, puts the answer into a bucket, and tells an SNS topic.

    Between 0 and some instances (`Scaling.on_backlog`) no instance is paid for while nobody asks, and the first request wakes
    it, which takes some minutes. It is created with one instance, whatever the minimum. A version that is deployed while there
    is none starts with the first request, so nothing rolls it back when it is bad.

    Args:
        scope: Where to make it.
        construct_id: ID below `scope`.
        model: What is served: a model of one container.
        fleet: What it runs on.
        scaling: How the fleet grows with the queue, from 0 on if it may; a fixed fleet when omitted.
        storage: Where requests are found and answers are left; a bucket of the endpoint's own when omitted.
        notifications: Who is told; two encrypted topics of the endpoint's own when omitted.
        concurrency_per_instance: Requests that one instance gets at once, 1-1000; as SageMaker chooses when omitted.
        rollout: How a new version replaces the old; `Rollout.all_at_once` when omitted. In steps only where there are at
            least 2 instances.
        rollback_on: Alarms that roll a new version back; server errors and failed requests when omitted, none at all when
            empty.
        endpoint_name: Name, at most 63 characters. Made of the stack's name and the path when omitted.
        encryption_key: KMS key of the instances' volumes, for families without local NVMe disks. `storage` and
            `notifications` have keys of their own.
        verify_rollout: Whether the deployment fails when SageMaker has silently rolled the endpoint back.
        allow_instance_type_change: Whether the instance type of a fleet that scales can change in one deployment.

    Raises:
        ConfigurationError: When the service would refuse the combination.

    Attributes:
        bucket: Bucket of the answers.
        input_bucket: Bucket of the requests.
        input_prefix: Prefix that callers put requests under.
        input_url: S3 address of both.
        cfn_endpoint: The endpoint's resource.
        cfn_endpoint_config: Its configuration's resource.
        scaled: The native resources by which its fleet scales, by the name ``AllTraffic``.
        cfn_scaling_registration: The custom resource that registers it instead, with `allow_instance_type_change`.

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
        self.input_url = f"s3://{stored.input_bucket.bucket_name}/{storage.input_prefix}"
        self._topics = {"success": told.success, "error": told.error}
        self._storage = stored
        self._allow(*stored.permissions(), *told.permissions())
        self._host(
            async_inference_config=sagemaker.CfnEndpointConfig.AsyncInferenceConfigProperty(
                client_config=None
                if concurrency_per_instance is None
                else sagemaker.CfnEndpointConfig.AsyncInferenceClientConfigProperty(
                    max_concurrent_invocations_per_instance=concurrency_per_instance
                ),
                output_config=sagemaker.CfnEndpointConfig.AsyncInferenceOutputConfigProperty(
                    kms_key_id=None if stored.key is None else stored.key.key_arn,
                    notification_config=told.render(),
                    s3_output_path=stored.output_url,
                    s3_failure_path=stored.failure_url,
                ),
            )
        )

    @property
    def success_topic(self) -> sns.ITopic:
        """Topic that hears of answers.

        Raises:
            ConfigurationError: When nobody hears of them.
        """
        return self._topic("success")

    @property
    def error_topic(self) -> sns.ITopic:
        """Topic that hears of failures.

        Raises:
            ConfigurationError: When nobody hears of them.
        """
        return self._topic("error")

    def grant_invoke_async(self, grantee: iam.IGrantable) -> iam.Grant:
        """Let somebody upload requests below the input prefix, and put them into the queue.

        Args:
            grantee: Who may.
        """
        return grant(grantee, self.queuing())

    def queuing(self) -> tuple[Permission, ...]:
        """What a caller needs to upload requests and to put them into the queue, as `grant_invoke_async` grants it."""
        return (*super().queuing(), *self._storage.uploading())

    def grant_read_answers(self, grantee: iam.IGrantable) -> iam.Grant:
        """Let somebody find and read answers, and what failed and why.

        Args:
            grantee: Who may.
        """
        return grant(grantee, self._storage.reading())

    def _topic(self, what: str) -> sns.ITopic:
        topic = self._topics[what]
        if topic is None:
            raise ConfigurationError(
                f"AsyncEndpoint {what}_topic must belong to an endpoint that tells one, got notifications without: nobody "
                "hears of it"
            )
        return topic

    @staticmethod
    def from_endpoint_name(scope: Construct, construct_id: str, endpoint_name: str) -> ImportedAsyncEndpoint:
        """An existing asynchronous endpoint of this account and region, with the same grants and metrics.

        Its buckets are not known here: who uploads requests or reads answers must be allowed that besides
        `grant_invoke_async`.

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
