"""The records that an explanation compares with."""

from __future__ import annotations

import csv
import io
import json
import os
from abc import ABC, abstractmethod
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from aws_cdk import aws_sagemaker as sagemaker

from cdk_model_hosting.arguments import require, require_like
from cdk_model_hosting.bucket_facts import facts_of
from cdk_model_hosting.errors import ConfigurationError
from cdk_model_hosting.limits import EXPLAIN_BASELINE, EXPLAIN_BASELINE_FORMAT, EXPLAIN_BASELINE_URI
from cdk_model_hosting.permissions import Permission
from cdk_model_hosting.tokens import is_token

if TYPE_CHECKING:
    from aws_cdk import aws_s3 as s3
    from constructs import Construct

_CSV = "text/csv"
_JSON_LINES = "application/jsonlines"
_FORMATS = {".csv": _CSV, ".jsonl": _JSON_LINES, ".jsonlines": _JSON_LINES}
_BUCKET = "a bucket such as Bucket.from_bucket_name(self, 'Baselines', 'my-baselines')"


@dataclass(frozen=True, slots=True, kw_only=True)
class BoundBaseline:
    """What an explainer needs to know of its baseline.

    Args:
        config: The baseline as the endpoint configuration names it.
        permissions: What the execution role needs to read it.
    """

    config: sagemaker.CfnEndpointConfig.ClarifyShapBaselineConfigProperty
    permissions: tuple[Permission, ...]


class Baseline(ABC):
    """Records of features alone, in the format of the training data, without a heading.

    An explanation says by how much each feature moves the prediction away from what the model says of these records. Each
    record multiplies the number of predictions that one explanation takes.

    See: https://docs.aws.amazon.com/sagemaker/latest/dg/clarify-feature-attribute-shap-baselines.html
    """

    @property
    def features(self) -> int | None:
        """Features of each record, as far as they are known."""
        return None

    @staticmethod
    def inline(records: str, *, mime_type: str = _CSV) -> Baseline:
        """Records written into the endpoint configuration.

        Args:
            records: The records, a line each, at most 4,096 characters in all.
            mime_type: ``text/csv`` or ``application/jsonlines``.

        Raises:
            ConfigurationError: When they are longer, of another format, or differ in their number of features.
        """
        return _Inline(records, mime_type)

    @staticmethod
    def from_asset(file: str | os.PathLike[str], *, mime_type: str | None = None) -> Baseline:
        """A local file, uploaded by the CDK under a name made of its content, so that a changed one rolls out.

        Args:
            file: The file.
            mime_type: ``text/csv`` or ``application/jsonlines``; by the file's ending when omitted.

        Raises:
            ConfigurationError: When the file does not exist, or its ending says nothing of its format.
        """
        require("Baseline.from_asset file", file, str, os.PathLike)
        path = Path(file)
        if not path.is_file():
            raise ConfigurationError(
                f"Baseline.from_asset file must be an existing file, got {path}: the CDK uploads it for the explainer"
            )
        return _Asset(path, _format("Baseline.from_asset", path.name, mime_type))

    @staticmethod
    def from_bucket(bucket: s3.IBucket, key: str, *, mime_type: str | None = None) -> Baseline:
        """An object in a bucket.

        Args:
            bucket: Bucket in the endpoint's region. When it is encrypted with a KMS key that CDK knows, the execution
                role may decrypt with it.
            key: Object key. It must change with the content, or a changed baseline rolls out nothing.
            mime_type: ``text/csv`` or ``application/jsonlines``; by the key's ending when omitted.

        Raises:
            ConfigurationError: When the key holds a wildcard, or its ending says nothing of its format.
        """
        require_like("Baseline.from_bucket bucket", bucket, "bucket_name", _BUCKET)
        require("Baseline.from_bucket key", key, str)
        if not is_token(key) and (not key or set("*?$") & set(key)):
            raise ConfigurationError(
                f"Baseline.from_bucket key must be one object's, without *, ? and $, got {key!r}: IAM and CloudFormation read "
                "them as wildcards and references"
            )
        return _InBucket(bucket, key, _format("Baseline.from_bucket", key, mime_type))

    @abstractmethod
    def bind(self, scope: Construct) -> BoundBaseline:
        """Make what the baseline needs below the endpoint, and say how to reach it."""


@dataclass(frozen=True, slots=True)
class _Inline(Baseline):
    records: str
    mime_type: str

    def __post_init__(self) -> None:
        EXPLAIN_BASELINE.check("Baseline.inline records", self.records)
        EXPLAIN_BASELINE_FORMAT.check("Baseline.inline mime_type", self.mime_type)
        if is_token(self.records):
            return
        if self.mime_type == _JSON_LINES:
            _check_json_lines(self.records)
        widths = {len(row) for row in self._rows()}
        if len(widths) > 1:
            raise ConfigurationError(
                f"Baseline.inline records must have one number of features, got {sorted(widths)}: each stands for a whole "
                "record"
            )

    @property
    def features(self) -> int | None:
        return next((len(row) for row in self._rows()), None)

    def bind(self, scope: Construct) -> BoundBaseline:  # noqa: ARG002 - others make an asset there
        config = sagemaker.CfnEndpointConfig.ClarifyShapBaselineConfigProperty(
            mime_type=self.mime_type, shap_baseline=self.records
        )
        return BoundBaseline(config=config, permissions=())

    def _rows(self) -> list[list[str]]:
        if self.mime_type != _CSV or is_token(self.records):
            return []
        return [row for row in csv.reader(io.StringIO(self.records)) if row]


@dataclass(frozen=True, slots=True)
class _Asset(Baseline):
    file: Path
    mime_type: str

    def bind(self, scope: Construct) -> BoundBaseline:
        from aws_cdk import aws_s3_assets as s3_assets  # noqa: PLC0415 - loaded by those alone who use it

        asset = s3_assets.Asset(scope, "Baseline", path=str(self.file.absolute()))
        read = Permission(actions=("s3:GetObject",), resources=(f"{asset.bucket.bucket_arn}/{asset.s3_object_key}",))
        return _reached(f"s3://{asset.s3_bucket_name}/{asset.s3_object_key}", self.mime_type, (read,))


@dataclass(frozen=True, slots=True)
class _InBucket(Baseline):
    bucket: s3.IBucket
    key: str
    mime_type: str

    def bind(self, scope: Construct) -> BoundBaseline:  # noqa: ARG002 - others make an asset there
        facts = facts_of(self.bucket)
        return _reached(f"s3://{facts.name}/{self.key}", self.mime_type, facts.read(self.key))


def _reached(url: str, mime_type: str, permissions: tuple[Permission, ...]) -> BoundBaseline:
    EXPLAIN_BASELINE_URI.check("Baseline address", url)
    config = sagemaker.CfnEndpointConfig.ClarifyShapBaselineConfigProperty(mime_type=mime_type, shap_baseline_uri=url)
    return BoundBaseline(config=config, permissions=permissions)


def _format(what: str, name: str, mime_type: str | None) -> str:
    if mime_type is None:
        mime_type = _FORMATS.get(Path(name).suffix.lower())
    if mime_type is None:
        raise ConfigurationError(
            f"{what} mime_type must be given for a name that ends in none of {', '.join(_FORMATS)}, got {name!r}: SageMaker "
            "must know how to read it"
        )
    EXPLAIN_BASELINE_FORMAT.check(f"{what} mime_type", mime_type)
    return mime_type


def _check_json_lines(records: str) -> None:
    for number, line in enumerate(records.splitlines(), start=1):
        try:
            json.loads(line)
        except ValueError:
            raise ConfigurationError(
                f"Baseline.inline records must be a JSON value a line, got something else in line {number}: their format is "
                f"{_JSON_LINES}"
            ) from None
