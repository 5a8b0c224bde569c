"""The function in the file system's VPC, as the publisher asks it."""

import hashlib
import json
from typing import Any

from botocore.exceptions import ClientError

from ..custom_resource import Request
from .failures import PublishError, code_of
from .surroundings import PATIENCE_SECONDS, Surroundings

# Until a new permission holds everywhere, a new function is active, and a new file system lets itself be mounted.
_PAUSES = (2, 4, 8, 16, 30, 30)
_NOT_YET = frozenset(
    {
        "AccessDeniedException",
        "EC2ThrottledException",
        "EFSMountConnectivityException",
        "EFSMountFailureException",
        "EFSMountTimeoutException",
        "ResourceConflictException",
        "ResourceNotReadyException",
        "TooManyRequestsException",
    }
)
# Left for telling CloudFormation.
_MARGIN_SECONDS = 10
_USER_DIGITS = 32


def ask(action: str, request: Request, surroundings: Surroundings) -> None:
    """Let the writer do something.

    Args:
        action: ``publish`` or ``remove``.
        request: What CloudFormation asks for.
        surroundings: The world.

    Raises:
        PublishError: When it failed, for the writer's reason.
        ClientError: When it cannot be invoked.
    """
    asked = request.properties
    event = {
        "Action": action,
        "Digest": asked["Digest"],
        "User": _user(request),
        "Bucket": asked["Bucket"],
        "Key": asked["Key"],
    }
    answer = _invoke(asked["Writer"], event, surroundings)
    told = _read(answer["Payload"].read())
    if "FunctionError" in answer:
        raise PublishError(
            f"the function in the file system's VPC ended without a word: {told.get('errorType', 'error')}: "
            f"{told.get('errorMessage', 'no reason was given')}"
        )
    if "Failure" in told:
        raise PublishError(str(told["Failure"]))
    surroundings.log.happened("done", action=action, digest=asked["Digest"])


def _user(request: Request) -> str:
    """Who uses the model: this resource of this stack."""
    whole = f"{request.stack_id}/{request.logical_id}"
    return hashlib.sha256(whole.encode()).hexdigest()[:_USER_DIGITS]


def _invoke(writer: str, event: dict[str, str], surroundings: Surroundings) -> Any:
    for pause in (*_PAUSES, None):
        try:
            return surroundings.lambda_().invoke(FunctionName=writer, Payload=json.dumps(event).encode())
        except ClientError as error:
            if pause is None or code_of(error) not in _NOT_YET:
                raise
            # The answer to the next try must still find somebody who waits for it.
            if surroundings.remaining() - pause < PATIENCE_SECONDS + _MARGIN_SECONDS:
                raise
            surroundings.log.failed("not yet", error, writer=writer)
            surroundings.sleep(pause)
    raise AssertionError("the last try ends above")


def _read(payload: bytes) -> dict[str, Any]:
    try:
        told = json.loads(payload)
    except ValueError:
        return {}
    return told if isinstance(told, dict) else {}
