"""What is refused of a function in front of an endpoint."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import aws_cdk as cdk
import pytest

from cdk_model_hosting import (
    AsyncEndpoint,
    FunctionCode,
    RealtimeEndpoint,
)
from cdk_model_hosting.functions.endpoint_requests import EndpointRequests
from cdk_model_hosting.functions.size import FunctionSize
from tests.unit.builders import new_stack, number_token, refused, stack_in, text_token
from tests.unit.endpoints.shared import component_on, endpoint_in
from tests.unit.functions.proxies import (
    OF_OTHERS,
    asynchronous,
    named,
    proxy,
)

if TYPE_CHECKING:
    from pathlib import Path


def test_fails_when_arguments_are_of_the_wrong_kind(source: Path) -> None:
    stack = new_stack()
    with refused(
        "EndpointProxy endpoint must be an Endpoint or Component, got 'fraud': nothing else is understood there"
    ):
        proxy(source, "fraud", stack)
    with refused("EndpointProxy requests must be an EndpointRequests, got 5: nothing else is understood there"):
        proxy(source, named(stack), requests=5)
    with refused("EndpointProxy size must be a FunctionSize, got 512: nothing else is understood there"):
        proxy(source, RealtimeEndpoint.from_endpoint_name(stack, "Other", "other"), size=512)
    with refused("EndpointProxy front must be a Front, got 'url': nothing else is understood there"):
        proxy(source, RealtimeEndpoint.from_endpoint_name(stack, "Fourth", "fourth"), front="url")
    with refused("EndpointProxy code must be a FunctionCode, got 'code': nothing else is understood there"):
        proxy(source, RealtimeEndpoint.from_endpoint_name(stack, "Third", "third"), code="code")


def test_fails_when_something_is_to_be_loaded(source: Path) -> None:
    (source / "predictor.py").write_text("def load(path): ...\ndef predict(endpoint, request): ...\n")
    with refused(
        "FunctionCode loader must be omitted for an EndpointProxy, got 'predictor:load': the endpoint has the model, and none is "
        "loaded"
    ):
        proxy(source, named(new_stack()), code=FunctionCode.from_folder(source, loader="predictor:load"))


def test_fails_when_what_asks_the_endpoint_is_not_there(source: Path) -> None:
    (source / "predictor.py").write_text("def predict(request): ...\n")
    with refused(
        "FunctionCode entry must name a function that takes a model and a request, got predict(request) in predictor.py: it is called as "
        "predict(model, request)"
    ):
        proxy(source, named(new_stack()))


def test_fails_when_no_component_is_named(source: Path) -> None:
    with refused(
        "EndpointProxy endpoint must be a component of an endpoint that has components, such as an InferenceComponent, got a "
        "ComponentEndpoint: each request names one"
    ):
        proxy(source, endpoint_in(new_stack()))


def test_fails_when_the_endpoint_is_of_another_account(source: Path) -> None:
    endpoint = RealtimeEndpoint.from_endpoint_arn(stack_in("eu-west-1"), "Endpoint", OF_OTHERS)
    with refused(
        "EndpointProxy endpoint must be of the function's account 111122223333, got one of 444455556666: an endpoint has no policy "
        "of its own that could let another account ask it"
    ):
        proxy(source, endpoint)


@pytest.mark.parametrize(
    ("make", "noun"),
    [
        (named, "a single-model real-time endpoint"),
        (asynchronous, "an asynchronous endpoint"),
        (lambda stack: component_on(endpoint_in(stack)), "an inference component endpoint"),
    ],
)
def test_fails_when_there_are_no_such_targets(source: Path, make: Any, noun: str) -> None:
    with refused(
        f"EndpointRequests models must be omitted for {noun}, got ['a.tar.gz']: its requests name no target model"
    ):
        proxy(source, make(new_stack()), requests=EndpointRequests(models=["a.tar.gz"]))


def test_fails_when_nobody_waits_for_the_answers(source: Path) -> None:
    endpoint = AsyncEndpoint.from_endpoint_name(new_stack(), "Endpoint", "fraud")
    with refused(
        "EndpointRequests answer_within must be omitted for an asynchronous endpoint, got 5 seconds: nobody waits for its answers"
    ):
        proxy(source, endpoint, requests=EndpointRequests(answer_within=cdk.Duration.seconds(5)))


def test_fails_when_the_function_has_no_time_to_wait(source: Path) -> None:
    with refused(
        "FunctionSize timeout must be at least 3 seconds for an EndpointProxy, got 2: the function tells of an answer that did not "
        "come before its own time ends"
    ):
        proxy(source, named(new_stack()), size=FunctionSize(timeout=cdk.Duration.seconds(2)))


def test_fails_when_an_answer_may_take_too_long() -> None:
    with refused(
        "EndpointRequests answer_within must be 1-60 seconds, got 61: SageMaker ends a request to a container after a minute"
    ):
        EndpointRequests(answer_within=cdk.Duration.seconds(61))


@pytest.mark.parametrize("name", ["models", "containers"])
def test_fails_when_targets_are_no_list(name: str) -> None:
    with refused(f"EndpointRequests {name} must be a list or tuple, got 'eu-*': nothing else is understood there"):
        EndpointRequests(**{name: "eu-*"})  # type: ignore[arg-type]
    assert EndpointRequests(**{name: (text_token(new_stack()),)})  # type: ignore[arg-type]


def test_fails_when_the_time_for_an_answer_is_a_token() -> None:
    with refused(
        "EndpointRequests answer_within must be a literal number, got one that is known only at deploy time: CloudFormation cannot "
        "compute with it"
    ):
        EndpointRequests(answer_within=cdk.Duration.seconds(number_token(new_stack())))
