"""vLLM, which serves language models."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from cdk_model_hosting.advice import Advice
from cdk_model_hosting.arguments import require
from cdk_model_hosting.errors import ConfigurationError
from cdk_model_hosting.kubernetes.names import number_text
from cdk_model_hosting.kubernetes.servers.served import MODELS, Measure, Served, ServerKind, check_texts
from cdk_model_hosting.kubernetes.servers.volumes import PodVolume, SecretKey
from cdk_model_hosting.limits.clusters import KUBERNETES_NAME
from cdk_model_hosting.limits.servers import MODEL_TOKENS, POD_DEVICES
from cdk_model_hosting.models.artifact import ModelArtifact
from cdk_model_hosting.tokens import is_token

if TYPE_CHECKING:
    from constructs import Construct

    from cdk_model_hosting.kubernetes.pod_size import PodSize

_PORT = 8000
_CACHE = "/cache"
_ALL = "sum(rate(http_requests_total{{pods}}[2m]))"
_FAILED = 'sum(rate(http_requests_total{status=~"5..",{pods}}[2m]))'
_QUERIES: dict[Measure, str] = {
    "waiting": "sum(vllm:num_requests_waiting{{pods}})",
    # A status that never came up has no series, and counts as none.
    "errors": f"(100 * ({_FAILED} or vector(0)) / ({_ALL} > 0)) or vector(0)",
    "latency": (
        "(histogram_quantile(0.99, sum by (le) (rate(vllm:e2e_request_latency_seconds_bucket{{pods}}[2m]))) > 0) or vector(0)"
    ),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class VllmServer(ServerKind):
    """VLLM, with one model.

    Args:
        model: The model's name on Hugging Face, or its files.
        tensor_parallel: GPUs that it is spread over; the pod's when None.
        max_model_len: Most tokens of a request and its answer together.
        served_name: Name that requests use.
        token: Hugging Face's token.
        cache: Claim of a volume that keeps what was downloaded.
        options: Further options of the server.
    """

    model: str | ModelArtifact
    tensor_parallel: int | None
    max_model_len: int | None
    served_name: str | None
    token: SecretKey | None
    cache: str | None
    options: tuple[str, ...]

    def __post_init__(self) -> None:
        super(VllmServer, self).__post_init__()
        require(f"{self.what} model", self.model, str, ModelArtifact)
        POD_DEVICES.check(f"{self.what} tensor_parallel", self.tensor_parallel)
        MODEL_TOKENS.check(f"{self.what} max_model_len", self.max_model_len)
        KUBERNETES_NAME.check(f"{self.what} cache", self.cache)
        if self.served_name is not None:
            require(f"{self.what} served_name", self.served_name, str)
        if self.token is not None:
            require(f"{self.what} token", self.token, SecretKey)
        check_texts(f"{self.what} arguments", self.options)
        if not isinstance(self.model, str):
            if self.served_name is None:
                raise ConfigurationError(
                    f"{self.what} served_name must be given with a model from S3, got None: requests would have to say {MODELS}"
                )
            for name, value in (("token", self.token), ("cache", self.cache)):
                if value is not None:
                    raise ConfigurationError(
                        f"{self.what} {name} must not be given with a model from S3, got {value!r}: nothing is asked of Hugging Face"
                    )

    def bind(self, scope: Construct, *, pod: PodSize, longest_seconds: int) -> Served:  # noqa: ARG002 - the pod waits
        """Run the server, on files from S3 or on what it downloads by itself."""
        asked = self.tensor_parallel if self.tensor_parallel is not None else pod.gpus
        if not is_token(asked) and not is_token(pod.gpus) and asked != pod.gpus:
            raise ConfigurationError(
                f"{self.what} tensor_parallel must be the {pod.gpus} of PodSize gpus, got {asked}: the pod has no others, and would pay "
                "for those it leaves idle"
            )
        own = not isinstance(self.model, str)
        options: dict[str, str | float | None] = {
            "host": "0.0.0.0",  # noqa: S104 - a pod has its own address, and a network policy before it
            "port": _PORT,
            "tensor-parallel-size": asked,
            "max-model-len": self.max_model_len,
            "served-model-name": self.served_name,
        }
        volumes = () if own else (PodVolume.scratch(_CACHE),)
        if self.cache is not None:
            volumes = (PodVolume.claim(_CACHE, self.cache),)
        return Served(
            command=("vllm", "serve"),
            arguments=(
                MODELS if not isinstance(self.model, str) else self.model,
                *(f"--{name}={_text(value)}" for name, value in options.items() if value is not None),
                *self.options,
            ),
            environment={
                # Users without an entry in /etc/passwd have no name otherwise, which PyTorch asks for.
                "USER": "server",
                "VLLM_NO_USAGE_STATS": "1",
                **({"HF_HUB_OFFLINE": "1"} if own else {"HF_HOME": _CACHE}),
                **self.environment,
            },
            secrets={} if self.token is None else {"HF_TOKEN": self.token},
            ports={"http": _PORT},
            ready_path="/health",
            live_path="/health",
            metrics=("http", "/metrics"),
            volumes=volumes,
            artifact=None if isinstance(self.model, str) else self.model.bind(scope, "Model"),
        )

    def advice_on_turns(self) -> Advice | None:
        """It takes nearly all memory of a GPU unless it is told otherwise."""
        # It reads underscores as hyphens.
        if any(each.replace("_", "-").startswith("--gpu-memory-utilization") for each in self.options):
            return None
        return Advice(
            "vllmTakesWholeGpu",
            f"{self.what} takes nine tenths of a GPU's memory unless told otherwise, and pods take turns on each GPU: the next one finds too "
            "little and does not start; give each its part by arguments, such as '--gpu-memory-utilization=0.4'",
        )

    def promql(self, measure: Measure) -> str | None:
        """What vLLM's own metrics say."""
        return _QUERIES[measure]


def _text(value: str | float) -> str:
    return value if isinstance(value, str) else number_text(value)
