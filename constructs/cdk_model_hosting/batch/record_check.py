"""The Lambda function that counts what transform jobs have read and written, and the state that asks it to."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar
from weakref import WeakKeyDictionary

from cdk_model_hosting.batch.job import assembly_word
from cdk_model_hosting.batch.source import LINE
from cdk_model_hosting.buckets import read_below
from cdk_model_hosting.errors import ConfigurationError
from cdk_model_hosting.handler_function import LONGEST_SECONDS, HandlerFunction
from cdk_model_hosting.managed_policies import ManagedPolicies
from cdk_model_hosting.permissions import Permission, arn
from cdk_model_hosting.tokens import is_token

if TYPE_CHECKING:
    from collections.abc import Callable

    import aws_cdk as cdk
    from aws_cdk import aws_iam as iam

    from cdk_model_hosting.batch.storage import TransformStorage

# With this much a function has a whole processor, and counts as fast as S3 sends.
_MEMORY_MB = 1769
_READS = "the record check counts every file that a transform job has read or written"
_PATIENCE_SECONDS = LONGEST_SECONDS + 60
_AGAIN = {
    "ErrorEquals": [
        "Lambda.ClientExecutionTimeoutException",
        "Lambda.ServiceException",
        "Lambda.AWSLambdaException",
        "Lambda.SdkClientException",
        "Lambda.TooManyRequestsException",
    ],
    "IntervalSeconds": 2,
    "BackoffRate": 2,
    "MaxAttempts": 6,
    "JitterStrategy": "FULL",
}


class RecordCheck(HandlerFunction):
    """One function for all batch transforms of a stack that check their records.

    It may read what each of them reads and writes.
    """

    def __init__(self, stack: cdk.Stack) -> None:
        super().__init__(
            stack,
            "RecordCheck",
            handler="record_check",
            description="Compares how many records SageMaker transform jobs have read and written",
            memory_mb=_MEMORY_MB,
        )
        self._allowed = ManagedPolicies(
            self,
            role_name=self.role_name,
            prefix="Count",
            description="What the record check of this stack reads",
            what="BatchTransform check_records policies of all batch transforms of a stack",
            why="IAM attaches no more to a role; make the others in another stack",
        )

    @staticmethod
    def of(stack: cdk.Stack) -> RecordCheck:
        """The stack's record check, made when it is first asked for.

        Args:
            stack: The stack.
        """
        check = _checks.get(stack)
        if check is None:
            check = _checks[stack] = RecordCheck(stack)
        return check

    def allow(self, *permissions: Permission) -> iam.CfnManagedPolicy:
        """Let the function read what it counts.

        Args:
            permissions: What that takes.

        Returns:
            The policy that holds it, for what must wait for it.

        Raises:
            ConfigurationError: When IAM would keep no further policy.
        """
        return self._allowed.allow(*permissions)

    def bind(self, storage: TransformStorage, request: dict[str, Any]) -> BoundRecordCheck:
        """The check of one batch transform.

        Args:
            storage: What its jobs read, and where they write.
            request: The request of a job, with its expressions.

        Raises:
            ConfigurationError: When the records of its answers cannot be told apart.
        """
        source, destination = storage.source, storage.destination
        assembled = assembly_word(source, destination)
        if source.is_split and not is_token(source.split) and not is_token(assembled) and assembled != LINE:
            raise ConfigurationError(
                f"TransformDestination assemble must be Line with BatchTransform check_records, got {assembled}: answers that "
                "are put together without line ends cannot be counted"
            )
        reads = [*read_below(storage.input_bucket, source.folder, reason=_READS)]
        if source.is_manifest:
            data_bucket = storage.input_bucket if source.data_bucket is None else source.data_bucket
            reads.extend(read_below(data_bucket, source.data_prefix, reason=_READS))
        reads.extend(
            read_below(storage.output_bucket, destination.prefix, key=storage.output_key, reason=_READS),
        )
        return BoundRecordCheck(function=self.arn, request=request, policy=self.allow(*reads))


@dataclass(frozen=True, slots=True, kw_only=True)
class BoundRecordCheck:
    """The check of one batch transform.

    It reads the variables ``$job`` and ``$created`` of the state machine, the name of the job and the time of its creation in
    milliseconds, and what the request names beside them, and leaves the number of records in ``$records``.

    Args:
        function: ARN of the function.
        request: The request of a job, with its expressions.
        policy: The policy with which the function may read; the state machine waits for it.
    """

    first: ClassVar[str] = "CheckRecords"

    function: str
    request: dict[str, Any]
    policy: iam.CfnManagedPolicy

    @property
    def permissions(self) -> tuple[Permission, ...]:
        """What the role of the state machine needs."""
        return (Permission(actions=("lambda:InvokeFunction",), resources=(self.function,)),)

    def states(
        self, caught: Callable[[str], list[dict[str, Any]]], *, succeeded: str, failed: str
    ) -> dict[str, dict[str, Any]]:
        """The states of the check, by name.

        Args:
            caught: The catchers that lead to a state.
            succeeded: The state after it.
            failed: The state after a failure: ``RecordsMissing``, ``CheckTookTooLong`` and ``CheckFailed`` are those of the
                check itself.
        """
        asked = {
            "TransformJobName": "{% $job %}",
            "TransformInput": self.request["TransformInput"],
            "TransformOutput": self.request["TransformOutput"],
            "CreationTime": "{% $created %}",
        }
        return {
            self.first: {
                "Type": "Task",
                "Resource": arn("arn:${AWS::Partition}:states:::lambda:invoke"),
                "Arguments": {"FunctionName": self.function, "Payload": asked},
                "TimeoutSeconds": _PATIENCE_SECONDS,
                "Assign": {"records": "{% $states.result.Payload.records %}"},
                "Output": {},
                "Retry": [_AGAIN],
                "Catch": caught(failed),
                "Next": succeeded,
            }
        }


_checks: WeakKeyDictionary[cdk.Stack, RecordCheck] = WeakKeyDictionary()
