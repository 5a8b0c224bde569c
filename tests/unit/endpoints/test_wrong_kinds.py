"""Arguments of the wrong kind, as apps without a type checker give them: None, a Size, a key's or a role's ARN."""

from collections.abc import Callable
from typing import Any

import aws_cdk as cdk
import pytest
from aws_cdk import aws_iam as iam
from aws_cdk import aws_s3 as s3
from constructs import Construct

from cdk_model_hosting import (
    AdapterComponent,
    AsyncEndpoint,
    AsyncStorage,
    ComponentEndpoint,
    ComponentResources,
    Container,
    DataCapture,
    Fleet,
    ManagedInstances,
    ModelArtifact,
    RealtimeEndpoint,
    ServerlessEndpoint,
    Shadow,
    Variant,
)
from tests.unit.builders import FLEET, container, new_stack, refused, single, text_token
from tests.unit.endpoints.shared import component_on, endpoint_in
from tests.unit.experiments.experiment import experiment_in

KEY = "arn:aws:kms:eu-west-1:1:key/1"
ROLE = "arn:aws:iam::1:role/caller"
TEXT_FOR_NUMBER = (
    "must be a number, got a Token of another kind: Token.as_number, or value_as_number of a parameter, makes it one"
)
UNKNOWN = "nothing else is understood there"


def realtime(stack: cdk.Stack, **options: Any) -> RealtimeEndpoint:
    return RealtimeEndpoint(stack, "Endpoint", **{"model": single(stack), "fleet": FLEET, **options})


def asynchronous(stack: cdk.Stack, **options: Any) -> AsyncEndpoint:
    return AsyncEndpoint(stack, "Endpoint", model=single(stack), fleet=FLEET, **options)


def serverless(stack: cdk.Stack, **options: Any) -> ServerlessEndpoint:
    return ServerlessEndpoint(stack, "Endpoint", model=single(stack), **options)


def components(stack: cdk.Stack, **options: Any) -> ComponentEndpoint:
    return ComponentEndpoint(stack, "Endpoint", fleet=FLEET, **options)


def capture(_stack: cdk.Stack, **options: Any) -> DataCapture:
    return DataCapture(**options)


def storage(_stack: cdk.Stack, **options: Any) -> AsyncStorage:
    return AsyncStorage(**options)


@pytest.mark.parametrize(
    ("owner", "make"),
    [
        ("RealtimeEndpoint", realtime),
        ("AsyncEndpoint", asynchronous),
        ("ServerlessEndpoint", serverless),
        ("ComponentEndpoint", components),
        ("ShadowExperiment", experiment_in),
        ("DataCapture", capture),
        ("AsyncStorage", storage),
    ],
)
def test_fails_when_the_key_is_an_arn(owner: str, make: Callable[..., object]) -> None:
    with refused(
        f"{owner} encryption_key must be a key such as Key.from_key_arn(self, 'Key', arn), got {KEY!r}: {UNKNOWN}"
    ):
        make(new_stack(), encryption_key=KEY)


@pytest.mark.parametrize(
    ("make", "what", "allowed"),
    [
        (
            lambda value: Shadow(model=model(), fleet=FLEET, percent=value),
            "Shadow percent",
            "more than 0 and at most 100 %",
        ),
        (lambda value: DataCapture(percent=value), "DataCapture percent", "0-100 %"),
        (lambda value: Variant(model=model(), fleet=FLEET, weight=value), "Variant weight", "at least 0"),
        (
            lambda value: serverless(new_stack(), max_concurrency=value),
            "ServerlessEndpoint max_concurrency",
            "1-200 requests",
        ),
        (lambda value: ComponentResources(memory_mb=value), "ComponentResources memory_mb", "at least 128 MB"),
        (lambda value: ManagedInstances(minimum=value, maximum=2), "ManagedInstances minimum", "at least 0 instances"),
        (lambda value: ManagedInstances(minimum=1, maximum=value), "ManagedInstances maximum", "at least 1 instance"),
    ],
)
def test_fails_when_a_required_number_is_none_or_no_number(
    make: Callable[[Any], object], what: str, allowed: str
) -> None:
    size = cdk.Size.gibibytes(2)
    with refused(f"{what} must be {allowed}, got None: it must be a number"):
        make(None)
    with refused(f"{what} must be {allowed}, got {_start(size)}: it must be a number"):
        make(size)
    with refused(f"{what} {TEXT_FOR_NUMBER}"):
        make(text_token(new_stack()))


@pytest.mark.parametrize("value", [None, cdk.Size.gibibytes(2)])
def test_fails_when_the_memory_is_no_number(value: Any) -> None:
    with refused(
        "ServerlessEndpoint memory_mb must be one of 1024, 2048, 3072, 4096, 5120, 6144 MB, "
        f"got {_start(value)}: serverless memory comes in steps of 1 GB"
    ):
        serverless(new_stack(), memory_mb=value)


def test_fails_when_instances_are_counted_by_a_text() -> None:
    count: Any = text_token(new_stack())
    with refused(f"Fleet count {TEXT_FOR_NUMBER}"):
        Fleet(instance_type="ml.c6i.large", count=count)


@pytest.mark.parametrize("environment", [None, ["A=1"], "A=1"])
def test_fails_when_the_environment_is_no_mapping(environment: Any) -> None:
    with refused(f"Container environment must be a Mapping, got {environment!r}: {UNKNOWN}"):
        container(environment=environment)


def test_fails_when_an_adapters_environment_is_no_mapping() -> None:
    stack = new_stack()
    environment: Any = ["A=1"]
    base = component_on(endpoint_in(stack))
    artifact = ModelArtifact.from_bucket(s3.Bucket.from_bucket_name(stack, "Mine", "mine"), "a.tar.gz")
    with refused(f"AdapterComponent environment must be a Mapping, got ['A=1']: {UNKNOWN}"):
        AdapterComponent(stack, "Adapter", base=base, artifact=artifact, environment=environment)


def test_a_token_in_the_environment_passes() -> None:
    token: Any = cdk.Fn.get_att("Queue", "Arn")
    assert isinstance(container(environment={"QUEUE": token}), Container)


def test_fails_when_the_grantee_is_an_arn() -> None:
    grantee: Any = ROLE
    wanted = f"must be somebody to grant to, such as a role, a user or a function, got {ROLE!r}: {UNKNOWN}"
    with refused(f"grant_invoke grantee {wanted}"):
        realtime(new_stack()).grant_invoke(grantee)
    with refused(f"grantee {wanted}"):
        asynchronous(new_stack()).grant_invoke_async(grantee)
    with refused(f"grantee {wanted}"):
        components(new_stack()).grant_invoke(grantee)


def test_a_user_may_be_granted_to() -> None:
    assert realtime(new_stack()).grant_invoke(iam.User(new_stack(), "Caller")).success


def test_fails_when_an_imported_endpoint_has_no_name_or_arn() -> None:
    nothing: Any = None
    with refused(
        "from_endpoint_name endpoint_name must be 1-63 characters (letters, digits and hyphens, no hyphen first or last), "
        "got None: it must be a string"
    ):
        RealtimeEndpoint.from_endpoint_name(new_stack(), "Endpoint", nothing)
    with refused(f"from_endpoint_arn endpoint_arn must be a str, got None: {UNKNOWN}"):
        RealtimeEndpoint.from_endpoint_arn(new_stack(), "Endpoint", nothing)


def test_fails_when_a_period_is_a_number() -> None:
    period: Any = 60
    with refused("metric period must be a Duration such as Duration.minutes(5), got 60: times come with their unit"):
        realtime(new_stack()).metric_invocations(period=period)


def model(scope: Construct | None = None) -> Any:
    return single(new_stack() if scope is None else scope)


def _start(value: object) -> str:
    """A value as a limit's message shows it: 60 characters at most."""
    shown = repr(value)
    return shown if len(shown) <= 60 else f"{shown[:59]}…"
