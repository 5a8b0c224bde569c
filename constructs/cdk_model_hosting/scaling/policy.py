"""What makes a fleet grow and shrink."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import aws_cdk as cdk

from cdk_model_hosting.arguments import require
from cdk_model_hosting.errors import ConfigurationError
from cdk_model_hosting.limits import POLICY_NAME
from cdk_model_hosting.tokens import is_token

if TYPE_CHECKING:
    from constructs import Construct

    from cdk_model_hosting.instances import InstanceType
    from cdk_model_hosting.patterns import Pattern

INSTANCES = "sagemaker:variant:DesiredInstanceCount"
"""What scales where a variant runs on instances."""

PROVISIONED_CONCURRENCY = "sagemaker:variant:DesiredProvisionedConcurrency"
"""What scales of a serverless variant."""

COPIES = "sagemaker:inference-component:DesiredCopyCount"
"""What scales of an inference component."""

POLICY = "AWS::ApplicationAutoScaling::ScalingPolicy"
"""The resource that a policy becomes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ScaledFleet:
    """The fleet that a policy acts on.

    Args:
        endpoint_name: The endpoint's literal name.
        variant_name: The variant.
        machine: What its instances are; None where it has none of its own: serverless variants, inference components.
        stack: The endpoint's stack.
        dimension: What of it scales.
        component_name: The inference component, for one.
        pattern: How its models are hosted; None where nobody says.
    """

    endpoint_name: str
    variant_name: str
    machine: InstanceType | None
    stack: cdk.Stack
    dimension: str = INSTANCES
    component_name: str | None = None
    pattern: Pattern | None = None


class Policy(ABC):
    """A rule that changes a fleet's size, under a name that is unique on the fleet."""

    name: str

    @abstractmethod
    def check(self, machine: InstanceType | None) -> None:
        """Refuse a fleet that the policy cannot act on.

        Args:
            machine: What its instances are; None where it has none.

        Raises:
            ConfigurationError: When it cannot.
        """

    @abstractmethod
    def check_pattern(self, pattern: Pattern) -> None:
        """Refuse a kind of endpoint on which the policy would never act.

        Args:
            pattern: How the models are hosted.

        Raises:
            ConfigurationError: When it would not.
        """

    @property
    @abstractmethod
    def shrinks(self) -> bool:
        """Whether it takes instances away."""

    @abstractmethod
    def bind(self, scope: Construct, construct_id: str, target: Any, fleet: ScaledFleet) -> list[cdk.CfnResource]:
        """Make the policy's resources.

        Args:
            scope: Where to make them.
            construct_id: ID below `scope`.
            target: Reference to the registered fleet.
            fleet: The fleet.
        """


class RenderedPolicy(Policy):
    """A policy that is all said in its own properties, and can be put by an API call as well as by CloudFormation."""

    @abstractmethod
    def render(self, fleet: ScaledFleet) -> dict[str, Any]:
        """The policy's type and configuration, in the words of CloudFormation, which are those of the API."""

    def bind(self, scope: Construct, construct_id: str, target: Any, fleet: ScaledFleet) -> list[cdk.CfnResource]:
        """Make the policy's one resource."""
        properties = {"PolicyName": self.name, "ScalingTargetId": target, **self.render(fleet)}
        return [cdk.CfnResource(scope, construct_id, type=POLICY, properties=properties)]


def check_name(what: str, name: str) -> None:
    """Refuse a name that no policy can have.

    Args:
        what: The factory as the user typed it.
        name: The name.

    Raises:
        ConfigurationError: When it is empty, too long, holds control characters, or is a Token, which no construct's ID may
            hold.
    """
    require(f"{what} name", name, str)
    POLICY_NAME.check(f"{what} name", name)
    if is_token(name):
        raise ConfigurationError(
            f"{what} name must be literal, got one that is known only at deploy time: the construct is named after it"
        )
