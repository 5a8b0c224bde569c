"""What Step Functions tells CloudWatch about an execution that is over: its metrics, and its history where logging is on.

See: https://docs.aws.amazon.com/step-functions/latest/dg/procedure-cw-metrics.html
See: https://docs.aws.amazon.com/step-functions/latest/dg/cw-logs.html
"""

import json
import threading
from datetime import datetime

from tests.local_aws.server.cloudwatch import alarms
from tests.local_aws.server.sagemaker import cloud
from tests.local_aws.server.stepfunctions import engine
from tests.local_aws.server.stepfunctions.engine import Document

_NAMESPACE = "AWS/States"
_METRICS = {
    "SUCCEEDED": "ExecutionsSucceeded",
    "FAILED": "ExecutionsFailed",
    "ABORTED": "ExecutionsAborted",
    "TIMED_OUT": "ExecutionsTimedOut",
}
_LEVELS = {"ALL": (), "ERROR": ("Failed", "TimedOut", "Aborted"), "FATAL": ("ExecutionFailed", "ExecutionTimedOut")}
_LOCK = threading.Lock()
_REPORTED = "reported"


def report(execution: Document) -> None:
    """Report an execution that is over, once."""
    with _LOCK:
        if execution.get(_REPORTED) or execution["status"] not in _METRICS:
            return
        execution[_REPORTED] = True
    dimensions = {"StateMachineArn": execution["stateMachineArn"]}
    begun, ended = (datetime.fromisoformat(execution[name]) for name in ("startDate", "stopDate"))
    cloud.record_metric(_NAMESPACE, "ExecutionsStarted", 1.0, "Count", dimensions)
    for status, metric in _METRICS.items():
        cloud.record_metric(_NAMESPACE, metric, float(execution["status"] == status), "Count", dimensions)
    milliseconds = (ended - begun).total_seconds() * 1e3
    cloud.record_metric(_NAMESPACE, "ExecutionTime", milliseconds, "Milliseconds", dimensions)
    alarms.watch()
    _log(execution)


def _log(execution: Document) -> None:
    machine = engine.state_machine(execution["stateMachineArn"]) or {}
    settings = machine.get("loggingConfiguration", {})
    level = settings.get("level", "OFF")
    if level not in _LEVELS:
        return
    wanted = [
        event
        for event in execution["events"]
        if not _LEVELS[level] or any(event["type"].endswith(end) for end in _LEVELS[level])
    ]
    lines = [
        (datetime.fromisoformat(event["timestamp"]).timestamp(), _line(event, execution, settings)) for event in wanted
    ]
    for destination in settings.get("destinations", ()):
        arn = destination["cloudWatchLogsLogGroup"]["logGroupArn"]
        group = arn.removesuffix(":*").rpartition(":log-group:")[2]
        cloud.log(group, f"states/{machine['name']}/{execution['name']}", lines)


def _line(event: Document, execution: Document, settings: Document) -> str:
    details: Document = next((value for name, value in event.items() if name.endswith("EventDetails")), {})
    if not settings.get("includeExecutionData"):
        details = {name: value for name, value in details.items() if name not in {"input", "output", "error", "cause"}}
    return json.dumps(
        {
            "id": str(event["id"]),
            "type": event["type"],
            "details": details,
            "event_timestamp": str(int(datetime.fromisoformat(event["timestamp"]).timestamp() * 1000)),
            "execution_arn": execution["executionArn"],
        }
    )
