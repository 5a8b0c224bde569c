"""Factories of conditions on requests and on fleets: what each makes."""

import aws_cdk as cdk
import pytest

from cdk_model_hosting import Alarm
from tests.unit.monitoring.factories import bound, essence


def test_client_errors() -> None:
    assert essence(Alarm.client_errors(above=20)) == (
        "AWS/SageMaker",
        "Invocation4XXErrors",
        "Average",
        0.2,
        "main of fraud: more than 20 % of the requests are answered with a client error",
    )


def test_model_errors() -> None:
    assert essence(Alarm.model_errors()) == (
        "AWS/SageMaker",
        "InvocationModelErrors",
        "Average",
        0.05,
        "main of fraud: the container answers more than 5 % of the requests with an error, or not at all",
    )


def test_overhead_latency() -> None:
    assert essence(Alarm.overhead_latency(above=cdk.Duration.millis(50))) == (
        "AWS/SageMaker",
        "OverheadLatency",
        "Average",
        50_000,
        "main of fraud: SageMaker adds more than 50 ms to the model's answers on average",
    )
    assert Alarm.overhead_latency().threshold == 1_000_000


def test_concurrency() -> None:
    assert essence(Alarm.concurrency(above=40)) == (
        "AWS/SageMaker",
        "ConcurrentRequestsPerModel",
        "Maximum",
        40,
        "main of fraud: more than 40 requests are in flight at once",
    )


def test_few_requests_counts_silence_as_too_few() -> None:
    found = bound(Alarm.few_requests(below=10, minutes=3, out_of=4))
    assert found == {
        "AlarmName": "name",
        "AlarmDescription": "main of fraud: fewer than 10 requests arrive in a minute",
        "Namespace": "AWS/SageMaker",
        "MetricName": "Invocations",
        "Dimensions": [{"Name": "EndpointName", "Value": "fraud"}, {"Name": "VariantName", "Value": "main"}],
        "Statistic": "Sum",
        "Threshold": 10,
        "ComparisonOperator": "LessThanThreshold",
        "Period": 60,
        "EvaluationPeriods": 4,
        "DatapointsToAlarm": 3,
        "TreatMissingData": "breaching",
    }


@pytest.mark.parametrize(
    ("alarm", "metric", "threshold", "part"),
    [
        (Alarm.cpu_utilization(above=80), "CPUUtilization", 80 * 48, "the CPUs of its instances"),
        (Alarm.memory_utilization(above=80), "MemoryUtilization", 80, "its memory"),
        (Alarm.disk_utilization(above=75), "DiskUtilization", 75, "the disk of its instances"),
        (Alarm.gpu_utilization(above=80), "GPUUtilization", 80 * 4, "the GPUs of its instances"),
        (Alarm.gpu_memory_utilization(above=95), "GPUMemoryUtilization", 95 * 4, "the GPUs' memory of its instances"),
    ],
)
def test_use_is_multiplied_by_what_it_adds_up_over(alarm: Alarm, metric: str, threshold: float, part: str) -> None:
    percent = alarm.threshold
    assert essence(alarm) == (
        "/aws/sagemaker/Endpoints",
        metric,
        "Average",
        threshold,
        f"main of fraud: more than {percent:g} % of {part} is in use on average",
    )
