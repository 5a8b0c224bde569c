"""An endpoint whose instances are shared by several models, each in copies of its own."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aws_cdk import aws_sagemaker as sagemaker

from cdk_model_hosting.arguments import require, require_like
from cdk_model_hosting.endpoints.component_calls import SharedEndpoint
from cdk_model_hosting.endpoints.component_fleet import SharedInstances
from cdk_model_hosting.endpoints.component_role import ComponentRole
from cdk_model_hosting.endpoints.component_room import ComponentRoom
from cdk_model_hosting.endpoints.endpoint import ImportedEndpoint, import_by_arn, import_by_name
from cdk_model_hosting.endpoints.hosted import HostedEndpoint, check_flags
from cdk_model_hosting.endpoints.metrics_components import SharedInstanceMetrics
from cdk_model_hosting.endpoints.variant import ONLY_VARIANT
from cdk_model_hosting.endpoints.volume_key import check_key, check_volume_key, volume_key_advice
from cdk_model_hosting.errors import ConfigurationError
from cdk_model_hosting.models.network import Network
from cdk_model_hosting.patterns import Feature, Pattern, Used
from cdk_model_hosting.placement import place_of

if TYPE_CHECKING:
    from aws_cdk import aws_ec2 as ec2
    from aws_cdk import aws_iam as iam
    from aws_cdk import aws_kms as kms
    from constructs import Construct

    from cdk_model_hosting.endpoints.fleet import Fleet
    from cdk_model_hosting.endpoints.managed_instances import ManagedInstances
    from cdk_model_hosting.models.network import BoundNetwork
    from cdk_model_hosting.permissions import Permission


class ImportedComponentEndpoint(SharedInstanceMetrics, SharedEndpoint, ImportedEndpoint):
    """An endpoint for inference components that exists already. Made by `ComponentEndpoint.from_endpoint_name`."""


class ComponentEndpoint(SharedInstanceMetrics, SharedEndpoint, HostedEndpoint):
    """Instances for inference components: make those with `InferenceComponent`.

    Each component is a model in copies of its own, with its share of the instances' accelerators, cores and memory. Copies
    follow the requests; instances follow the copies, down to none where the minimum is 0.

    A component is replaced by its own rolling deployment; a changed instance type replaces all instances.

    Args:
        scope: Where to make it.
        construct_id: ID below `scope`.
        fleet: Instance type, and what holds for all instances. Its count is what the endpoint starts with: at least 1, and
            the minimum of `instances` when omitted.
        instances: Bounds between which SageMaker adds and takes away instances; a fixed number when omitted.
        role: Execution role of all components instead of one made here. It gets the permissions that they need unless it
            is immutable.
        network: VPC to attach the instances to; none when omitted.
        network_isolation: Whether containers get no network at all, and no credentials.
        endpoint_name: Name, at most 63 characters. Made of the stack's name and the path when omitted.
        encryption_key: KMS key of the instances' volumes, for families without local NVMe disks.
        verify_rollout: Whether the deployment fails when SageMaker has silently rolled the endpoint, or one of its
            components, back.

    Raises:
        ConfigurationError: When the service would refuse the combination.

    Attributes:
        fleet: Instance type, and what holds for all instances.
        instances: Bounds of their number; None for a fixed one.
        network: The VPC that they are attached to; None for none.
        network_isolation: Whether containers get no network at all.
        verifies_rollouts: Whether silent rollbacks fail the deployment.
        room: What the components reserve of the instances.

    See: https://docs.aws.amazon.com/sagemaker/latest/dg/realtime-endpoints-deploy-models.html
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        fleet: Fleet,
        instances: ManagedInstances | None = None,
        role: iam.IRole | None = None,
        network: Network | None = None,
        network_isolation: bool = False,
        endpoint_name: str | None = None,
        encryption_key: kms.IKey | None = None,
        verify_rollout: bool = True,
    ) -> None:
        variant = SharedInstances(fleet=fleet, instances=instances)
        if network is not None:
            require("ComponentEndpoint network", network, Network)
        if role is not None:
            require_like(
                "ComponentEndpoint role", role, "role_arn", "a role such as Role.from_role_arn(self, 'Role', arn)"
            )
        check_flags("ComponentEndpoint", network_isolation=network_isolation, verify_rollout=verify_rollout)
        check_key("ComponentEndpoint", encryption_key)
        uses: list[Used] = []
        if fleet.machine.resolved and fleet.machine.inferentia1:
            uses.append(Used(Feature.INFERENTIA1, "Fleet instance_type", fleet.machine.name, must="be no Inf1"))
        if encryption_key is not None:
            check_volume_key("ComponentEndpoint", fleet)
        super().__init__(
            scope,
            construct_id,
            pattern=Pattern.COMPONENTS,
            variants=[variant],
            uses=uses,
            endpoint_name=endpoint_name,
        )
        self.fleet = fleet
        self.instances = instances
        self.network_isolation = network_isolation
        self.verifies_rollouts = verify_rollout
        self.room = ComponentRoom(machine=fleet.machine, instances=variant.largest_count)
        self.network: BoundNetwork | None = None if network is None else network.bind(self)
        permissions = () if self.network is None else self.network.permissions
        self._role = ComponentRole(self, self._place.stack, permissions, role)
        self._configure(
            [variant],
            encryption_key,
            execution_role_arn=self._role.arn,
            vpc_config=None if self.network is None else _vpc(self.network),
            enable_network_isolation=network_isolation or None,
        )
        self.wait_for_role(self.cfn_endpoint_config)
        # The number of instances that the copies have brought up survives a deployment.
        self._serve(retain_all_variant_properties=None if instances is None else True)
        self.scaled = {}
        if verify_rollout:
            self._verify(self.cfn_endpoint.attr_endpoint_name)
        self._advice.extend(variant.advice())
        if encryption_key is not None:
            self._advice.extend(volume_key_advice(fleet))
        self._warn()

    @property
    def role(self) -> iam.IRole:
        """The execution role of all components. What it is granted here is in force before they are made."""
        return self._role.role

    @property
    def role_arn(self) -> str:
        """ARN of the execution role of all components."""
        return self._role.arn

    @property
    def connections(self) -> ec2.Connections:
        """Who may talk to the containers, and whom they may talk to.

        Raises:
            ConfigurationError: When the endpoint is in no VPC.
        """
        from aws_cdk import aws_ec2 as ec2  # noqa: PLC0415 - loaded by those alone who use a VPC

        if self.network is None:
            raise ConfigurationError(
                "ComponentEndpoint connections must belong to an endpoint in a VPC, got one without a network: only a VPC "
                "has security groups"
            )
        return ec2.Connections(security_groups=list(self.network.security_groups))

    def allow(self, *permissions: Permission) -> None:
        """Give the execution role what a component needs.

        Args:
            permissions: What it needs.

        Raises:
            ConfigurationError: When IAM keeps no policy that long.
        """
        self._role.allow(*permissions)

    def wait_for_role(self, resource: sagemaker.CfnEndpointConfig | sagemaker.CfnModel) -> None:
        """Have a resource wait for what the execution role may do.

        Args:
            resource: What is made with the role.
        """
        self._role.wait(resource)

    def check_component(self, owner: str, scope: Construct) -> None:
        """Refuse a component in another stack; nested ones belong to the stack that they are nested in.

        Args:
            owner: What the user typed.
            scope: The component's scope.

        Raises:
            ConfigurationError: When it is there.
        """
        if place_of(scope).root is not self._place.root:
            raise ConfigurationError(
                f"{owner} must be in its endpoint's stack, got {place_of(scope).root_name} and "
                f"{self._place.root_name}: the endpoint's role gets what the component needs"
            )

    def _allow(self, *permissions: Permission) -> None:
        self._role.allow(*permissions)

    @staticmethod
    def from_endpoint_name(scope: Construct, construct_id: str, endpoint_name: str) -> ImportedComponentEndpoint:
        """An existing endpoint of this account and region, with the same grants and metrics.

        Args:
            scope: Where to import it.
            construct_id: ID below `scope`.
            endpoint_name: Its name.

        Raises:
            ConfigurationError: When no endpoint can have that name.
        """
        return import_by_name(
            ImportedComponentEndpoint,
            scope,
            construct_id,
            endpoint_name,
            variant_names=[ONLY_VARIANT],
            pattern=Pattern.COMPONENTS,
        )

    @staticmethod
    def from_endpoint_arn(scope: Construct, construct_id: str, endpoint_arn: str) -> ImportedComponentEndpoint:
        """An existing endpoint, perhaps of another account or region.

        Args:
            scope: Where to import it.
            construct_id: ID below `scope`.
            endpoint_arn: Its ARN.

        Raises:
            ConfigurationError: When the text is no endpoint's ARN.
        """
        return import_by_arn(
            ImportedComponentEndpoint,
            scope,
            construct_id,
            endpoint_arn,
            variant_names=[ONLY_VARIANT],
            pattern=Pattern.COMPONENTS,
        )


def _vpc(network: BoundNetwork) -> sagemaker.CfnEndpointConfig.VpcConfigProperty:
    config = network.config
    return sagemaker.CfnEndpointConfig.VpcConfigProperty(
        security_group_ids=config.security_group_ids, subnets=config.subnets
    )
