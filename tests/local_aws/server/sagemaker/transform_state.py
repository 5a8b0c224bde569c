"""What this local SageMaker knows about transform jobs."""

import threading
import time
from dataclasses import dataclass, field

from tests.local_aws.server.sagemaker import cloud
from tests.local_aws.server.sagemaker.state import LOCK, Document, Model

ENDED = frozenset({"Completed", "Failed", "Stopped"})


@dataclass
class TransformJob:
    """A transform job: what was asked, and how far it is.

    Args:
        name: Its name.
        arn: Its ARN.
        request: The request that created it, without tags.
        model: The model that was there then.
    """

    name: str
    arn: str
    request: Document
    model: Model
    status: str = "InProgress"
    failure_reason: str = ""
    created: float = field(default_factory=time.time)
    started: float | None = None
    ended: float | None = None
    modified: float = field(default_factory=time.time)
    stopping: threading.Event = field(default_factory=threading.Event)
    over: threading.Event = field(default_factory=threading.Event)

    @property
    def input(self) -> Document:
        """What is said about the input."""
        found: Document = self.request["TransformInput"]
        return found

    @property
    def output(self) -> Document:
        """What is said about the output."""
        found: Document = self.request["TransformOutput"]
        return found

    @property
    def instances(self) -> int:
        """How many instances share the input."""
        return int(self.request["TransformResources"]["InstanceCount"])

    def begins(self) -> None:
        """Count the time from now on: its containers answer."""
        with LOCK:
            self.started = self.modified = time.time()

    def becomes(self, status: str, *, reason: str = "") -> None:
        """Enter a status; what waits for the end of the job is told when it is one of those in which it ends."""
        with LOCK:
            self.status, self.failure_reason = status, reason[:_LONGEST_REASON]
            self.modified = time.time()
            if status in ENDED:
                self.ended = self.modified
        if status in ENDED:
            self.over.set()


_LONGEST_REASON = 1024
_STORES: dict[tuple[str, str], dict[str, TransformJob]] = {}


def transform_jobs() -> dict[str, TransformJob]:
    """Return the transform jobs of the account and region of this request, by name."""
    with LOCK:
        return _STORES.setdefault((cloud.account(), cloud.region()), {})


def clear() -> None:
    """Forget everything, and stop what runs."""
    with LOCK:
        for jobs in _STORES.values():
            for job in jobs.values():
                job.stopping.set()
        _STORES.clear()
