"""Letting a version begin."""

import json
from typing import Any

from botocore.exceptions import ClientError

from .failures import VersionError, code_of
from .surroundings import Surroundings

EVENT = {"requestContext": {"elb": {}}, "headers": {"user-agent": "ELB-HealthChecker/2.0"}}
"""What a load balancer asks, which a model function answers without predicting."""

# Until a new permission holds everywhere, and a version that is not yet active is.
_PATIENCE = (2, 4, 8, 16, 30, 30)
_NOT_YET = frozenset({"AccessDeniedException", "ResourceConflictException", "TooManyRequestsException"})


def check(version: str, surroundings: Surroundings) -> None:
    """Invoke a version once.

    Args:
        version: Its ARN.
        surroundings: The world.

    Raises:
        VersionError: When it cannot begin.
    """
    answer = _invoke(version, surroundings)
    if "FunctionError" not in answer:
        surroundings.log.happened("the version answers", version=version)
        return
    told = _read(answer["Payload"].read())
    number = version.rpartition(":")[2]
    raise VersionError(
        f"version {number} cannot begin and does not become live: {told.get('errorType', 'error')}: "
        f"{told.get('errorMessage', 'no reason was given')}"
    )


def _invoke(version: str, surroundings: Surroundings) -> Any:
    for pause in (*_PATIENCE, None):
        try:
            return surroundings.lambda_().invoke(FunctionName=version, Payload=json.dumps(EVENT).encode())
        except ClientError as error:
            if pause is None or code_of(error) not in _NOT_YET:
                raise
            surroundings.log.failed("not yet", error, version=version)
            surroundings.sleep(pause)
    raise AssertionError("the last try ends above")


def _read(payload: bytes) -> dict[str, Any]:
    try:
        told = json.loads(payload)
    except ValueError:
        return {}
    return told if isinstance(told, dict) else {}
