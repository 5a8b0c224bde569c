"""sagemaker-runtime: an invocation finds its variant by weight or by name, and goes to what answers for it."""

import http
import os
import random
import time
from collections.abc import Mapping

from tests.local_aws.server.sagemaker import addressing, capture, cloud, component_routing, explaining, metrics, shadow
from tests.local_aws.server.sagemaker.containers import Reply, silence
from tests.local_aws.server.sagemaker.forwarding import PREFIX, TARGET_VARIANT
from tests.local_aws.server.sagemaker.invocation_errors import ModelError, invalid, unknown_endpoint
from tests.local_aws.server.sagemaker.serving import Serving
from tests.local_aws.server.sagemaker.state import ANSWERING, LOCK, Endpoint, Fleet, Variant, store

# AWS states 6 MB in one place and 25 MB in another: nothing is refused that may pass there.
_MOST_BYTES = 25 * 1024 * 1024
_MOST_BYTES_SERVERLESS = 4 * 1024 * 1024
_TIMEOUT_SECONDS = 60.0
_STREAM_TIMEOUT_SECONDS = 480.0
_VARIANT_HEADER = "x-Amzn-Invoked-Production-Variant"

# A seed makes the choice of variants repeatable.
_dice = random.Random(os.environ.get("LOCAL_AWS_SEED"))  # noqa: S311 - traffic is split, nothing is kept secret


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
    returned = {key: value for key, value in answer.headers.items() if key.startswith(PREFIX)}
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
    asked = {**headers, "accept": headers.get(f"{PREFIX}accept", "*/*")}
    variant, answer = _invoke(name, asked, body, _STREAM_TIMEOUT_SECONDS)
    returned = {key: value for key, value in answer.headers.items() if key.startswith(PREFIX)}
    typed = _content_type("X-Amzn-SageMaker-Content-Type", answer)
    return Reply(http.HTTPStatus.OK, {**returned, **typed, _VARIANT_HEADER: variant.name}, answer.body)


def serve(variant: Variant, headers: Mapping[str, str], body: bytes, timeout: float) -> Reply:
    """Let a variant answer, and meter it.

    Args:
        variant: The variant, chosen by whoever asks.
        headers: The headers of the request, in lower case.
        body: The body of the request.
        timeout: How long a container may take, in seconds.

    Returns:
        An answer with a status of success.

    Raises:
        ServiceError: SageMaker refuses the request, or a container answered with an error (`ModelError`) or not at all.
    """
    return _answer(variant, hold(variant), headers, body, timeout)


def hold(variant: Variant) -> Serving:
    """Return what answers for a variant, entered: it is not stopped before the caller leaves it.

    Raises:
        ModelError: Nothing answers for it.
    """
    with LOCK:
        if variant.serving is None:
            why = variant.unplayable or f"variant {variant.name} has no container"
            raise ModelError(variant.endpoint_name, silence(why))
        variant.serving.enter()
        return variant.serving


def _invoke(name: str, headers: Mapping[str, str], body: bytes, timeout: float) -> tuple[Variant, Reply]:
    with LOCK:
        fleet, variant = _route(name, headers, body)
        serving = hold(variant)

    def ask(asked: Variant) -> Reply:
        reply = _answer(asked, serving if asked is variant else hold(asked), headers, body, timeout)
        capture.record(fleet.config, asked, headers, body, reply)
        return reply

    shadow.mirror(fleet, variant, ask, _dice)
    return variant, ask(variant)


def _answer(variant: Variant, serving: Serving, headers: Mapping[str, str], body: bytes, timeout: float) -> Reply:
    """Let what was held answer, and leave it."""
    begun = time.perf_counter()
    try:
        reply = serving.invoke(headers, body, timeout)
    finally:
        serving.leave()
    metrics.publish(variant, reply, total_seconds=time.perf_counter() - begun)
    if not http.HTTPStatus.OK <= reply.status < http.HTTPStatus.MULTIPLE_CHOICES:
        raise ModelError(variant.endpoint_name, reply)
    return reply


def _route(name: str, headers: Mapping[str, str], body: bytes) -> tuple[Fleet, Variant]:
    """Choose the fleet and the variant that answers."""
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
    explaining.check(endpoint, fleet.config, headers)
    if variant.model is None:
        return fleet, component_routing.copies(endpoint, headers)
    addressing.check(name, variant.model, headers)
    return fleet, variant


def _fleet(endpoint: Endpoint) -> Fleet:
    if endpoint.pending is not None and _dice.random() < endpoint.pending_share:
        return endpoint.pending
    return endpoint.fleet


def _variant(fleet: Fleet, headers: Mapping[str, str]) -> Variant:
    wanted = headers.get(TARGET_VARIANT)
    if wanted is not None:
        variant = fleet.variants.get(wanted)
        if variant is None:
            raise invalid(f"Variant {wanted} of account {cloud.account()} not found, only {', '.join(fleet.variants)}.")
        return variant
    variants = list(fleet.variants.values())
    return _dice.choices(variants, weights=[variant.weight for variant in variants])[0]


def _content_type(name: str, answer: Reply) -> dict[str, str]:
    return {name: answer.headers["content-type"]} if "content-type" in answer.headers else {}
