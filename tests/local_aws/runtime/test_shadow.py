"""A shadow variant answers copies of the requests, and nothing that it does reaches the caller."""

import time
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.local_aws.runtime.gates import Gate
from tests.local_aws.runtime.hosting import Hosting, unique
from tests.local_aws.runtime.reading import eventually, metric

VARIANT = {"VariantName": "Shadow", "InstanceType": "ml.c7g.large", "InitialInstanceCount": 1}


def shadowed(hosting: Hosting, shadow: str, *, weight: float = 1.0, **rest: Any) -> str:
    name = unique("shadowed")
    variant = {**VARIANT, "ModelName": shadow, "InitialVariantWeight": weight}
    config = hosting.config({"ModelName": hosting.model("production")}, ShadowProductionVariants=[variant], **rest)
    hosting.sagemaker.create_endpoint(EndpointName=name, EndpointConfigName=config)
    assert hosting.settle(name)["EndpointStatus"] == "InService"
    return name


def invocations(hosting: Hosting, endpoint: str, variant: str = "Shadow", name: str = "Invocations") -> float:
    return metric(hosting, name, EndpointName=endpoint, VariantName=variant) or 0.0


@pytest.fixture(scope="module")
def sick(hosting: Hosting) -> str:
    return shadowed(hosting, hosting.model("shadow", ECHO_STATUS="500"))


def test_the_shadow_gets_a_copy_and_the_caller_the_answer_of_the_production_variant(hosting: Hosting) -> None:
    name = shadowed(hosting, hosting.model("shadow"))

    told = [hosting.invoke(name) for _ in range(5)]

    assert {answer["files"]["version.txt"] for answer in told} == {"production"}
    assert {answer["answer"]["InvokedProductionVariant"] for answer in told} == {"Main"}
    eventually(lambda: invocations(hosting, name), lambda count: count == 5)
    assert invocations(hosting, name, "Main") == 5
    shadow = {"EndpointName": name, "VariantName": "Shadow"}
    assert (metric(hosting, "ModelLatency", "Maximum", **shadow) or 0) > 0
    hosting.sagemaker.delete_endpoint(EndpointName=name)


def test_a_failing_shadow_touches_nobody(hosting: Hosting, sick: str) -> None:
    for _ in range(3):
        assert hosting.version(sick) == "production"

    eventually(lambda: invocations(hosting, sick, name="Invocation5XXErrors"), lambda count: count == 3)
    assert invocations(hosting, sick, "Main", "Invocation5XXErrors") == 0


def test_a_slow_shadow_holds_nobody_up(hosting: Hosting, tmp_path: Path) -> None:
    with Gate(tmp_path / "gate") as gate:
        name = shadowed(hosting, hosting.model("shadow", ECHO_GATE=str(gate.folder)))
        assert hosting.version(name) == "production"
        gate.reached()


def test_the_share_follows_the_weights(hosting: Hosting) -> None:
    name = shadowed(hosting, hosting.model("shadow"))

    def weigh(weight: float) -> None:
        change = {"VariantName": "Shadow", "DesiredWeight": weight, "DesiredInstanceCount": 3}
        hosting.sagemaker.update_endpoint_weights_and_capacities(
            EndpointName=name, DesiredWeightsAndCapacities=[change]
        )
        assert hosting.settle(name)["ShadowProductionVariants"][0]["CurrentInstanceCount"] == 3

    weigh(0.0)
    for _ in range(5):
        hosting.invoke(name)
    assert _when_steady(hosting, name) == 0
    weigh(0.5)
    for _ in range(80):
        hosting.invoke(name)
    # 40 expected with a standard deviation of 4.5: six of them to either side.
    eventually(lambda: invocations(hosting, name), lambda count: count > 13)
    assert _when_steady(hosting, name) < 67
    hosting.sagemaker.delete_endpoint(EndpointName=name)


def test_a_shadow_is_described_and_cannot_be_asked_for(hosting: Hosting, sick: str) -> None:
    (variant,) = hosting.sagemaker.describe_endpoint(EndpointName=sick)["ShadowProductionVariants"]

    assert variant["VariantName"] == "Shadow"
    assert variant["CurrentWeight"] == 1.0
    assert variant["CurrentInstanceCount"] == 1
    with pytest.raises(ClientError, match=r"Variant Shadow .* not found"):
        hosting.invoke(sick, TargetVariant="Shadow")


def test_a_shadow_can_be_scaled_by_itself(hosting: Hosting, sick: str) -> None:
    hosting.autoscaling.register_scalable_target(
        ServiceNamespace="sagemaker",
        ResourceId=f"endpoint/{sick}/variant/Shadow",
        ScalableDimension="sagemaker:variant:DesiredInstanceCount",
        MinCapacity=2,
        MaxCapacity=4,
    )

    def count() -> int:
        return int(hosting.settle(sick)["ShadowProductionVariants"][0]["DesiredInstanceCount"])

    eventually(count, lambda counted: counted == 2)


def test_an_update_takes_the_shadow_away(hosting: Hosting) -> None:
    name = shadowed(hosting, hosting.model("shadow"))

    after = hosting.update(name, hosting.config({"ModelName": hosting.model("2")}))

    assert "ShadowProductionVariants" not in after
    assert hosting.version(name) == "2"
    assert _when_steady(hosting, name) == 0
    hosting.sagemaker.delete_endpoint(EndpointName=name)


@pytest.mark.parametrize(
    ("variant", "shadow", "message"),
    [
        ({}, {"InstanceType": "ml.inf1.xlarge"}, "do not support Inf1 instances"),
        ({}, {"ModelName": None}, "need a ModelName on every variant"),
        ({}, {"VariantName": "Main"}, "VariantName values must be unique"),
    ],
)
def test_what_a_shadow_excludes_is_refused(
    hosting: Hosting, variant: dict[str, Any], shadow: dict[str, Any], message: str
) -> None:
    model = hosting.model("1")
    given = {key: value for key, value in {**VARIANT, "ModelName": model, **shadow}.items() if value is not None}

    with pytest.raises(ClientError, match=message):
        hosting.config({"ModelName": model, **variant}, ShadowProductionVariants=[given], ExecutionRoleArn=hosting.role)


def test_a_shadow_that_cannot_run_here_is_no_obstacle(hosting: Hosting) -> None:
    foreign = unique("foreign")
    hosting.sagemaker.create_model(
        ModelName=foreign, ExecutionRoleArn=hosting.role, PrimaryContainer={"Image": "somewhere.example/else:1"}
    )

    assert hosting.version(shadowed(hosting, foreign)) == "production"


def _when_steady(hosting: Hosting, endpoint: str) -> float:
    """Return the invocations of the shadow once they do not grow any more: copies may still be under way."""
    counts = [-1.0]

    def count() -> list[float]:
        time.sleep(0.1)
        counts.append(invocations(hosting, endpoint))
        return counts[-2:]

    return eventually(count, lambda last: last[0] == last[1])[1]
