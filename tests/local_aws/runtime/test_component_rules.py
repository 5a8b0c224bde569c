"""Inference components refuse what SageMaker refuses, and fail where it has no room for them."""

from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.local_aws.runtime.componental import SMALL, WHOLE, Host, managed
from tests.local_aws.runtime.hosting import Hosting, unique


@pytest.fixture(scope="module")
def host(hosting: Hosting) -> Host:
    return Host(hosting, managed(0, 20))


@pytest.fixture(scope="module")
def one(host: Host) -> str:
    """Give the tests that change nothing a component with two copies."""
    return host.component("one", copies=2, FLAVOUR="sour")


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"Specification": None}, "Exactly one of Specification and Specifications must be specified"),
        ({"VariantName": "Nobody"}, 'Could not find variant "Nobody"'),
        ({"EndpointName": "nobody"}, "Could not find endpoint"),
        ({"RuntimeConfig": {"CopyCount": 0}}, "CopyCount must be at least 1 when"),
        ({"Specification": {"ModelName": "nobody", "ComputeResourceRequirements": SMALL}}, "Could not find model"),
        ({"Specification": {"ComputeResourceRequirements": SMALL}}, "either ModelName or a Container with an Image"),
        ({"Specification": {"Container": {"Image": "x"}}}, "ComputeResourceRequirements must be specified"),
        (
            {
                "Specification": {
                    "Container": {"Image": "x"},
                    "ComputeResourceRequirements": {"MinMemoryRequiredInMb": 512, "MaxMemoryRequiredInMb": 256},
                }
            },
            "MaxMemoryRequiredInMb 256 cannot be less than MinMemoryRequiredInMb 512",
        ),
        (
            {
                "Specification": {
                    "Container": {"Image": "x", "Environment": {f"K{number}": "v" for number in range(17)}},
                    "ComputeResourceRequirements": SMALL,
                }
            },
            "Environment takes at most 16 entries, got 17",
        ),
        ({"Specification": {"BaseInferenceComponentName": "nobody"}}, "needs a Container with an ArtifactUrl"),
        (
            {
                "Specification": {
                    "BaseInferenceComponentName": "nobody",
                    "Container": {"ArtifactUrl": "s3://elsewhere/a.tar.gz"},
                    "ComputeResourceRequirements": SMALL,
                }
            },
            "ComputeResourceRequirements cannot be specified for an adapter",
        ),
        (
            {
                "Specification": {
                    "BaseInferenceComponentName": "nobody",
                    "Container": {"ArtifactUrl": "s3://elsewhere/a.tar.gz"},
                }
            },
            'Could not find inference component "nobody"',
        ),
        (
            {
                "Specification": None,
                "Specifications": [
                    {"Container": {"Image": "x"}, "ComputeResourceRequirements": SMALL},
                    {
                        "InstanceType": "ml.c7g.large",
                        "Container": {"Image": "x"},
                        "ComputeResourceRequirements": SMALL,
                    },
                ],
            },
            "Each of several Specifications needs an InstanceType",
        ),
    ],
)
def test_what_cannot_be_a_component_is_refused(host: Host, change: dict[str, Any], message: str) -> None:
    request = {
        "InferenceComponentName": unique("refused"),
        "EndpointName": host.name,
        "Specification": {"Container": {"Image": "x"}, "ComputeResourceRequirements": SMALL},
        **change,
    }

    with pytest.raises(ClientError, match=message):
        host.hosting.sagemaker.create_inference_component(
            **{key: value for key, value in request.items() if value is not None}
        )


def test_a_variant_with_a_model_hosts_no_components(hosting: Hosting, host: Host) -> None:
    endpoint = hosting.endpoint({"ModelName": hosting.model("1")})

    with pytest.raises(ClientError, match="inference components need a variant without"):
        hosting.sagemaker.create_inference_component(
            InferenceComponentName=unique("refused"), EndpointName=endpoint, Specification=host.specification("1")
        )


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({}, "needs a Specification, Specifications or a RuntimeConfig"),
        (
            {
                "RuntimeConfig": {"CopyCount": 2},
                "DeploymentConfig": {
                    "RollingUpdatePolicy": {
                        "MaximumBatchSize": {"Type": "COPY_COUNT", "Value": 2},
                        "WaitIntervalInSeconds": 0,
                    }
                },
            },
            "MaximumBatchSize must be 5-50% of the copy count, got 100% of 2",
        ),
        (
            {
                "RuntimeConfig": {"CopyCount": 2},
                "DeploymentConfig": {
                    "RollingUpdatePolicy": {
                        "MaximumBatchSize": {"Type": "CAPACITY_PERCENT", "Value": 50},
                        "WaitIntervalInSeconds": 400,
                        "MaximumExecutionTimeoutInSeconds": 800,
                    }
                },
            },
            "MaximumExecutionTimeoutInSeconds 800 must exceed the 800 seconds",
        ),
    ],
)
def test_updates_that_cannot_be_are_refused(host: Host, one: str, change: dict[str, Any], message: str) -> None:
    with pytest.raises(ClientError, match=message):
        host.hosting.sagemaker.update_inference_component(InferenceComponentName=one, **change)


def test_nothing_is_touched_while_something_is_under_way(host: Host, impatient: Callable[[], None]) -> None:
    name = unique("component")
    host.hosting.sagemaker.create_inference_component(
        InferenceComponentName=name,
        EndpointName=host.name,
        Specification=host.specification("1", ECHO_HEALTH="never"),
        RuntimeConfig={"CopyCount": 1},
    )

    with pytest.raises(
        ClientError, match=r"Cannot delete inference component .* while it is in state CREATE_IN_PROGRESS"
    ):
        host.hosting.sagemaker.delete_inference_component(InferenceComponentName=name)
    impatient()
    assert host.settle(name)["InferenceComponentStatus"] == "Failed"
    host.delete(name)


@pytest.mark.parametrize(
    ("needs", "copies"),
    [
        ({"NumberOfAcceleratorDevicesRequired": 1, "MinMemoryRequiredInMb": 512}, 1),
        ({"NumberOfCpuCoresRequired": 1, "MinMemoryRequiredInMb": 5000}, 1),
        (WHOLE, 4),
    ],
)
def test_what_finds_no_room_fails(hosting: Hosting, needs: dict[str, Any], copies: int) -> None:
    crowded = Host(hosting, managed(0, 3))

    known = crowded.describe(crowded.component("1", needs, copies=copies))

    assert known["InferenceComponentStatus"] == "Failed"
    assert known["FailureReason"] == (
        "There is not enough hardware resources on the instances for this endpoint to create a copy of the inference"
        " component."
    )
    assert known["RuntimeConfig"]["CurrentCopyCount"] == 0
