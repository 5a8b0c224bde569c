"""The stage, with moto's S3 and an empty file system."""

from collections.abc import Iterator
from pathlib import Path

import boto3
import pytest
from moto import mock_aws

from tests.handlers.file_system_writer.stage import BUCKET, Stage


@pytest.fixture
def stage(tmp_path: Path) -> Iterator[Stage]:
    """Set the stage."""
    root = tmp_path / "mount"
    root.mkdir()
    with mock_aws():
        session = boto3.Session("nobody", "nothing", region_name="us-east-1")
        s3 = session.client("s3")
        s3.create_bucket(Bucket=BUCKET)
        yield Stage(s3=s3, root=root)
