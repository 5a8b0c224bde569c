"""Kueue, which lets batch jobs wait until there is room for them."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from cdk_model_hosting.kubernetes.chart_add_on import ChartAddOn
from cdk_model_hosting.kubernetes.charts import KUEUE

if TYPE_CHECKING:
    from constructs import Construct

    from cdk_model_hosting.kubernetes.chart import Chart
    from cdk_model_hosting.kubernetes.serving_cluster import ServingCluster


class Kueue(ChartAddOn):
    """Kueue: jobs that name a queue start when its quota has room, all of their pods at once.

    Jobs that name none are none of its business. It serves ``kueue.x-k8s.io/v1beta2``.

    Args:
        scope: Where to make it.
        construct_id: ID below `scope`.
        cluster: The cluster.
        chart: Another version or copy of the chart; that of this library when omitted.

    Raises:
        ConfigurationError: When the cluster has it already.

    See: https://kueue.sigs.k8s.io/docs/
    """

    CLAIM: ClassVar[str] = "Kueue"
    """What it takes of a cluster: ``cluster.claimed(Kueue.CLAIM)`` is the cluster's, or None."""

    def __init__(
        self, scope: Construct, construct_id: str, *, cluster: ServingCluster, chart: Chart | None = None
    ) -> None:
        super().__init__(scope, construct_id, cluster=cluster, claims=(self.CLAIM,), pin=KUEUE, chart=chart)
        self._install(
            {
                # Jobs cannot be made while nobody answers its webhooks.
                "controllerManager": {"replicas": 2, "podDisruptionBudget": {"enabled": True, "minAvailable": 1}},
                "enableKueueViz": False,
            }
        )
