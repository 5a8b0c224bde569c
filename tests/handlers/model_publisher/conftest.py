"""The stage, with moto's S3."""

from collections.abc import Iterator

import boto3
import pytest
from moto import mock_aws

from tests.handlers.endpoint_guard.stage import answering
from tests.handlers.model_publisher.stage import REGION, SOURCE, STORE, Stage


@pytest.fixture
def stage() -> Iterator[Stage]:
    """Set the stage with an archive that is to be published."""
    with mock_aws(), answering() as answers:
        session = boto3.Session("nobody", "nothing", region_name=REGION)
        s3 = session.client("s3")
        for bucket in (STORE, SOURCE):
            s3.create_bucket(Bucket=bucket)
        stage = Stage(s3=s3, answers=answers)
        stage.put(b"weights")
        yield stage
