"""What runs as an inference component now."""

from dataclasses import dataclass

from botocore.exceptions import ClientError

from .endpoints import POLL_SECONDS
from .failures import OutOfTimeError, code_of, message_of
from .log import log
from .surroundings import Surroundings

IN_SERVICE = "InService"
_BUSY = frozenset({"Creating", "Updating"})


@dataclass(frozen=True, kw_only=True)
class LiveComponent:
    """An inference component as SageMaker describes it.

    Args:
        name: Its name.
        status: Its status.
        model: Name of the model that serves.
        failure: Why the last operation failed, if SageMaker says.
        rollback_alarms: The alarms that guard its last update.
    """

    name: str
    status: str
    model: str
    failure: str | None
    rollback_alarms: tuple[str, ...]


def describe(surroundings: Surroundings, name: str) -> LiveComponent | None:
    """Describe an inference component.

    Args:
        surroundings: The world.
        name: Its name.

    Returns:
        None when there is none.
    """
    try:
        found = surroundings.clients("sagemaker").describe_inference_component(InferenceComponentName=name)
    except ClientError as error:
        if code_of(error) == "ValidationException" and "Could not find" in message_of(error):
            return None
        raise
    rollback = found.get("LastDeploymentConfig", {}).get("AutoRollbackConfiguration", {})
    return LiveComponent(
        name=name,
        status=found["InferenceComponentStatus"],
        model=found.get("Specification", {}).get("ModelName", ""),
        failure=found.get("FailureReason") or None,
        rollback_alarms=tuple(each["AlarmName"] for each in rollback.get("Alarms", ())),
    )


def settled(surroundings: Surroundings, name: str) -> LiveComponent | None:
    """Describe an inference component once nothing is under way on it.

    Args:
        surroundings: The world.
        name: Its name.

    Raises:
        OutOfTimeError: When that takes longer than this invocation may.
    """
    while True:
        live = describe(surroundings, name)
        if live is None or live.status not in _BUSY:
            return live
        if not surroundings.has_time():
            raise OutOfTimeError(f"inference component {name} is {live.status}")
        log("waiting for the component", component=name, status=live.status)
        surroundings.sleep(POLL_SECONDS)
