"""Queues whose messages go to a function: what Lambda refuses, how it gathers batches, and what becomes of failed messages.

ministack asks the queue and calls the function. Here a batch waits for its window, a failure keeps to what the function reports,
and the waits run with the time factor.

See: https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-configure.html
https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-errorhandling.html
"""

import json
import threading
import time
from collections.abc import Callable
from typing import Any

from ministack.core.responses import error_response_json
from ministack.services import lambda_svc, sqs
from ministack.services.cloudformation import provisioners

from tests.local_aws.server import timing

Document = dict[str, Any]
Answer = tuple[int, dict[str, str], bytes]

_TYPE = "AWS::Lambda::EventSourceMapping"
_REPORTS = "ReportBatchItemFailures"
_MOST_WITHOUT_WINDOW = 10
_SHORTEST_WAIT_SECONDS = 0.1
"""A message that fails for ever must not keep this machine busy where nothing is waited for."""

_BACKOFF_SECONDS = 1.0
_LOOK_SECONDS = 0.1
_first_seen: dict[str, float] = {}
"""Queue -> since when messages wait for a batch."""


def install() -> None:
    """Change what ministack does with queues. To be called before CloudFormation is installed."""
    lambda_svc._create_esm = _strictly(lambda_svc._create_esm)
    lambda_svc._update_esm = _strictly_changed(lambda_svc._update_esm)
    lambda_svc._run_sqs_batch = _run
    sqs._receive_messages_for_esm = _gathering(sqs._receive_messages_for_esm)
    handlers = provisioners._RESOURCE_HANDLERS[_TYPE]
    handlers["create"] = _strict_handler(handlers["create"], position=1)
    handlers["update"] = _strict_handler(handlers["update"], position=2)


def refusal(mapping: Document) -> str:
    """Say why Lambda takes no such mapping; nothing where it does, or where its source is no queue."""
    source = str(mapping.get("EventSourceArn", ""))
    if ":sqs:" not in source:
        return ""
    queue = sqs._queue_by_arn(source)
    if queue is None:
        return "Error occurred while ReceiveMessage. SQS Error Code: AWS.SimpleQueueService.NonExistentQueue."
    _, config, _ = lambda_svc._get_func_record_for_ref(str(mapping.get("FunctionName", "")))
    visibility = int(queue["attributes"].get("VisibilityTimeout", 30))
    timeout = int((config or {}).get("Timeout", 3))
    if visibility < timeout:
        return f"Queue visibility timeout: {visibility} seconds is less than Function timeout: {timeout} seconds"
    if int(mapping.get("BatchSize", 10)) > _MOST_WITHOUT_WINDOW and not int(
        mapping.get("MaximumBatchingWindowInSeconds", 0)
    ):
        return "Maximum batch window in seconds must be greater than 0 if maximum batch size is greater than 10"
    return ""


def _strictly(create: Callable[[Document], Answer]) -> Callable[[Document], Answer]:
    def created(data: Document) -> Answer:
        reason = refusal(data)
        if reason:
            return _refused(reason)
        return create(data)

    return created


def _strictly_changed(update: Callable[[str, Document], Answer]) -> Callable[[str, Document], Answer]:
    def updated(identifier: str, data: Document) -> Answer:
        known = lambda_svc._esms.get(identifier) or {}
        reason = refusal({**known, "FunctionName": known.get("FunctionArn", ""), **data}) if known else ""
        if reason:
            return _refused(reason)
        return update(identifier, data)

    return updated


def _refused(reason: str) -> Answer:
    answer: Answer = error_response_json("InvalidParameterValueException", reason, 400)
    return answer


def _strict_handler(handler: Callable[..., Any], *, position: int) -> Callable[..., Any]:
    def handled(*arguments: Any) -> Any:
        reason = refusal(arguments[position])
        if reason:
            raise ValueError(
                f'Resource handler returned message: "Invalid request provided: {reason} (Service: Lambda, '
                'Status Code: 400)" (HandlerErrorCode: InvalidRequest)'
            )
        return handler(*arguments)

    return handled


def _gathering(receive: Callable[[str, int], list[Document]]) -> Callable[[str, int], list[Document]]:
    """Let a batch wait until it is full or its window is over, and be as big as the mapping says."""

    def gathered(queue_url: str, size: int) -> list[Document]:
        if not _is_ready(queue_url, size):
            return []
        batch: list[Document] = []
        while len(batch) < size:
            more = receive(queue_url, size - len(batch))
            if not more:
                break
            batch += more
        return batch

    return gathered


def _is_ready(queue_url: str, size: int) -> bool:
    queue = sqs._queues.get(queue_url) or {}
    now = time.time()
    waiting = sum(1 for message in queue.get("messages", ()) if message.get("visible_at", 0) <= now)
    source = (queue.get("attributes") or {}).get("QueueArn")
    windows = [
        float(mapping.get("MaximumBatchingWindowInSeconds") or 0)
        for _, _, mapping in lambda_svc._iter_all_esms()
        if mapping.get("EventSourceArn") == source
    ]
    left = _first_seen.setdefault(queue_url, now) + max(windows, default=0.0) * timing.factor() - now
    if 0 < waiting < size and left > 0:
        _wake_after(min(left, _LOOK_SECONDS))
        return False
    if left <= 0 or waiting != 0:
        _first_seen.pop(queue_url, None)
    return True


def _run(
    mapping: Document, function: Document, event: Document, batch: list[Document], queue_url: str, _queue_name: str
) -> None:
    """Give a batch to the function; what it has done with is deleted, the rest comes again or goes to the dead-letter queue."""
    result = lambda_svc._execute_function(function, event)
    identifiers = {record["messageId"] for record in event["Records"]}
    failed = _failed(mapping, result, identifiers)
    done = {message["receipt_handle"] for message in batch if message["id"] not in failed}
    sqs._delete_messages_for_esm(queue_url, done)
    if failed:
        _give_back(queue_url, {message["receipt_handle"] for message in batch} - done)
    if result.get("error"):
        mapping["LastProcessingResult"] = "PROBLEM: Function call failed"
        pause = max(_BACKOFF_SECONDS * timing.factor(), _SHORTEST_WAIT_SECONDS)
        lambda_svc._esm_backoff_until[mapping["UUID"]] = time.time() + pause
        _wake_after(pause)
    else:
        mapping["LastProcessingResult"] = "OK"
        lambda_svc._esm_backoff_until.pop(mapping["UUID"], None)


def _failed(mapping: Document, result: Document, identifiers: set[str]) -> set[str]:
    """Return which messages failed: all of them where the function did, or where what it reports makes no sense."""
    if result.get("error"):
        return identifiers
    if _REPORTS not in mapping.get("FunctionResponseTypes", []):
        return set()
    body = result.get("body")
    try:
        report = json.loads(body) if isinstance(body, str | bytes) and body else body
        failures = (report or {}).get("batchItemFailures") or []
        named = {failure["itemIdentifier"] for failure in failures}
    except (ValueError, TypeError, KeyError, AttributeError):
        return identifiers
    # One that was not in the batch: Lambda takes the whole report for wrong.
    if named - identifiers:
        return identifiers
    return named


def _give_back(queue_url: str, handles: set[str]) -> None:
    """Let messages come again when their visibility timeout is over, as fast as everything else passes."""
    with sqs._queues_lock:
        queue = sqs._queues.get(queue_url) or {}
        seconds = float((queue.get("attributes") or {}).get("VisibilityTimeout", 30)) * timing.factor()
        wait = max(seconds, _SHORTEST_WAIT_SECONDS)
        for message in queue.get("messages", ()):
            if message.get("receipt_handle") in handles:
                message["visible_at"] = time.time() + wait
    _wake_after(wait)


def _wake_after(seconds: float) -> None:
    """Let ministack look at its queues after a time, and not at its leisure."""
    timer = threading.Timer(seconds + 0.01, lambda_svc._esm_wake.set)
    timer.daemon = True
    timer.start()
