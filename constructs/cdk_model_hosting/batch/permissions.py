"""What the state machines of a batch transform may do."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cdk_model_hosting.bucket_facts import facts_of
from cdk_model_hosting.permissions import Permission, arn

if TYPE_CHECKING:
    from aws_cdk import aws_s3 as s3

_SAGEMAKER = "arn:${AWS::Partition}:sagemaker:${AWS::Region}:${AWS::AccountId}"
_EVENTS = "arn:${AWS::Partition}:events:${AWS::Region}:${AWS::AccountId}:rule"
_LOGS = "arn:${AWS::Partition}:logs:${AWS::Region}:${AWS::AccountId}:log-group:/aws/sagemaker/TransformJobs"

OBSERVED = (
    Permission(
        actions=(
            "logs:CreateLogDelivery",
            "logs:DeleteLogDelivery",
            "logs:DescribeLogGroups",
            "logs:DescribeResourcePolicies",
            "logs:GetLogDelivery",
            "logs:ListLogDeliveries",
            "logs:PutResourcePolicy",
            "logs:UpdateLogDelivery",
        ),
        resources=("*",),
        wildcard_reason="CloudWatch Logs knows no resources for deliveries, by which Step Functions writes its logs",
    ),
    Permission(
        actions=(
            "xray:GetSamplingRules",
            "xray:GetSamplingTargets",
            "xray:PutTelemetryRecords",
            "xray:PutTraceSegments",
        ),
        resources=("*",),
        wildcard_reason="X-Ray knows no resources for traces",
    ),
)
"""Log and trace, which every state machine does.

See: https://docs.aws.amazon.com/step-functions/latest/dg/cw-logs.html
See: https://docs.aws.amazon.com/step-functions/latest/dg/concepts-xray-tracing.html
"""


def run_jobs(job_name: str) -> tuple[Permission, ...]:
    """Create transform jobs, wait for them and stop them. The containers run with the model's role, which is not passed.

    Args:
        job_name: What the names of all jobs begin with.

    See: https://docs.aws.amazon.com/step-functions/latest/dg/connect-sagemaker.html
    See: https://docs.aws.amazon.com/sagemaker/latest/dg/api-permissions-reference.html
    """
    jobs = Permission(
        actions=(
            "sagemaker:AddTags",
            "sagemaker:CreateTransformJob",
            "sagemaker:DescribeTransformJob",
            "sagemaker:ListTags",
            "sagemaker:StopTransformJob",
        ),
        resources=(arn(f"{_SAGEMAKER}:transform-job/{job_name}-*"),),
        wildcard_reason="every job has a name of its own, which is made when it starts",
    )
    ended = Permission(
        actions=("events:DescribeRule", "events:PutRule", "events:PutTargets"),
        resources=(arn(f"{_EVENTS}/StepFunctionsGetEventsForSageMakerTransformJobsRule"),),
    )
    return jobs, ended


def find_below(bucket: s3.IBucket, prefix: str) -> Permission:
    """List what lies below a prefix.

    Args:
        bucket: The bucket.
        prefix: The prefix.
    """
    return Permission(
        actions=("s3:ListBucket",),
        resources=(facts_of(bucket).arn,),
        conditions={"StringLike": {"s3:prefix": [prefix, f"{prefix}*"]}},
    )


LOG_JOBS = Permission(
    actions=("logs:CreateLogGroup", "logs:CreateLogStream", "logs:DescribeLogStreams", "logs:PutLogEvents"),
    resources=(arn(_LOGS), arn(f"{_LOGS}:*")),
    wildcard_reason="log streams are named after jobs and instances that do not exist yet",
)
"""What the model's role needs beside what it needs on endpoints: jobs log elsewhere."""


def start(state_machine_arn: str) -> Permission:
    """Start executions of a state machine.

    Args:
        state_machine_arn: The state machine.
    """
    return Permission(actions=("states:StartExecution",), resources=(state_machine_arn,))
