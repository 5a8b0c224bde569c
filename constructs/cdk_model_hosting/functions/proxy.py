"""A function in front of an endpoint."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import aws_cdk as cdk

from cdk_model_hosting.advice import Advice
from cdk_model_hosting.arguments import require
from cdk_model_hosting.endpoints.asynchronous import QueuedRequests
from cdk_model_hosting.endpoints.component_calls import Component
from cdk_model_hosting.endpoints.endpoint import Endpoint
from cdk_model_hosting.errors import ConfigurationError
from cdk_model_hosting.functions.code import FunctionCode
from cdk_model_hosting.functions.endpoint_requests import LONGEST_ANSWER_SECONDS, EndpointRequests
from cdk_model_hosting.functions.fronts.front import Front
from cdk_model_hosting.functions.function import ModelFunction
from cdk_model_hosting.functions.size import FunctionSize
from cdk_model_hosting.functions.to_endpoint import ToEndpoint
from cdk_model_hosting.handlers.model_function.contract import DEFAULT_LOADER, LONGEST_READ_SECONDS, Metric
from cdk_model_hosting.models.image import Architecture
from cdk_model_hosting.tokens import is_token

if TYPE_CHECKING:
    from collections.abc import Sequence

    from aws_cdk import aws_cloudwatch as cloudwatch
    from aws_cdk import aws_kms as kms
    from constructs import Construct

    from cdk_model_hosting.functions.alarm import FunctionAlarm
    from cdk_model_hosting.functions.concurrency import Concurrency
    from cdk_model_hosting.functions.on_failure import OnFailure
    from cdk_model_hosting.models.network import Network
    from cdk_model_hosting.rollout.rollout import Rollout

# No model is loaded, and the function mostly waits, which is paid for by the memory. The SDK takes 40 MB, and a request and an
# answer of 6 MB each some 60 more. Its processor's share goes with the memory: with half of it, the SDK takes a second to load.
_MEMORY_MB = 512
# For the user's own code, for connecting, and for attempts that were turned away at once.
_BESIDES_SECONDS = 10
# To connect, and to tell of an answer that did not come.
_LEAST_BESIDES_SECONDS = 2
_QUEUING_SECONDS = 10


class EndpointProxy(ModelFunction):
    """A function in front of an endpoint, which makes of a request what the model takes, and of its answer what callers need.

    Everything is as in `ModelFunction`, but that `predict` gets an `Endpoint` as its model, and asks it: see
    ``handlers/model_function/endpoint.py``. A new version begins without asking the endpoint, unless the code has a sample.

    The endpoint is asked up to three times while there is time: again when it was too busy, had an error of its own, or could
    not be reached. The caller is told of what remains by a status: 422 with the container's reason where that answered
    with 4xx, 502 where it failed, 503 with a time to come again, and 504 when it took too long.

    Args:
        scope: Where to make it.
        construct_id: ID below `scope`.
        code: What asks the endpoint.
        endpoint: What is asked: a real-time, serverless or asynchronous endpoint, or an inference component, made here or
            imported.
        requests: What it is asked for, and how long it may take; anything, for 60 seconds, when omitted.
        architecture: The function's processor.
        size: How large the function is, and how long it may take. 512 MB when omitted, and 10 seconds more than it waits for the
            endpoint, which are 80, or 30 behind an HTTP API; that time also where the size has none. A size without a memory has
            that of `FunctionSize`.
        front: How requests reach it; `Front.none()` when omitted.
        concurrency: How many environments there may be, and how many are kept ready.
        rollout: How the alias moves to a new version; at once when omitted.
        rollback_on: What such a rollout rolls back on, as in `ModelFunction`.
        network: VPC to attach it to. There it reaches the endpoint by a NAT gateway, or an interface endpoint for SageMaker
            Runtime.
        on_failure: Where the events go that nobody waits for, when they fail; after two further tries they are gone when omitted.
        encryption_key: KMS key of the environment variables; Lambda's own when omitted.
        log_days: Days that its log is kept.
        verify_version: Whether each new version is let begin before requests go to it.

    Raises:
        ConfigurationError: When Lambda or SageMaker would refuse the combination.

    See: https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_runtime_InvokeEndpoint.html
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        code: FunctionCode,
        endpoint: Endpoint | Component,
        requests: EndpointRequests | None = None,
        architecture: Architecture = Architecture.ARM64,
        size: FunctionSize | None = None,
        front: Front | None = None,
        concurrency: Concurrency | None = None,
        rollout: Rollout | None = None,
        rollback_on: Sequence[FunctionAlarm | cloudwatch.IAlarm] | None = None,
        network: Network | None = None,
        on_failure: OnFailure | None = None,
        encryption_key: kms.IKey | None = None,
        log_days: int = 90,
        verify_version: bool = True,
    ) -> None:
        requests = EndpointRequests() if requests is None else requests
        size = FunctionSize() if size is None else size
        require("EndpointProxy code", code, FunctionCode)
        require("EndpointProxy endpoint", endpoint, Endpoint, Component)
        require("EndpointProxy requests", requests, EndpointRequests)
        require("EndpointProxy size", size, FunctionSize)
        if front is not None:
            require("EndpointProxy front", front, Front)
        if code.loader != DEFAULT_LOADER:
            raise ConfigurationError(
                f"FunctionCode loader must be omitted for an EndpointProxy, got {code.loader!r}: the endpoint has the model, and "
                "none is loaded"
            )
        wanted = _wanted_seconds(endpoint, requests)
        size = _sized(size.with_memory(_MEMORY_MB), wanted, Front.none() if front is None else front)
        read_seconds = _read_seconds(size, wanted)
        super().__init__(
            scope,
            construct_id,
            code=code,
            delivery=ToEndpoint(target=endpoint, requests=requests, read_seconds=read_seconds),
            architecture=architecture,
            size=size,
            front=front,
            concurrency=concurrency,
            rollout=rollout,
            rollback_on=rollback_on,
            network=network,
            on_failure=on_failure,
            encryption_key=encryption_key,
            log_days=log_days,
            verify_version=verify_version,
        )
        if not isinstance(endpoint, QueuedRequests) and read_seconds < requests.answer_seconds:
            self._warn(Advice("endpointOutlastsFunction", _OUTLASTED.format(read_seconds, requests.answer_seconds)))

    def metric_endpoint_time(self, *, statistic: str = "p99", period: cdk.Duration | None = None) -> cloudwatch.Metric:
        """Milliseconds for which the endpoint was waited for, for each event in which it was asked; part of the predict time."""
        return self.metric_of_model(Metric.ENDPOINT_TIME, statistic=statistic, period=period)


_OUTLASTED = (
    "the function waits {} seconds for an answer, and the endpoint may take {}: what takes longer is answered with a 504, while "
    "the endpoint still works at it; let the function's timeout be longer, or EndpointRequests answer_within shorter"
)


def _wanted_seconds(endpoint: Endpoint | Component, requests: EndpointRequests) -> int:
    """How long an answer is to be waited for."""
    if not isinstance(endpoint, QueuedRequests):
        given = requests.answer_seconds
        # SageMaker itself is to say that a container took too long.
        return LONGEST_READ_SECONDS if given == LONGEST_ANSWER_SECONDS else given
    if requests.answer_within is not None:
        raise ConfigurationError(
            f"EndpointRequests answer_within must be omitted for an asynchronous endpoint, got {requests.answer_seconds} "
            "seconds: nobody waits for its answers"
        )
    return _QUEUING_SECONDS


def _sized(size: FunctionSize, wanted: int, front: Front) -> FunctionSize:
    """The size with a time, where none was given: nobody is there for what comes later than the front waits."""
    if size.timeout is not None:
        return size
    longest = wanted + _BESIDES_SECONDS
    if front.longest_seconds is not None:
        longest = min(longest, front.longest_seconds)
    return replace(size, timeout=cdk.Duration.seconds(longest))


def _read_seconds(size: FunctionSize, wanted: int) -> int:
    """How long an answer is waited for in that time. Where it is a Token, the function finds out by itself."""
    if is_token(size.timeout_seconds):
        return wanted
    longest = size.timeout_seconds - _LEAST_BESIDES_SECONDS
    if longest < 1:
        raise ConfigurationError(
            f"FunctionSize timeout must be at least {_LEAST_BESIDES_SECONDS + 1} seconds for an EndpointProxy, got "
            f"{size.timeout_seconds}: the function tells of an answer that did not come before its own time ends"
        )
    return min(wanted, longest)
