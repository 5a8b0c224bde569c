"""Keeping requests and answers of an endpoint in S3, to see later what a model was asked and what it said."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from aws_cdk import aws_sagemaker as sagemaker

from cdk_model_hosting.advice import Advice
from cdk_model_hosting.arguments import require_like, require_several
from cdk_model_hosting.bucket_facts import facts_of
from cdk_model_hosting.buckets import check_prefix, private_bucket, write_below
from cdk_model_hosting.durations import whole_days
from cdk_model_hosting.errors import ConfigurationError
from cdk_model_hosting.limits import (
    CAPTURE_CONTENT_TYPE,
    CAPTURE_CONTENT_TYPES,
    CAPTURE_MODE,
    CAPTURE_PERCENT,
    S3_DESTINATION,
)
from cdk_model_hosting.same_region import KEYS_OF_BUCKETS, check_arn, check_bucket
from cdk_model_hosting.tokens import is_token

if TYPE_CHECKING:
    from collections.abc import Sequence

    import aws_cdk as cdk
    from aws_cdk import aws_kms as kms
    from aws_cdk import aws_s3 as s3
    from constructs import Construct

    from cdk_model_hosting.permissions import Permission

BOTH = ("Input", "Output")
"""Requests and answers."""

_DEFAULT_DAYS = 90
_BUCKET = "a bucket such as Bucket.from_bucket_name(self, 'Captured', 'my-captures')"
_KEY = "a key such as Key.from_key_arn(self, 'Key', arn)"
_WRITES = "SageMaker names what it captures by endpoint, variant and hour below the prefix"


@dataclass(frozen=True, slots=True, kw_only=True)
class DataCapture:
    """Copies of an endpoint's requests and answers, as lines of JSON in S3.

    SageMaker writes them below ``<prefix><endpoint>/<variant>/<year>/<month>/<day>/<hour>/`` some minutes later. It stops
    where an instance's disk fills up, rather than answer slower.

    Args:
        percent: Share of the requests, a whole number of 0-100. With 0 nothing is kept, and everything else is in place.
        bucket: Bucket in the endpoint's region. One is made when omitted: encrypted, private, reached by TLS alone, and
            kept when the stack goes.
        prefix: Prefix of what is captured, ending in ``/``.
        modes: ``Input``, ``Output`` or both.
        csv_content_types: At most 10 content types that are kept as text because they are CSV.
        json_content_types: At most 10 content types that are kept as text because they are JSON. All others are kept
            in base64.
        encryption_key: KMS key that SageMaker encrypts the captures with; the bucket's own way when omitted. A bucket
            that is made here is encrypted with it as a whole.
        expire_after: Whole days after which captures go, in a bucket that is made here; 90 when omitted.

    Raises:
        ConfigurationError: When a value is outside what the service accepts, or a bucket that was brought should expire.

    See: https://docs.aws.amazon.com/sagemaker/latest/dg/model-monitor-data-capture-endpoint.html
    """

    percent: float = 100
    bucket: s3.IBucket | None = None
    prefix: str = "captured/"
    modes: Sequence[str] = BOTH
    csv_content_types: Sequence[str] = ("text/csv",)
    json_content_types: Sequence[str] = ("application/json",)
    encryption_key: kms.IKey | None = None
    expire_after: cdk.Duration | None = field(default=None, compare=False, repr=False)
    expire_days: int | None = field(init=False)

    def __post_init__(self) -> None:
        CAPTURE_PERCENT.check("DataCapture percent", self.percent, optional=False)
        if self.bucket is not None:
            require_like("DataCapture bucket", self.bucket, "bucket_name", _BUCKET)
        if self.encryption_key is not None:
            require_like("DataCapture encryption_key", self.encryption_key, "key_arn", _KEY)
        check_prefix("DataCapture prefix", self.prefix)
        self._check_modes()
        self._check_content_types("csv_content_types", self.csv_content_types)
        self._check_content_types("json_content_types", self.json_content_types)
        object.__setattr__(self, "expire_days", whole_days("DataCapture expire_after", self.expire_after))
        if self.bucket is not None and self.expire_after is not None:
            raise ConfigurationError(
                "DataCapture expire_after must be omitted with a bucket of your own, got both: its lifecycle is its owner's "
                "to set"
            )

    def bind(self, scope: Construct) -> BoundCapture:
        """Make the bucket where none was brought, and say what the execution role needs.

        Args:
            scope: The endpoint.

        Raises:
            ConfigurationError: When the bucket or the key is in another region.
        """
        bucket = self.bucket
        if bucket is None:
            days = _DEFAULT_DAYS if self.expire_days is None else self.expire_days
            bucket = private_bucket(
                scope, "Captured", encryption_key=self.encryption_key, expire_days={self.prefix: days}
            )
        else:
            why = "SageMaker writes captures to buckets of the endpoint's own region only"
            check_bucket("DataCapture bucket", bucket, scope, why=why)
        if self.encryption_key is not None:
            check_arn("DataCapture encryption_key", self.encryption_key.key_arn, scope, why=KEYS_OF_BUCKETS)
        # Without a key of its own SageMaker might take S3's default one instead of the bucket's.
        key = facts_of(bucket).key if self.encryption_key is None else self.encryption_key
        # SageMaker puts a slash between the address and the endpoint's name.
        url = f"s3://{facts_of(bucket).name}/{self.prefix.removesuffix('/')}"
        S3_DESTINATION.check("DataCapture address", url)
        return BoundCapture(
            capture=self,
            bucket=bucket,
            url=url,
            key_arn=None if key is None else key.key_arn,
            permissions=write_below(bucket, self.prefix, key=key, reason=_WRITES),
        )

    def advice(self) -> list[Advice]:
        """What works, but not as one may expect."""
        if self.percent != 0:
            return []
        text = "nothing is captured: the share of the requests is 0 %, which leaves everything else in place"
        return [Advice("nothingCaptured", text)]

    def _check_modes(self) -> None:
        require_several("DataCapture modes", self.modes, str)
        # A copy: what the caller does to the list later must not change a frozen value.
        object.__setattr__(self, "modes", tuple(self.modes))
        for mode in self.modes:
            CAPTURE_MODE.check("DataCapture mode", mode)
        if not self.modes or len(set(self.modes)) < len(self.modes):
            raise ConfigurationError(
                f"DataCapture modes must be Input, Output or both, got {list(self.modes)}: each names one side of a request"
            )

    def _check_content_types(self, what: str, content_types: Sequence[str]) -> None:
        require_several(f"DataCapture {what}", content_types, str)
        object.__setattr__(self, what, tuple(content_types))
        if not content_types or is_token(content_types):
            return
        CAPTURE_CONTENT_TYPES.check_length(f"DataCapture {what}", content_types)
        for content_type in content_types:
            CAPTURE_CONTENT_TYPE.check(f"DataCapture {what} element", content_type)


@dataclass(frozen=True, slots=True, kw_only=True)
class BoundCapture:
    """What an endpoint, or an experiment, needs to know of its captures.

    Args:
        capture: What was asked for.
        bucket: The bucket, brought or made.
        url: S3 address that SageMaker writes below.
        key_arn: KMS key that it encrypts with; None for the bucket's own way.
        permissions: What the execution roles need to write there.
    """

    capture: DataCapture
    bucket: s3.IBucket
    url: str
    key_arn: str | None
    permissions: tuple[Permission, ...]

    @property
    def config(self) -> sagemaker.CfnEndpointConfig.DataCaptureConfigProperty:
        """The captures as the endpoint configuration names them."""
        capture, config = self.capture, sagemaker.CfnEndpointConfig
        csv, json = self.content_types
        return config.DataCaptureConfigProperty(
            enable_capture=True,
            initial_sampling_percentage=capture.percent,
            destination_s3_uri=self.url,
            kms_key_id=self.key_arn,
            capture_options=[config.CaptureOptionProperty(capture_mode=mode) for mode in capture.modes],
            capture_content_type_header=None
            if csv is None and json is None
            else config.CaptureContentTypeHeaderProperty(csv_content_types=csv, json_content_types=json),
        )

    @property
    def storage(self) -> sagemaker.CfnInferenceExperiment.DataStorageConfigProperty:
        """The captures as an experiment names them."""
        experiment = sagemaker.CfnInferenceExperiment
        csv, json = self.content_types
        return experiment.DataStorageConfigProperty(
            destination=self.url,
            kms_key=self.key_arn,
            content_type=None
            if csv is None and json is None
            else experiment.CaptureContentTypeHeaderProperty(csv_content_types=csv, json_content_types=json),
        )

    @property
    def content_types(self) -> tuple[list[str] | None, list[str] | None]:
        """Content types that are kept as CSV, and as JSON."""
        return list(self.capture.csv_content_types) or None, list(self.capture.json_content_types) or None


def captured_bucket(owner: str, bucket: s3.IBucket | None) -> s3.IBucket:
    """The bucket of what is captured.

    Args:
        owner: What the user typed.
        bucket: The bucket; None where nothing is captured.

    Raises:
        ConfigurationError: When nothing is.
    """
    if bucket is None:
        raise ConfigurationError(
            f"{owner} capture must be given to ask for captured_bucket, got none: nothing is captured, and there is no bucket"
        )
    return bucket
