from __future__ import annotations

from typing import Any

import aws_cdk as cdk
import pytest

from cdk_model_hosting.functions.size import FunctionSize
from tests.unit.builders import new_stack, number_token, refused


def test_equal_sizes_are_equal_whatever_their_unit_of_time() -> None:
    assert FunctionSize(timeout=cdk.Duration.minutes(1)) == FunctionSize(timeout=cdk.Duration.seconds(60))
    assert FunctionSize(timeout=cdk.Duration.minutes(1)) != FunctionSize()


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (
            {"memory_mb": 20_000},
            (
                "FunctionSize memory_mb must be 128-10240 MB, got 20000: Lambda gives an ordinary function no more; its share of "
                "processors grows with it, 1769 MB being one"
            ),
        ),
        (
            {"ephemeral_mb": 256},
            "FunctionSize ephemeral_mb must be 512-10240 MB, got 256: Lambda gives every function 512 MB, and none more than 10 GB",
        ),
        (
            {"timeout": cdk.Duration.minutes(20)},
            "FunctionSize timeout must be 1-900 seconds, got 1200: Lambda ends an ordinary function after fifteen minutes",
        ),
        (
            {"timeout": 20},
            "FunctionSize timeout must be a Duration such as Duration.minutes(5), got 20: times come with their unit",
        ),
    ],
)
def test_fails_when_lambda_gives_no_such_size(options: dict[str, Any], message: str) -> None:
    with refused(message):
        FunctionSize(**options)


def test_tokens_pass_every_check() -> None:
    number = number_token(new_stack())
    size = FunctionSize(memory_mb=number, ephemeral_mb=number, timeout=cdk.Duration.seconds(number))  # type: ignore[arg-type]
    assert size.timeout_seconds == number
