"""What SageMaker publishes, copied from its guide: the tables that no alarm and no dashboard may leave.

See: https://docs.aws.amazon.com/sagemaker/latest/dg/monitoring-cloudwatch.html
See: https://docs.aws.amazon.com/sagemaker/latest/dg/multi-model-endpoint-cloudwatch-metrics.html
See: https://docs.aws.amazon.com/sagemaker/latest/dg/multi-container-metrics.html
See: https://docs.aws.amazon.com/sagemaker/latest/dg/inference-pipeline-logs-metrics.html
See: https://docs.aws.amazon.com/sagemaker/latest/dg/async-inference-monitor.html
See: https://docs.aws.amazon.com/sagemaker/latest/dg/serverless-endpoints-monitoring.html
See: https://docs.aws.amazon.com/sagemaker/latest/dg/endpoint-auto-scaling-zero-instances.html
"""

import re

from cdk_model_hosting.patterns import Pattern

REQUESTS = "AWS/SageMaker"
INSTANCES = "/aws/sagemaker/Endpoints"
COPIES = "/aws/sagemaker/InferenceComponents"

ENDPOINT = frozenset({"EndpointName"})
VARIANT = frozenset({"EndpointName", "VariantName"})
CONTAINER = VARIANT | {"ContainerName"}
COMPONENT = frozenset({"InferenceComponentName"})
NEW_FLEET = VARIANT | {"EndpointConfigName"}
"""The guide's page on deployment guardrails has this dimension, for the common metrics of requests."""

PERCENTILES = "percentiles"

_ANY = {"Average", "Sum", "Minimum", "Maximum", "SampleCount", PERCENTILES}
_NO_PERCENTILES = _ANY - {PERCENTILES}
_NO_SUM = _ANY - {"Sum"}
_SHARE = {"Average", "Sum"}
_EXTREMES = {"Minimum", "Maximum"}
_LEVEL = {"Average", "Minimum", "Maximum"}
_NUMBER = {"Sum"}

Key = tuple[str, str, frozenset[str]]
Table = dict[Key, set[str]]


def _by(dimensions: frozenset[str], namespace: str, metrics: dict[str, set[str]]) -> Table:
    return {(namespace, metric, dimensions): statistics for metric, statistics in metrics.items()}


_CALLS = {
    "Invocations": _NUMBER,
    "Invocation4XXErrors": _SHARE,
    "Invocation5XXErrors": _SHARE,
    "ModelLatency": _ANY,
    "OverheadLatency": _NO_PERCENTILES,
}
_STREAMS = {
    "MidStreamErrors": _SHARE,
    "FirstChunkLatency": _ANY,
    "FirstChunkModelLatency": _ANY,
    "FirstChunkOverheadLatency": _ANY,
}
# The guide states no statistics for what is measured: every instance, or copy, sends one value a minute.
_INSTANCES = {
    "CPUUtilization": _NO_PERCENTILES,
    "MemoryUtilization": _NO_PERCENTILES,
    "DiskUtilization": _NO_PERCENTILES,
    "GPUUtilization": _NO_PERCENTILES,
    "GPUMemoryUtilization": _NO_PERCENTILES,
}
_NORMALIZED = {f"{part}UtilizationNormalized": _NO_PERCENTILES for part in ("CPU", "Memory", "GPU", "GPUMemory")}

_MACHINES = _by(VARIANT, INSTANCES, _INSTANCES)
_REALTIME = {
    **_by(
        VARIANT,
        REQUESTS,
        {
            **_CALLS,
            **_STREAMS,
            "InvocationsPerInstance": _NUMBER,
            "InvocationModelErrors": _SHARE,
            "ConcurrentRequestsPerModel": _EXTREMES,
            "ExplanationsPerInstance": _NUMBER,
        },
    ),
    **_MACHINES,
}

PUBLISHED: dict[Pattern, Table] = {
    Pattern.REALTIME: _REALTIME,
    Pattern.MULTI_MODEL: {
        **_REALTIME,
        **_by(
            VARIANT,
            REQUESTS,
            {
                "ModelLoadingWaitTime": _NO_PERCENTILES,
                "ModelUnloadingTime": _NO_PERCENTILES,
                "ModelDownloadingTime": _NO_PERCENTILES,
                "ModelLoadingTime": _NO_PERCENTILES,
                "ModelCacheHit": {*_SHARE, "SampleCount"},
            },
        ),
        **_by(VARIANT, INSTANCES, {"LoadedModelCount": _NO_PERCENTILES}),
    },
    Pattern.PIPELINE: {**_REALTIME, **_by(CONTAINER, REQUESTS, {"ContainerLatency": _NO_PERCENTILES})},
    Pattern.MULTI_CONTAINER: {
        **_REALTIME,
        **_by(
            CONTAINER,
            REQUESTS,
            {
                "Invocations": {"Sum", "SampleCount"},
                "Invocation4XXErrors": _SHARE,
                "Invocation5XXErrors": _SHARE,
                "ContainerLatency": _NO_PERCENTILES,
                "OverheadLatency": _NO_PERCENTILES,
            },
        ),
    },
    Pattern.ASYNCHRONOUS: {
        **_by(
            ENDPOINT,
            REQUESTS,
            {
                "ApproximateBacklogSize": _LEVEL,
                "ApproximateBacklogSizePerInstance": _LEVEL,
                "ApproximateAgeOfOldestRequest": _LEVEL,
                "HasBacklogWithoutCapacity": {"Average"},
            },
        ),
        **_by(
            VARIANT,
            REQUESTS,
            {
                "Invocation4XXErrors": _SHARE,
                "Invocation5XXErrors": _SHARE,
                # The page on these endpoints leaves percentiles out, and calls the metric the same as of the others.
                "ModelLatency": _ANY,
                "RequestDownloadFailures": _NUMBER,
                "ResponseUploadFailures": _NUMBER,
                "NotificationFailures": _NUMBER,
                "RequestDownloadLatency": _NO_PERCENTILES,
                "ResponseUploadLatency": _NO_PERCENTILES,
                "ExpiredRequests": _NUMBER,
                "InvocationFailures": _NUMBER,
                "TimeInBacklog": _NO_PERCENTILES,
                "TotalProcessingTime": _NO_PERCENTILES,
            },
        ),
        **_MACHINES,
    },
    Pattern.SERVERLESS: {
        **_by(
            VARIANT,
            REQUESTS,
            {
                **_CALLS,
                "ModelSetupTime": _NO_SUM,
                "ServerlessConcurrentExecutionsUtilization": _LEVEL,
                "ServerlessProvisionedConcurrencyExecutions": _LEVEL,
                "ServerlessProvisionedConcurrencyUtilization": _LEVEL,
                "ServerlessProvisionedConcurrencyInvocations": _LEVEL,
                "ServerlessProvisionedConcurrencySpilloverInvocations": _LEVEL,
            },
        ),
        **_by(VARIANT, INSTANCES, {"MemoryUtilization": _NO_PERCENTILES}),
    },
    Pattern.COMPONENTS: {
        **_by(
            COMPONENT,
            REQUESTS,
            {
                **_CALLS,
                **_STREAMS,
                "InvocationModelErrors": _SHARE,
                "InvocationsPerCopy": _NUMBER,
                "ConcurrentRequestsPerCopy": _EXTREMES,
                "NoCapacityInvocationFailures": _NUMBER,
            },
        ),
        **_by(COMPONENT, COPIES, _NORMALIZED),
        **_MACHINES,
        **_by(
            VARIANT,
            INSTANCES,
            {
                **dict.fromkeys(("CPUReservation", "MemoryReservation", "GPUReservation"), _NO_PERCENTILES),
                **{name: statistics for name, statistics in _NORMALIZED.items() if not name.startswith("Memory")},
            },
        ),
    },
}

_TOLD_APART = {
    *_CALLS,
    *_STREAMS,
    "InvocationsPerInstance",
    "InvocationModelErrors",
    "ConcurrentRequestsPerModel",
    "ExplanationsPerInstance",
}


def assert_published(pattern: Pattern, namespace: str, metric: str, statistic: str, dimensions: set[str]) -> None:
    """Fail for what would never have data."""
    table = PUBLISHED[pattern]
    by = frozenset(dimensions)
    if by == NEW_FLEET and namespace == REQUESTS and metric in _TOLD_APART:
        by = VARIANT
    assert (namespace, metric, by) in table, (metric, dimensions)
    kind = PERCENTILES if re.fullmatch(r"p(\d{1,2}(\.\d{1,2})?|100)", statistic) else statistic
    assert kind in table[namespace, metric, by], (metric, statistic)
