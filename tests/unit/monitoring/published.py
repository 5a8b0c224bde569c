"""What SageMaker publishes, copied from its guide: the table that no alarm and no dashboard may leave.

See: https://docs.aws.amazon.com/sagemaker/latest/dg/monitoring-cloudwatch.html
"""

import re

REQUESTS = "AWS/SageMaker"
INSTANCES = "/aws/sagemaker/Endpoints"

VARIANT = frozenset({"EndpointName", "VariantName"})
NEW_FLEET = VARIANT | {"EndpointConfigName"}
"""The guide's page on deployment guardrails has this dimension, for metrics of requests."""

PERCENTILES = "percentiles"

_ANY = {"Average", "Sum", "Minimum", "Maximum", "SampleCount", PERCENTILES}
_NO_PERCENTILES = _ANY - {PERCENTILES}
_SHARE = {"Average", "Sum"}

STATISTICS: dict[tuple[str, str], set[str]] = {
    (REQUESTS, "Invocations"): {"Sum"},
    (REQUESTS, "InvocationsPerInstance"): {"Sum"},
    (REQUESTS, "Invocation4XXErrors"): _SHARE,
    (REQUESTS, "Invocation5XXErrors"): _SHARE,
    (REQUESTS, "InvocationModelErrors"): _SHARE,
    (REQUESTS, "ModelLatency"): _ANY,
    (REQUESTS, "OverheadLatency"): _NO_PERCENTILES,
    (REQUESTS, "ConcurrentRequestsPerModel"): {"Minimum", "Maximum"},
    # The guide states no statistics for these: every instance sends one value a minute.
    (INSTANCES, "CPUUtilization"): _NO_PERCENTILES,
    (INSTANCES, "MemoryUtilization"): _NO_PERCENTILES,
    (INSTANCES, "DiskUtilization"): _NO_PERCENTILES,
    (INSTANCES, "GPUUtilization"): _NO_PERCENTILES,
    (INSTANCES, "GPUMemoryUtilization"): _NO_PERCENTILES,
}


def assert_published(namespace: str, metric: str, statistic: str, dimensions: set[str]) -> None:
    """Fail for what would never have data."""
    known = STATISTICS[namespace, metric]
    kind = PERCENTILES if re.fullmatch(r"p(\d{1,2}(\.\d{1,2})?|100)", statistic) else statistic
    assert kind in known, (metric, statistic)
    allowed = [VARIANT, NEW_FLEET] if namespace == REQUESTS else [VARIANT]
    assert dimensions in allowed, (metric, dimensions)
