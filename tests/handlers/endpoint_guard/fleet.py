"""An endpoint on the local AWS that scales, and short words for what becomes of it."""

from copy import deepcopy
from dataclasses import dataclass
from typing import Any

from tests.handlers.endpoint_guard.stage import Stage
from tests.local_aws.runtime.hosting import Hosting

SMALL, LARGE = "ml.c7g.large", "ml.m5.xlarge"
OWNER = "Stack"


def tracking(target: float = 600.0, name: str = "Invocations", owner: str = OWNER) -> dict[str, Any]:
    """A target-tracking policy."""
    return {
        "PolicyName": f"{name}-{owner}",
        "PolicyType": "TargetTrackingScaling",
        "TargetTrackingScalingPolicyConfiguration": {
            "TargetValue": target,
            "PredefinedMetricSpecification": {"PredefinedMetricType": "SageMakerVariantInvocationsPerInstance"},
            "ScaleInCooldown": 120,
            "DisableScaleIn": False,
        },
    }


def nightly(minimum: int = 1, owner: str = OWNER) -> dict[str, Any]:
    """A scheduled action."""
    return {
        "ScheduledActionName": f"Nightly-{owner}",
        "Schedule": "cron(0 22 * * ? *)",
        "Timezone": "Europe/Berlin",
        "ScalableTargetAction": {"MinCapacity": minimum},
    }


def registration(low: int = 2, high: int = 6, *policies: dict[str, Any], actions: Any = ()) -> dict[str, Any]:
    """How a variant scales."""
    return {
        "MinCapacity": low,
        "MaxCapacity": high,
        "Policies": list(policies or [tracking()]),
        "ScheduledActions": list(actions),
    }


@dataclass
class Fleet:
    """An endpoint of the local AWS on a stage.

    Args:
        hosting: The local AWS.
        stage: The stage.
        name: The endpoint's name.
        model: What it serves.
    """

    hosting: Hosting
    stage: Stage
    name: str
    model: str

    def properties(self, **variants: tuple[str, dict[str, Any] | None]) -> dict[str, Any]:
        """What a template declares: for each variant its type and its registration."""
        return {
            "EndpointName": self.name,
            "Owner": OWNER,
            "Variants": {
                name: {"InstanceType": kind, **({} if scaling is None else {"Registration": deepcopy(scaling)})}
                for name, (kind, scaling) in variants.items()
            },
        }

    def main(self, kind: str, scaling: dict[str, Any] | None) -> dict[str, Any]:
        """What a template with one variant declares."""
        return self.properties(Main=(kind, scaling))

    def config(self, kind: str, *names: str, **environment: str) -> str:
        """Make a configuration whose variants all run on one type."""
        model = self.hosting.model("1", **environment) if environment else self.model
        variants = [{"ModelName": model, "InstanceType": kind, "VariantName": name} for name in names or ("Main",)]
        return self.hosting.config(*variants)

    def deploy(self, kind: str, *names: str, **environment: str) -> str:
        """Update the endpoint as CloudFormation does, and return the configuration that was deployed."""
        config = self.config(kind, *names, **environment)
        self.redeploy(config)
        return config

    def redeploy(self, config: str) -> None:
        """Update the endpoint to a configuration that exists."""
        self.hosting.update(self.name, config, RetainAllVariantProperties=True)
        self.stage.touch("Endpoint", "UPDATE_COMPLETE", "AWS::SageMaker::Endpoint", f"arn:x:endpoint/{self.name}")

    @property
    def live(self) -> str:
        """The configuration that serves."""
        return str(self.hosting.sagemaker.describe_endpoint(EndpointName=self.name)["EndpointConfigName"])

    def register_natively(self, scaling: dict[str, Any], variant: str = "Main") -> None:
        """Register as CloudFormation's own resources do."""
        client, names = self.hosting.autoscaling, self.names(variant)
        client.register_scalable_target(**names, MinCapacity=scaling["MinCapacity"], MaxCapacity=scaling["MaxCapacity"])
        for policy in scaling["Policies"]:
            client.put_scaling_policy(**names, **policy)
        for action in scaling["ScheduledActions"]:
            client.put_scheduled_action(**names, **action)

    def deregister(self, variant: str = "Main") -> None:
        """Deregister as CloudFormation's own resource does, and whatever hangs on it."""
        self.hosting.autoscaling.deregister_scalable_target(**self.names(variant))

    def scaling(self, variant: str = "Main") -> tuple[Any, ...] | None:
        """Bounds, policies with their targets, and actions, as registered; None when it is not registered."""
        client, names = self.hosting.autoscaling, self.names(variant)
        targets = client.describe_scalable_targets(ServiceNamespace="sagemaker", ResourceIds=[names["ResourceId"]])
        if not targets["ScalableTargets"]:
            return None
        (target,) = targets["ScalableTargets"]
        policies = client.describe_scaling_policies(**names)["ScalingPolicies"]
        actions = client.describe_scheduled_actions(**names)["ScheduledActions"]
        return (
            target["MinCapacity"],
            target["MaxCapacity"],
            {
                each["PolicyName"]: each.get("TargetTrackingScalingPolicyConfiguration", {}).get("TargetValue")
                for each in policies
            },
            {each["ScheduledActionName"]: each["ScalableTargetAction"] for each in actions},
        )

    def names(self, variant: str = "Main") -> dict[str, str]:
        """What names the target."""
        return {
            "ServiceNamespace": "sagemaker",
            "ResourceId": f"endpoint/{self.name}/variant/{variant}",
            "ScalableDimension": "sagemaker:variant:DesiredInstanceCount",
        }


def as_registered(scaling: dict[str, Any]) -> tuple[Any, ...]:
    """What `Fleet.scaling` gives for a registration."""
    return (
        scaling["MinCapacity"],
        scaling["MaxCapacity"],
        {
            each["PolicyName"]: each.get("TargetTrackingScalingPolicyConfiguration", {}).get("TargetValue")
            for each in scaling["Policies"]
        },
        {each["ScheduledActionName"]: each["ScalableTargetAction"] for each in scaling["ScheduledActions"]},
    )
