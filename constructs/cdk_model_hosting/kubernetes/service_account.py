"""Who a pod is, inside the cluster and to AWS."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from constructs import Construct

from cdk_model_hosting.acknowledgments import acknowledge_wildcards
from cdk_model_hosting.kubernetes.manifests import Manifests
from cdk_model_hosting.limits.clusters import KUBERNETES_NAME, KUBERNETES_NAMESPACE
from cdk_model_hosting.permissions import Permission, policy_document

if TYPE_CHECKING:
    from collections.abc import Sequence

    from aws_cdk import aws_eks_v2 as eks
    from aws_cdk import aws_iam as iam
    from constructs import IDependable

    from cdk_model_hosting.kubernetes.kubernetes_objects import KubernetesObjects
    from cdk_model_hosting.kubernetes.serving_cluster import ServingCluster


class ServiceAccount(Construct):
    """A Kubernetes service account, and the role that its pods have in AWS.

    Nobody else can have the role: its trust names the account, its namespace and the cluster. Pods get it by EKS Pod Identity
    when they start, so they must start after this construct: pass it as `after` to what makes them.

    Args:
        scope: Where to make it.
        construct_id: ID below `scope`.
        cluster: The cluster.
        namespace: Namespace of the account.
        name: Name of the account.
        permissions: What its pods may do in AWS.
        make: Whether to make the Kubernetes object too; a Helm chart often makes its own.
        after: What must be there first, such as the namespace.

    Raises:
        ConfigurationError: When a name is none that Kubernetes takes, or the account has a role already.

    Attributes:
        namespace: Namespace of the account.
        name: Name of the account.
        role: The role, to grant more to it.
        cfn_role: The role's resource.
        cfn_association: What gives the role to the account.
        manifest: What makes the Kubernetes object, or None.

    See: https://docs.aws.amazon.com/eks/latest/userguide/pod-identities.html
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        cluster: ServingCluster,
        namespace: str,
        name: str,
        permissions: Sequence[Permission] = (),
        make: bool = True,
        after: Sequence[IDependable] = (),
    ) -> None:
        from aws_cdk import aws_eks_v2 as eks  # noqa: PLC0415 - loaded by stacks with clusters alone
        from aws_cdk import aws_iam as iam  # noqa: PLC0415 - the same

        KUBERNETES_NAMESPACE.check("ServiceAccount namespace", namespace, optional=False)
        KUBERNETES_NAME.check("ServiceAccount name", name, optional=False)
        super().__init__(scope, construct_id)
        cluster.claim(f"service account {namespace}/{name}", self)
        self.namespace: str = namespace
        self.name: str = name
        self.cfn_role: iam.CfnRole = pod_role(
            self, "Role", cluster_arn=cluster.cluster_arn, namespace=namespace, name=name, permissions=permissions
        )
        self.role: iam.IRole = iam.Role.from_role_arn(self, "Granted", self.cfn_role.attr_arn)
        self.cfn_association: eks.CfnPodIdentityAssociation = eks.CfnPodIdentityAssociation(
            self,
            "Association",
            cluster_name=cluster.cluster_name,
            namespace=namespace,
            service_account=name,
            role_arn=self.cfn_role.attr_arn,
        )
        self.manifest: KubernetesObjects | None = None
        if make:
            # A pod that starts within seconds of the association gets no role, and never will: this call lets some pass.
            first = (*after, self.cfn_association)
            self.manifest = cluster.apply(self, "Manifest", [_account(namespace, name)], after=first)


def _account(namespace: str, name: str) -> dict[str, Any]:
    from cdk8s_plus_36 import k8s  # noqa: PLC0415 - loaded by stacks with clusters alone

    with Manifests() as m:
        k8s.KubeServiceAccount(m.chart, "Account", metadata=k8s.ObjectMeta(name=name, namespace=namespace))
    (account,) = m.rendered()
    return account


def pod_role(
    scope: Construct,
    construct_id: str,
    *,
    cluster_arn: str,
    namespace: str,
    name: str,
    permissions: Sequence[Permission],
) -> iam.CfnRole:
    """A role that the pods of one service account in one cluster can have.

    Args:
        scope: Where to make it.
        construct_id: ID below `scope`.
        cluster_arn: ARN of the cluster.
        namespace: Namespace of the account.
        name: Name of the account.
        permissions: What its pods may do in AWS.
    """
    from aws_cdk import aws_iam as iam  # noqa: PLC0415 - loaded by stacks with clusters alone

    trust = {
        "Version": "2012-10-17",
        "Statement": [
            {
                # The tags of the session are what a policy can tell one service account from another by.
                "Action": ["sts:AssumeRole", "sts:TagSession"],
                "Condition": {
                    "StringEquals": {
                        "aws:RequestTag/eks-cluster-arn": cluster_arn,
                        "aws:RequestTag/kubernetes-namespace": namespace,
                        "aws:RequestTag/kubernetes-service-account": name,
                    }
                },
                "Effect": "Allow",
                "Principal": {"Service": "pods.eks.amazonaws.com"},
            }
        ],
    }
    policies = None
    if permissions:
        policies = [iam.CfnRole.PolicyProperty(policy_name="Pods", policy_document=policy_document(permissions))]
    role = iam.CfnRole(scope, construct_id, assume_role_policy_document=trust, policies=policies)
    acknowledge_wildcards(role, permissions)
    return role
