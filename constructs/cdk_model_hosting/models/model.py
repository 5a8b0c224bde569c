"""What every model has in common: a role, a name, and what its endpoint must know of it."""

from __future__ import annotations

from abc import abstractmethod
from typing import TYPE_CHECKING

from constructs import Construct

from cdk_model_hosting.advice import Advice
from cdk_model_hosting.arguments import require
from cdk_model_hosting.errors import ConfigurationError
from cdk_model_hosting.limits import MODEL_NAME
from cdk_model_hosting.patterns import Pattern

if TYPE_CHECKING:
    from aws_cdk import aws_iam as iam
    from constructs import IDependable

    from cdk_model_hosting.instances import InstanceType
    from cdk_model_hosting.models.container import Container
    from cdk_model_hosting.models.image import Architecture
    from cdk_model_hosting.patterns import Used
    from cdk_model_hosting.permissions import Permission
    from cdk_model_hosting.placement import Place

_PATTERNS = (Pattern.REALTIME, Pattern.MULTI_MODEL, Pattern.PIPELINE, Pattern.MULTI_CONTAINER)


class Model(Construct):
    """A model that an endpoint can serve. Make one of the subclasses, or import one with `from_model_name`.

    A SageMaker model is immutable: changing anything of it makes a new one, under a new name, before the old one goes.
    That is why models cannot be named here.
    """

    pattern: Pattern = Pattern.REALTIME
    """How SageMaker hosts it where callers wait for the answer."""

    model_name: str
    """Name of the model."""

    containers: tuple[Container, ...] = ()
    """Its containers, in their order; none where they are not known here."""

    hostnames: tuple[str, ...] = ()
    """Names by which its containers are told apart, in their order, where it has several with names."""

    features: tuple[Used, ...] = ()
    """What it has that not every endpoint can serve, as far as known."""

    architectures: frozenset[Architecture]
    """Processors that the model's images are built for, as far as known."""

    @staticmethod
    def from_model_name(
        scope: Construct,
        construct_id: str,
        model_name: str,
        *,
        role: iam.IRole | None = None,
        pattern: Pattern = Pattern.REALTIME,
    ) -> Model:
        """A model that exists already.

        Args:
            scope: Where to import it.
            construct_id: ID below `scope`.
            model_name: Its name, at most 63 characters.
            role: Its execution role. When given and mutable, it gets what an endpoint needs of it (such as reading the
                rollback alarms); otherwise that is the role's owner's to see to.
            pattern: How SageMaker hosts it: a single model when omitted, or ``MULTI_MODEL``, ``PIPELINE`` or
                ``MULTI_CONTAINER``.

        Raises:
            ConfigurationError: When no model can have that name, or be hosted that way.
        """
        MODEL_NAME.check("Model.from_model_name model_name", model_name, optional=False)
        require("Model.from_model_name pattern", pattern, Pattern)
        if pattern not in _PATTERNS:
            raise ConfigurationError(
                f"Model.from_model_name pattern must be one of {', '.join(each.name for each in _PATTERNS)}, got "
                f"{pattern.name}: the others are ways to answer, and not kinds of model"
            )
        return _ImportedModel(scope, construct_id, model_name, role, pattern)

    def check_endpoint(self, endpoint: Place, *, kind: str = "endpoint") -> None:
        """Refuse an endpoint, or something else that runs models, that cannot serve the model.

        Args:
            endpoint: Where its scope stands.
            kind: What it is.

        Raises:
            ConfigurationError: When the model cannot be served from there.
        """

    def check_fleet(self, machine: InstanceType) -> None:
        """Refuse instances that cannot serve the model.

        Args:
            machine: What the fleet's instances are.

        Raises:
            ConfigurationError: When SageMaker does not serve it on them.
        """

    def fleet_advice(self, machine: InstanceType) -> list[Advice]:
        """What may work with this model on these instances, or not.

        Args:
            machine: What the fleet's instances are.
        """
        return []

    def advice(self, needs: str = "") -> list[Advice]:
        """What works with this model, but not as one may expect.

        Args:
            needs: What its execution role must be allowed, and why; what it was to be given so far when empty.
        """
        return []

    @abstractmethod
    def allow(self, *permissions: Permission) -> list[IDependable]:
        """Give the execution role what an endpoint needs of it.

        Args:
            permissions: What it needs.

        Returns:
            What the endpoint must wait for, because the permissions are attached to the role later.
        """


class _ImportedModel(Model):
    def __init__(
        self, scope: Construct, construct_id: str, model_name: str, role: iam.IRole | None, pattern: Pattern
    ) -> None:
        super().__init__(scope, construct_id)
        self.pattern = pattern
        self.model_name = model_name
        self.architectures = frozenset()
        self._imported_role = role
        self._not_given: dict[str, None] = {}

    def advice(self, needs: str = "") -> list[Advice]:
        wanted = needs or ", ".join(self._not_given)
        if self._imported_role is not None or not wanted:
            return []
        text = (
            f"the execution role of the imported model {self.model_name} is not known here: it must be allowed {wanted}"
        )
        return [Advice("unknownExecutionRole", text)]

    def allow(self, *permissions: Permission) -> list[IDependable]:
        if self._imported_role is None:
            self._not_given.update(dict.fromkeys(action for each in permissions for action in each.actions))
            return []
        added = [self._imported_role.add_to_principal_policy(each.statement()) for each in permissions]
        return [each.policy_dependable for each in added if each.policy_dependable is not None]
