"""The records that the demo sends."""

import csv
import json

import pytest

from examples.fraud.features import FEATURE_NAMES
from examples.fraud.records import Sample, sample_records
from examples.fraud.transactions import Population


def test_records_are_json_and_the_rows_say_the_same(sample: Sample) -> None:
    assert json.loads(json.dumps(sample.records)) == sample.records
    assert sample.csv_header.split(",") == list(FEATURE_NAMES)
    for record, row in zip(sample.records, csv.reader(sample.csv_rows), strict=True):
        assert row == [str(value).lower() for value in record.values()]


def test_the_same_seed_gives_the_same_records(sample: Sample) -> None:
    assert sample_records(40, seed=5) == sample
    assert sample_records(40, seed=6) != sample


def test_frauds_are_as_many_as_asked_and_mixed_in() -> None:
    sample = sample_records(50, seed=1, fraud_share=0.2)
    assert len(sample.records) == len(sample.labels) == 50
    assert sum(sample.labels) == 10
    assert sample.labels != sorted(sample.labels)
    assert sample.labels != sorted(sample.labels, reverse=True)


def test_fails_when_the_population_has_too_few_frauds() -> None:
    with pytest.raises(
        ValueError, match=r"^fraud_share must leave at most 0 fraudulent records, got 3: no more were drawn$"
    ):
        sample_records(10, seed=1, population=Population(base_log_odds=-60))
