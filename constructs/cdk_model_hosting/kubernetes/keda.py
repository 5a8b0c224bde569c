"""KEDA, which scales servers by what waits for them."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from cdk_model_hosting.kubernetes.chart_add_on import ChartAddOn
from cdk_model_hosting.kubernetes.charts import KEDA

if TYPE_CHECKING:
    from aws_cdk import aws_iam as iam
    from constructs import Construct

    from cdk_model_hosting.kubernetes.chart import Chart
    from cdk_model_hosting.kubernetes.service_account import ServiceAccount
    from cdk_model_hosting.kubernetes.serving_cluster import ServingCluster

_OPERATOR = "keda-operator"


class Keda(ChartAddOn):
    """KEDA: it scales servers by metrics of Prometheus and by the length of queues, down to none and up again.

    Its operator asks AWS with a role of its own, which may do nothing at first: what scales by a queue grants it that queue.

    Args:
        scope: Where to make it.
        construct_id: ID below `scope`.
        cluster: The cluster.
        chart: Another version or copy of the chart; that of this library when omitted.

    Raises:
        ConfigurationError: When the cluster has it already.

    Attributes:
        service_account: Service account of the operator.
        role: Its role in AWS; grant it the queues that servers scale by.

    See: https://keda.sh/docs/
    """

    CLAIM: ClassVar[str] = "KEDA"
    """What it takes of a cluster: ``cluster.claimed(Keda.CLAIM)`` is the cluster's, or None."""

    def __init__(
        self, scope: Construct, construct_id: str, *, cluster: ServingCluster, chart: Chart | None = None
    ) -> None:
        # A cluster has one server of external metrics, which is KEDA's then.
        claims = (self.CLAIM, "external metrics server")
        super().__init__(scope, construct_id, cluster=cluster, claims=claims, pin=KEDA, chart=chart)
        self.service_account: ServiceAccount = cluster.service_account(
            self, "Operator", namespace=self.namespace, name=_OPERATOR, make=False
        )
        self.role: iam.IRole = self.service_account.role
        self._install(
            {
                # The others stand by: one that fails is replaced within seconds.
                "operator": {"name": _OPERATOR, "replicaCount": 2},
                "metricsServer": {"replicaCount": 2},
                "podDisruptionBudget": {"operator": {"maxUnavailable": 1}, "metricServer": {"maxUnavailable": 1}},
                "serviceAccount": {"operator": {"create": True, "name": _OPERATOR}},
            },
            after=(self.service_account.cfn_association,),
        )
