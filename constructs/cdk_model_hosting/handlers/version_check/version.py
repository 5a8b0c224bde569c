"""Letting a version begin."""

import json
from typing import Any

from botocore.exceptions import ClientError

from .failures import VersionError, code_of
from .surroundings import Surroundings

EVENT = {"requestContext": {"elb": {}}, "headers": {"user-agent": "ELB-HealthChecker/2.0"}}
"""What a load balancer asks, which a model function answers without predicting."""

# Until a new permission holds everywhere, and the name of a new mount target.
_PATIENCE = (2, 4, 8, 16, 30, 30)
# Until an environment is free, beside those that answer for the version that is live: five and a half minutes in all.
_PATIENCE_WITH_TRAFFIC = (*_PATIENCE, *(30,) * 8)
_BUSY = "TooManyRequestsException"
# Lambda makes the version's snapshot, or its network interfaces, and lets nobody invoke it meanwhile.
_BEING_MADE = frozenset(
    {
        "ENINotReadyException",
        "ResourceConflictException",
        "ResourceNotReadyException",
        "SnapStartNotReadyException",
    }
)
_NOT_YET = _BEING_MADE | {
    "AccessDeniedException",
    "EFSMountConnectivityException",
    "EFSMountTimeoutException",
    _BUSY,
}
_LOOK_SECONDS = 10
_LOOKS = 54
_HINTS = {
    "Task timed out": (
        "FunctionSize timeout must be longer than what it takes to get the model, to load it, and to predict the sample if there is one"
    ),
    "AccessDenied": (
        "what the code is granted beside the model is there in time by grant.apply_before(function.cfn_version)"
    ),
}


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
    raise _failed(version, told.get("errorType", "error"), told.get("errorMessage"))


def _invoke(version: str, surroundings: Surroundings) -> Any:
    for tries, pause in enumerate((*_PATIENCE_WITH_TRAFFIC, 0)):
        try:
            return surroundings.lambda_().invoke(FunctionName=version, Payload=json.dumps(EVENT).encode())
        except ClientError as error:
            code = code_of(error)
            patience = _PATIENCE_WITH_TRAFFIC if code == _BUSY else _PATIENCE
            if code not in _NOT_YET or tries >= len(patience):
                if code == _BUSY:
                    raise _busy(version, error) from error
                raise
            surroundings.log.failed("not yet", error, version=version)
            if code in _BEING_MADE:
                _wait_until_made(version, surroundings)
            surroundings.sleep(pause)
    raise AssertionError("the last try ends above")


def _wait_until_made(version: str, surroundings: Surroundings) -> None:
    """Wait while Lambda makes what a version needs; what else keeps it from being invoked, the next try tells."""
    for _ in range(_LOOKS):
        try:
            found = surroundings.lambda_().get_function_configuration(FunctionName=version)
        except ClientError as error:
            surroundings.log.failed("the version's state is not known", error, version=version)
            return
        state = found.get("State")
        surroundings.log.happened("the version is being made", version=version, state=state)
        if state == "Failed":
            raise _failed(version, found.get("StateReasonCode", "error"), found.get("StateReason"))
        if state != "Pending":
            return
        surroundings.sleep(_LOOK_SECONDS)
    raise _failed(version, "Pending", f"Lambda was still making it after {_LOOKS * _LOOK_SECONDS // 60} minutes")


def _failed(version: str, kind: str, reason: str | None) -> VersionError:
    why = "no reason was given" if reason is None else reason
    hints = [f"; {hint}" for sign, hint in _HINTS.items() if sign in why]
    return VersionError(
        f"version {_number(version)} cannot begin and does not become live: {kind}: {why}{''.join(hints)}"
    )


def _busy(version: str, error: ClientError) -> VersionError:
    minutes = sum(_PATIENCE_WITH_TRAFFIC) / 60
    reason = error.response.get("Reason", "no reason was given")
    return VersionError(
        f"version {_number(version)} could not be tried and does not become live: for {minutes:g} minutes no environment was free, "
        f"{reason}; Concurrency reserved must leave room for one more, or the account's concurrency"
    )


def _number(version: str) -> str:
    return version.rpartition(":")[2]


def _read(payload: bytes) -> dict[str, Any]:
    try:
        told = json.loads(payload)
    except ValueError:
        return {}
    return told if isinstance(told, dict) else {}
