"""A dashboard of endpoints."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import aws_cdk as cdk
from aws_cdk import aws_cloudwatch as cloudwatch
from constructs import Construct

from cdk_model_hosting.arguments import require_several
from cdk_model_hosting.durations import literal, seconds
from cdk_model_hosting.endpoints.endpoint import Endpoint
from cdk_model_hosting.errors import ConfigurationError
from cdk_model_hosting.limits import DASHBOARD_MINUTES, DASHBOARD_NAME, DASHBOARD_WIDGETS
from cdk_model_hosting.monitoring.batches import batch_widgets
from cdk_model_hosting.monitoring.widgets import Home, endpoint_widgets

if TYPE_CHECKING:
    from collections.abc import Sequence

    from cdk_model_hosting.batch.transform import BatchTransform

_SECONDS_A_MINUTE = 60
_DEFAULT_MINUTES = 180


class EndpointDashboard(Construct):
    """What endpoints do, at a glance: traffic, errors, latency, load, instances, what they cost, and their alarms.

    Every endpoint has a section with the graphs of its kind, and in it every variant, container or inference component a
    line. Latencies are in milliseconds, or in seconds where they are long; CPUs and GPUs are in percent of the whole
    instance. The thresholds of the endpoint's alarms are drawn, and their states shown, whether the alarms are made before
    the dashboard or after it.

    Args:
        scope: Where to make it.
        construct_id: ID below `scope`.
        endpoints: The endpoints, made here or imported.
        batches: Batch transforms; each has a section below those of the endpoints.
        dashboard_name: Name, unique in the account: dashboards belong to no region. CloudFormation makes one when omitted.
        shows: Time that is shown at first, in whole minutes; 3 hours when omitted.

    Raises:
        ConfigurationError: When there is nothing to show, or more than a dashboard can.

    Attributes:
        cfn_dashboard: The dashboard's resource.

    See: https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Dashboards.html
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        endpoints: Sequence[Endpoint] = (),
        batches: Sequence[BatchTransform] = (),
        dashboard_name: str | None = None,
        shows: cdk.Duration | None = None,
    ) -> None:
        require_several("EndpointDashboard endpoints", endpoints, Endpoint)
        if batches:
            _check_batches(batches)
        if endpoints or not batches:
            _check_endpoints(endpoints)
        DASHBOARD_NAME.check("EndpointDashboard dashboard_name", dashboard_name)
        minutes = _minutes(shows)
        super().__init__(scope, construct_id)
        self._endpoints = tuple(endpoints)
        self._batches = tuple(dict.fromkeys(batches))
        self._minutes = minutes
        self._home = Home(partition=cdk.Aws.PARTITION, region=cdk.Aws.REGION, account=cdk.Aws.ACCOUNT_ID)
        self.cfn_dashboard = cloudwatch.CfnDashboard(
            self, "Resource", dashboard_name=dashboard_name, dashboard_body=json.dumps(self._body())
        )
        for endpoint in self._endpoints:
            endpoint.watching.listeners.append(self._draw_again)
        for batch in self._batches:
            batch.watching.listeners.append(self._draw_again)

    def _body(self) -> dict[str, Any]:
        widgets: list[dict[str, Any]] = []
        for endpoint in self._endpoints:
            widgets.extend(endpoint_widgets(endpoint.watching, self._home, _below(widgets)))
        for batch in self._batches:
            widgets.extend(batch_widgets(batch.watching, self._home, _below(widgets)))
        DASHBOARD_WIDGETS.check("EndpointDashboard endpoints' widgets", len(widgets))
        return {"start": f"-PT{self._minutes}M", "periodOverride": "auto", "widgets": widgets}

    def _draw_again(self) -> None:
        self.cfn_dashboard.dashboard_body = json.dumps(self._body())


def _below(widgets: list[dict[str, Any]]) -> int:
    """The row below all widgets."""
    return max((widget["y"] + widget["height"] for widget in widgets), default=0)


def _check_batches(batches: Sequence[BatchTransform]) -> None:
    from cdk_model_hosting.batch.transform import BatchTransform  # noqa: PLC0415 - loaded by those alone who show some

    require_several("EndpointDashboard batches", batches, BatchTransform)


def _check_endpoints(endpoints: Sequence[Endpoint]) -> None:
    if not endpoints:
        raise ConfigurationError(
            "EndpointDashboard endpoints must have at least 1 element, got 0: there would be nothing to show"
        )
    for index, endpoint in enumerate(endpoints):
        if endpoint in endpoints[:index]:
            raise ConfigurationError(
                f"EndpointDashboard endpoints must differ, got {endpoint.endpoint_name} twice: each has one section"
            )
        if not endpoint.watching.variants:
            raise ConfigurationError(
                f"EndpointDashboard endpoints must have known variants, got none of {endpoint.endpoint_name}: metrics "
                "belong to variants; import it with variant_names"
            )


def _minutes(shows: cdk.Duration | None) -> int:
    what = "EndpointDashboard shows"
    given = seconds(what, shows)
    if given is None:
        return _DEFAULT_MINUTES
    minutes = literal(what, given) / _SECONDS_A_MINUTE
    DASHBOARD_MINUTES.check(what, minutes)
    return int(minutes)
