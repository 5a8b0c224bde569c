"""Alarms on what an endpoint publishes, as values that any endpoint of a kind can be watched by."""

from __future__ import annotations

from cdk_model_hosting.monitoring.asynchronous import AsynchronousConditions
from cdk_model_hosting.monitoring.components import ComponentConditions
from cdk_model_hosting.monitoring.containers import ContainerConditions
from cdk_model_hosting.monitoring.fleets import FleetConditions
from cdk_model_hosting.monitoring.multi_model import MultiModelConditions
from cdk_model_hosting.monitoring.requests import RequestConditions
from cdk_model_hosting.monitoring.serverless import ServerlessConditions


class Alarm(
    RequestConditions,
    FleetConditions,
    AsynchronousConditions,
    MultiModelConditions,
    ContainerConditions,
    ServerlessConditions,
    ComponentConditions,
):
    """A condition under which an endpoint is not well. Made by one of its factories.

    The same values are what a rollout rolls back on (`rollback_on`) and what operators are told of (`alarms`). A condition
    is watched on every variant, container or inference component that publishes its metric, or once on the endpoint; an
    endpoint whose kind publishes no such metric refuses it.

    An alarm looks at minutes: it goes off when the condition held in `minutes` of the last `out_of` of them. Minutes
    without requests are good, except for `few_requests`.

    See: https://docs.aws.amazon.com/sagemaker/latest/dg/monitoring-cloudwatch.html
    """

    __slots__ = ()
