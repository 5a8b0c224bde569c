"""What SageMaker's Triton container is told by environment variables."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from cdk_model_hosting.arguments import require, require_several
from cdk_model_hosting.durations import literal
from cdk_model_hosting.errors import ConfigurationError
from cdk_model_hosting.limits import (
    TRITON_ARGUMENT,
    TRITON_GPU_MEMORY_SHARE,
    TRITON_METRICS_PORT,
    TRITON_PING_MODE,
    TRITON_PYTHON_MEMORY_GROWTH_MIB,
    TRITON_PYTHON_MEMORY_MIB,
    TRITON_THREADS,
)
from cdk_model_hosting.tokens import is_token

if TYPE_CHECKING:
    from collections.abc import Sequence

_PREFIX = "SAGEMAKER_TRITON_"
_MIB = 1 << 20


@dataclass(frozen=True, slots=True, kw_only=True)
class TritonMetrics:
    """Triton's own metrics in CloudWatch: time in the queue, in each model, on each GPU. For images from 23.07 on.

    The account pays for them as for any metrics of its own. They cannot leave a container that runs in network isolation.

    Args:
        log_group: Name of the log group that they are written to. Below ``/aws/sagemaker/Endpoints/`` the roles made by
            this library may write; for another, grant the model's role to.
        namespace: Namespace that they appear in.
        port: Where the server offers them inside the container. The container takes another when SageMaker blocks it.

    Raises:
        ConfigurationError: When a name is empty, or the port is none.

    See: https://docs.aws.amazon.com/sagemaker/latest/dg/deploy-models-frameworks-triton.html
    """

    log_group: str
    namespace: str
    port: int = 8002

    def __post_init__(self) -> None:
        for what, value in (("log_group", self.log_group), ("namespace", self.namespace)):
            require(f"TritonMetrics {what}", value, str)
            if not value:
                raise ConfigurationError(
                    f"TritonMetrics {what} must not be empty, got '': the container publishes nothing without it"
                )
        TRITON_METRICS_PORT.check("TritonMetrics port", self.port)

    def variables(self) -> dict[str, object]:
        """The variables without their common prefix."""
        return {
            "ALLOW_METRICS": True,
            "PUBLISH_METRICS_TO_CLOUDWATCH": True,
            "CLOUDWATCH_LOG_GROUP": self.log_group,
            "CLOUDWATCH_METRIC_NAMESPACE": self.namespace,
            "METRICS_PORT": self.port,
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class TritonSettings:
    """How the Triton server of SageMaker's container runs. What is omitted stays as the container has it.

    Args:
        ping_mode: When the container is healthy: ``ready`` when its models are loaded too, ``live`` as soon as the server
            runs. ``ready`` for one model and ``live`` for many when omitted.
        threads: Threads that read requests, at least 1.
        log_verbose: Whether every request is logged. The container does it unless told not to: switch it off in production.
        log_info: Whether the server's doings are logged; not when omitted.
        log_warnings: Whether warnings are logged; not when omitted.
        log_errors: Whether errors are logged; not when omitted.
        python_memory_mib: Shared memory of each copy of a Python model, at least 1 MiB; 16 when omitted. Inputs and outputs of
            a batch pass through it.
        python_memory_growth_mib: By how much it grows when it is full, at least 1 MiB; 1 when omitted.
        gpu_memory_share: Share of each GPU's memory, 0.8 for 80 %, beyond which no further model is loaded, so that room is
            left for answering. Triton does not count that among the errors for which SageMaker lets go of another model.
        metrics: Where Triton's own metrics are published; nowhere when omitted.
        arguments: Further arguments of the server, such as ``--exit-timeout-secs=10``.

    Raises:
        ConfigurationError: When a value is outside what the server takes.

    See: https://docs.aws.amazon.com/sagemaker/latest/dg/deploy-models-frameworks-triton.html
    """

    ping_mode: str | None = None
    threads: int | None = None
    log_verbose: bool | None = None
    log_info: bool | None = None
    log_warnings: bool | None = None
    log_errors: bool | None = None
    python_memory_mib: int | None = None
    python_memory_growth_mib: int | None = None
    gpu_memory_share: float | None = None
    metrics: TritonMetrics | None = None
    arguments: Sequence[str] = ()

    def __post_init__(self) -> None:
        TRITON_PING_MODE.check("TritonSettings ping_mode", self.ping_mode)
        TRITON_THREADS.check("TritonSettings threads", self.threads)
        for what in ("log_verbose", "log_info", "log_warnings", "log_errors"):
            require(f"TritonSettings {what}", getattr(self, what), bool, type(None))
        for what, limit in (
            ("python_memory_mib", TRITON_PYTHON_MEMORY_MIB),
            ("python_memory_growth_mib", TRITON_PYTHON_MEMORY_GROWTH_MIB),
        ):
            if getattr(self, what) is not None:
                literal(f"TritonSettings {what}", getattr(self, what))
            limit.check(f"TritonSettings {what}", getattr(self, what))
        TRITON_GPU_MEMORY_SHARE.check("TritonSettings gpu_memory_share", self.gpu_memory_share)
        if self.metrics is not None:
            require("TritonSettings metrics", self.metrics, TritonMetrics)
        require_several("TritonSettings arguments", self.arguments, str)
        object.__setattr__(self, "arguments", tuple(self.arguments))
        for argument in self.arguments:
            TRITON_ARGUMENT.check("TritonSettings arguments", argument)

    def environment(self) -> dict[str, str]:
        """The settings as environment variables, only those that are given."""
        variables: dict[str, object] = {
            "PING_MODE": self.ping_mode,
            "THREAD_COUNT": self.threads,
            "LOG_VERBOSE": self.log_verbose,
            "LOG_INFO": self.log_info,
            "LOG_WARNING": self.log_warnings,
            "LOG_ERROR": self.log_errors,
            "SHM_DEFAULT_BYTE_SIZE": _bytes(self.python_memory_mib),
            "SHM_GROWTH_BYTE_SIZE": _bytes(self.python_memory_growth_mib),
            "MODEL_LOAD_GPU_LIMIT": self.gpu_memory_share,
            "ADDITIONAL_ARGS": " ".join(self.arguments) or None,
        }
        if self.metrics is not None:
            variables.update(self.metrics.variables())
        return {f"{_PREFIX}{name}": _shown(value) for name, value in variables.items() if value is not None}


def _bytes(mebibytes: int | None) -> int | None:
    return None if mebibytes is None else int(mebibytes) * _MIB


def _shown(value: object) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, int | float) and is_token(value):
        import aws_cdk as cdk  # noqa: PLC0415 - loaded with what made the Token

        return cdk.Tokenization.stringify_number(value)
    return str(value)
