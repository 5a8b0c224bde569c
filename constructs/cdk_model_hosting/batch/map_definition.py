"""The states that a batch transform of many shards goes through."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from cdk_model_hosting.batch.bound_shards import COUNT, MAP, BoundShards
from cdk_model_hosting.batch.job import number
from cdk_model_hosting.batch.language import caught, publish, resource

if TYPE_CHECKING:
    from cdk_model_hosting.batch.definition import Topics
    from cdk_model_hosting.batch.transform import BatchTransform

LABEL = "Shards"
"""The name of the map in the names of its branches."""


def definition(
    batch: BatchTransform, shards: BoundShards, topics: Topics, max_concurrency: int, tolerated_failure_percent: float
) -> dict[str, Any]:
    """The state machine of a map.

    Args:
        batch: The batch transform.
        shards: The parts of its input.
        topics: Who is told.
        max_concurrency: Jobs that run at once.
        tolerated_failure_percent: Share of the shards that may fail.
    """
    title = f"Batch transform {batch.job_name} in shards"
    succeeded = "Done" if topics.success is None else "TellSuccess"
    failed = "Failed" if topics.error is None else "TellFailure"
    return {
        "Comment": f"{title}: a job for each of many prefixes",
        "QueryLanguage": "JSONata",
        "StartAt": "Defaults",
        "States": {
            "Defaults": {
                "Type": "Pass",
                "Assign": {"completed": 0, "empty": 0, **shards.variables},
                "Next": shards.first,
            },
            **shards.states(succeeded=succeeded, failed=failed),
            MAP: {
                "Type": "Map",
                "Label": LABEL,
                "MaxConcurrency": number(max_concurrency),
                "ToleratedFailurePercentage": number(tolerated_failure_percent),
                **shards.items,
                "ItemProcessor": _branch(batch),
                "Assign": {
                    "completed": "{% $completed + $count($states.result[$ = 'Completed']) %}",
                    "empty": "{% $empty + $count($states.result[$ = 'NothingToDo']) %}",
                },
                "Output": {},
                "Catch": caught(failed),
                "Next": succeeded if shards.repeated is None else shards.repeated,
            },
            **_ends(title, topics, known=COUNT in shards.variables),
        },
    }


def _branch(batch: BatchTransform) -> dict[str, Any]:
    """A run of the batch transform, and one word of what became of it: the results of all branches are kept together."""
    run = {
        "Type": "Task",
        "Resource": resource("states:startExecution.sync:2"),
        "Arguments": {"StateMachineArn": batch.state_machine_arn, "Input": _asked(batch)},
        "Retry": [
            {
                "ErrorEquals": [
                    "StepFunctions.ExecutionLimitExceededException",
                    "StepFunctions.AWSStepFunctionsException",
                ],
                "IntervalSeconds": 5,
                "BackoffRate": 2,
                "MaxAttempts": 6,
                "MaxDelaySeconds": 60,
                "JitterStrategy": "FULL",
            }
        ],
        "Output": "{% $states.result.Output.status %}",
        "End": True,
    }
    return {
        "ProcessorConfig": {"Mode": "DISTRIBUTED", "ExecutionType": "STANDARD"},
        "StartAt": "TransformShard",
        "States": {"TransformShard": run},
    }


def _asked(batch: BatchTransform) -> str:
    """What the run is asked for a shard, which is a text or an object. A console shows it beside the map that started it."""
    usual, outputs = json.dumps(batch.source.key), json.dumps(batch.destination.prefix)
    return (
        "{% ($shard := $states.input; "
        "$asked := $type($shard) = 'object' ? $shard.input : $shard; "
        "$assert($type($asked) = 'string' and $length($asked) > 0, 'a shard names no input: ' & $string($shard)); "
        "$key := $substring($asked, 0, 5) = 's3://' ? $substringAfter($substring($asked, 5), '/') : $asked; "
        f"$usual := {usual}; "
        "$name := $substring($key, 0, $length($usual)) = $usual ? $substring($key, $length($usual)) : $key; "
        f"{{'input': $asked, 'output': $shard.output ? $shard.output : {outputs} & $name, "
        "'AWS_STEP_FUNCTIONS_STARTED_BY_EXECUTION_ID': $states.context.Execution.Id}) %}"
    )


def _ends(title: str, topics: Topics, *, known: bool) -> dict[str, Any]:
    """What became of a run, for people and for programs."""
    ended: dict[str, Any] = {}
    execution = "'execution': $states.context.Execution.Id"
    counts = [*([COUNT] if known else []), "completed", "empty"]
    if topics.success is not None:
        told = ", ".join(f"'{each}': ${each}" for each in counts)
        ended["TellSuccess"] = publish(
            topics.success,
            f"{title} is done",
            f"{{'status': 'Completed', {told}, {execution}}}",
            then="Done",
            otherwise=caught("Failed"),
        )
    if topics.error is not None:
        ended["TellFailure"] = publish(
            topics.error,
            f"{title} has failed",
            f"{{'status': 'Failed', 'reason': $reason, 'error': $errorName, {execution}}}",
            then="Failed",
            otherwise=[{"ErrorEquals": ["States.ALL"], "Next": "Failed"}],
        )
    done = {"status": "Completed", **{each: f"{{% ${each} %}}" for each in counts}}
    ended["Done"] = {"Type": "Succeed", "Output": done}
    ended["Failed"] = {"Type": "Fail", "Error": "{% $errorName %}", "Cause": "{% $reason %}"}
    return ended
