"""What this local SageMaker knows about inference experiments."""

import time
from dataclasses import dataclass, field

from tests.local_aws.server.sagemaker import cloud
from tests.local_aws.server.sagemaker.state import LOCK, Document

SECONDS_WITHOUT_END = 7 * 24 * 3600.0


@dataclass
class Experiment:
    """An inference experiment: a shadow test on an endpoint, from one moment to another.

    Times of the schedule are those of AWS; `clock` is what time it is there, which goes as much faster than the clock on the
    wall as everything else that waits.
    """

    name: str
    arn: str
    request: Document
    start: float
    end: float
    clock: float
    status: str = "Creating"
    reason: str = ""
    config_before: str = ""
    config_name: str = ""
    statuses: dict[str, str] = field(default_factory=dict)
    created: float = field(default_factory=time.time)
    modified: float = field(default_factory=time.time)
    completed: float | None = None

    @property
    def endpoint_name(self) -> str:
        """The endpoint that it runs on."""
        return str(self.request["EndpointName"])

    @property
    def production_name(self) -> str:
        """The production variant, which takes all requests."""
        return str(self.request["ShadowModeConfig"]["SourceModelVariantName"])

    @property
    def shadow(self) -> Document:
        """The shadow variant's name and sampling percentage."""
        found: Document = self.request["ShadowModeConfig"]["ShadowModelVariants"][0]
        return found

    @property
    def shadow_name(self) -> str:
        """The shadow variant, which gets copies."""
        return str(self.shadow["ShadowModelVariantName"])

    @property
    def variants(self) -> dict[str, Document]:
        """What is said about the variants, by name."""
        return {variant["VariantName"]: variant for variant in self.request["ModelVariants"]}

    def becomes(self, status: str, *, reason: str = "") -> None:
        """Enter a status."""
        with LOCK:
            self.status, self.reason = status, reason
            self.modified = time.time()
            if status in {"Completed", "Cancelled"}:
                self.completed = self.modified


_STORES: dict[tuple[str, str], dict[str, Experiment]] = {}


def experiments() -> dict[str, Experiment]:
    """Return the experiments of the account and region of this request, by name."""
    with LOCK:
        return _STORES.setdefault((cloud.account(), cloud.region()), {})


def clear() -> None:
    """Forget everything."""
    with LOCK:
        for known in _STORES.values():
            known.clear()
        _STORES.clear()
