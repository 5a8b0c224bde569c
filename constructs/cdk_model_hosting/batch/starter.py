"""What stands between a trigger and the job: of two events for one cause, one starts something."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from cdk_model_hosting.batch.permissions import start
from cdk_model_hosting.batch.state_machine import StateMachine
from cdk_model_hosting.permissions import arn

if TYPE_CHECKING:
    from constructs import Construct

    from cdk_model_hosting.placement import Place

# What tells one event from another, and one event from itself told twice.
_OBJECT = (
    "{% $string([$states.input.detail.bucket.name, $states.input.detail.object.key, $states.input.detail.object.etag, "
    "$states.input.detail.object.`version-id`, $states.input.detail.object.sequencer]) %}"
)
_TIME = "{% $states.input.schedule & ' ' & $states.input.time %}"
# Answers go to folders like those that records lie in, so that files of one name do not replace each other.
_INPUT = "{% 's3://' & $states.input.detail.bucket.name & '/' & $states.input.detail.object.key %}"
_OUTPUT = (
    "{% 's3://' & $outputs.bucket & '/' & $outputs.prefix & "
    "$replace($substring($states.input.detail.object.key, $length($inputs.folder)), /[^\\/]+$/, '') %}"
)


class Starter(StateMachine):
    """Starts executions under names that are made of what caused them.

    S3, EventBridge and its scheduler deliver events at least once, which is to say sometimes twice. Step Functions starts no
    two executions of one name within 90 days.

    Args:
        scope: The batch transform.
        construct_id: ID below `scope`.
        place: Where `scope` stands.
        target: ARN of the state machine that is started.
        input_folder: What the keys of arriving objects begin with.
        output_bucket: Bucket of the answers.
        output_prefix: Their prefix there.

    See: https://docs.aws.amazon.com/step-functions/latest/apireference/API_StartExecution.html
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        place: Place,
        target: str,
        input_folder: str,
        output_bucket: str,
        output_prefix: str,
    ) -> None:
        outputs = {"bucket": output_bucket, "prefix": output_prefix}
        super().__init__(
            scope,
            construct_id,
            place=place,
            definition=_definition(target, input_folder, outputs),
            permissions=[start(target)],
            express=True,
        )


def _definition(target: str, input_folder: str, outputs: dict[str, str]) -> dict[str, Any]:
    return {
        "Comment": "Starts one execution for each cause, however often it is told",
        "QueryLanguage": "JSONata",
        "StartAt": "Places",
        "States": {
            "Places": {
                "Type": "Pass",
                "Assign": {"inputs": {"folder": input_folder}, "outputs": outputs},
                "Next": "Cause",
            },
            "Cause": {
                "Type": "Choice",
                "Choices": [
                    {
                        "Condition": "{% $exists($states.input.detail.object.key) %}",
                        "Assign": {"cause": _OBJECT, "request": {"input": _INPUT, "output": _OUTPUT}},
                        "Next": "Start",
                    }
                ],
                "Default": "OnTime",
            },
            "OnTime": {
                "Type": "Pass",
                "Assign": {"cause": _TIME, "request": "{% $states.input.request %}"},
                "Next": "Start",
            },
            "Start": {
                "Type": "Task",
                "Resource": arn("arn:${AWS::Partition}:states:::aws-sdk:sfn:startExecution"),
                "Arguments": {
                    "StateMachineArn": target,
                    "Name": "{% $hash($cause, 'SHA-256') %}",
                    "Input": "{% $string($request) %}",
                },
                "Retry": [
                    {"ErrorEquals": ["Sfn.ExecutionAlreadyExistsException"], "MaxAttempts": 0},
                    {
                        "ErrorEquals": ["States.TaskFailed"],
                        "IntervalSeconds": 2,
                        "BackoffRate": 2,
                        "MaxAttempts": 6,
                        "JitterStrategy": "FULL",
                    },
                ],
                "Catch": [{"ErrorEquals": ["Sfn.ExecutionAlreadyExistsException"], "Next": "StartedBefore"}],
                "Next": "Started",
            },
            "Started": {"Type": "Succeed"},
            "StartedBefore": {"Type": "Succeed"},
        },
    }
