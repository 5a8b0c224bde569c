"""The experiment: SageMaker tries the candidate on its days, and leaves the endpoint as it found it."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from stacks.shadow_experiment import ShadowExperimentStack
from tests.local_aws.examples.pair import SAMPLE, Pair

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.local_aws.lifecycle import LocalAws

NAME = "ShadowExperiment"
REQUESTS = 40
# A day takes two seconds then.
FACTOR = 2 / 86400
SECONDS_TO_COME_TRUE = 40.0


@pytest.fixture(scope="module")
def deployed(bootstrapped: LocalAws, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Pair]:
    """The example, with an experiment that begins in some hours and lasts for two days."""
    start = datetime.now(UTC) + timedelta(hours=8)
    days = {"start": start, "end": start + timedelta(days=2)}
    pair = Pair(bootstrapped, tmp_path_factory.mktemp("experiment"), ShadowExperimentStack, NAME, days)
    assembled = pair.deploy()
    assert assembled.is_deployed(NAME)
    yield pair
    pair.destroy(assembled)
    assert pair.sagemaker.list_inference_experiments(NameContains=NAME.lower())["InferenceExperiments"] == []


def status(pair: Pair) -> str:
    (found,) = pair.sagemaker.list_inference_experiments(NameContains=NAME.lower())["InferenceExperiments"]
    return str(found["Status"])


def reach(pair: Pair, wanted: str) -> None:
    deadline = time.monotonic() + SECONDS_TO_COME_TRUE
    while status(pair) != wanted:
        assert time.monotonic() < deadline, f"{status(pair)} and not {wanted}"
        time.sleep(0.05)


def test_it_runs_on_its_days_and_leaves_the_endpoint_as_it_was(deployed: Pair) -> None:
    before = deployed.sagemaker.describe_endpoint(EndpointName=deployed.endpoint)
    assert status(deployed) == "Created"
    assert "ShadowProductionVariants" not in before

    with deployed.local.time_factor(FACTOR):
        reach(deployed, "Running")
        during = deployed.sagemaker.describe_endpoint(EndpointName=deployed.endpoint)
        for _ in range(REQUESTS):
            variant, predictions = deployed.predict(SAMPLE.records[:1])
            assert variant == "current"
            deployed.check("1", predictions, SAMPLE.records[:1])
        reach(deployed, "Completed")

    (shadow,) = during["ShadowProductionVariants"]
    assert (shadow["VariantName"], shadow["CurrentInstanceCount"]) == ("candidate", 2)
    assert during["EndpointConfigName"] != before["EndpointConfigName"]
    assert during["DataCaptureConfig"]["CaptureStatus"] == "Started"
    after = deployed.sagemaker.describe_endpoint(EndpointName=deployed.endpoint)
    assert after["EndpointConfigName"] == before["EndpointConfigName"]
    # Half of the requests are copied: none of so many would be a wonder.
    assert 0 < deployed.invocations("candidate") < REQUESTS
