"""How long a function takes to begin with a model from a bucket."""

from __future__ import annotations

import pytest

from cdk_model_hosting.functions.beginning import seconds_to_begin, seconds_to_begin_anew


@pytest.mark.parametrize(
    ("tmp_mb", "at_once", "anew"),
    [
        (0, 3, 0),
        (525, 10, 0),
        # Of fourteen seconds the download takes half, and so does what comes after it.
        (1000, 17, 11),
        (1050, 17, 10),
        (10_000, 137, 130),
    ],
)
def test_what_was_downloaded_in_ten_seconds_needs_no_further_time(tmp_mb: float, at_once: int, anew: int) -> None:
    assert (seconds_to_begin(tmp_mb), seconds_to_begin_anew(tmp_mb)) == (at_once, anew)
