"""An endpoint whose instances are shared by several models, each in copies of its own."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from aws_cdk import aws_sagemaker as sagemaker

from cdk_model_hosting.arguments import require, require_like
from cdk_model_hosting.endpoints.endpoint import ImportedEndpoint, import_by_arn, import_by_name
from cdk_model_hosting.endpoints.fleet import Fleet
from cdk_model_hosting.endpoints.hosted import HostedEndpoint, check_flags
from cdk_model_hosting.endpoints.managed_instances import ManagedInstances
from cdk_model_hosting.endpoints.metrics_components import SharedInstanceMetrics
from cdk_model_hosting.endpoints.variant import ONLY_VARIANT
from cdk_model_hosting.endpoints.volume_key import check_volume_key
from cdk_model_hosting.errors import ConfigurationError
from cdk_model_hosting.models.network import Network
from cdk_model_hosting.models.role import ExecutionRole
from cdk_model_hosting.monitoring.watched import Watched
from cdk_model_hosting.patterns import Feature, Pattern, Used
from cdk_model_hosting.placement import place_of
from cdk_model_hosting.tokens import is_token

if TYPE_CHECKING:
    import aws_cdk as cdk
    from aws_cdk import aws_iam as iam
    from aws_cdk import aws_kms as kms
    from constructs import Construct

    from cdk_model_hosting.models.network import BoundNetwork
    from cdk_model_hosting.permissions import Permission


@dataclass(frozen=True, slots=True, kw_only=True)
class _Instances:
    """The one variant of the endpoint: instances without a model."""

    fleet: Fleet
    instances: ManagedInstances | None
    name: str = ONLY_VARIANT
    model: None = None
    scaling: None = None

    def render(self) -> sagemaker.CfnEndpointConfig.ProductionVariantProperty:
        fleet, managed = self.fleet, self.instances
        count = fleet.count
        if count is None:
            count = 1 if managed is None or is_token(managed.minimum) else max(1, managed.minimum)
        return sagemaker.CfnEndpointConfig.ProductionVariantProperty(
            variant_name=self.name,
            initial_instance_count=count,
            initial_variant_weight=1,
            instance_type=fleet.instance_type,
            volume_size_in_gb=fleet.volume_gb,
            model_data_download_timeout_in_seconds=fleet.download_seconds,
            container_startup_health_check_timeout_in_seconds=fleet.startup_seconds,
            inference_ami_version=fleet.ami_version,
            managed_instance_scaling=None if managed is None else managed.render(),
            routing_config=None if fleet.routing is None else fleet.routing.render(),
        )

    def watched(self, endpoint_name: str) -> Watched:
        bounds = None if self.instances is None else (self.instances.minimum, self.instances.maximum)
        return Watched(endpoint_name=endpoint_name, variant_name=self.name, machine=self.fleet.machine, bounds=bounds)

    def scaled(self, endpoint_name: str, stack: cdk.Stack, pattern: Pattern) -> None:
        """Copies scale, and instances follow them."""


class ImportedComponentEndpoint(SharedInstanceMetrics, ImportedEndpoint):
    """An endpoint for inference components that exists already. Made by `ComponentEndpoint.from_endpoint_name`."""


class ComponentEndpoint(SharedInstanceMetrics, HostedEndpoint):
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
        verify_rollout: Whether the deployment fails when SageMaker has silently rolled the endpoint back.

    Raises:
        ConfigurationError: When the service would refuse the combination.

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
        require("ComponentEndpoint fleet", fleet, Fleet)
        if instances is not None:
            require("ComponentEndpoint instances", instances, ManagedInstances)
            _check_count(fleet, instances)
        if network is not None:
            require("ComponentEndpoint network", network, Network)
        if role is not None:
            require_like(
                "ComponentEndpoint role", role, "role_arn", "a role such as Role.from_role_arn(self, 'Role', arn)"
            )
        check_flags("ComponentEndpoint", network_isolation=network_isolation, verify_rollout=verify_rollout)
        variant = _Instances(fleet=fleet, instances=instances)
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
        self.network: BoundNetwork | None = None if network is None else network.bind(self)
        permissions = () if self.network is None else self.network.permissions
        self._role = ExecutionRole(self, self._place.stack, permissions, role)
        if self._role.policy is not None:
            self._attached.append(self._role.policy)
        self._configure(
            [variant],
            encryption_key,
            execution_role_arn=self._role.arn,
            vpc_config=None if self.network is None else _vpc(self.network),
            enable_network_isolation=network_isolation or None,
        )
        self._serve()
        self.scaled = {}
        if verify_rollout:
            self._verify(self.cfn_endpoint.attr_endpoint_name)
        self._warn()

    @property
    def role(self) -> iam.IRole:
        """The execution role of all components. What it is granted here is in force before the endpoint exists."""
        role = self._role.role
        self.cfn_endpoint_config.node.add_dependency(role)
        return role

    @property
    def role_arn(self) -> str:
        """ARN of the execution role of all components."""
        return self._role.arn

    def allow(self, *permissions: Permission) -> None:
        """Give the execution role what a component needs.

        Args:
            permissions: What it needs.
        """
        self._allow(*permissions)

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


def _check_count(fleet: Fleet, instances: ManagedInstances) -> None:
    count = fleet.count
    if count is None or any(is_token(each) for each in (count, instances.minimum, instances.maximum)):
        return
    if not instances.minimum <= count <= instances.maximum:
        raise ConfigurationError(
            f"Fleet count must lie between the bounds {instances.minimum} and {instances.maximum} of instances, got {count}: "
            "SageMaker would change it at once"
        )


def _vpc(network: BoundNetwork) -> sagemaker.CfnEndpointConfig.VpcConfigProperty:
    config = network.config
    return sagemaker.CfnEndpointConfig.VpcConfigProperty(
        security_group_ids=config.security_group_ids, subnets=config.subnets
    )
