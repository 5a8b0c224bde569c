"""JSONPath as Step Functions and batch transform read it."""

from typing import Any

import pytest

from tests.local_aws.server.jsonpath import Path, PathError

LISTING = {"Contents": [{"Key": "in/", "Size": 0}, {"Key": "in/a.csv", "Size": 12}, {"Key": "in/b.csv", "Size": 7}]}
ROW = ["7", "a", "b", "c"]


@pytest.mark.parametrize(
    ("path", "found"),
    [
        ("$", LISTING),
        ("$.Contents[0].Key", "in/"),
        ("$.Contents[-1]['Key']", "in/b.csv"),
        ('$["Contents"][1]["Size"]', 12),
        ("$.Contents[?(@.Size > 0)].Key", ["in/a.csv", "in/b.csv"]),
        ("$.Contents[?(@.Size > 0 && @.Key == 'in/b.csv')].Size", [7]),
        ("$.Contents[?(@.Size == 0 || @.Size >= 12)].Size", [0, 12]),
        ("$.Contents[?(@.Missing)]", []),
        ("$.Contents[?(@.Key != 'in/')].Key", ["in/a.csv", "in/b.csv"]),
        ("$.Contents[*].Size", [0, 12, 7]),
        ("$.Contents.*.Size", [0, 12, 7]),
        ("$.Contents[1:].Size", [12, 7]),
        ("$..Size", [0, 12, 7]),
        ("$.Contents[0,2].Size", [0, 7]),
        ("$.Contents[1]['Key','Size']", {"Key": "in/a.csv", "Size": 12}),
        ("$.Contents[9,0].Size", [0]),
    ],
)
def test_a_path_leads_to_what_it_names(path: str, found: Any) -> None:
    assert Path.parse(path).read(LISTING) == found


@pytest.mark.parametrize(
    ("path", "found"),
    [
        ("$[1:]", ["a", "b", "c"]),
        ("$[1:2]", ["a", "b"]),
        ("$[:1]", ["7", "a"]),
        ("$[0,-1]", ["7", "c"]),
        ("$[0,2:]", ["7", "b", "c"]),
        ("$[1]", "a"),
    ],
)
def test_a_slice_of_batch_transform_takes_its_end_in(path: str, found: Any) -> None:
    assert Path.parse(path).read(ROW, whole_slices=True, within=True) == found


def test_a_slice_of_step_functions_does_not() -> None:
    assert Path.parse("$[1:2]").read(ROW) == ["a"]


def test_an_index_beyond_the_columns_is_an_error_where_they_count() -> None:
    with pytest.raises(PathError, match=r"^there is no element 4 among 4$"):
        Path.parse("$[0,4]").read(ROW, within=True)


def test_a_definite_path_that_leads_nowhere_is_an_error() -> None:
    with pytest.raises(PathError, match=r"^there is nothing at \$\.Prefix$"):
        Path.parse("$.Prefix").read(LISTING)


@pytest.mark.parametrize("path", ["Contents", "$.", "$[", "$['a", "$[a]", "$.a[1:2:3]", "$['a' b]", "$x"])
def test_what_is_no_path_is_refused(path: str) -> None:
    with pytest.raises(PathError):
        Path.parse(path)
