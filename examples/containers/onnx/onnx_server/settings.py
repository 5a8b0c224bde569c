"""What the environment says about how to serve."""

import logging
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

_KILOBYTE = 1024
_MEGABYTE = 1024 * _KILOBYTE


class SettingsError(ValueError):
    """An environment variable that cannot be followed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """How to serve; the README lists the environment variables.

    Args:
        host: The address to listen on.
        port: The port to listen on.
        model_folder: Where SageMaker unpacks the model.
        multi_model: Whether SageMaker says by request which models to load, instead of one from `model_folder`.
        model_memory_bytes: What the models of a multi-model container may take together.
        workers: Requests that are read, predicted and written at the same time; further ones wait.
        threads_per_request: Threads that onnxruntime may use for one request.
        max_body_bytes: A larger request is refused.
        max_rows: A request of more records is refused.
        log_level: A level's name of the standard library's logging.
    """

    host: str = "0.0.0.0"  # noqa: S104 - a container's only address; run locally with SAGEMAKER_BIND_TO_HOST
    port: int = 8080
    model_folder: Path = Path("/opt/ml/model")
    multi_model: bool = False
    model_memory_bytes: int = 1024 * _MEGABYTE
    workers: int = 1
    threads_per_request: int = 1
    max_body_bytes: int = 25 * _MEGABYTE
    max_rows: int = 100_000
    log_level: str = "INFO"

    @classmethod
    def from_environment(cls, environment: Mapping[str, str]) -> "Settings":
        """Read the settings.

        Raises:
            SettingsError: A variable's value is out of its range.
        """
        # A class with slots hides its defaults; an instance of nothing but defaults tells them.
        default = cls()
        level = environment.get("ONNX_SERVER_LOG_LEVEL", default.log_level).upper()
        if level not in logging.getLevelNamesMapping():
            raise SettingsError(f"ONNX_SERVER_LOG_LEVEL must be a level such as INFO or WARNING, got {level!r}")
        return cls(
            host=environment.get("SAGEMAKER_BIND_TO_HOST", default.host),
            port=_whole(environment, "SAGEMAKER_BIND_TO_PORT", default=default.port, high=65_535),
            model_folder=Path(environment.get("SAGEMAKER_BASE_DIR", "/opt/ml")) / "model",
            multi_model=environment.get("SAGEMAKER_MULTI_MODEL", "").strip().lower() == "true",
            model_memory_bytes=_whole(
                environment,
                "ONNX_SERVER_MODEL_MEMORY_KB",
                default=_memory_bytes() // 2 // _KILOBYTE,
                high=2**40,
            )
            * _KILOBYTE,
            workers=_whole(environment, "ONNX_SERVER_WORKERS", default=_usable_cpus(), high=1_024),
            threads_per_request=_whole(
                environment,
                "ONNX_SERVER_THREADS_PER_REQUEST",
                default=default.threads_per_request,
                high=1_024,
            ),
            max_body_bytes=_whole(environment, "ONNX_SERVER_MAX_BODY_MB", default=25, high=1_024) * _MEGABYTE,
            max_rows=_whole(environment, "ONNX_SERVER_MAX_ROWS", default=default.max_rows, high=10_000_000),
            log_level=level,
        )


def _whole(environment: Mapping[str, str], name: str, *, default: int, high: int) -> int:
    text = environment.get(name, "").strip()
    if not text:
        return default
    if not (text.isascii() and text.isdigit() and 1 <= int(text) <= high):
        raise SettingsError(f"{name} must be a whole number from 1 to {high}, got {text!r}")
    return int(text)


def _usable_cpus() -> int:
    # A container may be confined to some of the machine's CPUs; not every system can tell.
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def _memory_bytes() -> int:
    # Of the machine: a container of SageMaker's has it to itself, or shares it with those of the same model.
    return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
