"""The A/B test: requests go by the weights, each variant answers with its own model, and the worse one is noticed."""

from __future__ import annotations

import time
from collections import Counter
from typing import TYPE_CHECKING

import pytest

from stacks.ab_test import AbTestStack
from tests.local_aws.examples.pair import SAMPLE, Pair

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.local_aws.lifecycle import LocalAws

REQUESTS = 200
# Five minutes take four seconds then, in which each variant must be asked fifty times.
FACTOR = 4 / 300
SECONDS_TO_NOTICE = 40.0


@pytest.fixture(scope="module")
def deployed(bootstrapped: LocalAws, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Pair]:
    pair = Pair(bootstrapped, tmp_path_factory.mktemp("ab-test"), AbTestStack, "AbTest")
    assembled = pair.deploy()
    assert assembled.is_deployed("AbTest")
    yield pair
    pair.destroy(assembled)


def variants(pair: Pair) -> dict[str, tuple[float, int]]:
    """Weight and number of instances of each variant."""
    found = pair.sagemaker.describe_endpoint(EndpointName=pair.endpoint)["ProductionVariants"]
    return {each["VariantName"]: (each["CurrentWeight"], each["CurrentInstanceCount"]) for each in found}


def states(pair: Pair) -> dict[str, str]:
    """States of the alarms that compare the variants, by the last part of their names."""
    prefix = f"{pair.endpoint}/candidate/against/current/"
    found = pair.local.client("cloudwatch").describe_alarms(AlarmNamePrefix=prefix)["MetricAlarms"]
    return {each["AlarmName"].removeprefix(prefix): each["StateValue"] for each in found}


def test_requests_are_shared_by_the_weights(deployed: Pair) -> None:
    asked = Counter(deployed.predict(SAMPLE.records[:1])[0] for _ in range(REQUESTS))

    assert set(asked) == {"current", "candidate"}
    # 20 expected with a standard deviation of 4.2: four of them below, six above.
    assert 3 < asked["candidate"] < 46
    assert variants(deployed) == {"current": (9.0, 2), "candidate": (1.0, 1)}


@pytest.mark.parametrize(("variant", "version"), [("current", "1"), ("candidate", "2")])
def test_a_request_can_name_its_variant(deployed: Pair, variant: str, version: str) -> None:
    answered, predictions = deployed.predict(SAMPLE.records, TargetVariant=variant)

    assert answered == variant
    deployed.check(version, predictions, SAMPLE.records)


def test_a_slower_candidate_is_noticed(deployed: Pair) -> None:
    assert states(deployed) == {"MoreErrors": "OK", "Slower": "OK"}

    with deployed.local.time_factor(FACTOR):
        begun = time.monotonic()
        # What is read next may be of the window after, in which nobody asked yet.
        while (noticed := states(deployed))["Slower"] != "ALARM":
            assert time.monotonic() - begun < SECONDS_TO_NOTICE, noticed
            for _ in range(5):
                deployed.predict(SAMPLE.records[:1], TargetVariant="current")
                deployed.predict(SAMPLE.records * 10, TargetVariant="candidate")
        assert noticed == {"MoreErrors": "OK", "Slower": "ALARM"}

    # At the pace of the real clock there are not two bad windows of five minutes yet.
    assert states(deployed) == {"MoreErrors": "OK", "Slower": "OK"}


def test_another_candidate_takes_its_place_and_nothing_else_moves(deployed: Pair) -> None:
    deployed.sagemaker.update_endpoint_weights_and_capacities(
        EndpointName=deployed.endpoint,
        DesiredWeightsAndCapacities=[
            {"VariantName": "current", "DesiredInstanceCount": 4},
            {"VariantName": "candidate", "DesiredWeight": 5, "DesiredInstanceCount": 3},
        ],
    )
    waiter = deployed.sagemaker.get_waiter("endpoint_in_service")
    waiter.wait(EndpointName=deployed.endpoint, WaiterConfig={"Delay": 1, "MaxAttempts": 30})

    deployed.train("candidate", "3")
    deployed.deploy()

    # What scaling has reached is kept, and the weights are the template's.
    assert variants(deployed) == {"current": (9.0, 4), "candidate": (1.0, 3)}
    for variant, version in (("current", "1"), ("candidate", "3")):
        deployed.check(version, deployed.predict(SAMPLE.records, TargetVariant=variant)[1], SAMPLE.records)
