"""Alarms on what an endpoint publishes, as values that any variant can be watched by."""

from __future__ import annotations

from cdk_model_hosting.monitoring.fleets import FleetConditions
from cdk_model_hosting.monitoring.requests import RequestConditions


class Alarm(RequestConditions, FleetConditions):
    """A condition under which a variant is not well. Made by one of its factories.

    The same values are what a rollout rolls back on (`rollback_on`) and what operators are told of (`alarms`).

    An alarm looks at minutes: it goes off when the condition held in `minutes` of the last `out_of` of them. Minutes
    without requests are good, except for `few_requests`.

    See: https://docs.aws.amazon.com/sagemaker/latest/dg/monitoring-cloudwatch.html
    """

    __slots__ = ()
