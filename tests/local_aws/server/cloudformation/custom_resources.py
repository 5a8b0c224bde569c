"""Custom resources backed by a Lambda function, with CloudFormation's protocol to the letter.

CloudFormation invokes the function asynchronously and waits for the answer at the ResponseURL, for as long as ServiceTimeout
says. Where a function ends in an error and nobody can answer any more, AWS waits all the same; here the resource fails at once.
"""

import json
import logging
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from ministack.core import responses
from ministack.services import lambda_svc
from ministack.services.cloudformation import custom_resource, stacks

from tests.local_aws.server.cloudformation.provider import Created, Properties

logger = logging.getLogger("local_aws.cloudformation")

MOST_BYTES = 4096
DEFAULT_SECONDS = 3600
DEFAULT_RETRIES = 2
POLL_SECONDS = 0.05
REQUIRED = ("StackId", "RequestId", "LogicalResourceId")

captured: dict[str, Callable[[dict[str, Any], dict[str, Any]], dict[str, Any]]] = {}
"""Resource type -> what answers an event in the place of the function, whose configuration it gets too."""

_failed_creations: dict[tuple[str, str], dict[str, Any]] = {}


@dataclass
class _Run:
    """An invocation by CloudFormation."""

    token: str
    answered: threading.Event
    error: str = ""
    over: threading.Event = field(default_factory=threading.Event)


def install() -> None:
    """Put this in the place of ministack's own. To be called once, before the server takes requests."""
    custom_resource.invoke_custom_resource = invoke
    custom_resource.deliver_response = _within_limits(custom_resource.deliver_response)
    _delete_what_failed_to_be_created()


def invoke(  # noqa: PLR0917 - called as ministack calls its own
    request_type: str,
    logical_id: str,
    props: Properties,
    stack_name: str,
    stack_id: str,
    resource_type: str,
    physical_id: str | None = None,
    old_props: Properties | None = None,
) -> Created:
    """Send one request to a custom resource's function and wait for its answer.

    The parameters are those that ministack passes.

    Raises:
        RuntimeError: The answer is a failure, or is not a valid one.
        TimeoutError: There was none.
    """
    token = responses.new_uuid()
    event = {
        "RequestType": request_type,
        "ServiceToken": props.get("ServiceToken", ""),
        "ResponseURL": custom_resource._response_url(token),
        "StackId": stack_id,
        "RequestId": responses.new_uuid(),
        "LogicalResourceId": logical_id,
        "ResourceType": resource_type,
        "ResourceProperties": custom_resource._normalise_resource_properties(props),
    }
    if physical_id is not None:
        event["PhysicalResourceId"] = physical_id
    if old_props is not None:
        event["OldResourceProperties"] = custom_resource._normalise_resource_properties(old_props)
    logger.info("%s of custom resource %s in %s", request_type, logical_id, stack_name)
    answer: dict[str, Any] = {}
    try:
        answer = _answer(event, token, seconds=int(props.get("ServiceTimeout") or DEFAULT_SECONDS))
        return _created(answer, event)
    except Exception:
        if request_type == "Create":
            made_up = f"{stack_name}-{logical_id}-{token[:8].upper()}"
            _failed_creations[stack_id, logical_id] = {
                "PhysicalResourceId": answer.get("PhysicalResourceId") or made_up,
                "ResourceType": resource_type,
                "LogicalResourceId": logical_id,
                "ResourceStatus": "CREATE_FAILED",
                "Properties": props,
                "Attributes": {},
            }
        raise


def _answer(event: dict[str, Any], token: str, *, seconds: int) -> dict[str, Any]:
    """Invoke the function; return what arrives at the ResponseURL."""
    record, config, name = lambda_svc._get_func_record_for_ref(event["ServiceToken"])
    if record is None or config is None:
        raise RuntimeError(f"Custom resource's function {name or event['ServiceToken']!r} does not exist.")
    if event["ResourceType"] in captured:
        return captured[event["ResourceType"]](event, config)
    run = _Run(token, custom_resource.register_token(token))
    threading.Thread(
        target=_call, args=(run, lambda_svc._execution_record_for_config(record, config), event), daemon=True
    ).start()
    try:
        _wait(run, seconds)
        answer: dict[str, Any] | None = (custom_resource._pending.get(token) or {}).get("result")
    finally:
        with custom_resource._lock:
            custom_resource._pending.pop(token, None)
    if answer is not None:
        return answer
    if run.error:
        raise RuntimeError(
            f"The function {name} of custom resource {event['LogicalResourceId']} ended in an error before it answered,"
            f" and AWS would have waited {seconds} seconds for it: {run.error}"
        )
    raise TimeoutError(
        "CloudFormation did not receive a response from your Custom Resource. Please check your logs for requestId"
        f" [{event['RequestId']}]. (Nothing arrived within the {seconds} seconds of its ServiceTimeout.)"
    )


def _call(run: _Run, record: dict[str, Any], event: dict[str, Any]) -> None:
    """Run the function as an asynchronous invocation does: again when it fails, but without the minutes in between."""
    asynchronous = record.get("event_invoke_config") or (record.get("event_invoke_configs") or {}).get("$LATEST") or {}
    retries = asynchronous.get("MaximumRetryAttempts")
    try:
        for _ in range(1 + int(DEFAULT_RETRIES if retries is None else retries)):
            result = lambda_svc._execute_function_with_config_scope(record, event)
            if not result.get("error"):
                # It may still be answered, by whatever the function has set going.
                return
            run.error = str((result.get("body") or {}).get("errorMessage", "no message"))
            logger.warning("the function of %s failed: %s", event["LogicalResourceId"], result.get("log") or run.error)
            if run.answered.is_set():
                return
        run.over.set()
    except Exception as error:
        logger.exception("the function of %s could not be run", event["LogicalResourceId"])
        run.error = repr(error)
        run.over.set()


def _wait(run: _Run, seconds: int) -> None:
    """Wait for the answer, for the end of the time, or for the end of all hope."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline and not run.over.is_set():
        if run.answered.wait(POLL_SECONDS):
            return


def _created(answer: dict[str, Any], event: dict[str, Any]) -> Created:
    """Return the physical ID and the attributes of an answer."""
    status, physical_id = answer.get("Status"), answer.get("PhysicalResourceId")
    if status not in {"SUCCESS", "FAILED"}:
        raise RuntimeError(f"Invalid Status {status!r} in the response of the custom resource.")
    if status == "FAILED":
        # The service wraps what the function says; the message must be told apart from its own.
        reason = answer.get("Reason") or "no reason given"
        raise RuntimeError(
            f"Received response status [FAILED] from custom resource. Message returned: {reason}"
            f" (RequestId: {event['RequestId']})"
        )
    if not isinstance(physical_id, str) or not physical_id:
        raise RuntimeError("Invalid PhysicalResourceId")
    wrong = [key for key in REQUIRED if answer.get(key) != event[key]]
    if wrong:
        raise RuntimeError(f"Invalid response of the custom resource: {', '.join(wrong)} not as in the request.")
    return physical_id, dict(answer.get("Data") or {})


def _within_limits(deliver: Callable[..., bool]) -> Callable[..., bool]:
    def delivered(token: str, response: dict[str, Any]) -> bool:
        if len(json.dumps(response).encode()) > MOST_BYTES:
            response = {**response, "Status": "FAILED", "Reason": "Response object is too long.", "Data": {}}
        return deliver(token, response)

    return delivered


def _delete_what_failed_to_be_created() -> None:
    """Let a rollback send Delete to a custom resource that answered its Create with a failure, as CloudFormation does."""
    known = stacks._roll_back_operation

    async def roll_back(
        stack_name: str, stack_id: str, stack: dict[str, Any], operation: dict[str, Any], *rest: Any, **more: Any
    ) -> None:
        failed = operation.get("failed_logical_id")
        record = _failed_creations.pop((stack_id, failed or ""), None)
        if record is not None and failed not in operation["created"]:
            stack.setdefault("_resources", {})[failed] = record
            operation = {**operation, "created": [*operation["created"], failed]}
        await known(stack_name, stack_id, stack, operation, *rest, **more)

    stacks._roll_back_operation = roll_back
