"""The generator: what it promises about its transactions."""

import numpy as np
import pytest

from examples.fraud.features import FEATURE_NAMES, FEATURES, MERCHANT_CATEGORIES
from examples.fraud.transactions import Population, Transactions, generate, log_odds


@pytest.fixture(scope="module")
def transactions() -> Transactions:
    return generate(50_000, seed=3)


def test_same_seed_gives_the_same_transactions() -> None:
    first, second = generate(500, seed=(1, 2)), generate(500, seed=(1, 2))
    assert np.array_equal(first.matrix(), second.matrix())
    assert np.array_equal(first.labels, second.labels)


@pytest.mark.parametrize("seed", [(1, 3), (2, 2)])
def test_another_seed_or_stream_gives_other_transactions(seed: tuple[int, int]) -> None:
    assert not np.array_equal(generate(500, seed=(1, 2)).matrix(), generate(500, seed=seed).matrix())


def test_one_to_two_percent_are_fraudulent(transactions: Transactions) -> None:
    assert 0.01 < transactions.labels.mean() < 0.02


def test_frauds_follow_the_documented_log_odds(transactions: Transactions) -> None:
    expected = 1 / (1 + np.exp(-log_odds(transactions.columns, Population())))
    for low, high in [(0, 0.01), (0.01, 0.1), (0.1, 0.5), (0.5, 1)]:
        among = (expected >= low) & (expected < high)
        spread = 4 * np.sqrt(expected[among].mean() / among.sum())
        assert transactions.labels[among].mean() == pytest.approx(expected[among].mean(), abs=spread)


def test_values_stay_within_what_a_transaction_can_be(transactions: Transactions) -> None:
    columns = transactions.columns
    assert tuple(columns) == FEATURE_NAMES
    assert columns["amount"].min() >= 0.5
    assert set(columns["hour"]) == set(range(24))
    assert set(columns["merchant_category"]) == set(range(len(MERCHANT_CATEGORIES)))
    assert columns["minutes_since_previous"].max() <= 7 * 24 * 60
    assert min(column.min() for column in columns.values()) >= 0
    for feature in FEATURES:
        if feature.type == "boolean":
            assert set(columns[feature.name]) == {0, 1}


def test_records_say_what_the_matrix_says(transactions: Transactions) -> None:
    matrix = transactions.matrix()
    for index, record in zip([0, 7, 4_999], transactions.records([0, 7, 4_999]), strict=True):
        assert tuple(record) == FEATURE_NAMES
        category = record["merchant_category"]
        assert isinstance(category, str)
        coded = record | {"merchant_category": MERCHANT_CATEGORIES.index(category)}
        assert np.array_equal(np.array(list(coded.values()), dtype=np.float32), matrix[index])


def test_another_population_shifts_the_distribution(transactions: Transactions) -> None:
    riskier = generate(50_000, seed=3, population=Population(base_log_odds=-6.0, amount_scale=3.0))
    assert riskier.labels.mean() > 1.5 * transactions.labels.mean()
    assert np.median(riskier.columns["amount"]) == pytest.approx(
        3 * np.median(transactions.columns["amount"]), rel=0.05
    )
