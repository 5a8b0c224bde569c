"""The optimized integration of SageMaker: jobs that are waited for, and calls that are not.

A job that failed fails the task with States.TaskFailed, whose cause is the description of the job as JSON. What the API refuses
has the name of the exception in the SDK for Java, which for an error that the API does not declare is AmazonSageMakerException. Times are
milliseconds.

See: https://docs.aws.amazon.com/step-functions/latest/dg/connect-sagemaker.html
"""

import json
import uuid
from collections.abc import Callable, Iterator
from typing import Any

from tests.local_aws.server.sagemaker import service, transform_jobs
from tests.local_aws.server.sagemaker.errors import ServiceError
from tests.local_aws.server.sagemaker.transform_describing import describe
from tests.local_aws.server.sagemaker.transform_state import TransformJob
from tests.local_aws.server.stepfunctions import engine, running
from tests.local_aws.server.stepfunctions.engine import Document
from tests.strict_shapes import service_model

PREFIX = "arn:aws:states:::sagemaker:"
OPERATIONS: dict[str, Callable[[Document], Document]] = {
    "createEndpoint": service.create_endpoint,
    "createEndpointConfig": service.create_endpoint_config,
    "createModel": service.create_model,
    "createTransformJob": service.create_transform_job,
    "updateEndpoint": service.update_endpoint,
}
"""The operations that are played, out of those that Step Functions calls."""

WAITED_FOR = frozenset({"createTransformJob"})
"""Those that have a job to wait for."""

_SECONDS_BETWEEN_LOOKS = 0.05
_TIMES = ("CreationTime", "TransformStartTime", "TransformEndTime")
_DECLARED = frozenset({"ResourceInUse", "ResourceLimitExceeded", "ResourceNotFound", "ConflictException"})


def install() -> None:
    """Put the integration into ministack, and the one by the SDK beside it."""
    for operation in OPERATIONS:
        engine.integrations[PREFIX + operation] = perform
    engine.sdk_services["sagemaker"] = {"target_prefix": "SageMaker", "protocol": "json"}
    engine.sdk_prefixes["sagemaker"] = "SageMaker"


def perform(resource: str, parameters: Document) -> Document:
    """Perform a task.

    Raises:
        Failure: The service refuses, the job fails, or nobody waits for it any more.
    """
    name, _, pattern = resource.removeprefix(PREFIX).partition(".")
    unknown = list(unknown_fields(name, parameters))
    if unknown:
        fields = ", ".join(f'The field "{field}" is not supported by Step Functions' for field in unknown)
        raise engine.Failure(
            "States.Runtime",
            f"The Parameters '{json.dumps(parameters)}' could not be used to start the Task: [{fields}]",
        )
    try:
        answer = OPERATIONS[name](parameters)
    except ServiceError as error:
        raise _refused(error) from error
    if pattern == "sync":
        return _waited_for(transform_jobs.find(parameters["TransformJobName"]))
    identifier = str(uuid.uuid4())
    return {
        **answer,
        "SdkHttpMetadata": {"AllHttpHeaders": {"x-amzn-RequestId": [identifier]}, "HttpStatusCode": 200},
        "SdkResponseMetadata": {"RequestId": identifier},
    }


def unknown_fields(name: str, parameters: Document) -> Iterator[str]:
    """List the fields of a task's parameters that the operation does not have; paths and expressions stand for their values."""
    operation = name[:1].upper() + name[1:]
    yield from _unknown(service_model("sagemaker").operation_model(operation).input_shape, parameters)


def _unknown(shape: Any, value: Any) -> Iterator[str]:
    if shape.type_name == "structure" and isinstance(value, dict):
        for field, member in value.items():
            plain = field.removesuffix(".$")
            if plain not in shape.members:
                yield plain
            elif plain == field:
                yield from _unknown(shape.members[plain], member)
    elif shape.type_name == "list" and isinstance(value, list):
        for member in value:
            yield from _unknown(shape.member, member)


def _waited_for(job: TransformJob) -> Document:
    while not job.over.wait(_SECONDS_BETWEEN_LOOKS):
        if not running.goes_on():
            if running.is_stopped():
                _cancel(job)
            raise engine.Failure("States.TaskFailed", f"Nobody waits for {job.name} any more.")
    described = describe(job)
    for name in _TIMES:
        if name in described:
            described[name] = int(described[name] * 1000)
    if job.status != "Completed":
        raise engine.Failure("States.TaskFailed", json.dumps(described))
    return described


def _cancel(job: TransformJob) -> None:
    try:
        transform_jobs.stop_transform_job({"TransformJobName": job.name})
    except ServiceError:
        return  # it ended meanwhile


def _refused(error: ServiceError) -> Exception:
    name = f"{error.code.removesuffix('Exception')}Exception" if error.code in _DECLARED else "AmazonSageMakerException"
    told = (
        f"{error.message} (Service: AmazonSageMaker; Status Code: {error.status}; Error Code: {error.code};"
        f" Request ID: {uuid.uuid4()}; Proxy: null)"
    )
    failure: Exception = engine.Failure(f"SageMaker.{name}", told)
    return failure
