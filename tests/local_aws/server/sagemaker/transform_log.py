"""The log of a transform job, in the local CloudWatch: which object of the input failed, and what the containers said.

The streams are named as on AWS, where the FailureReason of a job often says no more than to look here.
"""

import threading
import time
from datetime import UTC, datetime

from tests.local_aws.server.sagemaker import cloud
from tests.local_aws.server.sagemaker.containers import Container
from tests.local_aws.server.sagemaker.transform_state import TransformJob

GROUP = "/aws/sagemaker/TransformJobs"


class JobLog:
    """The log of one job.

    Args:
        job: The job.
    """

    def __init__(self, job: TransformJob) -> None:
        self._stream = f"{job.name}/i-local-{int(job.created)}"
        self._lock = threading.Lock()
        self._lines: list[tuple[float, str]] = []

    def say(self, text: str, *, about: str = "") -> None:
        """Write what SageMaker itself has to say, every line of it, about an object of the input or about the whole job."""
        now = time.time()
        stamp = f"{datetime.fromtimestamp(now, UTC):%Y-%m-%dT%H:%M:%S.%f}"[:-3]
        prefix = f"{stamp}:[sagemaker logs]: {f'{about}: ' if about else ''}"
        with self._lock:
            self._lines.extend((now, prefix + line) for line in text.splitlines() or [""])

    def publish(self, containers: list[Container]) -> None:
        """Bring all of it to CloudWatch, with the output of the containers."""
        cloud.log(GROUP, f"{self._stream}/data-log", self._lines)
        now = time.time()
        said = [line for container in containers if container.log.exists() for line in _read(container)]
        cloud.log(GROUP, self._stream, [(now, line) for line in said])


def _read(container: Container) -> list[str]:
    return [line for line in container.log.read_text(errors="replace").splitlines() if line]
