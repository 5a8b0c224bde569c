"""InvokeEndpointAsync: a request is queued, and its answer goes to S3."""

import http
import json
import uuid
from collections.abc import Mapping

from tests.local_aws.server.sagemaker import backlog
from tests.local_aws.server.sagemaker.containers import Reply
from tests.local_aws.server.sagemaker.errors import ServiceError
from tests.local_aws.server.sagemaker.inferences import Inference
from tests.local_aws.server.sagemaker.invocation_errors import invalid, unknown_endpoint
from tests.local_aws.server.sagemaker.locations import Location
from tests.local_aws.server.sagemaker.state import ANSWERING, LOCK, Document, EndpointConfig, store
from tests.local_aws.server.sagemaker.validation import validate
from tests.strict_shapes import service_model

_SERVICE, _OPERATION = "sagemaker-runtime", "InvokeEndpointAsync"
_TTL_SECONDS = 21600
_TIMEOUT_SECONDS = 900


def invoke_endpoint_async(name: str, headers: Mapping[str, str], body: bytes) -> Reply:
    """Answer InvokeEndpointAsync.

    Args:
        name: The endpoint.
        headers: The headers of the request, in lower case.
        body: The body of the request.

    Raises:
        ServiceError: The endpoint is not there or not asynchronous, or the request is wrong.
    """
    request = _request(name, headers, body)
    with LOCK:
        endpoint = store().endpoints.get(name)
        if endpoint is None or endpoint.status not in ANSWERING:
            raise unknown_endpoint(name)
        if not endpoint.fleet.config.is_async:
            raise invalid(f"Endpoint {name} is not asynchronous: use InvokeEndpoint.")
        inference = _inference(request, endpoint.fleet.config)
    backlog.put(inference)
    places = {"OutputLocation": inference.output, "FailureLocation": inference.failure}
    told = {f"X-Amzn-SageMaker-{key}": str(place) for key, place in places.items() if place is not None}
    answer = json.dumps({"InferenceId": inference.id}).encode()
    return Reply(http.HTTPStatus.ACCEPTED, {**told, "Content-Type": "application/json"}, answer)


def _request(name: str, headers: Mapping[str, str], body: bytes) -> Document:
    """Return the members of the request, which travel as headers, once they are checked."""
    shape = service_model(_SERVICE).operation_model(_OPERATION).input_shape
    request: Document = {"EndpointName": name, **({"Body": body} if body else {})}
    for member, described in shape.members.items():
        value = headers.get(described.serialization.get("name", "").lower())
        if described.serialization.get("location") == "header" and value is not None:
            is_number = described.type_name == "integer" and value.lstrip("-").isdigit()
            request[member] = int(value) if is_number else value
    try:
        validate(_SERVICE, _OPERATION, request)
    except ServiceError as error:
        raise invalid(error.message) from error
    given = [key for key in ("InputLocation", "Body") if key in request]
    if len(given) != 1:
        raise invalid(f"Exactly one of InputLocation and Body must be specified, got {' and '.join(given) or 'none'}.")
    return request


def _inference(request: Document, config: EndpointConfig) -> Inference:
    inference_id = request.get("InferenceId", str(uuid.uuid4()))
    output = config.request["AsyncInferenceConfig"]["OutputConfig"]
    extension, file_name = request.get("S3OutputPathExtension", ""), request.get("Filename", f"{inference_id}.out")
    path, failure_path = output.get("S3OutputPath"), output.get("S3FailurePath")
    return Inference(
        id=inference_id,
        endpoint_name=request["EndpointName"],
        body=request.get("Body"),
        input_location=request.get("InputLocation", ""),
        content_type=request.get("ContentType", ""),
        accept=request.get("Accept", ""),
        custom_attributes=request.get("CustomAttributes", ""),
        output=Location.parse(path).under(extension, file_name) if path else None,
        failure=Location.parse(failure_path).under(f"{inference_id}-error.out") if failure_path else None,
        ttl=request.get("RequestTTLSeconds", _TTL_SECONDS),
        timeout=request.get("InvocationTimeoutSeconds", _TIMEOUT_SECONDS),
    )
