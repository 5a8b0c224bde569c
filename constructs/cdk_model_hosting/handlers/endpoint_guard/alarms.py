"""The alarms that guard an update."""

from collections.abc import Sequence

from botocore.exceptions import ClientError

from .log import log_failure
from .surroundings import Surroundings


def in_alarm(surroundings: Surroundings, names: Sequence[str]) -> list[str]:
    """Those that may have caused a rollback. They may be over by now, and the message must do without.

    Args:
        surroundings: The world.
        names: The alarms that the update names.
    """
    if not names:
        return []
    try:
        found = surroundings.clients("cloudwatch").describe_alarms(
            AlarmNames=list(names), AlarmTypes=["MetricAlarm", "CompositeAlarm"]
        )
    except ClientError as error:
        log_failure("the alarms cannot be described", error)
        return []
    alarms = [*found.get("MetricAlarms", ()), *found.get("CompositeAlarms", ())]
    return sorted(each["AlarmName"] for each in alarms if each["StateValue"] == "ALARM")
