"""Parts of states in the Amazon States Language, and what is computed in them with JSONata.

See: https://docs.aws.amazon.com/step-functions/latest/dg/transforming-data.html
See: https://docs.aws.amazon.com/step-functions/latest/dg/concepts-error-handling.html
"""

from __future__ import annotations

from typing import Any

from cdk_model_hosting.permissions import arn

THROTTLED = {
    "ErrorEquals": ["SageMaker.AmazonSageMakerException"],
    "IntervalSeconds": 5,
    "BackoffRate": 2,
    "MaxAttempts": 6,
    "MaxDelaySeconds": 60,
    "JitterStrategy": "FULL",
}
"""Throttling has no error name of its own in this integration, so that what is wrong for good is repeated for some minutes,
too."""

# The error of a job is its description as JSON; that of a function is its exception as JSON; others are plain text.
_REASON = (
    "{% ($cause := $states.errorOutput.Cause; "
    "$told := $substring($cause, 0, 1) = '{' and $substring($cause, -1) = '}' ? $parse($cause) : {}; "
    "[$told.FailureReason, $told.errorMessage, "
    "$exists($told.TransformJobStatus) ? 'the job ended as ' & $told.TransformJobStatus, "
    "$cause[$ != ''], $states.errorOutput.Error][0]) %}"
)
UNIQUE = "$substring($hash($states.context.Execution.Id & $states.context.Execution.StartTime, 'SHA-256'), 0, 16)"
NOT_UNDERSTOOD = (
    "{% ($odd := function($asked) { $type($asked) != 'string' or $not($substring($asked, 0, 5) = 's3://' "
    "? $contains($asked, /^s3:\\/\\/[^\\/]+\\/./) : $length($asked) > 0 and $not($contains($asked, '://'))) }; "
    "($exists($states.input.input) and $odd($states.input.input)) or "
    "($exists($states.input.output) and $odd($states.input.output))) %}"
)
PLACE = "$place := $substring($from, 5)"
BUCKET, KEY = "$substringBefore($place, '/')", "$substringAfter($place, '/')"


def resource(name: str) -> Any:
    """What a task calls, in whatever partition."""
    return arn(f"arn:${{AWS::Partition}}:states:::{name}")


def address(asked: str, usual: str) -> str:
    """The address that a start asks for, or the usual one; a key alone is one in the usual bucket."""
    return (
        f"{{% ($asked := $exists($states.input.{asked}) ? $states.input.{asked} : ${usual}.key; "
        f"$substring($asked, 0, 5) = 's3://' ? $asked : 's3://' & ${usual}.bucket & '/' & $asked) %}}"
    )


def folder(asked: str, usual: str) -> str:
    """The same without a slash at the end: SageMaker puts one before a name."""
    inner = address(asked, usual)[3:-3]
    return f"{{% $replace({inner}, /\\/$/, '') %}}"


def again(*, seconds: int, attempts: int) -> dict[str, Any]:
    """Try a call again that failed for whatever reason."""
    return {
        "ErrorEquals": ["States.TaskFailed"],
        "IntervalSeconds": seconds,
        "BackoffRate": 2,
        "MaxAttempts": attempts,
        "JitterStrategy": "FULL",
    }


def caught(then: str) -> list[dict[str, Any]]:
    """Remember what went wrong, and go on."""
    assigned = {"errorName": "{% $states.errorOutput.Error %}", "reason": _REASON}
    return [{"ErrorEquals": ["States.ALL"], "Assign": assigned, "Next": then}]


def publish(topic: str, subject: str, message: str, *, then: str, otherwise: list[dict[str, Any]]) -> dict[str, Any]:
    """A message to a topic, which people read as text and programs as JSON."""
    return {
        "Type": "Task",
        "Resource": resource("sns:publish"),
        "Arguments": {"TopicArn": topic, "Subject": subject, "Message": f"{{% $string({message}, true) %}}"},
        "Retry": [again(seconds=2, attempts=5)],
        "Catch": otherwise,
        "Next": then,
    }
