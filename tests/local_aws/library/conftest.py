"""Endpoints of the library, around a container that tells its version and misbehaves when asked to."""

import json
import os
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

os.environ.setdefault("CDK_VALIDATION", "false")

import aws_cdk as cdk
import pytest

from cdk_model_hosting import (
    Container,
    ContainerImage,
    Fleet,
    ModelArtifact,
    RealtimeEndpoint,
    Scaling,
    SingleModel,
    Variant,
)
from tests.local_aws.lifecycle import LocalAws

ECHO = Path(__file__).parents[1] / "fixtures" / "echo_container"


class Player:
    """Short words for what a user of a deployed endpoint does and sees."""

    def __init__(self, local: LocalAws, scratch: Path) -> None:
        self.local = local
        self.sagemaker = local.client("sagemaker")
        self.runtime = local.client("sagemaker-runtime")
        self.autoscaling = local.client("application-autoscaling")
        self._scratch = scratch

    def model(self, stack: cdk.Stack, construct_id: str, version: str, **environment: str) -> SingleModel:
        """A model whose container answers with its version."""
        folder = self._scratch / f"version-{version}"
        folder.mkdir(exist_ok=True)
        (folder / "version.txt").write_text(version)
        return SingleModel(
            stack,
            construct_id,
            container=Container(
                image=ContainerImage.from_asset(ECHO),
                artifact=ModelArtifact.from_asset(folder),
                environment=environment,
            ),
        )

    def version(self, endpoint: str, **request: str) -> str:
        """The version that answers."""
        response = self.runtime.invoke_endpoint(EndpointName=endpoint, Body=b"{}", **request)
        told: dict[str, Any] = json.loads(response["Body"].read())
        return str(told["files"]["version.txt"])

    def config(self, endpoint: str) -> str:
        """The configuration that the endpoint runs."""
        return str(self.sagemaker.describe_endpoint(EndpointName=endpoint)["EndpointConfigName"])

    def configs(self) -> list[str]:
        """All configurations that there are."""
        return [each["EndpointConfigName"] for each in self.sagemaker.list_endpoint_configs()["EndpointConfigs"]]

    def count(self, endpoint: str, variant: str = "AllTraffic") -> int:
        """Instances of a variant."""
        variants = self.sagemaker.describe_endpoint(EndpointName=endpoint)["ProductionVariants"]
        return int(next(each["DesiredInstanceCount"] for each in variants if each["VariantName"] == variant))

    def scale_out(self, endpoint: str, count: int, variant: str = "AllTraffic") -> None:
        """Change a fleet's size, as Application Auto Scaling does."""
        self.sagemaker.update_endpoint_weights_and_capacities(
            EndpointName=endpoint,
            DesiredWeightsAndCapacities=[{"VariantName": variant, "DesiredInstanceCount": count}],
        )
        waiter = self.sagemaker.get_waiter("endpoint_in_service")
        waiter.wait(EndpointName=endpoint, WaiterConfig={"Delay": 0.1, "MaxAttempts": 1200})

    def target(self, endpoint: str, variant: str = "AllTraffic") -> dict[str, Any] | None:
        """How a variant is registered to scale, if it is."""
        found = self.autoscaling.describe_scalable_targets(
            ServiceNamespace="sagemaker", ResourceIds=[f"endpoint/{endpoint}/variant/{variant}"]
        )["ScalableTargets"]
        return dict(found[0]) if found else None

    def policies(self, endpoint: str, variant: str = "AllTraffic") -> list[str]:
        """Names of a variant's scaling policies."""
        found = self.autoscaling.describe_scaling_policies(
            ServiceNamespace="sagemaker", ResourceId=f"endpoint/{endpoint}/variant/{variant}"
        )["ScalingPolicies"]
        return sorted(each["PolicyName"] for each in found)


@pytest.fixture(scope="session")
def player(bootstrapped: LocalAws, tmp_path_factory: pytest.TempPathFactory) -> Player:
    return Player(bootstrapped, tmp_path_factory.mktemp("models"))


Build = Callable[[cdk.Stack], None]


@pytest.fixture(scope="session")
def endpoint_of(player: Player) -> Callable[..., Build]:
    """Make a function that builds one endpoint in a stack."""

    def built(
        version: str,
        *,
        name: str,
        instance_type: str = "ml.c6i.large",
        scaling: Scaling | None = None,
        environment: dict[str, str] | None = None,
        **options: Any,
    ) -> Build:
        def build(stack: cdk.Stack) -> None:
            RealtimeEndpoint(
                stack,
                "Endpoint",
                model=player.model(stack, "Model", version, **(environment or {})),
                fleet=Fleet(instance_type=instance_type, count=2),
                scaling=scaling,
                endpoint_name=name,
                **options,
            )

        return build

    return built


@pytest.fixture(scope="session")
def variants_of(player: Player) -> Callable[..., Build]:
    """Make a function that builds one endpoint of several variants in a stack."""

    def built(versions: Sequence[str], *, name: str, scaling: Scaling | None = None) -> Build:
        def build(stack: cdk.Stack) -> None:
            fleet = Fleet(instance_type="ml.c6i.large", count=2)
            RealtimeEndpoint(
                stack,
                "Endpoint",
                variants=[
                    Variant(
                        name=f"v{index}",
                        model=player.model(stack, f"Model{index}", version),
                        fleet=fleet,
                        scaling=scaling,
                    )
                    for index, version in enumerate(versions)
                ],
                endpoint_name=name,
            )

        return build

    return built
