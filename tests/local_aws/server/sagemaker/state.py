"""What this local SageMaker knows: models, endpoint configurations, endpoints and their fleets.

One lock guards all of it. Functions that change state hold the lock for the change alone, never while a container
starts or answers.
"""

import threading
import time
from dataclasses import dataclass, field
from typing import Any

from tests.local_aws.server.sagemaker import cloud
from tests.local_aws.server.sagemaker.containers import PRIMARY
from tests.local_aws.server.sagemaker.meters import Meter
from tests.local_aws.server.sagemaker.serving import Serving

Document = dict[str, Any]

LOCK = threading.RLock()

BUSY = frozenset({"Creating", "Updating", "SystemUpdating", "RollingBack", "Deleting"})
ANSWERING = frozenset({"InService", "Updating", "SystemUpdating", "RollingBack"})


@dataclass
class Model:
    """A model: which container, with which artifact."""

    name: str
    arn: str
    request: Document
    created: float = field(default_factory=time.time)

    @property
    def containers(self) -> list[Document]:
        """The containers in the order in which they are invoked."""
        primary = self.request.get("PrimaryContainer")
        return [primary] if primary else list(self.request.get("Containers", []))

    @property
    def container_names(self) -> list[str]:
        """What errors and metrics call the containers: by their hostnames, or else by their places."""
        if self.request.get("PrimaryContainer"):
            return [PRIMARY]
        places = enumerate(self.containers, start=1)
        return [container.get("ContainerHostname", f"container-{place}") for place, container in places]

    @property
    def is_direct(self) -> bool:
        """Whether a request goes to one container of several, and not through all of them."""
        mode = self.request.get("InferenceExecutionConfig", {}).get("Mode", "Serial")
        return len(self.containers) > 1 and bool(mode == "Direct")

    @property
    def is_multi_model(self) -> bool:
        """Whether one of the containers loads models when they are asked for."""
        return any(container.get("Mode") == "MultiModel" for container in self.containers)


@dataclass
class EndpointConfig:
    """An endpoint configuration: which models, on which instances."""

    name: str
    arn: str
    request: Document
    created: float = field(default_factory=time.time)

    @property
    def variants(self) -> dict[str, Document]:
        """The production variants by name."""
        return {variant["VariantName"]: variant for variant in self.request["ProductionVariants"]}

    @property
    def shadows(self) -> dict[str, Document]:
        """The shadow variants by name."""
        return {variant["VariantName"]: variant for variant in self.request.get("ShadowProductionVariants", [])}

    @property
    def is_async(self) -> bool:
        """Whether the endpoint answers through S3 alone."""
        return "AsyncInferenceConfig" in self.request


@dataclass
class Counters:
    """What a variant has done so far."""

    invocations: int = 0
    client_errors: int = 0
    server_errors: int = 0
    model_latency_us: float = 0.0
    overhead_latency_us: float = 0.0


@dataclass
class Variant:
    """A production variant as it runs: how many instances, how much of the traffic, and what answers.

    The same processes answer for all instances of a variant; the counts are bookkeeping.
    """

    name: str
    settings: Document
    model: Model | None
    instance_count: int
    weight: float
    endpoint_name: str = ""  # until its fleet starts
    config_name: str = ""
    serving: Serving | None = None
    unplayable: str = ""
    counters: Counters = field(default_factory=Counters)

    @property
    def meter(self) -> Meter:
        """Where its metrics go."""
        return Meter(endpoint_name=self.endpoint_name, variant_name=self.name, config_name=self.config_name)

    @property
    def is_serverless(self) -> bool:
        """Whether the variant has no instances of its own."""
        return "ServerlessConfig" in self.settings

    @property
    def instance_type(self) -> str | None:
        """The instance type, which a serverless variant lacks."""
        found: str | None = self.settings.get("InstanceType")
        return found


@dataclass
class Fleet:
    """All variants of one endpoint configuration, as they run behind an endpoint."""

    config: EndpointConfig
    variants: dict[str, Variant]
    shadows: dict[str, Variant] = field(default_factory=dict)

    @property
    def everyone(self) -> dict[str, Variant]:
        """The production variants and the shadow variants by name."""
        return {**self.variants, **self.shadows}


@dataclass
class Endpoint:
    """An endpoint: the fleet that answers, and during an update the one that is to replace it."""

    name: str
    arn: str
    fleet: Fleet
    status: str = "Creating"
    failure_reason: str = ""
    pending: Fleet | None = None
    pending_share: float = 0.0
    pending_since: float = 0.0
    pending_stage: str = "Creating"
    deployment: Document | None = None
    created: float = field(default_factory=time.time)
    modified: float = field(default_factory=time.time)

    def becomes(self, status: str, *, reason: str = "") -> None:
        """Enter a status."""
        with LOCK:
            self.status = status
            self.failure_reason = reason
            self.modified = time.time()

    @property
    def is_busy(self) -> bool:
        """Whether an operation is under way, so that no other may begin."""
        return self.status in BUSY


@dataclass
class Store:
    """The resources of one account in one region."""

    models: dict[str, Model] = field(default_factory=dict)
    configs: dict[str, EndpointConfig] = field(default_factory=dict)
    endpoints: dict[str, Endpoint] = field(default_factory=dict)
    tags: dict[str, dict[str, str]] = field(default_factory=dict)


_STORES: dict[tuple[str, str], Store] = {}


def store() -> Store:
    """Return the resources of the account and region of this request."""
    with LOCK:
        return _STORES.setdefault((cloud.account(), cloud.region()), Store())


def clear() -> list[Endpoint]:
    """Forget everything; return the endpoints whose containers are to be stopped."""
    with LOCK:
        endpoints = [endpoint for known in _STORES.values() for endpoint in known.endpoints.values()]
        _STORES.clear()
        return endpoints
