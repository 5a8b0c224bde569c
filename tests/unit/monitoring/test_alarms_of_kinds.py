"""Factories of conditions that one kind of endpoint has: what each makes."""

import aws_cdk as cdk
import pytest

from cdk_model_hosting import Alarm
from cdk_model_hosting.monitoring.watched import Watched
from tests.unit.builders import new_stack, refused, text_token
from tests.unit.monitoring.factories import bound, essence

REQUESTS = "AWS/SageMaker"
COPIES = "/aws/sagemaker/InferenceComponents"


def test_the_backlog_is_the_endpoints() -> None:
    found = bound(Alarm.backlog(above=100), config_name="config")
    assert found["Dimensions"] == [{"Name": "EndpointName", "Value": "fraud"}]
    assert essence(Alarm.backlog(above=100)) == (
        REQUESTS,
        "ApproximateBacklogSize",
        "Average",
        100,
        "fraud: more than 100 requests wait or are in work",
    )


def test_the_age_of_the_backlog_is_in_seconds() -> None:
    assert essence(Alarm.backlog_age(above=cdk.Duration.minutes(5))) == (
        REQUESTS,
        "ApproximateAgeOfOldestRequest",
        "Maximum",
        300,
        "fraud: the oldest request has waited for more than 300 seconds",
    )


def test_fails_when_no_request_gets_so_old() -> None:
    with refused(
        "Alarm.backlog_age above must be more than 0 and at most 21599 seconds, got 21600.0: SageMaker drops a request after "
        "at most 6 hours in the queue, so that none is older"
    ):
        Alarm.backlog_age(above=cdk.Duration.hours(6))


def test_a_fleet_that_does_not_wake() -> None:
    found = bound(Alarm.backlog_without_capacity())
    assert (found["EvaluationPeriods"], found["DatapointsToAlarm"]) == (15, 15)
    assert essence(Alarm.backlog_without_capacity()) == (
        REQUESTS,
        "HasBacklogWithoutCapacity",
        "Average",
        0,
        "fraud: requests wait, and there is no instance to answer them",
    )


@pytest.mark.parametrize(
    ("alarm", "metric", "what_happens"),
    [
        (Alarm.failed_inferences(above=3), "InvocationFailures", "requests fail"),
        (Alarm.expired_requests(above=3), "ExpiredRequests", "requests expire in the queue"),
        (Alarm.failed_downloads(above=3), "RequestDownloadFailures", "requests cannot be read from S3"),
        (Alarm.failed_uploads(above=3), "ResponseUploadFailures", "answers cannot be written to S3"),
        (Alarm.failed_notifications(above=3), "NotificationFailures", "notifications cannot be published"),
    ],
)
def test_failures_of_asynchronous_requests_are_counted(alarm: Alarm, metric: str, what_happens: str) -> None:
    assert essence(alarm) == (REQUESTS, metric, "Sum", 3, f"main of fraud: more than 3 {what_happens} in a minute")
    assert [each["Name"] for each in bound(alarm, config_name="config")["Dimensions"]] == [
        "EndpointName",
        "VariantName",
    ]


def test_waiting_for_a_model() -> None:
    alarm = Alarm.model_load_wait(above=cdk.Duration.seconds(4))
    assert essence(alarm) == (
        REQUESTS,
        "ModelLoadingWaitTime",
        "Average",
        4_000_000,
        "main of fraud: requests wait for more than 4000 ms on average until their model is loaded",
    )
    assert (Alarm.model_load_wait().threshold, Alarm.model_load_wait().assumed) == (30_000_000, True)
    assert not alarm.assumed


def test_misses_are_what_hits_leave() -> None:
    found = bound(Alarm.model_cache_misses(above=30))
    assert (found["ComparisonOperator"], found["TreatMissingData"]) == ("LessThanThreshold", "notBreaching")
    assert essence(Alarm.model_cache_misses(above=30)) == (
        REQUESTS,
        "ModelCacheHit",
        "Average",
        0.7,
        "main of fraud: more than 30 % of the requests ask for a model that is not loaded",
    )


def test_the_latency_of_a_container() -> None:
    alarm = Alarm.container_latency(container="score", above=cdk.Duration.millis(80))
    assert essence(alarm, container_name="score") == (
        REQUESTS,
        "ContainerLatency",
        "Average",
        80_000,
        "score in main of fraud: it takes more than 80 ms for an answer on average",
    )
    found = bound(alarm, container_name="score", config_name="config")
    assert found["Dimensions"] == [
        {"Name": "EndpointName", "Value": "fraud"},
        {"Name": "VariantName", "Value": "main"},
        {"Name": "ContainerName", "Value": "score"},
    ]
    assert (Alarm.container_latency().threshold, Alarm.container_latency().assumed) == (10_000_000, True)


def test_the_errors_of_a_container_are_counted() -> None:
    assert essence(Alarm.container_errors(above=2), container_name="score") == (
        REQUESTS,
        "Invocation5XXErrors",
        "Sum",
        2,
        "score in main of fraud: it answers more than 2 requests a minute with a server error",
    )


def test_containers_are_those_that_are_known_or_named() -> None:
    variant = Watched(endpoint_name="fraud", variant_name="main", containers=("clean", "score"))
    unknown = Watched(endpoint_name="fraud", variant_name="main")

    def names(alarm: Alarm, watched: Watched) -> list[str | None]:
        return [each.container_name for each in alarm.containers_of(watched)]

    assert names(Alarm.container_latency(), variant) == ["clean", "score"]
    assert names(Alarm.container_latency(container="score"), variant) == ["score"]
    assert names(Alarm.container_latency(container="score"), unknown) == ["score"]
    token = text_token(new_stack())
    assert names(Alarm.container_latency(container=token), variant) == [token]
    assert names(
        Alarm.container_latency(container="score"),
        Watched(endpoint_name="fraud", variant_name="main", containers=(token,)),
    ) == ["score"]
    with refused(
        "Alarm.container_latency container must be one of clean, score, got 'rank': variant main has no other"
    ):
        names(Alarm.container_latency(container="rank"), variant)
    with refused(
        "Alarm.container_latency container must be given for variant main, got none: this app does not say what its "
        "containers are called"
    ):
        names(Alarm.container_latency(), unknown)


@pytest.mark.parametrize("what", ["container_latency", "container_errors"])
def test_fails_when_no_container_can_have_that_name(what: str) -> None:
    with refused(
        f"Alarm.{what} container must be 1-63 characters (letters, digits and hyphens, no hyphen first or last), got "
        "'-score': SageMaker uses it as a DNS name"
    ):
        getattr(Alarm, what)(container="-score")


def test_cold_starts() -> None:
    assert essence(Alarm.model_setup_time(above=cdk.Duration.seconds(20))) == (
        REQUESTS,
        "ModelSetupTime",
        "Average",
        20_000_000,
        "main of fraud: a cold start takes more than 20000 ms on average",
    )
    assert (Alarm.model_setup_time().threshold, Alarm.model_setup_time().assumed) == (30_000_000, True)


@pytest.mark.parametrize(
    ("alarm", "metric", "part"),
    [
        (
            Alarm.concurrency_utilization(above=80),
            "ServerlessConcurrentExecutionsUtilization",
            "the largest concurrency",
        ),
        (
            Alarm.provisioned_utilization(above=80),
            "ServerlessProvisionedConcurrencyUtilization",
            "the provisioned concurrency",
        ),
    ],
)
def test_concurrency_in_use_is_a_share(alarm: Alarm, metric: str, part: str) -> None:
    says = f"main of fraud: more than 80 % of {part} is in use"
    assert essence(alarm) == (REQUESTS, metric, "Maximum", 0.8, says)


def test_no_copy_to_answer() -> None:
    assert essence(Alarm.no_capacity(above=2), component_name="rank") == (
        REQUESTS,
        "NoCapacityInvocationFailures",
        "Sum",
        2,
        "rank on fraud: more than 2 requests fail in a minute because no copy runs",
    )


def test_concurrency_of_a_copy() -> None:
    assert essence(Alarm.copy_concurrency(above=4), component_name="rank") == (
        REQUESTS,
        "ConcurrentRequestsPerCopy",
        "Maximum",
        4,
        "rank on fraud: more than 4 requests are in flight for each copy",
    )


@pytest.mark.parametrize(
    ("alarm", "metric", "part"),
    [
        (Alarm.copy_cpu_utilization(above=80), "CPUUtilizationNormalized", "the CPUs"),
        (Alarm.copy_memory_utilization(above=80), "MemoryUtilizationNormalized", "the memory"),
        (Alarm.copy_gpu_utilization(above=80), "GPUUtilizationNormalized", "the GPUs"),
        (Alarm.copy_gpu_memory_utilization(above=80), "GPUMemoryUtilizationNormalized", "the GPUs' memory"),
    ],
)
def test_use_of_copies_is_of_the_copy(alarm: Alarm, metric: str, part: str) -> None:
    says = f"rank on fraud: more than 80 % of {part} of its copies is in use on average"
    assert essence(alarm, component_name="rank") == (COPIES, metric, "Average", 80, says)


def test_requests_to_a_component_are_found_by_its_name_alone() -> None:
    found = bound(Alarm.server_errors(), component_name="rank", config_name="config")
    assert found["Dimensions"] == [{"Name": "InferenceComponentName", "Value": "rank"}]
