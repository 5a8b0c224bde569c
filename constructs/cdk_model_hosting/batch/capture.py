"""Lists of what a transform job read and wrote, as monitoring jobs read them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from cdk_model_hosting.arguments import require, require_like
from cdk_model_hosting.batch.destination import KEY
from cdk_model_hosting.batch.source import BUCKET
from cdk_model_hosting.buckets import check_prefix

if TYPE_CHECKING:
    from aws_cdk import aws_kms as kms
    from aws_cdk import aws_s3 as s3


@dataclass(frozen=True, slots=True, kw_only=True)
class TransformCapture:
    """Manifests of the files that a job read and wrote, by the hour of its start, for Model Monitor and the like.

    Args:
        prefix: The prefix, ending in ``/``.
        bucket: Its bucket, in the job's region; the destination's when omitted.
        encryption_key: KMS key that SageMaker encrypts the manifests with; the bucket's own way when omitted.
        generate_inference_id: Whether each answer is written with an identifier and the job's time, by which true outcomes
            that come in later are matched with it.

    Raises:
        ConfigurationError: When a value is outside what the service accepts.

    See: https://docs.aws.amazon.com/sagemaker/latest/dg/model-monitor-data-capture-batch.html
    """

    prefix: str = "captured/"
    bucket: s3.IBucket | None = None
    encryption_key: kms.IKey | None = None
    generate_inference_id: bool = False

    def __post_init__(self) -> None:
        check_prefix("TransformCapture prefix", self.prefix)
        if self.bucket is not None:
            require_like("TransformCapture bucket", self.bucket, "bucket_name", BUCKET)
        if self.encryption_key is not None:
            require_like("TransformCapture encryption_key", self.encryption_key, "key_arn", KEY)
        require("TransformCapture generate_inference_id", self.generate_inference_id, bool)
