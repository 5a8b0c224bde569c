"""What this local SageMaker knows about inference components."""

import time
from dataclasses import dataclass, field

from tests.local_aws.server.sagemaker import cloud
from tests.local_aws.server.sagemaker.meters import NAMESPACE, Meter
from tests.local_aws.server.sagemaker.state import LOCK, Document, Variant

NO_CAPACITY = "NoCapacityInvocationFailures"
_BUSY = {"Creating": "CREATE_IN_PROGRESS", "Updating": "UPDATE_IN_PROGRESS", "Deleting": "DELETE_IN_PROGRESS"}
_COUNTED_BY_INSTANCE = "InvocationsPerInstance"


@dataclass(frozen=True, slots=True, kw_only=True)
class ComponentMeter(Meter):
    """The metrics of a component: its endpoint's and variant's, and the same under its own name alone.

    Args:
        component_name: The component.
        copies: How many copies answer.
        instances: How many instances host them.
    """

    component_name: str
    copies: int
    instances: int

    def put(
        self, name: str, value: float, unit: str = "None", *, namespace: str = NAMESPACE, container: str = ""
    ) -> None:
        """Publish one value for the variant, and for the component, which counts by copy what a variant counts by instance."""
        by_instance = name == _COUNTED_BY_INSTANCE
        for_variant = value * self.copies / max(self.instances, 1) if by_instance else value
        Meter.put(self, name, for_variant, unit, namespace=namespace, container=container)
        if namespace == NAMESPACE and not container:
            self.put_own("InvocationsPerCopy" if by_instance else name, value, unit)

    def put_own(self, name: str, value: float, unit: str = "None") -> None:
        """Publish one value for the component alone."""
        cloud.record_metric(NAMESPACE, name, value, unit, {"InferenceComponentName": self.component_name})


@dataclass
class Copies(Variant):
    """The copies of a component that run the same version of it: to whoever invokes them, a variant like others.

    One process answers for all of them, and their number is the instance count.
    """

    component_name: str = ""
    host: Variant | None = None

    @property
    def meter(self) -> ComponentMeter:
        """Where the metrics go."""
        return ComponentMeter(
            endpoint_name=self.endpoint_name,
            variant_name=self.name,
            config_name=self.host.config_name if self.host is not None else self.config_name,
            component_name=self.component_name,
            copies=self.instance_count,
            instances=self.host.instance_count if self.host is not None else 0,
        )


@dataclass
class Component:
    """An inference component: a model, and how many copies of it run on the instances of a variant.

    An adapter has no copies of its own: those of its base answer for it.
    """

    name: str
    arn: str
    endpoint_name: str
    endpoint_arn: str
    variant_name: str
    specifications: list[Document]
    is_listed: bool
    wanted: int
    current: Copies
    pending: Copies | None = None
    pending_share: float = 0.0
    status: str = "Creating"
    failure_reason: str = ""
    changes_copies: bool = False
    deployment: Document | None = None
    created: float = field(default_factory=time.time)
    modified: float = field(default_factory=time.time)

    @property
    def base_name(self) -> str:
        """The component that an adapter belongs to; empty for one that is no adapter."""
        return str(self.specifications[0].get("BaseInferenceComponentName", ""))

    @property
    def progress(self) -> str:
        """What is under way, as the service calls it in its refusals; empty when nothing is."""
        if self.status == "Updating" and self.changes_copies:
            return "UPDATE_RC_IN_PROGRESS"
        return _BUSY.get(self.status, "")

    def becomes(self, status: str, *, reason: str = "", changes_copies: bool = False) -> None:
        """Enter a status."""
        with LOCK:
            self.status, self.failure_reason, self.changes_copies = status, reason, changes_copies
            self.modified = time.time()

    def specification(self, instance_type: str) -> Document:
        """Return the specification for an instance type, or the only one."""
        return next((s for s in self.specifications if s.get("InstanceType") == instance_type), self.specifications[0])


_STORES: dict[tuple[str, str], dict[str, Component]] = {}


def components() -> dict[str, Component]:
    """Return the components of the account and region of this request, by name."""
    with LOCK:
        return _STORES.setdefault((cloud.account(), cloud.region()), {})


def on(endpoint_name: str, variant_name: str | None = None) -> list[Component]:
    """List the components of an endpoint, or of one of its variants, in the order in which they were created."""
    with LOCK:
        return [
            component
            for component in components().values()
            if component.endpoint_name == endpoint_name and variant_name in {None, component.variant_name}
        ]


def adapters_of(component: Component) -> list[Component]:
    """List the adapters of a component."""
    return [other for other in on(component.endpoint_name) if other.base_name == component.name]


def clear() -> list[Copies]:
    """Forget everything; return the copies whose containers are to be stopped."""
    with LOCK:
        known = [component for components in _STORES.values() for component in components.values()]
        _STORES.clear()
        return [copies for component in known for copies in (component.current, component.pending) if copies]
