from __future__ import annotations

import pytest

from cdk_model_hosting.functions.environment import check_names, together_with
from tests.unit.builders import new_stack, refused, text_token


def test_the_users_variables_stand_beside_the_librarys() -> None:
    assert together_with({"TABLE": "t"}, {"MODEL_FUNCTION_ENTRY": "a:b"}) == {
        "TABLE": "t",
        "MODEL_FUNCTION_ENTRY": "a:b",
    }


@pytest.mark.parametrize(
    "name",
    [
        "AWS_REGION",
        "LAMBDA_TASK_ROOT",
        "AWS_LAMBDA_METADATA_API",
        "AWS_LAMBDA_METADATA_TOKEN",
        "AWS_LAMBDA_MAX_CONCURRENCY",
        "MODEL_FUNCTION_PATH",
        "1A",
        "A",
        "A-B",
        "_A",
        "Ä1",
    ],
)
def test_fails_when_a_name_is_taken_or_none(name: str) -> None:
    with refused(
        "FunctionCode environment name must be two or more letters, digits and underscores, the first a letter, and not be "
        f"Lambda's own or begin with MODEL_FUNCTION_, got {name!r}: the function reads it as something else"
    ):
        check_names({name: "x"})


def test_the_time_zone_is_the_users_to_set() -> None:
    check_names({"TZ": "Europe/Zurich"})


def test_fails_when_a_value_is_no_text() -> None:
    with refused("FunctionCode environment SIZE must be a str, got 3: nothing else is understood there"):
        check_names({"SIZE": 3})  # type: ignore[dict-item]


def test_fails_when_they_are_no_mapping() -> None:
    with refused("FunctionCode environment must be a Mapping, got ['TABLE']: nothing else is understood there"):
        check_names(["TABLE"])  # type: ignore[arg-type]


def test_names_and_values_are_counted_in_bytes_together() -> None:
    ours = {"MODEL_FUNCTION_ENTRY": "a:b"}
    left = 4096 - len("MODEL_FUNCTION_ENTRY") - len("a:b") - len("TABLE")
    together_with({"TABLE": "x" * left}, ours)
    with refused(
        "FunctionCode environment names and values must be 0-4096 bytes, got 4097: Lambda keeps no more, those that this "
        "library sets included"
    ):
        together_with({"TABLE": "x" * (left - 1) + "ü"}, ours)


def test_tokens_count_for_nothing() -> None:
    token = text_token(new_stack())
    variables = {f"TABLE{each}": token for each in range(200)}
    check_names(variables)
    together_with(variables, {})
