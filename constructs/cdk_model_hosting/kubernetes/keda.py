"""KEDA, which scales servers by what waits for them."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

import aws_cdk as cdk

from cdk_model_hosting.acknowledgments import acknowledge_wildcards
from cdk_model_hosting.kubernetes.chart_add_on import ChartAddOn
from cdk_model_hosting.kubernetes.charts import KEDA
from cdk_model_hosting.permissions import policy_document

if TYPE_CHECKING:
    from collections.abc import Sequence

    from aws_cdk import aws_iam as iam
    from constructs import Construct

    from cdk_model_hosting.kubernetes.chart import Chart
    from cdk_model_hosting.kubernetes.service_account import ServiceAccount
    from cdk_model_hosting.kubernetes.serving_cluster import ServingCluster
    from cdk_model_hosting.permissions import Permission

_OPERATOR = "keda-operator"
_POLICY_NAME = 128


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
        role: Its role in AWS. Servers let it look at the queues that they scale by.

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

    def allow(self, scope: Construct, construct_id: str, permissions: Sequence[Permission]) -> iam.CfnPolicy:
        """Let the operator do more in AWS, by a policy in the stack of what needs it. Servers that scale by a queue call this.

        The cluster's own stack knows nothing of it, and may be another one than that of the servers and their queues.

        Args:
            scope: Where to make the policy.
            construct_id: ID below `scope`.
            permissions: What it may do.
        """
        from aws_cdk import aws_iam as iam  # noqa: PLC0415 - loaded by those who grant alone

        policy = iam.CfnPolicy(
            scope,
            construct_id,
            # A role has one policy of a name.
            policy_name=cdk.Names.unique_resource_name(scope, max_length=_POLICY_NAME, separator="-"),
            policy_document=policy_document(permissions),
            roles=[self.service_account.cfn_role.ref],
        )
        acknowledge_wildcards(policy, permissions)
        return policy
