"""A gigabyte of records, counted by a process of its own that is as small as the function."""

from tests.handlers.record_check.large import LINES_OF_A_BLOCK, measure

MEGABYTES = 1024


def test_a_gigabyte_is_counted_fast_and_in_little_memory() -> None:
    measured = measure(MEGABYTES)

    assert measured.records == MEGABYTES * LINES_OF_A_BLOCK
    # What two objects take that are read at once, a chunk each, however large they are.
    assert measured.peak_mb - measured.idle_mb < 32, measured
    # A second of a core is enough for some 600 MB, and S3 sends less to a function.
    assert measured.megabytes_per_second > 40, measured
