"""Where a transform job leaves its answers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from cdk_model_hosting.arguments import require_like
from cdk_model_hosting.batch.source import BUCKET
from cdk_model_hosting.buckets import check_prefix
from cdk_model_hosting.limits import TRANSFORM_ASSEMBLY, TRANSFORM_CONTENT_TYPE

if TYPE_CHECKING:
    from aws_cdk import aws_kms as kms
    from aws_cdk import aws_s3 as s3

KEY = "a key such as Key.from_key_arn(self, 'Key', arn)"


@dataclass(frozen=True, slots=True, kw_only=True)
class TransformDestination:
    """A prefix in S3: the answers to ``a.csv`` become ``a.csv.out`` there.

    SageMaker writes no part of an answer: a file with one bad record has no output, and the others have theirs.

    Args:
        prefix: The prefix, ending in ``/``.
        bucket: Its bucket, in the job's region; the source's when omitted, or one that is made where that has none either:
            encrypted, private, reached by TLS alone, and kept when the stack goes.
        assemble: ``Line`` to end each answer with a line end, ``None`` (the word) to put them together as they are. When
            omitted: ``Line`` for a source that is split by lines.
        accept: What the answers should be, such as ``text/csv``: the container reads it as a header.
        encryption_key: KMS key that SageMaker encrypts the answers with; the bucket's own way when omitted. A bucket that
            is made is encrypted with it as a whole.

    Raises:
        ConfigurationError: When a value is outside what the service accepts.

    See: https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_TransformOutput.html
    """

    prefix: str = "output/"
    bucket: s3.IBucket | None = None
    assemble: str | None = None
    accept: str | None = None
    encryption_key: kms.IKey | None = None

    def __post_init__(self) -> None:
        check_prefix("TransformDestination prefix", self.prefix)
        if self.bucket is not None:
            require_like("TransformDestination bucket", self.bucket, "bucket_name", BUCKET)
        if self.encryption_key is not None:
            require_like("TransformDestination encryption_key", self.encryption_key, "key_arn", KEY)
        TRANSFORM_ASSEMBLY.check("TransformDestination assemble", self.assemble)
        TRANSFORM_CONTENT_TYPE.check("TransformDestination accept", self.accept)
