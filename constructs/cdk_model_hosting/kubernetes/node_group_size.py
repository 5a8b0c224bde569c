"""The Lambda function that keeps the nodes which an autoscaler has given to a group."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from weakref import WeakKeyDictionary

import aws_cdk as cdk

from cdk_model_hosting.managed_policies import ManagedPolicies
from cdk_model_hosting.permissions import Permission, arn
from cdk_model_hosting.resource_function import ResourceFunction

if TYPE_CHECKING:
    from collections.abc import Mapping

    from constructs import Construct

_REASON = "EKS ends the group's ARN in an ID of its own, and its name in what tells one state of it from the next"


class NodeGroupSize(ResourceFunction):
    """One function for all node groups of a stack. It may ask EKS for them, and nothing else."""

    def __init__(self, stack: cdk.Stack) -> None:
        super().__init__(
            stack,
            "NodeGroupSize",
            handler="node_group_size",
            description="Keeps the number of nodes that an autoscaler has given to a group",
        )
        self._allowed = ManagedPolicies(
            self,
            role_name=self.role_name,
            prefix="See",
            description="The node groups of this stack",
            what="GpuNodeGroup policies of all groups of a stack",
        )

    @staticmethod
    def of(stack: cdk.Stack) -> NodeGroupSize:
        """The stack's function, made when it is first asked for.

        Args:
            stack: The stack.
        """
        known = _functions.get(stack)
        if known is None:
            known = _functions[stack] = NodeGroupSize(stack)
        return known

    def desired(
        self,
        scope: Construct,
        construct_id: str,
        *,
        cluster_name: str,
        name: str,
        node_group_name: str,
        minimum: int,
        maximum: int,
        configuration: Mapping[str, Any],
    ) -> float:
        """The number of nodes that a group has when the deployment comes to it.

        It is asked for again whenever something of the group changes: then EKS takes the number of the template.

        Args:
            scope: Where to make the custom resource.
            construct_id: ID below `scope`.
            cluster_name: Name of the cluster.
            name: What the group's names in EKS begin with.
            node_group_name: The group's name in EKS.
            minimum: Fewest nodes.
            maximum: Most nodes.
            configuration: All else of the group that can be changed in place.

        Returns:
            The number, known at deploy time.
        """
        groups = arn(
            f"arn:${{AWS::Partition}}:eks:${{AWS::Region}}:${{AWS::AccountId}}:nodegroup/{cluster_name}/{name}-*/*"
        )
        policy = self._allowed.allow(
            Permission(actions=("eks:DescribeNodegroup",), resources=(groups,), wildcard_reason=_REASON)
        )
        properties = {
            "ClusterName": cluster_name,
            "NodegroupName": node_group_name,
            "MinSize": minimum,
            "MaxSize": maximum,
            "Configuration": dict(configuration),
        }
        resource = self.resource(scope, construct_id, "Custom::NodeGroupSize", properties, policy=policy)
        return cdk.Token.as_number(resource.get_att("DesiredSize"))


_functions: WeakKeyDictionary[cdk.Stack, NodeGroupSize] = WeakKeyDictionary()
