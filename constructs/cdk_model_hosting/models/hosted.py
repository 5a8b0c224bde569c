"""What the models that an app makes have in common: containers, a role, a network."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aws_cdk import aws_sagemaker as sagemaker
from constructs import Construct

from cdk_model_hosting.advice import Advice
from cdk_model_hosting.arguments import require, require_like
from cdk_model_hosting.errors import ConfigurationError
from cdk_model_hosting.models.container import Container, check_environments
from cdk_model_hosting.models.model import Model
from cdk_model_hosting.models.multi_model_fleet import check_multi_model_fleet, multi_model_fleet_advice
from cdk_model_hosting.models.network import Network
from cdk_model_hosting.models.role import ExecutionRole
from cdk_model_hosting.patterns import Feature, Used
from cdk_model_hosting.placement import Place, place_of
from cdk_model_hosting.tokens import is_token

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from aws_cdk import aws_ec2 as ec2
    from aws_cdk import aws_iam as iam
    from constructs import IDependable

    from cdk_model_hosting.instances import InstanceType
    from cdk_model_hosting.models.container import BoundContainer
    from cdk_model_hosting.permissions import Permission


class HostedModel(Model):
    """A model made by this app.

    Args:
        scope: Where to make it.
        construct_id: ID below `scope`.
        containers: Its containers, in their order.
        role: Execution role to use instead of one made here.
        network: VPC to attach the containers to.
        network_isolation: Whether the containers get no network at all.
        mode: How requests reach several containers: ``Direct``, or one after the other when omitted.

    Attributes:
        model_name: Name that CloudFormation gave the model.
        cfn_model: The model's resource.
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        containers: Sequence[Container],
        role: iam.IRole | None,
        network: Network | None,
        network_isolation: bool,
        mode: str | None = None,
    ) -> None:
        super().__init__(scope, construct_id)
        what = type(self).__name__
        for container in containers:
            require(f"{what} container", container, Container)
        if network is not None:
            require(f"{what} network", network, Network)
        if role is not None:
            require_like(f"{what} role", role, "role_arn", "a role such as Role.from_role_arn(self, 'Role', arn)")
        require(f"{what} network_isolation", network_isolation, bool)
        self.containers = tuple(containers)
        if len(self.containers) > 1:
            # SageMaker ignores the name of an only container.
            self.hostnames = tuple(each.hostname for each in containers if each.hostname is not None)
        check_environments(self.containers)
        self._place = place_of(scope)
        bound = self._bind()
        if network is None and any(each.image.private_registry for each in bound):
            raise ConfigurationError(
                f"{what} network must be given with an image from a private registry, got none: "
                "SageMaker reaches that registry through the VPC"
            )
        self.features = tuple(_features(what, self.containers, bound, network, network_isolation=network_isolation))
        permissions = [permission for each in bound for permission in each.permissions]
        self._network = None if network is None else network.bind(self)
        if self._network is not None:
            permissions.extend(self._network.permissions)
        self._role = ExecutionRole(self, self._place.stack, permissions, role)
        architectures = (each.image.architecture for each in bound)
        self.architectures = frozenset(each for each in architectures if each is not None)
        if len(self.architectures) > 1:
            built = " and ".join(sorted(each.value for each in self.architectures))
            raise ConfigurationError(
                f"{what} containers must be built for one processor, got {built}: they all run on the same instances"
            )
        definitions = [each.definition for each in bound]
        self.cfn_model = sagemaker.CfnModel(
            self,
            "Resource",
            execution_role_arn=self._role.arn,
            primary_container=definitions[0] if len(definitions) == 1 else None,
            containers=definitions if len(definitions) > 1 else None,
            inference_execution_config=None
            if mode is None
            else sagemaker.CfnModel.InferenceExecutionConfigProperty(mode=mode),
            vpc_config=None if self._network is None else self._network.config,
            enable_network_isolation=network_isolation or None,
        )
        if self._role.policy is not None:
            # A role that was brought gets its permissions by a policy of its own, which the model must wait for.
            self.cfn_model.node.add_dependency(self._role.policy)
        self.model_name = self.cfn_model.attr_model_name

    def check_endpoint(self, endpoint: Place, *, kind: str = "endpoint") -> None:
        """Refuse an endpoint in another stack; nested ones belong to the stack that they are nested in."""
        if endpoint.root is not self._place.root:
            raise ConfigurationError(
                f"{type(self).__name__} must be in its {kind}'s stack, got {self._place.root_name} and "
                f"{endpoint.root_name}: each new version has a new name, which CloudFormation cannot change while another "
                "stack imports it"
            )

    def check_fleet(self, machine: InstanceType) -> None:
        """Refuse instances that a container of it cannot load models, or its own model, on."""
        for each in self.containers:
            if each.models is not None:
                check_multi_model_fleet(type(self).__name__, each.image, machine)
                each.models.check_fleet(each.image, machine)
            elif each.gpu_need is not None:
                each.gpu_need.check(each.image, machine)

    def fleet_advice(self, machine: InstanceType) -> list[Advice]:
        """What AWS does not say of instances that a container of it loads models on, and of GPUs that nothing uses."""
        found = multi_model_fleet_advice(machine) if any(each.models is not None for each in self.containers) else []
        if machine.gpu and all(each.image.is_for_cpus for each in self.containers):
            text = f"no GPU of {machine.name} is used: the image of ContainerImage.triton with gpu=False is built without them"
            found.append(Advice("idleGpus", text))
        return found

    @property
    def role(self) -> iam.IRole:
        """The execution role. What it is granted here is in force before the model exists."""
        role = self._role.role
        self.cfn_model.node.add_dependency(role)
        return role

    @property
    def connections(self) -> ec2.Connections:
        """Who may talk to the containers, and whom they may talk to.

        Raises:
            ConfigurationError: When the model is in no VPC.
        """
        from aws_cdk import aws_ec2 as ec2  # noqa: PLC0415 - loaded by those alone who use a VPC

        if self._network is None:
            raise ConfigurationError(
                f"{type(self).__name__} connections must belong to a model in a VPC, got one without a network: "
                "only a VPC has security groups"
            )
        return ec2.Connections(security_groups=list(self._network.security_groups))

    def allow(self, *permissions: Permission) -> list[IDependable]:
        """Give the execution role what an endpoint needs of it; the model itself waits for its role."""
        self._role.allow(*permissions)
        return []

    def _bind(self) -> list[BoundContainer]:
        """Make what the containers need: of one right here, of several each in a scope of its own, but an image once."""
        stack = self._place.stack
        if len(self.containers) == 1:
            return [self.containers[0].bind(self, stack)]
        bound: list[BoundContainer] = []
        for index, each in enumerate(self.containers):
            before = zip(self.containers, bound, strict=False)
            image = next((made.image for container, made in before if container.image == each.image), None)
            bound.append(each.bind(Construct(self, _scope_id(index, each.hostname)), stack, image=image))
        return bound


def _scope_id(index: int, hostname: str | None) -> str:
    """A container with a name keeps what belongs to it where the order changes."""
    return f"Container{index}" if hostname is None or is_token(hostname) else f"Container-{hostname}"


def _features(
    owner: str,
    containers: Sequence[Container],
    bound: Sequence[BoundContainer],
    network: Network | None,
    *,
    network_isolation: bool,
) -> Iterator[Used]:
    """What not every endpoint can serve."""
    if any(each.image.private_registry for each in bound):
        yield Used(Feature.PRIVATE_REGISTRY, f"{owner} image from a private registry")
    if network is not None:
        yield Used(Feature.VPC, f"{owner} network")
    if network_isolation:
        yield Used(Feature.NETWORK_ISOLATION, f"{owner} network_isolation", "True")
    if any(each.definition.model_data_source is not None for each in bound):
        yield Used(Feature.UNCOMPRESSED, f"{owner} artifact", "files under a prefix", must="be one gzipped archive")
    needs = [each.gpu_need for each in containers if each.gpu_need is not None]
    if needs:
        yield Used(Feature.GPU, f"{owner} artifact", f"{needs[0].owner} on GPUs", must="need no GPU")
