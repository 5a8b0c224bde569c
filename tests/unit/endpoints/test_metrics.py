import aws_cdk as cdk
import pytest
from aws_cdk import aws_cloudwatch as cloudwatch

from cdk_model_hosting import RealtimeEndpoint, Shadow
from cdk_model_hosting.endpoints.metrics import InstanceMetrics
from cdk_model_hosting.endpoints.metrics_requests import RequestMetrics
from tests.unit.builders import FLEET, new_stack, only, refused, single, text_token, variants

REQUESTS, INSTANCES = "AWS/SageMaker", "/aws/sagemaker/Endpoints"
METRICS = {
    "metric_invocations": (REQUESTS, "Invocations", "Sum"),
    "metric_invocations_per_instance": (REQUESTS, "InvocationsPerInstance", "Sum"),
    "metric_client_errors": (REQUESTS, "Invocation4XXErrors", "Sum"),
    "metric_server_errors": (REQUESTS, "Invocation5XXErrors", "Sum"),
    "metric_model_errors": (REQUESTS, "InvocationModelErrors", "Sum"),
    "metric_model_latency": (REQUESTS, "ModelLatency", "Average"),
    "metric_overhead_latency": (REQUESTS, "OverheadLatency", "Average"),
    "metric_concurrent_requests": (REQUESTS, "ConcurrentRequestsPerModel", "Maximum"),
    "metric_mid_stream_errors": (REQUESTS, "MidStreamErrors", "Sum"),
    "metric_first_chunk_latency": (REQUESTS, "FirstChunkLatency", "p90"),
    "metric_first_chunk_model_latency": (REQUESTS, "FirstChunkModelLatency", "p90"),
    "metric_first_chunk_overhead_latency": (REQUESTS, "FirstChunkOverheadLatency", "p90"),
    "metric_explanations_per_instance": (REQUESTS, "ExplanationsPerInstance", "Sum"),
    "metric_cpu_utilization": (INSTANCES, "CPUUtilization", "Average"),
    "metric_memory_utilization": (INSTANCES, "MemoryUtilization", "Average"),
    "metric_gpu_utilization": (INSTANCES, "GPUUtilization", "Average"),
    "metric_gpu_memory_utilization": (INSTANCES, "GPUMemoryUtilization", "Average"),
    "metric_disk_utilization": (INSTANCES, "DiskUtilization", "Average"),
}


@pytest.fixture(scope="module")
def endpoint() -> RealtimeEndpoint:
    stack = new_stack()
    return RealtimeEndpoint(stack, "Endpoint", model=single(stack), fleet=FLEET, endpoint_name="fraud")


@pytest.fixture(scope="module")
def shared() -> RealtimeEndpoint:
    stack = new_stack()
    return RealtimeEndpoint(stack, "Endpoint", variants=variants(stack, "champion", "challenger"))


def test_every_metric_is_in_the_table() -> None:
    bases = (*RequestMetrics.__mro__, *InstanceMetrics.__mro__)
    assert {name for base in bases for name in vars(base) if name.startswith("metric_")} == set(METRICS)


@pytest.mark.parametrize("method", METRICS)
def test_a_metric_and_what_may_be_said_of_it(endpoint: RealtimeEndpoint, method: str) -> None:
    namespace, name, statistic = METRICS[method]
    metric = getattr(endpoint, method)()
    assert isinstance(metric, cloudwatch.Metric)
    assert (metric.namespace, metric.metric_name, metric.statistic) == (namespace, name, statistic)
    assert metric.dimensions == {"EndpointName": "fraud", "VariantName": "AllTraffic"}
    assert metric.period.to_seconds() == 60
    other = getattr(endpoint, method)(variant="AllTraffic", statistic="p99", period=cdk.Duration.minutes(5))
    assert (other.statistic, other.period.to_seconds()) == ("p99", 300)
    assert getattr(endpoint, method).__doc__


def test_any_other_metric(endpoint: RealtimeEndpoint) -> None:
    metric = endpoint.metric("LoadedModelCount", namespace=INSTANCES, statistic="Average")
    assert (metric.namespace, metric.metric_name, metric.statistic) == (INSTANCES, "LoadedModelCount", "Average")


def test_one_of_several_variants_must_be_named(shared: RealtimeEndpoint) -> None:
    dimensions = shared.metric_invocations(variant="challenger").dimensions
    assert dimensions == {"EndpointName": shared.endpoint_name, "VariantName": "challenger"}
    with refused(
        "metric variant must be given for an endpoint with 2 variants, got none: every metric belongs to one variant"
    ):
        shared.metric_invocations()


def test_fails_when_there_is_no_such_variant(shared: RealtimeEndpoint) -> None:
    with refused("metric variant must be one of champion, challenger, got 'AllTraffic': the endpoint has no other"):
        shared.metric_cpu_utilization(variant="AllTraffic")


def test_a_shadow_is_measured_by_its_name_and_never_by_default() -> None:
    stack = new_stack()
    model = single(stack)
    shadow = Shadow(model=model, fleet=FLEET, percent=10, name="candidate")
    endpoint = RealtimeEndpoint(stack, "Endpoint", model=model, fleet=FLEET, shadow=shadow)
    assert (endpoint.variant_names, endpoint.shadow_names) == (("AllTraffic",), ("candidate",))
    for variant, expected in ((None, "AllTraffic"), ("candidate", "candidate")):
        dimensions = endpoint.metric_model_latency(variant=variant).dimensions
        assert dimensions == {"EndpointName": endpoint.endpoint_name, "VariantName": expected}
    with refused("metric variant must be one of AllTraffic, candidate, got 'Shadow': the endpoint has no other"):
        endpoint.metric_invocations(variant="Shadow")


def test_most_endpoints_have_no_shadow(endpoint: RealtimeEndpoint) -> None:
    assert endpoint.shadow_names == ()
    assert RealtimeEndpoint.from_endpoint_name(new_stack(), "Imported", "fraud").shadow_names == ()


def test_an_imported_endpoint_whose_variants_are_unknown_takes_any() -> None:
    endpoint = RealtimeEndpoint.from_endpoint_name(new_stack(), "Imported", "fraud", variant_names=())
    assert endpoint.metric_invocations(variant="any").dimensions == {"EndpointName": "fraud", "VariantName": "any"}
    with refused(
        "metric variant must be given for an endpoint with unknown variants, got none: every metric belongs to one variant"
    ):
        endpoint.metric_invocations()


def test_names_may_be_tokens() -> None:
    stack = new_stack()
    name, variant = text_token(stack, "Name"), text_token(stack, "Variant")
    endpoint = RealtimeEndpoint.from_endpoint_name(stack, "Imported", name)
    assert endpoint.metric_invocations().dimensions == {"EndpointName": name, "VariantName": "AllTraffic"}
    unknown = RealtimeEndpoint.from_endpoint_name(stack, "Unknown", name, variant_names=[variant])
    assert unknown.metric_invocations().dimensions == {"EndpointName": name, "VariantName": variant}


def test_an_alarm_on_a_metric_makes_no_cycle() -> None:
    stack = new_stack()
    endpoint = RealtimeEndpoint(stack, "Endpoint", model=single(stack), fleet=FLEET, rollback_on=[])
    endpoint.metric_server_errors().create_alarm(stack, "Alarm", threshold=1, evaluation_periods=3)
    alarm = only(stack, "AWS::CloudWatch::Alarm")
    assert {each["Name"]: each["Value"] for each in alarm["Dimensions"]} == {
        "EndpointName": endpoint.endpoint_name,
        "VariantName": "AllTraffic",
    }
