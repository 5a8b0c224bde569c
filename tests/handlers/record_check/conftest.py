"""The stage, with moto's S3."""

from collections.abc import Iterator

import boto3
import pytest
from moto import mock_aws

from tests.handlers.record_check.stage import BUCKET, REGION, Stage


@pytest.fixture
def stage() -> Iterator[Stage]:
    """Set the stage with an empty bucket."""
    with mock_aws():
        s3 = boto3.Session("nobody", "nothing", region_name=REGION).client("s3")
        s3.create_bucket(Bucket=BUCKET)
        yield Stage(s3=s3)
