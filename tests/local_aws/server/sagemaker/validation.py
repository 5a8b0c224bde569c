"""Refuses what does not fit the service's own model."""

from typing import Any

from tests.local_aws.server.sagemaker.errors import ServiceError
from tests.strict_shapes import service_model, violations


def validate(service: str, operation: str, request: dict[str, Any]) -> None:
    """Check a request against the input shape of an operation.

    Raises:
        ServiceError: The request breaks the model, in the words of the service.
    """
    shape = service_model(service).operation_model(operation).input_shape
    found = violations(service, shape.name, request)
    if found:
        count = f"{len(found)} validation error{'s' if len(found) > 1 else ''} detected"
        raise ServiceError("ValidationException", f"{count}: {'; '.join(found)}")


def refuse_unless(condition: object, message: str) -> None:
    """Raise the service's ValidationException unless a condition holds."""
    if not condition:
        raise ServiceError("ValidationException", message)
