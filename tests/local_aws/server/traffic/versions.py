"""Which version answers: an alias splits what comes to it by the weights of its versions, and each invocation is measured.

Of a weight of 0.1 every tenth invocation is taken, where Lambda throws a die: a test that waits for luck would fail without it.
"""

import contextvars
import threading
import time
from collections.abc import Awaitable, Callable
from typing import Any

from ministack.services import lambda_svc

from tests.local_aws.server.traffic import measures

Document = dict[str, Any]
Answer = tuple[int, dict[str, str], bytes]

LATEST = "$LATEST"
_LOCK = threading.Lock()
_shares: dict[str, tuple[str, float]] = {}
"""Alias -> its revision, and how much of an invocation its other version is owed."""

_executed: contextvars.ContextVar[list[str] | None] = contextvars.ContextVar("executed", default=None)
"""Where an invocation over the API notes the version that answered it."""


def install() -> None:
    """Put the choice and the measuring around ministack's execution of functions."""
    lambda_svc._effective_func_record_for_qualifier = _named_by_alias(lambda_svc._effective_func_record_for_qualifier)
    lambda_svc._execute_function = _executing(lambda_svc._execute_function)
    lambda_svc._invoke = _telling(lambda_svc._invoke)
    # It counts the calls of the API alone, and for the function as a whole.
    lambda_svc._emit_lambda_metrics = lambda *_arguments, **_more: None


def chosen(alias: Document) -> str:
    """Return the version that the next invocation of an alias goes to."""
    weights = (alias.get("RoutingConfig") or {}).get("AdditionalVersionWeights") or {}
    main = str(alias.get("FunctionVersion", LATEST))
    if not weights:
        return main
    other, weight = next(iter(weights.items()))
    with _LOCK:
        revision, owed = _shares.get(alias["AliasArn"], ("", 0.0))
        owed = (owed if revision == alias["RevisionId"] else 0.0) + float(weight)
        # Ten times a tenth is a little less than one.
        takes = owed > 1 - 1e-9
        _shares[alias["AliasArn"]] = alias["RevisionId"], owed - takes
    return str(other) if takes else main


def _named_by_alias(find: Callable[..., Any]) -> Callable[..., Any]:
    """Let a record that was found by an alias keep the alias's ARN, by which it is invoked."""

    def found(function: Document | None, qualifier: str | None) -> Any:
        record, config = find(function, qualifier)
        alias = function["aliases"].get(qualifier) if function is not None else None
        if function is None or alias is None or record is None:
            return record, config
        config = {**config, "FunctionArn": alias["AliasArn"]}
        return {**record, "config": config, "concurrency": function.get("concurrency")}, config

    return found


def _executing(execute: Callable[..., Document]) -> Callable[..., Document]:
    def executed(record: Document, event: Any) -> Document:
        config = record.get("config") or record
        function = lambda_svc._functions.get(config.get("FunctionName"))
        if function is None or lambda_svc._function_config_scope_mismatch(config):
            # It comes back here in the account and region of the function.
            return execute(record, event)
        arn = str(config["FunctionArn"])
        qualifier = arn.split(":function:")[1].partition(":")[2]
        alias = function["aliases"].get(qualifier)
        if alias is not None:
            record = _version(function, chosen(alias), arn)
        version = str(record["config"].get("Version", LATEST)) if "config" in record else LATEST
        if (noted := _executed.get()) is not None:
            noted.append(version)
        started = time.monotonic()
        result = execute({**record, "concurrency": function.get("concurrency")}, event)
        measures.publish(
            measures.Invoked(
                function=config["FunctionName"],
                qualifier=qualifier,
                version=version if alias is not None and "RoutingConfig" in alias else "",
            ),
            result,
            seconds=time.monotonic() - started,
        )
        return result

    return executed


def _version(function: Document, version: str, arn: str) -> Document:
    """Return the record of a version, which finds itself called by an ARN."""
    record = function if version == LATEST else function["versions"][version]
    return {**record, "config": {**record["config"], "FunctionArn": arn}}


def _telling(invoke: Callable[..., Awaitable[Answer]]) -> Callable[..., Awaitable[Answer]]:
    """Let an answer say which version gave it."""

    async def invoked(*arguments: Any, **more: Any) -> Answer:
        noted: list[str] = []
        token = _executed.set(noted)
        try:
            status, headers, body = await invoke(*arguments, **more)
        finally:
            _executed.reset(token)
        if noted and "X-Amz-Executed-Version" in headers:
            headers["X-Amz-Executed-Version"] = noted[0]
        return status, headers, body

    return invoked
