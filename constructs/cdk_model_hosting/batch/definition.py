"""The states that a transform job goes through."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from cdk_model_hosting.batch.job import number
from cdk_model_hosting.batch.language import (
    BUCKET,
    KEY,
    NOT_UNDERSTOOD,
    PLACE,
    THROTTLED,
    UNIQUE,
    address,
    again,
    caught,
    folder,
    publish,
    resource,
)

if TYPE_CHECKING:
    from cdk_model_hosting.batch.record_check import BoundRecordCheck
    from cdk_model_hosting.batch.retries import Retries
    from cdk_model_hosting.endpoints.notifications import BoundNotifications

_PAGE = 100
"""Keys that are looked at together: 100 of the longest stay below what a state may hold."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Topics:
    """ARNs of the topics that hear of jobs.

    Args:
        success: Topic that hears of finished jobs, if any.
        error: Topic that hears of failed ones, if any.
    """

    success: str | None
    error: str | None

    @staticmethod
    def of(told: BoundNotifications) -> Topics:
        """The topics of notifications.

        Args:
            told: Who is told.
        """
        return Topics(
            success=None if told.success is None else told.success.topic_arn,
            error=None if told.error is None else told.error.topic_arn,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class TransformStates:
    """The state machine of a batch transform.

    Args:
        title: What notifications are about.
        job_name: What the names of all its jobs begin with.
        request: The job as the API takes it.
        manifest: Whether the input is a manifest.
        input_bucket: Bucket of the input when nothing else is asked for.
        input_key: Its prefix or key there.
        output_bucket: Bucket of the answers when nothing else is asked for.
        output_prefix: Their prefix there, without a slash at the end.
        timeout: Seconds that a job may take.
        retries: How often a job is tried again that finds no instances.
        topics: Who is told.
        check: What counts the records, if anything does.
    """

    title: str
    job_name: str
    request: dict[str, Any]
    manifest: bool
    input_bucket: str
    input_key: str
    output_bucket: str
    output_prefix: str
    timeout: int
    retries: Retries
    topics: Topics
    check: BoundRecordCheck | None

    def render(self) -> dict[str, Any]:
        """The definition."""
        return {
            "Comment": f"{self.title}: a batch transform job, its retries and its reports",
            "QueryLanguage": "JSONata",
            "StartAt": "Defaults",
            "States": {
                **self._settling(),
                **self._finding(),
                **self._transforming(),
                **self._checking(),
                **self._telling(),
            },
        }

    @property
    def _failed(self) -> str:
        return "Failed" if self.topics.error is None else "TellFailure"

    @property
    def _succeeded(self) -> str:
        return "Done" if self.topics.success is None else "TellSuccess"

    def _settling(self) -> dict[str, Any]:
        """What is read and where answers go: what the start asks for, or what is usual."""
        return {
            "Defaults": {
                "Type": "Pass",
                "Assign": {
                    "inputs": {"bucket": self.input_bucket, "key": self.input_key},
                    "outputs": {"bucket": self.output_bucket, "key": self.output_prefix},
                    "attempt": 0,
                    "job": "",
                    "from": "",
                    "to": "",
                    "page": {},
                },
                "Next": "Understood",
            },
            "Understood": {
                "Type": "Choice",
                "Choices": [
                    {
                        "Condition": NOT_UNDERSTOOD,
                        "Assign": {
                            "errorName": "BatchTransform.NotUnderstood",
                            "reason": "input and output must be S3 addresses such as s3://bucket/key, or keys alone",
                        },
                        "Next": self._failed,
                    }
                ],
                "Default": "Settle",
            },
            "Settle": {
                "Type": "Pass",
                "Assign": {"from": address("input", "inputs"), "to": folder("output", "outputs")},
                "Next": "FindInput",
            },
        }

    def _finding(self) -> dict[str, Any]:
        """Nothing to do is no failure. Folders appear as empty files in S3, and count for nothing."""
        found = f"$number(Size) > 0 and Key = ({PLACE}; {KEY})" if self.manifest else "$number(Size) > 0"
        more = "$exists($states.result.NextContinuationToken)"
        return {
            "FindInput": {
                "Type": "Task",
                "Resource": resource("aws-sdk:s3:listObjectsV2"),
                "Arguments": (
                    f"{{% ({PLACE}; $merge([{{'Bucket': {BUCKET}, 'Prefix': {KEY}, 'MaxKeys': {_PAGE}}}, $page])) %}}"
                ),
                "Assign": {
                    "found": f"{{% $count($states.result.Contents[{found}]) > 0 %}}",
                    "more": f"{{% {more} %}}",
                    "page": f"{{% {more} ? {{'ContinuationToken': $states.result.NextContinuationToken}} : {{}} %}}",
                },
                "Output": {},
                "Retry": [again(seconds=2, attempts=4)],
                "Catch": caught(self._failed),
                "Next": "InputFound",
            },
            "InputFound": {
                "Type": "Choice",
                "Choices": [
                    {"Condition": "{% $found %}", "Next": "NameJob"},
                    {"Condition": "{% $more %}", "Next": "FindInput"},
                ],
                "Default": "NothingToDo",
            },
            "NothingToDo": {"Type": "Succeed", "Output": {"status": "NothingToDo", "input": "{% $from %}"}},
        }

    def _transforming(self) -> dict[str, Any]:
        """The job, with a name of its own for every try: SageMaker never takes a name twice."""
        retries = self.retries
        pause = (
            f"$min([{retries.longest_seconds}, {retries.wait_seconds} * $power(2, $attempt - 1)]) * (1 + $random()) / 2"
        )
        return {
            "NameJob": {
                "Type": "Pass",
                "Assign": {
                    "attempt": "{% $attempt + 1 %}",
                    "job": f"{{% '{self.job_name}-' & {UNIQUE} & '-' & $string($attempt + 1) %}}",
                },
                "Next": "Transform",
            },
            "Transform": {
                "Type": "Task",
                "Resource": resource("sagemaker:createTransformJob.sync"),
                "Arguments": self.request,
                "TimeoutSeconds": number(self.timeout),
                "Assign": {"created": "{% $states.result.CreationTime %}"},
                "Output": {},
                "Retry": [
                    {
                        "ErrorEquals": ["SageMaker.ResourceLimitExceededException"],
                        "IntervalSeconds": retries.wait_seconds,
                        "BackoffRate": 2,
                        "MaxAttempts": retries.attempts,
                        "MaxDelaySeconds": retries.longest_seconds,
                        "JitterStrategy": "FULL",
                    },
                    THROTTLED,
                ],
                "Catch": caught("AnotherTry"),
                "Next": self._succeeded if self.check is None else self.check.first,
            },
            "AnotherTry": {
                "Type": "Choice",
                "Choices": [
                    {
                        "Condition": (
                            "{% $errorName = 'States.TaskFailed' and $contains($reason, 'CapacityError') and "
                            f"$attempt <= {retries.attempts} %}}"
                        ),
                        "Next": "WaitForInstances",
                    },
                    {
                        # Step Functions does not stop a job when its time is up.
                        "Condition": "{% $errorName in ['States.Timeout', 'SageMaker.ResourceInUseException'] %}",
                        "Next": "StopJob",
                    },
                ],
                "Default": self._failed,
            },
            "WaitForInstances": {"Type": "Wait", "Seconds": f"{{% $ceil({pause}) %}}", "Next": "NameJob"},
            "StopJob": {
                "Type": "Task",
                "Resource": resource("aws-sdk:sagemaker:stopTransformJob"),
                "Arguments": {"TransformJobName": "{% $job %}"},
                "Retry": [again(seconds=2, attempts=4)],
                "Catch": [{"ErrorEquals": ["States.ALL"], "Next": self._failed}],
                "Next": self._failed,
            },
        }

    def _checking(self) -> dict[str, Any]:
        """Whether there are as many answers as records."""
        if self.check is None:
            return {}
        return self.check.states(caught, succeeded=self._succeeded, failed=self._failed)

    def _telling(self) -> dict[str, Any]:
        """What became of it, for people and for programs."""
        found: dict[str, Any] = {}
        told = "'job': $job, 'input': $from, 'output': $to, 'execution': $states.context.Execution.Id"
        if self.topics.success is not None:
            counted = "" if self.check is None else ", 'records': $records"
            found["TellSuccess"] = publish(
                self.topics.success,
                f"{self.title} is done",
                f"{{'status': 'Completed', {told}{counted}}}",
                then="Done",
                otherwise=caught("Failed"),
            )
        if self.topics.error is not None:
            found["TellFailure"] = publish(
                self.topics.error,
                f"{self.title} has failed",
                f"{{'status': 'Failed', 'reason': $reason, 'error': $errorName, {told}}}",
                then="Failed",
                otherwise=[{"ErrorEquals": ["States.ALL"], "Next": "Failed"}],
            )
        done = {"status": "Completed", "job": "{% $job %}", "input": "{% $from %}", "output": "{% $to %}"}
        if self.check is not None:
            done["records"] = "{% $records %}"
        found["Done"] = {"Type": "Succeed", "Output": done}
        found["Failed"] = {"Type": "Fail", "Error": "{% $errorName %}", "Cause": "{% $reason %}"}
        return found
