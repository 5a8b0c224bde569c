"""How long a function in front of an endpoint waits, and how large it is."""

from __future__ import annotations

from typing import TYPE_CHECKING

import aws_cdk as cdk
import pytest

from cdk_model_hosting import (
    Front,
)
from cdk_model_hosting.functions.endpoint_requests import EndpointRequests
from cdk_model_hosting.functions.size import FunctionSize
from tests.unit.builders import new_stack, number_token
from tests.unit.functions.proxies import (
    function_of,
    named,
    proxy,
    timed,
    warnings,
)

if TYPE_CHECKING:
    from pathlib import Path


def test_the_function_has_time_for_what_the_endpoint_may_take(source: Path) -> None:
    made = proxy(source, named(new_stack()))

    assert timed(made) == (80, "70")
    assert function_of(made)["Properties"]["MemorySize"] == 512
    assert warnings(made) == []


@pytest.mark.parametrize(
    ("answer_within", "timeout", "expected"),
    [
        (5, None, (15, "5")),
        (60, None, (80, "70")),
        (5, 7, (7, "5")),
        (None, 62, (62, "60")),
        (None, 900, (900, "70")),
    ],
)
def test_the_times_go_together(
    source: Path, answer_within: int | None, timeout: int | None, expected: tuple[int, str]
) -> None:
    requests = EndpointRequests(answer_within=None if answer_within is None else cdk.Duration.seconds(answer_within))
    size = None if timeout is None else FunctionSize(timeout=cdk.Duration.seconds(timeout))
    made = proxy(source, named(new_stack()), requests=requests, size=size)

    assert timed(made) == expected
    assert warnings(made) == []


@pytest.mark.parametrize(("answer_within", "expected"), [(60, (30, "28")), (20, (30, "20")), (5, (15, "5"))])
def test_an_http_api_waits_no_longer_than_it_can(source: Path, answer_within: int, expected: tuple[int, str]) -> None:
    requests = EndpointRequests(answer_within=cdk.Duration.seconds(answer_within))
    made = proxy(source, named(new_stack()), requests=requests, front=Front.http_api())

    assert timed(made) == expected
    assert len(warnings(made)) == (answer_within == 60)


def test_a_size_without_a_time_gets_one(source: Path) -> None:
    made = proxy(source, named(new_stack()), size=FunctionSize(memory_mb=1024))

    assert timed(made) == (80, "70")
    assert function_of(made)["Properties"]["MemorySize"] == 1024


def test_an_endpoint_that_may_take_longer_than_the_function_is_warned_of(source: Path) -> None:
    size = FunctionSize(timeout=cdk.Duration.seconds(29))
    made = proxy(source, named(new_stack()), size=size)

    assert timed(made) == (29, "27")
    assert function_of(made)["Properties"]["MemorySize"] == 512
    (warning,) = warnings(made)
    assert warning.startswith(
        "the function waits 27 seconds for an answer, and the endpoint may take 60: what takes longer is answered with a 504, "
        "while the endpoint still works at it; let the function's timeout be longer, or EndpointRequests answer_within shorter"
    )


def test_a_time_that_is_a_token(source: Path) -> None:
    stack = new_stack()
    size = FunctionSize(timeout=cdk.Duration.seconds(number_token(stack)))
    made = proxy(source, named(stack), size=size)

    assert timed(made) == ({"Ref": "Number"}, "70")


def test_the_time_of_the_endpoint_is_a_metric(source: Path) -> None:
    metric = proxy(source, named(new_stack())).metric_endpoint_time()

    assert (metric.namespace, metric.metric_name, metric.statistic) == ("ModelFunction", "EndpointTime", "p99")
