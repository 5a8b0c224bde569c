"""What CloudFormation makes of an endpoint whose containers never answer."""

import sys
from pathlib import Path

import pytest

from tests.local_aws import images
from tests.local_aws.conftest import Straight
from tests.local_aws.lifecycle import LocalAws
from tests.local_aws.stacks import StackError
from tests.local_aws.test_control_types import NOWHERE, scaled_endpoint

BROKEN = "123456789012.dkr.ecr.us-east-1.amazonaws.com/broken:1"


@pytest.fixture
def broken_image(local_aws: LocalAws, tmp_path: Path) -> str:
    """Return the name of an image whose container ends at once."""
    record = images.Image(
        digest="broken",
        root=str(tmp_path),
        interpreter=sys.prefix,
        entrypoint=[sys.executable, "-c", "raise SystemExit"],
    )
    images.put(local_aws.scratch, BROKEN, record)
    return BROKEN


def test_a_first_deploy_fails_and_leaves_nothing(local_aws: LocalAws, straight: Straight, broken_image: str) -> None:
    with pytest.raises(
        StackError, match=r"Endpoint Hopeless-Endpoint-.* is Failed: .*did not pass the ping health check"
    ):
        straight("Hopeless", scaled_endpoint(most=4, scheduled=False, image=broken_image)).deploy()
    stacks = local_aws.client("cloudformation").describe_stacks(StackName="Hopeless")["Stacks"]
    assert stacks[0]["StackStatus"] == "ROLLBACK_COMPLETE"
    endpoints = local_aws.client("sagemaker").list_endpoints(NameContains="Hopeless")["Endpoints"]
    assert endpoints == []


def test_a_rollback_by_sagemaker_itself_is_silent_and_shows_as_drift(
    local_aws: LocalAws, straight: Straight, broken_image: str
) -> None:
    outputs = straight("Silent", scaled_endpoint(most=4, scheduled=False, image=NOWHERE)).deploy()
    client = local_aws.client("sagemaker")
    before = client.describe_endpoint(EndpointName=outputs["EndpointName"])["EndpointConfigName"]

    app = straight("Silent", scaled_endpoint(most=4, scheduled=False, image=broken_image))
    app.deploy()

    after = client.describe_endpoint(EndpointName=outputs["EndpointName"])
    assert (after["EndpointStatus"], after["EndpointConfigName"]) == ("InService", before)
    assert app.has_drifted() is True
    app.destroy()
