"""How the trial of a model ends: deployments that SageMaker accepts, and those that it does not."""

from collections.abc import Callable
from typing import Any

import aws_cdk as cdk
import pytest

from cdk_model_hosting import Fleet, Model, RealtimeEndpoint, Scaling, Shadow, Variant
from tests.local_aws.runtime.hosting import Hosting
from tests.local_aws.stacks import Direct, StackError

Straight = Callable[[str, Callable[[cdk.Stack], None]], Direct]

FLEET = Fleet(instance_type="ml.c6i.large", count=2)
SCALING = Scaling.on_invocations(per_instance_per_minute=600, between=(2, 4))


class Trial:
    """An endpoint of a name, deployed again and again."""

    def __init__(self, hosting: Hosting, straight: Straight, name: str) -> None:
        self.hosting = hosting
        self.name = name
        self.models = {version: hosting.model(version) for version in ("1", "2")}
        self._straight = straight

    def model(self, stack: cdk.Stack, version: str) -> Model:
        return Model.from_model_name(stack, f"Version{version}", self.models[version])

    def deploy(self, make: Callable[[cdk.Stack], dict[str, Any]]) -> Direct:
        """Deploy the endpoint with what `make` gives."""

        def build(stack: cdk.Stack) -> None:
            RealtimeEndpoint(stack, "Endpoint", endpoint_name=self.name, verify_rollout=False, **make(stack))

        direct = self._straight(self.name, build)
        direct.deploy()
        return direct

    def refused(self, make: Callable[[cdk.Stack], dict[str, Any]], reason: str) -> None:
        """Deploy the endpoint, in vain."""
        with pytest.raises(StackError, match=reason):
            self.deploy(make)

    def answers(self, **request: str) -> set[str]:
        return {self.hosting.version(self.name, **request) for _ in range(20)}

    def variants(self) -> list[str]:
        known = self.hosting.sagemaker.describe_endpoint(EndpointName=self.name)
        kinds = ("ProductionVariants", "ShadowProductionVariants")
        return [each["VariantName"] for kind in kinds for each in known.get(kind, [])]

    def registered(self) -> list[str]:
        """The variants that scale."""
        found = self.hosting.autoscaling.describe_scalable_targets(ServiceNamespace="sagemaker")["ScalableTargets"]
        ids = [each["ResourceId"] for each in found]
        return sorted(each.rpartition("/")[2] for each in ids if each.startswith(f"endpoint/{self.name}/"))


@pytest.fixture
def ab_test(hosting: Hosting, straight: Straight) -> Trial:
    """Two variants that scale."""
    trial = Trial(hosting, straight, "trial-of-variants")

    def both(stack: cdk.Stack) -> dict[str, Any]:
        current = Variant(name="current", model=trial.model(stack, "1"), fleet=FLEET, weight=1, scaling=SCALING)
        candidate = Variant(name="candidate", model=trial.model(stack, "2"), fleet=FLEET, weight=1, scaling=SCALING)
        return {"variants": [current, candidate]}

    trial.deploy(both)
    return trial


def test_the_winner_of_an_ab_test_takes_over_in_two_deployments(ab_test: Trial) -> None:
    def promoted(stack: cdk.Stack) -> dict[str, Any]:
        model = ab_test.model(stack, "2")
        current = Variant(name="current", model=model, fleet=FLEET, scaling=SCALING)
        return {"variants": [current, Variant(name="candidate", model=model, fleet=FLEET, weight=0)]}

    def alone(stack: cdk.Stack) -> dict[str, Any]:
        return {"variants": [Variant(name="current", model=ab_test.model(stack, "2"), fleet=FLEET, scaling=SCALING)]}

    assert ab_test.answers() == {"1", "2"}
    assert ab_test.registered() == ["candidate", "current"]
    ab_test.refused(lambda stack: {**alone(stack), "rollback_on": []}, "must be deregistered as scalable targets")

    ab_test.deploy(promoted)
    assert ab_test.answers() == ab_test.answers(TargetVariant="candidate") == {"2"}
    assert ab_test.registered() == ["current"]
    ab_test.refused(alone, "need the same variant names before and after")

    ab_test.deploy(lambda stack: {**alone(stack), "rollback_on": []})
    assert ab_test.variants() == ["current"]
    ab_test.deploy(alone)
    assert ab_test.answers() == {"2"}


def test_a_shadow_takes_over_in_two_deployments(hosting: Hosting, straight: Straight) -> None:
    trial = Trial(hosting, straight, "trial-of-a-shadow")

    def tried(stack: cdk.Stack, *, scaling: Scaling | None = SCALING) -> dict[str, Any]:
        shadow = Shadow(model=trial.model(stack, "2"), fleet=FLEET, percent=50, scaling=scaling)
        return {"model": trial.model(stack, "1"), "fleet": FLEET, "scaling": SCALING, "shadow": shadow}

    def alone(stack: cdk.Stack) -> dict[str, Any]:
        return {"model": trial.model(stack, "2"), "fleet": FLEET, "scaling": SCALING}

    trial.deploy(tried)
    assert trial.answers() == {"1"}
    assert trial.registered() == ["AllTraffic", "Shadow"]
    trial.refused(alone, "must be deregistered as scalable targets")

    trial.deploy(lambda stack: tried(stack, scaling=None))
    assert trial.registered() == ["AllTraffic"]

    trial.deploy(alone)
    assert trial.variants() == ["AllTraffic"]
    assert trial.answers() == {"2"}
