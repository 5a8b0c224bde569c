"""What every model has in common: a role, a name, and what its endpoint must know of it."""

from __future__ import annotations

from abc import abstractmethod
from typing import TYPE_CHECKING

from aws_cdk import aws_iam as iam
from aws_cdk import aws_sagemaker as sagemaker
from constructs import Construct

from cdk_model_hosting.advice import Advice
from cdk_model_hosting.arguments import require, require_like
from cdk_model_hosting.errors import ConfigurationError
from cdk_model_hosting.limits import MODEL_NAME
from cdk_model_hosting.models.container import Container, check_environments
from cdk_model_hosting.models.network import Network
from cdk_model_hosting.models.role import ExecutionRole
from cdk_model_hosting.placement import Place, place_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from aws_cdk import aws_ec2 as ec2
    from constructs import IDependable

    from cdk_model_hosting.models.image import Architecture
    from cdk_model_hosting.permissions import Permission


class Model(Construct):
    """A model that an endpoint can serve. Make one of the subclasses, or import one with `from_model_name`.

    A SageMaker model is immutable: changing anything of it makes a new one, under a new name, before the old one goes.
    That is why models cannot be named here.
    """

    model_name: str
    """Name of the model."""

    architectures: frozenset[Architecture]
    """Processors that the model's images are built for, as far as known."""

    @staticmethod
    def from_model_name(
        scope: Construct, construct_id: str, model_name: str, *, role: iam.IRole | None = None
    ) -> Model:
        """A model that exists already.

        Args:
            scope: Where to import it.
            construct_id: ID below `scope`.
            model_name: Its name, at most 63 characters.
            role: Its execution role. When given and mutable, it gets what an endpoint needs of it (such as reading the
                rollback alarms); otherwise that is the role's owner's to see to.

        Raises:
            ConfigurationError: When no model can have that name.
        """
        MODEL_NAME.check("Model.from_model_name model_name", model_name)
        return _ImportedModel(scope, construct_id, model_name, role)

    def check_endpoint(self, endpoint: Place) -> None:
        """Refuse an endpoint that cannot serve the model.

        Args:
            endpoint: Where the endpoint's scope stands.

        Raises:
            ConfigurationError: When the model cannot be served from there.
        """

    def advice(self) -> list[Advice]:
        """What works with this model, but not as one may expect."""
        return []

    @abstractmethod
    def allow(self, *permissions: Permission) -> list[IDependable]:
        """Give the execution role what an endpoint needs of it.

        Args:
            permissions: What it needs.

        Returns:
            What the endpoint must wait for, because the permissions are attached to the role later.
        """


class HostedModel(Model):
    """A model made by this app.

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
        check_environments(tuple(containers))
        self._place = place_of(scope)
        bound = [container.bind(self, self._place.stack) for container in containers]
        if network is None and any(each.image.private_registry for each in bound):
            raise ConfigurationError(
                f"{type(self).__name__} network must be given with an image from a private registry, got none: "
                "SageMaker reaches that registry through the VPC"
            )
        permissions = [permission for each in bound for permission in each.permissions]
        self._network = None if network is None else network.bind(self)
        if self._network is not None:
            permissions.extend(self._network.permissions)
        self._role = ExecutionRole(self, self._place.stack, permissions, role)
        architectures = (each.image.architecture for each in bound)
        self.architectures = frozenset(each for each in architectures if each is not None)
        definitions = [each.definition for each in bound]
        self.cfn_model = sagemaker.CfnModel(
            self,
            "Resource",
            execution_role_arn=self._role.arn,
            primary_container=definitions[0] if len(definitions) == 1 else None,
            containers=definitions if len(definitions) > 1 else None,
            vpc_config=None if self._network is None else self._network.config,
            enable_network_isolation=network_isolation or None,
        )
        if self._role.policy is not None:
            # A role that was brought gets its permissions by a policy of its own, which the model must wait for.
            self.cfn_model.node.add_dependency(self._role.policy)
        self.model_name = self.cfn_model.attr_model_name

    def check_endpoint(self, endpoint: Place) -> None:
        """Refuse an endpoint in another stack; nested ones belong to the stack that they are nested in."""
        if endpoint.root is not self._place.root:
            raise ConfigurationError(
                f"{type(self).__name__} must be in its endpoint's stack, got {self._place.root_name} and "
                f"{endpoint.root_name}: each new version has a new name, which CloudFormation cannot change while another "
                "stack imports it"
            )

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


class _ImportedModel(Model):
    def __init__(self, scope: Construct, construct_id: str, model_name: str, role: iam.IRole | None) -> None:
        super().__init__(scope, construct_id)
        self.model_name = model_name
        self.architectures = frozenset()
        self._imported_role = role

    def advice(self) -> list[Advice]:
        if self._imported_role is not None:
            return []
        text = (
            f"the execution role of the imported model {self.model_name} is not known here: it must be allowed "
            "cloudwatch:DescribeAlarms, or no alarm rolls an update back"
        )
        return [Advice("unknownExecutionRole", text)]

    def allow(self, *permissions: Permission) -> list[IDependable]:
        if self._imported_role is None:
            return []
        added = [self._imported_role.add_to_principal_policy(each.statement()) for each in permissions]
        return [each.policy_dependable for each in added if each.policy_dependable is not None]
