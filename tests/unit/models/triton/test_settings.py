from typing import Any

import pytest

from cdk_model_hosting import SingleModel, TritonMetrics, TritonSettings
from tests.unit.builders import container, new_stack, number_token, only, refused, text_token

METRICS = TritonMetrics(log_group="/aws/sagemaker/Endpoints/TritonMetrics/ranker", namespace="Ranker")


def test_what_is_omitted_stays_as_the_container_has_it() -> None:
    assert TritonSettings().environment() == {}


def test_every_setting_has_its_variable() -> None:
    settings = TritonSettings(
        ping_mode="live",
        threads=4,
        log_verbose=False,
        log_info=True,
        log_warnings=True,
        log_errors=True,
        python_memory_mib=64,
        python_memory_growth_mib=16,
        gpu_memory_share=0.8,
        metrics=METRICS,
        arguments=["--exit-timeout-secs=10", "--strict-readiness=false"],
    )
    assert settings.environment() == {
        "SAGEMAKER_TRITON_PING_MODE": "live",
        "SAGEMAKER_TRITON_THREAD_COUNT": "4",
        "SAGEMAKER_TRITON_LOG_VERBOSE": "false",
        "SAGEMAKER_TRITON_LOG_INFO": "true",
        "SAGEMAKER_TRITON_LOG_WARNING": "true",
        "SAGEMAKER_TRITON_LOG_ERROR": "true",
        "SAGEMAKER_TRITON_SHM_DEFAULT_BYTE_SIZE": "67108864",
        "SAGEMAKER_TRITON_SHM_GROWTH_BYTE_SIZE": "16777216",
        "SAGEMAKER_TRITON_MODEL_LOAD_GPU_LIMIT": "0.8",
        "SAGEMAKER_TRITON_ADDITIONAL_ARGS": "--exit-timeout-secs=10 --strict-readiness=false",
        "SAGEMAKER_TRITON_ALLOW_METRICS": "true",
        "SAGEMAKER_TRITON_PUBLISH_METRICS_TO_CLOUDWATCH": "true",
        "SAGEMAKER_TRITON_CLOUDWATCH_LOG_GROUP": "/aws/sagemaker/Endpoints/TritonMetrics/ranker",
        "SAGEMAKER_TRITON_CLOUDWATCH_METRIC_NAMESPACE": "Ranker",
        # The container asks for it, although it has a default.
        "SAGEMAKER_TRITON_METRICS_PORT": "8002",
    }


def test_metrics_may_have_a_port_of_their_own() -> None:
    metrics = TritonMetrics(log_group="group", namespace="Space", port=23000)
    environment = TritonSettings(metrics=metrics).environment()
    assert environment["SAGEMAKER_TRITON_METRICS_PORT"] == "23000"


def test_values_may_be_tokens() -> None:
    stack = new_stack()
    group = text_token(stack, "Group")
    metrics = TritonMetrics(log_group=group, namespace="Space", port=number_token(stack, "Port"))  # type: ignore[arg-type]
    settings = TritonSettings(
        ping_mode=text_token(stack, "Mode"),
        threads=number_token(stack, "Threads"),  # type: ignore[arg-type]
        gpu_memory_share=number_token(stack, "Share"),
        arguments=[text_token(stack, "Argument")],
        metrics=metrics,
    )
    SingleModel(stack, "Model", container=container(environment=settings.environment()))
    assert only(stack, "AWS::SageMaker::Model")["PrimaryContainer"]["Environment"] == {
        "SAGEMAKER_TRITON_PING_MODE": {"Ref": "Mode"},
        "SAGEMAKER_TRITON_THREAD_COUNT": {"Ref": "Threads"},
        "SAGEMAKER_TRITON_MODEL_LOAD_GPU_LIMIT": {"Ref": "Share"},
        "SAGEMAKER_TRITON_ADDITIONAL_ARGS": {"Ref": "Argument"},
        "SAGEMAKER_TRITON_ALLOW_METRICS": "true",
        "SAGEMAKER_TRITON_PUBLISH_METRICS_TO_CLOUDWATCH": "true",
        "SAGEMAKER_TRITON_CLOUDWATCH_LOG_GROUP": {"Ref": "Group"},
        "SAGEMAKER_TRITON_CLOUDWATCH_METRIC_NAMESPACE": "Space",
        "SAGEMAKER_TRITON_METRICS_PORT": {"Ref": "Port"},
    }


def test_fails_when_memory_that_is_converted_is_a_token() -> None:
    memory: Any = number_token(new_stack())
    with refused(
        "TritonSettings python_memory_mib must be a literal number, got one that is known only at deploy time: "
        "CloudFormation cannot compute with it"
    ):
        TritonSettings(python_memory_mib=memory)


@pytest.mark.parametrize(
    ("argument", "value", "rule"),
    [
        ("ping_mode", "alive", "one of ready, live, got 'alive': the container knows no other"),
        ("threads", 0, "at least 1 thread, got 0: somebody must read the requests"),
        ("python_memory_mib", 0, "at least 1 MiB, got 0: Triton's Python backend starts with no less"),
        ("python_memory_growth_mib", 0, "at least 1 MiB, got 0: it grows by whole mebibytes"),
        (
            "gpu_memory_share",
            80,
            "more than 0 and at most 1, got 80: the server takes it as a fraction, 0.8 and not 80",
        ),
        ("log_verbose", 1, "a bool or NoneType, got 1: nothing else is understood there"),
        ("metrics", "Ranker", "a TritonMetrics, got 'Ranker': nothing else is understood there"),
        ("arguments", "--x=1", "a list or tuple, got '--x=1': nothing else is understood there"),
    ],
)
def test_fails_when_a_setting_is_out_of_range(argument: str, value: object, rule: str) -> None:
    given: dict[str, Any] = {argument: value}
    with refused(f"TritonSettings {argument} must be {rule}"):
        TritonSettings(**given)


@pytest.mark.parametrize("argument", ["strict", "-x", "--a b", "--a=$(id)", "--a=1;reboot", "--A=1", "--a=b c"])
def test_fails_when_an_argument_is_none(argument: str) -> None:
    with refused(
        "TritonSettings arguments must be 3-1024 characters (--name or --name=value, nothing that a shell would read), got "
        f"{argument!r}" + (" of 2 characters" if len(argument) < 3 else "") + ": the container hands it to the server "
        "through a shell"
    ):
        TritonSettings(arguments=[argument])


@pytest.mark.parametrize("argument", ["--a", "--load-model=ranker", "--backend-config=python,stub-timeout-seconds=90"])
def test_arguments_of_the_server_pass(argument: str) -> None:
    assert TritonSettings(arguments=[argument]).environment() == {"SAGEMAKER_TRITON_ADDITIONAL_ARGS": argument}


@pytest.mark.parametrize("what", ["log_group", "namespace"])
def test_fails_when_metrics_have_nowhere_to_go(what: str) -> None:
    given: dict[str, Any] = {"log_group": "group", "namespace": "Space", what: ""}
    with refused(f"TritonMetrics {what} must not be empty, got '': the container publishes nothing without it"):
        TritonMetrics(**given)


def test_fails_when_the_metrics_port_is_the_systems() -> None:
    with refused("TritonMetrics port must be 1024-65535, got 80: the lower ports are the system's"):
        TritonMetrics(log_group="group", namespace="Space", port=80)
