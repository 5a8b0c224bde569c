"""sagemaker-runtime: an invocation finds its variant by weight or by name, and goes to that variant's container."""

import http
import os
import random
import time
from collections.abc import Mapping
from dataclasses import dataclass

from tests.local_aws.server.sagemaker import cloud, metrics
from tests.local_aws.server.sagemaker.containers import Container, ContainerDownError, Reply
from tests.local_aws.server.sagemaker.invocation_errors import ModelError, invalid, unknown_endpoint
from tests.local_aws.server.sagemaker.state import ANSWERING, LOCK, Endpoint, Fleet, Variant, store

# AWS states 6 MB in one place and 25 MB in another: nothing is refused that may pass there.
_MOST_BYTES = 25 * 1024 * 1024
_MOST_BYTES_SERVERLESS = 4 * 1024 * 1024
_TIMEOUT_SECONDS = 60.0
_STREAM_TIMEOUT_SECONDS = 480.0
_PREFIX = "x-amzn-sagemaker-"
_VARIANT_HEADER = "x-Amzn-Invoked-Production-Variant"
# What the service keeps to itself: where the request goes. Everything else of its headers reaches the container.
_ROUTING_HEADERS = frozenset(
    f"{_PREFIX}{name}" for name in ("target-variant", "target-container-hostname", "inference-component", "accept")
)

# A seed makes the choice of variants repeatable.
_dice = random.Random(os.environ.get("LOCAL_AWS_SEED"))  # noqa: S311 - traffic is split, nothing is kept secret


@dataclass(frozen=True, slots=True)
class _Route:
    fleet: Fleet
    variant: Variant
    container: Container


def invoke_endpoint(name: str, headers: Mapping[str, str], body: bytes) -> Reply:
    """Answer InvokeEndpoint.

    Args:
        name: The endpoint.
        headers: The headers of the request, in lower case.
        body: The body of the request.

    Raises:
        ServiceError: The endpoint does not answer, or its container answered with an error.
    """
    variant, answer = _invoke(name, headers, body, _TIMEOUT_SECONDS)
    returned = {key: value for key, value in answer.headers.items() if key.startswith(_PREFIX)}
    return Reply(
        http.HTTPStatus.OK,
        {**returned, **_content_type("content-type", answer), _VARIANT_HEADER: variant.name},
        answer.body,
    )


def invoke_endpoint_with_response_stream(name: str, headers: Mapping[str, str], body: bytes) -> Reply:
    """Answer InvokeEndpointWithResponseStream with the container's body; the caller frames it as an event stream.

    Raises:
        ServiceError: The endpoint does not answer, or its container answered with an error.
    """
    asked = {**headers, "accept": headers.get(f"{_PREFIX}accept", "*/*")}
    variant, answer = _invoke(name, asked, body, _STREAM_TIMEOUT_SECONDS)
    returned = {key: value for key, value in answer.headers.items() if key.startswith(_PREFIX)}
    typed = _content_type("X-Amzn-SageMaker-Content-Type", answer)
    return Reply(http.HTTPStatus.OK, {**returned, **typed, _VARIANT_HEADER: variant.name}, answer.body)


def _invoke(name: str, headers: Mapping[str, str], body: bytes, timeout: float) -> tuple[Variant, Reply]:
    begun = time.perf_counter()
    route = _route(name, headers, body)
    handed_over = time.perf_counter()
    try:
        answer = route.container.invoke(body, _forwarded(headers), timeout)
        status = answer.status
    except ContainerDownError as error:
        answer, status = None, 0
        message = str(error)
    finally:
        route.container.leave()
    answered = time.perf_counter()
    metrics.publish(
        route.variant,
        metrics.Invocation(
            endpoint_name=name,
            config_name=route.fleet.config.name,
            status=status,
            model_seconds=answered - handed_over,
            total_seconds=time.perf_counter() - begun,
        ),
    )
    if answer is None:
        raise ModelError(name, 0, message)
    if not http.HTTPStatus.OK <= answer.status < http.HTTPStatus.MULTIPLE_CHOICES:
        raise ModelError(name, answer.status, answer.body.decode(errors="replace"))
    return route.variant, answer


def _route(name: str, headers: Mapping[str, str], body: bytes) -> _Route:
    """Choose the fleet, the variant and the container, which the caller has to leave."""
    with LOCK:
        endpoint = store().endpoints.get(name)
        if endpoint is None or endpoint.status not in ANSWERING:
            raise unknown_endpoint(name)
        if endpoint.fleet.config.is_async:
            raise invalid(f"Endpoint {name} is asynchronous: use InvokeEndpointAsync.")
        fleet = _fleet(endpoint)
        variant = _variant(fleet, headers)
        most = _MOST_BYTES_SERVERLESS if variant.is_serverless else _MOST_BYTES
        if len(body) > most:
            raise invalid(
                f"1 validation error detected: Value at 'body' failed to satisfy constraint: Member must have length"
                f" less than or equal to {most}"
            )
        for header in ("target-model", "target-container-hostname", "inference-component"):
            if f"{_PREFIX}{header}" in headers:
                raise invalid(
                    f"Endpoint {name} hosts a single model: X-Amzn-SageMaker-{header.title()} does not apply."
                )
        if variant.container is None:
            why = variant.unplayable or f"variant {variant.name} has no container"
            raise ModelError(name, 0, why)
        variant.container.enter()
        return _Route(fleet, variant, variant.container)


def _fleet(endpoint: Endpoint) -> Fleet:
    if endpoint.pending is not None and _dice.random() < endpoint.pending_share:
        return endpoint.pending
    return endpoint.fleet


def _variant(fleet: Fleet, headers: Mapping[str, str]) -> Variant:
    wanted = headers.get(f"{_PREFIX}target-variant")
    if wanted is not None:
        variant = fleet.variants.get(wanted)
        if variant is None:
            raise invalid(f"Variant {wanted} of account {cloud.account()} not found, only {', '.join(fleet.variants)}.")
        return variant
    variants = list(fleet.variants.values())
    return _dice.choices(variants, weights=[variant.weight for variant in variants])[0]


def _forwarded(headers: Mapping[str, str]) -> dict[str, str]:
    kept = {key: value for key, value in headers.items() if key.startswith(_PREFIX) and key not in _ROUTING_HEADERS}
    return {
        **kept,
        "Content-Type": headers.get("content-type", "application/octet-stream"),
        "Accept": headers.get("accept", "*/*"),
    }


def _content_type(name: str, answer: Reply) -> dict[str, str]:
    return {name: answer.headers["content-type"]} if "content-type" in answer.headers else {}
