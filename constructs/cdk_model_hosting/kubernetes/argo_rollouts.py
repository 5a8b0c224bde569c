"""Argo Rollouts, which brings out new versions of servers step by step."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from cdk_model_hosting.kubernetes.chart_add_on import ChartAddOn
from cdk_model_hosting.kubernetes.charts import ARGO_ROLLOUTS

if TYPE_CHECKING:
    from constructs import Construct

    from cdk_model_hosting.kubernetes.chart import Chart
    from cdk_model_hosting.kubernetes.serving_cluster import ServingCluster


class ArgoRollouts(ChartAddOn):
    """The controller of Argo Rollouts: it replaces the pods of a server in steps, and goes back when metrics turn bad.

    Args:
        scope: Where to make it.
        construct_id: ID below `scope`.
        cluster: The cluster.
        chart: Another version or copy of the chart; that of this library when omitted.

    Raises:
        ConfigurationError: When the cluster has it already.

    See: https://argo-rollouts.readthedocs.io/
    """

    CLAIM: ClassVar[str] = "Argo Rollouts"
    """What it takes of a cluster: ``cluster.claimed(ArgoRollouts.CLAIM)`` is the cluster's, or None."""

    def __init__(
        self, scope: Construct, construct_id: str, *, cluster: ServingCluster, chart: Chart | None = None
    ) -> None:
        super().__init__(scope, construct_id, cluster=cluster, claims=(self.CLAIM,), pin=ARGO_ROLLOUTS, chart=chart)
        self._install(
            {
                "dashboard": {"enabled": False},
                # No service mesh and no load balancer splits traffic: shares of replicas do.
                "providerRBAC": {"enabled": False},
                "controller": {
                    # One leads, the other stands by.
                    "replicas": 2,
                    "pdb": {"enabled": True, "maxUnavailable": 1},
                    "resources": {"requests": {"cpu": "50m", "memory": "128Mi"}, "limits": {"memory": "512Mi"}},
                },
            }
        )
