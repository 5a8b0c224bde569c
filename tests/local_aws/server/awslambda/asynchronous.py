"""Events that a function gets without anybody waiting: repeated when they fail, and told about when all is over.

The configuration is the one of the version or alias that was invoked. Lambda waits a minute before the second attempt and two
before the third; here the time factor says how much of that is waited. The age of an event is counted in Lambda's time.

See: https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-retain-records.html
"""

import json
import time
from datetime import UTC, datetime
from typing import Any

from ministack.services import eventbridge, lambda_svc

from tests.local_aws.server import timing
from tests.local_aws.server.sagemaker import cloud

Document = dict[str, Any]

_PAUSES_SECONDS = (60.0, 120.0)
_MOST_RETRIES = 2
_LONGEST_AGE_SECONDS = 21600
_SECONDS_BETWEEN_THROTTLES = 0.05
_LONGEST_THROTTLE_SECONDS = 30.0
# An ARN of a function has this many colons without a qualifier.
_COLONS = 6


def install() -> None:
    """Take over what ministack does about such events."""
    lambda_svc.invoke_async_with_retry = _accept


def _accept(function: Document, event: Any) -> None:
    config = function.get("config") or function
    lambda_svc._run_with_function_config_scope(
        config, cloud.in_background, _attend_to, function, config, event, name=f"event-{config['FunctionName']}"
    )


def _attend_to(function: Document, config: Document, event: Any) -> None:
    arn = config["FunctionArn"]
    qualifier = arn.split(":", _COLONS + 1)[_COLONS + 1] if arn.count(":") > _COLONS else ""
    wanted = lambda_svc._event_invoke_config(lambda_svc._functions.get(config["FunctionName"]) or {}, qualifier) or {}
    most_attempts = 1 + int(wanted.get("MaximumRetryAttempts", _MOST_RETRIES))
    longest = float(wanted.get("MaximumEventAgeInSeconds", _LONGEST_AGE_SECONDS))
    waited, attempts = 0.0, 0
    while True:
        outcome = _attempt(function, event)
        attempts += 1
        condition = _condition(outcome, attempts, most_attempts, waited, longest)
        if condition:
            break
        timing.wait(_PAUSES_SECONDS[attempts - 1])
        waited += _PAUSES_SECONDS[attempts - 1]
    context = {
        "functionArn": arn if qualifier else f"{arn}:$LATEST",
        "condition": condition,
        "approximateInvokeCount": attempts,
    }
    record = _record(context, config, event, outcome)
    succeeded = condition == "Success"
    destination = (
        wanted.get("DestinationConfig", {}).get("OnSuccess" if succeeded else "OnFailure", {}).get("Destination")
    )
    if destination:
        _tell(destination, record, succeeded=succeeded)
    letters = (config.get("DeadLetterConfig") or {}).get("TargetArn")
    if letters and not succeeded:
        _deliver(letters, json.dumps(event))


def _attempt(function: Document, event: Any) -> Document:
    """Run the function; as long as it is throttled, that is no attempt."""
    deadline = time.monotonic() + _LONGEST_THROTTLE_SECONDS
    while True:
        outcome: Document = lambda_svc._execute_function(function, event)
        if not outcome.get("throttle") or time.monotonic() > deadline:
            return outcome
        time.sleep(_SECONDS_BETWEEN_THROTTLES)


def _condition(outcome: Document, attempts: int, most_attempts: int, waited: float, longest: float) -> str:
    """Return why an event is over, or nothing when there is another attempt."""
    if not outcome.get("error"):
        return "Success"
    if attempts >= most_attempts:
        return "RetriesExhausted"
    return "EventAgeExceeded" if waited + _PAUSES_SECONDS[attempts - 1] > longest else ""


def _record(context: Document, config: Document, event: Any, outcome: Document) -> Document:
    now = datetime.now(tz=UTC)
    failed = {"functionError": outcome.get("function_error") or "Unhandled"} if outcome.get("error") else {}
    return {
        "version": "1.0",
        "timestamp": f"{now:%Y-%m-%dT%H:%M:%S}.{now.microsecond // 1000:03d}Z",
        "requestContext": {"requestId": lambda_svc.new_uuid(), **context},
        "requestPayload": event,
        "responseContext": {"statusCode": 200, "executedVersion": config.get("Version", "$LATEST"), **failed},
        "responsePayload": outcome.get("body"),
    }


def _tell(destination: str, record: Document, *, succeeded: bool) -> None:
    if destination.split(":")[2] != "events":
        _deliver(destination, json.dumps(record))
        return
    entry = {
        "EventBusName": destination,
        "Source": "lambda",
        "DetailType": f"Lambda Function Invocation Result - {'Success' if succeeded else 'Failure'}",
        "Detail": json.dumps(record),
        "Resources": [destination, record["requestContext"]["functionArn"]],
    }
    eventbridge._put_events({"Entries": [entry]})


def _deliver(destination: str, message: str) -> None:
    service = destination.split(":")[2]
    if service == "sqs":
        eventbridge._dispatch_to_sqs(lambda_svc.parse_arn(destination), message)
    elif service == "sns":
        cloud.publish_message(destination, message)
    elif service == "lambda":
        eventbridge._dispatch_to_lambda(destination, message)
