"""How records become requests to the container, and how long those may take."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from cdk_model_hosting.durations import seconds
from cdk_model_hosting.limits import (
    TRANSFORM_CLIENT_RETRIES,
    TRANSFORM_CLIENT_SECONDS,
    TRANSFORM_CONCURRENCY,
    TRANSFORM_IN_FLIGHT_MB,
    TRANSFORM_PAYLOAD_MB,
    TRANSFORM_STRATEGY,
)
from cdk_model_hosting.tokens import is_token

if TYPE_CHECKING:
    import aws_cdk as cdk

_DEFAULT_PAYLOAD_MB = 6


@dataclass(frozen=True, slots=True, kw_only=True)
class Batching:
    """How many records go into a request, and how many requests go out at once.

    Args:
        strategy: ``MultiRecord`` for as many records as fit into a request, ``SingleRecord`` for one; as SageMaker chooses
            when omitted. For sources that are split.
        payload_mb: Largest request, 0-100 MB; 6 when omitted. It must hold a record. With 0 a file is streamed, which
            only some containers read.
        concurrency: Requests that an instance gets at once; what the container says when omitted or 0, or 1 where it
            says nothing. Payload times concurrency is at most 100 MB.

    Raises:
        ConfigurationError: When a value is outside what the service accepts.

    See: https://docs.aws.amazon.com/sagemaker/latest/dg/batch-transform.html
    """

    strategy: str | None = None
    payload_mb: int | None = None
    concurrency: int | None = None

    def __post_init__(self) -> None:
        TRANSFORM_STRATEGY.check("Batching strategy", self.strategy)
        TRANSFORM_PAYLOAD_MB.check("Batching payload_mb", self.payload_mb)
        TRANSFORM_CONCURRENCY.check("Batching concurrency", self.concurrency)
        payload = _DEFAULT_PAYLOAD_MB if self.payload_mb is None else self.payload_mb
        if self.concurrency is not None and not is_token(self.concurrency) and not is_token(payload):
            TRANSFORM_IN_FLIGHT_MB.check(
                f"Batching payload_mb times concurrency, {payload} times {self.concurrency},",
                payload * self.concurrency,
            )


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelClient:
    """How patient SageMaker is with the container.

    Args:
        timeout: Time that the container has to answer a request, 1 second to 1 hour; 10 minutes when omitted.
        max_retries: How often a request is sent again that failed, 0-3; 3 when omitted.

    Raises:
        ConfigurationError: When a value is outside what the service accepts.

    See: https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_ModelClientConfig.html
    """

    timeout: cdk.Duration | None = field(default=None, compare=False, repr=False)
    max_retries: int | None = None
    timeout_seconds: int | None = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "timeout_seconds", seconds("ModelClient timeout", self.timeout))
        TRANSFORM_CLIENT_SECONDS.check("ModelClient timeout", self.timeout_seconds)
        TRANSFORM_CLIENT_RETRIES.check("ModelClient max_retries", self.max_retries)
