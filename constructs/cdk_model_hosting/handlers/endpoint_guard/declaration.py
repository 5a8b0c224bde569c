"""What a template declares about an endpoint that scales: the properties that both scaling resources carry."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Self

Registration = Mapping[str, Any]
"""Bounds, policies and scheduled actions of one variant, shaped as the requests that put them.

``MinCapacity``, ``MaxCapacity`` and whatever else RegisterScalableTarget takes, except for what names the target;
``Policies``, of PutScalingPolicy's shape, each with the ``Alarms`` that set it off if it is a step policy, of
PutMetricAlarm's shape; ``ScheduledActions``, of PutScheduledAction's shape.
"""


@dataclass(frozen=True, kw_only=True)
class Declaration:
    """An endpoint's variants as declared.

    Args:
        endpoint: The endpoint's name; empty where nothing was declared.
        types: The instance type by variant; None for a variant without one.
        registrations: How each variant scales, of those that do.
    """

    endpoint: str = ""
    types: Mapping[str, str | None] = field(default_factory=dict)
    registrations: Mapping[str, Registration] = field(default_factory=dict)

    @classmethod
    def of(cls, properties: Mapping[str, Any]) -> Self:
        """Read a resource's properties.

        Args:
            properties: As CloudFormation sent them; empty when there were none before.
        """
        variants: Mapping[str, Mapping[str, Any]] = properties.get("Variants") or {}
        return cls(
            endpoint=properties.get("EndpointName", ""),
            types={name: variant.get("InstanceType") for name, variant in variants.items()},
            registrations={
                name: variant["Registration"] for name, variant in variants.items() if variant.get("Registration")
            },
        )


def policy_names(registration: Registration) -> set[str]:
    """Names of a registration's policies.

    Args:
        registration: The registration.
    """
    return {each["PolicyName"] for each in registration.get("Policies", ())}


def action_names(registration: Registration) -> set[str]:
    """Names of a registration's scheduled actions.

    Args:
        registration: The registration.
    """
    return {each["ScheduledActionName"] for each in registration.get("ScheduledActions", ())}


def alarm_names(registration: Registration) -> set[str]:
    """Names of the alarms that set a registration's step policies off.

    Args:
        registration: The registration.
    """
    return {alarm["AlarmName"] for policy in registration.get("Policies", ()) for alarm in policy.get("Alarms", ())}
