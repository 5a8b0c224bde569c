"""NVIDIA's Triton inference server."""

from __future__ import annotations

import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from cdk_model_hosting.arguments import require
from cdk_model_hosting.errors import ConfigurationError
from cdk_model_hosting.kubernetes.servers.served import MODELS, Measure, Served, ServerKind, check_texts
from cdk_model_hosting.models.artifact import ModelArtifact
from cdk_model_hosting.models.gpu_need import GpuNeed
from cdk_model_hosting.models.triton.model import TritonModel
from cdk_model_hosting.models.triton.repository import TritonRepository
from cdk_model_hosting.tokens import is_token

if TYPE_CHECKING:
    from constructs import Construct

    from cdk_model_hosting.kubernetes.pod_size import PodSize
    from cdk_model_hosting.models.artifact import BoundArtifact

_PORTS = {"http": 8000, "grpc": 8001, "metrics": 8002}
_FAILED = "sum(rate(nv_inference_request_failure{{pods}}[2m]))"
_ANSWERED = "sum(rate(nv_inference_request_success{{pods}}[2m]))"
_QUERIES: dict[Measure, str] = {
    "waiting": "sum(nv_inference_pending_request_count{{pods}})",
    # Without requests there is nothing to divide by, and no error.
    "errors": f"(100 * {_FAILED} / (({_FAILED} + {_ANSWERED}) > 0)) or vector(0)",
    "latency": '(max(nv_inference_request_summary_us{quantile="0.99",{pods}}) / 1e6 > 0) or vector(0)',
}


@dataclass(frozen=True, slots=True, kw_only=True)
class TritonServer(ServerKind):
    """Triton, with the models of a repository.

    Args:
        repository: The models.
        models: Names of those that are loaded; all when empty.
        options: Further options of the server.
    """

    repository: TritonRepository | ModelArtifact
    models: tuple[str, ...]
    options: tuple[str, ...]

    def __post_init__(self) -> None:
        super(TritonServer, self).__post_init__()
        require(f"{self.what} repository", self.repository, TritonRepository, ModelArtifact)
        check_texts(f"{self.what} models", self.models)
        check_texts(f"{self.what} arguments", self.options)
        known = self._names()
        for each in self.models if known else ():
            if each not in known:
                raise ConfigurationError(
                    f"{self.what} models must be of the repository, got {each!r}, which is none of {', '.join(map(repr, known))}: the "
                    "server would not start"
                )

    def bind(self, scope: Construct, *, pod: PodSize, longest_seconds: int) -> Served:
        """Upload the repository, and run the server on it."""
        self._check_gpus(pod)
        return Served(
            command=("tritonserver",),
            arguments=(
                f"--model-repository={MODELS}",
                # What is loaded is what is named here: no polling of files, and no model that happens to lie there.
                "--model-control-mode=explicit",
                *(f"--load-model={each}" for each in self.models or self._names() or ("*",)),
                *(f"--{name}-port={port}" for name, port in _PORTS.items()),
                f"--exit-timeout-secs={longest_seconds}",
                "--metrics-config=summary_latencies=true",
                *self.options,
            ),
            environment=self.environment,
            ports=_PORTS,
            ready_path="/v2/health/ready",
            live_path="/v2/health/live",
            metrics=("metrics", "/metrics"),
            artifact=self._uploaded(scope),
            finishes=True,
        )

    def promql(self, measure: Measure) -> str | None:
        """What Triton's own metrics say."""
        return _QUERIES[measure]

    def _names(self) -> tuple[str, ...]:
        if isinstance(self.repository, TritonRepository):
            return tuple(each.name for each in self.repository.models)
        return ()

    def _uploaded(self, scope: Construct) -> BoundArtifact:
        if isinstance(self.repository, ModelArtifact):
            return self.repository.bind(scope, "Repository")
        with tempfile.TemporaryDirectory() as scratch:
            folder = self.repository.write(Path(scratch) / "repository")
            return ModelArtifact.from_asset(folder).bind(scope, "Repository")

    def _check_gpus(self, pod: PodSize) -> None:
        need = self._need()
        if need is None or is_token(pod.gpus) or is_token(need.gpus) or need.gpus <= pod.gpus:
            return
        raise ConfigurationError(
            f"PodSize gpus must be at least the {need.gpus} that {need.owner} is placed on, got {pod.gpus}: the model would not load"
        )

    def _need(self) -> GpuNeed | None:
        if isinstance(self.repository, ModelArtifact):
            return self.repository.gpu_need
        models = [each for each in self.repository.models if isinstance(each, TritonModel)]
        greatest = max(models, key=lambda each: each.gpus)
        return GpuNeed(owner=f"TritonModel {greatest.name!r}", gpus=greatest.gpus)
