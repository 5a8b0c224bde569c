"""Executions that end before their work does: they are stopped, take too long, or a task of theirs does.

What waits for a job asks `goes_on`. It ends the job when the execution was stopped, as AWS tries to; of a timeout the developer guide
says no such thing, so a job whose time is up runs on. Timeouts run with the time factor, and are as long as on AWS where that is 0.
"""

import contextvars
import json
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from concurrent.futures import TimeoutError as TimedOutError
from typing import Any

from tests.local_aws.server import timing
from tests.local_aws.server.stepfunctions import engine, reporting
from tests.local_aws.server.stepfunctions.engine import Document

_execution: contextvars.ContextVar[Document | None] = contextvars.ContextVar("execution", default=None)
_given_up: contextvars.ContextVar[threading.Event | None] = contextvars.ContextVar("given_up", default=None)


def install() -> None:
    """Put what ends an execution into ministack."""
    _follow_executions(engine.known["_run_execution"])
    _keep_what_ended(engine.known["_fail_execution"])
    engine.known["_invoke_resource_with_timeout"] = _with_timeout


def goes_on() -> bool:
    """Tell whether anybody still waits for the task that asks."""
    execution, given_up = _execution.get(), _given_up.get()
    return (execution is None or execution["status"] == "RUNNING") and not (given_up and given_up.is_set())


def is_stopped() -> bool:
    """Tell whether the execution of the task that asks was stopped."""
    execution = _execution.get()
    return execution is not None and bool(execution["status"] == "ABORTED")


def _follow_executions(run: Callable[[str], None]) -> None:
    def follow(arn: str) -> None:
        execution = engine.execution(arn)
        if execution is None:
            return
        before = _execution.set(execution)
        over = threading.Event()
        seconds = _timeout_of(execution)
        if seconds is not None:
            watch = engine.in_context(_end_after, execution, seconds, over)
            threading.Thread(target=watch, daemon=True, name="execution-timeout").start()
        try:
            run(arn)
        finally:
            over.set()
            _execution.reset(before)
            reporting.report(execution)

    engine.known["_run_execution"] = follow


def _keep_what_ended(fail: Callable[[Document, str, str], None]) -> None:
    """Let an execution that was stopped stay stopped, when the task that was cut off fails."""

    def keep(execution: Document, error: str, cause: str) -> None:
        if execution["status"] == "RUNNING":
            fail(execution, error, cause)

    engine.known["_fail_execution"] = keep


def _timeout_of(execution: Document) -> float | None:
    machine = engine.state_machine(execution["stateMachineArn"])
    try:
        found = json.loads(machine["definition"]).get("TimeoutSeconds") if machine else None
    except (ValueError, AttributeError):
        return None
    return float(found) if found is not None else None


def _end_after(execution: Document, seconds: float, over: threading.Event) -> None:
    if over.wait(timing.compressed_period(seconds)) or execution["status"] != "RUNNING":
        return
    execution.update(status="TIMED_OUT", error="States.Timeout", stopDate=engine.now())
    engine.add_event(execution, "ExecutionTimedOut", {"executionTimedOutEventDetails": {"error": "States.Timeout"}})
    engine.tell(execution)
    reporting.report(execution)


def _with_timeout(resource: str, parameters: Document, seconds: float) -> Any:
    """Perform a task that may take so long and no longer."""
    given_up = threading.Event()

    def perform() -> Any:
        _given_up.set(given_up)
        return engine.known["_invoke_resource"](resource, parameters)

    pool = ThreadPoolExecutor(max_workers=1)
    performed = pool.submit(engine.in_context(perform))
    pool.shutdown(wait=False)
    try:
        return performed.result(timeout=timing.compressed_period(seconds))
    except TimedOutError:
        given_up.set()
        raise engine.Failure("States.Timeout", f"Task timed out after {seconds:g} seconds") from None
