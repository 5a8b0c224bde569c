"""What SageMaker publishes of each kind of endpoint, as sets that the kinds are composed of.

See: https://docs.aws.amazon.com/sagemaker/latest/dg/monitoring-cloudwatch.html
See: https://docs.aws.amazon.com/sagemaker/latest/dg/async-inference-monitor.html
See: https://docs.aws.amazon.com/sagemaker/latest/dg/serverless-endpoints-monitoring.html
See: https://docs.aws.amazon.com/sagemaker/latest/dg/multi-container-metrics.html
See: https://docs.aws.amazon.com/sagemaker/latest/dg/inference-pipeline-logs-metrics.html
"""

from __future__ import annotations

from cdk_model_hosting.monitoring.watched import COPIES, INSTANCES, REQUESTS

Metric = tuple[str, str]
"""A metric's namespace and name."""

Metrics = frozenset[Metric]


def _in(namespace: str, *names: str) -> Metrics:
    return frozenset((namespace, name) for name in names)


ANSWERS = _in(REQUESTS, "Invocation4XXErrors", "Invocation5XXErrors", "ModelLatency")
"""What every endpoint counts of its model's answers."""

CALLS = ANSWERS | _in(REQUESTS, "Invocations", "OverheadLatency")
"""What is counted besides where callers wait."""

STREAMS = _in(REQUESTS, "MidStreamErrors", "FirstChunkLatency", "FirstChunkModelLatency", "FirstChunkOverheadLatency")

REALTIME_CALLS = (
    CALLS
    | STREAMS
    | _in(
        REQUESTS,
        "InvocationsPerInstance",
        "InvocationModelErrors",
        "ConcurrentRequestsPerModel",
        "ExplanationsPerInstance",
    )
)
"""What is counted of requests to a fleet of instances."""

MEMORY = _in(INSTANCES, "MemoryUtilization")

MACHINES = MEMORY | _in(INSTANCES, "CPUUtilization", "DiskUtilization", "GPUUtilization", "GPUMemoryUtilization")
"""What is measured on instances."""

LOADING = _in(
    REQUESTS,
    "ModelLoadingWaitTime",
    "ModelDownloadingTime",
    "ModelLoadingTime",
    "ModelUnloadingTime",
    "ModelCacheHit",
) | _in(INSTANCES, "LoadedModelCount")
"""What an endpoint says of the models that it loads and unloads."""

PIPELINE_CONTAINERS = _in(REQUESTS, "ContainerLatency")
DIRECT_CONTAINERS = PIPELINE_CONTAINERS | _in(
    REQUESTS, "Invocations", "Invocation4XXErrors", "Invocation5XXErrors", "OverheadLatency"
)
"""What containers that are invoked directly publish, each by itself."""

QUEUE = _in(
    REQUESTS,
    "ApproximateBacklogSize",
    "ApproximateBacklogSizePerInstance",
    "ApproximateAgeOfOldestRequest",
    "HasBacklogWithoutCapacity",
)
"""What an asynchronous endpoint says of its queue."""

QUEUED_REQUESTS = ANSWERS | _in(
    REQUESTS,
    "RequestDownloadFailures",
    "ResponseUploadFailures",
    "NotificationFailures",
    "RequestDownloadLatency",
    "ResponseUploadLatency",
    "ExpiredRequests",
    "InvocationFailures",
    "TimeInBacklog",
    "TotalProcessingTime",
)
"""What an asynchronous endpoint counts of the requests that it took from its queue: nothing else than this."""

SERVERLESS_CALLS = CALLS | _in(
    REQUESTS,
    "ModelSetupTime",
    "ServerlessConcurrentExecutionsUtilization",
    "ServerlessProvisionedConcurrencyExecutions",
    "ServerlessProvisionedConcurrencyUtilization",
    "ServerlessProvisionedConcurrencyInvocations",
    "ServerlessProvisionedConcurrencySpilloverInvocations",
)
"""What a serverless endpoint counts: nothing else than this, and the last four with provisioned concurrency only."""

COMPONENT = (
    CALLS
    | STREAMS
    | _in(
        REQUESTS,
        "InvocationsPerCopy",
        "InvocationModelErrors",
        "ConcurrentRequestsPerCopy",
        "NoCapacityInvocationFailures",
    )
    | _in(
        COPIES,
        "CPUUtilizationNormalized",
        "MemoryUtilizationNormalized",
        "GPUUtilizationNormalized",
        "GPUMemoryUtilizationNormalized",
    )
)
"""What is published of each inference component."""

SHARED_MACHINES = MACHINES | _in(
    INSTANCES,
    "CPUUtilizationNormalized",
    "GPUUtilizationNormalized",
    "GPUMemoryUtilizationNormalized",
    "CPUReservation",
    "MemoryReservation",
    "GPUReservation",
)
"""What is measured on instances that hold the copies of inference components."""
