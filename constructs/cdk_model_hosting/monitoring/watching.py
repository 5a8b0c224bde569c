"""What is watched of an endpoint, and the alarms that watch it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from cdk_model_hosting.errors import ConfigurationError
from cdk_model_hosting.placement import as_construct_id, place_of
from cdk_model_hosting.tokens import is_token

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from constructs import Construct

    from cdk_model_hosting.monitoring.compared import Compared
    from cdk_model_hosting.monitoring.condition import Condition
    from cdk_model_hosting.monitoring.kinds import Kind
    from cdk_model_hosting.monitoring.watched import By, Watched


@dataclass(frozen=True, slots=True, kw_only=True)
class Watch:
    """A condition on what it looks at.

    Args:
        condition: The condition.
        watched: What it looks at.
        name: Name of its alarm, without what it is for.
        construct_id: ID of its alarm.
    """

    condition: Condition
    watched: Watched
    name: str
    construct_id: str


def spread(
    conditions: Sequence[Condition],
    kind: Kind,
    variants: Sequence[Watched],
    components: Sequence[Watched] = (),
    *,
    first: int = 0,
) -> Iterator[Watch]:
    """Every condition on everything that publishes its metric: each variant, container or component, or the endpoint once.

    Args:
        conditions: The conditions.
        kind: What the endpoint publishes.
        variants: All variants of one endpoint.
        components: Its inference components.
        first: Position of the first of these components among all of them.

    Raises:
        ConfigurationError: When nothing publishes a condition's metric.
    """
    levels = [(condition, kind.level(condition)) for condition in conditions]
    for index, variant in enumerate(variants):
        variant_id = as_construct_id(variant.variant_name, index, kind="Variant")
        for condition, by in levels:
            if by == "endpoint" and index == 0:
                name = f"{variant.endpoint_name}/{condition.name}"
                yield Watch(condition=condition, watched=variant, name=name, construct_id=condition.name)
            elif by == "variant":
                yield _watch(condition, variant, variant_id)
            elif by == "container":
                for number, container in enumerate(condition.containers_of(variant)):
                    yield _watch(
                        condition, container, variant_id, as_construct_id(container.name, number, kind="Container")
                    )
    for index, component in enumerate(components, first):
        component_id = as_construct_id(component.name, index, kind="Component")
        for condition, by in levels:
            if by == "component":
                yield _watch(condition, component, component_id)


def _watch(condition: Condition, watched: Watched, *ids: str) -> Watch:
    # A slash can be in no name of SageMaker's, so different parts make different names.
    name = "/".join((*watched.path, condition.name))
    return Watch(condition=condition, watched=watched, name=name, construct_id=".".join((*ids, condition.name)))


@dataclass(frozen=True, slots=True, kw_only=True)
class MadeAlarm:
    """An alarm that watches an endpoint.

    Args:
        name: Its name, for one that this stack makes.
        condition: What it goes off on, for the same; None where it compares two variants.
        arn: Its ARN, for one that existed already.
        rollback: Whether rollouts roll back on it.
    """

    name: str = ""
    condition: Condition | None = None
    arn: str = ""
    rollback: bool


@dataclass(slots=True, kw_only=True)
class Watching:
    """What is watched of an endpoint. Every endpoint has one; alarms and dashboards work with nothing else.

    Args:
        kind: What this kind of endpoint publishes.
        variants: Its variants that answer callers.
        shadows: Its variants that get copies of requests, which are looked at only where they are compared.
        components: Its inference components, as far as they have been made.
        region: The endpoint's region, where that is not the stack's.
        account: The endpoint's account, where that is not the stack's.
        alarms: The alarms made so far.
        compared: The pairs of variants that are compared.
        listeners: Who wants to know of further alarms, components and comparisons.
        newcomers: Who watches further components too, and makes alarms for them before the listeners are told.
    """

    kind: Kind
    variants: tuple[Watched, ...]
    shadows: tuple[Watched, ...] = ()
    components: list[Watched] = field(default_factory=list)
    region: str | None = None
    account: str | None = None
    alarms: list[MadeAlarm] = field(default_factory=list)
    compared: list[Compared] = field(default_factory=list)
    listeners: list[Callable[[], None]] = field(default_factory=list)
    newcomers: list[Callable[[Watched], None]] = field(default_factory=list)

    def seen(self, by: By) -> tuple[Watched, ...]:
        """Who publishes metrics of a sort.

        Args:
            by: The sort.
        """
        match by:
            case "endpoint":
                return self.variants[:1]
            case "variant":
                return self.variants
            case "container":
                return tuple(each for variant in self.variants for each in variant.each_container())
            case "component":
                return tuple(self.components)

    def check_place(self, scope: Construct) -> None:
        """Refuse to make alarms where the endpoint is not.

        Args:
            scope: Where they are made.

        Raises:
            ConfigurationError: When that is another region or account.
        """
        for what, given in (("region", self.region), ("account", self.account)):
            if given is None or is_token(given):
                continue
            stack = place_of(scope).stack
            here = stack.region if what == "region" else stack.account
            if not is_token(here) and here != given:
                raise ConfigurationError(
                    f"alarms must be made in the endpoint's {what} {given}, got a stack in {here}: CloudWatch watches "
                    f"metrics of its own {what}"
                )

    def join(self, component: Watched) -> None:
        """Watch an inference component as well: whatever is watched of the others is watched of it.

        Args:
            component: The component.
        """
        self.components.append(component)
        for each in self.newcomers:
            each(component)
        self._tell()

    def made(self, names: Sequence[tuple[str, Condition | None]], *, rollback: bool) -> None:
        """Note alarms of this stack that were made.

        Args:
            names: Their names, and what they go off on.
            rollback: Whether rollouts roll back on them.
        """
        self.alarms.extend(MadeAlarm(name=name, condition=condition, rollback=rollback) for name, condition in names)
        self._tell()

    def brought(self, arns: Sequence[str], *, rollback: bool) -> None:
        """Note alarms that existed already.

        Args:
            arns: Their ARNs.
            rollback: Whether rollouts roll back on them.
        """
        self.alarms.extend(MadeAlarm(arn=each, rollback=rollback) for each in arns)
        self._tell()

    def compare(self, compared: Compared) -> None:
        """Note a pair of variants that is compared.

        Args:
            compared: The pair.
        """
        self.compared.append(compared)
        self._tell()

    def _tell(self) -> None:
        for listener in self.listeners:
            listener()
