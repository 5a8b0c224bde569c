"""Distributed maps: limits that come from the input, and results that go to S3.

See: https://docs.aws.amazon.com/step-functions/latest/dg/input-output-resultwriter.html
"""

import json
import uuid
from collections.abc import Callable
from typing import Any

from tests.local_aws.server.sagemaker import cloud
from tests.local_aws.server.stepfunctions import engine, paths
from tests.local_aws.server.stepfunctions.engine import Document

_LIMITS = ("MaxConcurrency", "ToleratedFailureCount", "ToleratedFailurePercentage")
_AFTERWARDS = ("ResultSelector", "ResultPath", "OutputPath")
_UNTOLD = frozenset({"events", "testCase", "mockAttempts", "mapRunArn"})

Run = Callable[..., tuple[Any, str | None]]


def install() -> None:
    """Put both into ministack."""
    run: Run = engine.known["_run_distributed_map"]

    def completed(known: Document, given: Any, effective: Any, *rest: Any) -> tuple[Any, str | None]:
        _processor, execution, context = rest
        state = {**known, **_limits(known, effective)}
        if "ResultWriter" not in state:
            return run(state, given, effective, *rest)
        bare = {name: value for name, value in state.items() if name not in _AFTERWARDS}
        before = set(engine.map_runs())
        _results, following = run(bare, given, effective, *rest)
        (arn,) = [
            arn
            for arn, known in engine.map_runs().items()
            if arn not in before and known["executionArn"] == execution["executionArn"]
        ]
        parameters = engine.resolved(state["ResultWriter"].get("Parameters", {}), effective, context)
        return engine.after(state, given, _written(arn, parameters), context), following

    engine.known["_run_distributed_map"] = completed


def _limits(state: Document, effective: Any) -> Document:
    return {name: paths.resolve(state[f"{name}Path"], effective) for name in _LIMITS if f"{name}Path" in state}


def _written(map_run: str, parameters: Document) -> Document:
    """Write what became of the items of a map run; return where."""
    bucket = parameters["Bucket"]
    folder = "/".join(part for part in (parameters.get("Prefix", "").strip("/"), str(uuid.uuid4())) if part)
    files: dict[str, list[Document]] = {"FAILED": [], "PENDING": [], "SUCCEEDED": []}
    for status, listed in files.items():
        ended = [_capitalized(child) for child in engine.children(map_run) if child["status"] == status]
        if ended:
            data, key = json.dumps(ended).encode(), f"{folder}/{status}_0.json"
            _write(bucket, key, data)
            listed.append({"Key": key, "Size": len(data)})
    manifest = {"DestinationBucket": bucket, "MapRunArn": map_run, "ResultFiles": files}
    _write(bucket, f"{folder}/manifest.json", json.dumps(manifest).encode())
    return {"MapRunArn": map_run, "ResultWriterDetails": {"Bucket": bucket, "Key": f"{folder}/manifest.json"}}


def _write(bucket: str, key: str, data: bytes) -> None:
    if not cloud.write_object(bucket, key, data, "application/json"):
        raise engine.Failure("States.ResultWriterFailed", f"The specified bucket does not exist. (Bucket: {bucket})")


def _capitalized(execution: Document) -> Document:
    return {name[:1].upper() + name[1:]: value for name, value in execution.items() if name not in _UNTOLD}
