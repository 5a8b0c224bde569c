"""What the comparison of functions costs is what AWS's list prices say."""

from __future__ import annotations

import pytest

from tests.bench.functions.prices import MILLION, Priced, cold_share


def test_an_answer_is_billed_by_whole_milliseconds_and_by_memory() -> None:
    # Never cold at this traffic: 0.20 USD of requests, and a million times 2 ms of 1 GB.
    priced = Priced(memory_mb=1024, cold_ms=500, warm_ms=1.2)
    assert priced.a_million(100 * MILLION) == pytest.approx(0.20 + 2_000 * 0.0000133334)


def test_what_is_paid_by_the_month_is_shared_among_the_requests() -> None:
    with_endpoint = Priced(memory_mb=128, cold_ms=0, warm_ms=1, instances=1)
    without = Priced(memory_mb=128, cold_ms=0, warm_ms=1)
    assert with_endpoint.a_million(MILLION) - without.a_million(MILLION) == pytest.approx(730 * 0.115)
    assert with_endpoint.a_million(10 * MILLION) - without.a_million(10 * MILLION) == pytest.approx(73 * 0.115)


def test_rare_requests_are_cold_and_many_are_not() -> None:
    assert cold_share(1) == pytest.approx(1, abs=0.001)
    assert cold_share(10_000) == pytest.approx(0.32, abs=0.01)
    assert cold_share(MILLION) < 1e-40


def test_a_cold_answer_is_billed_with_its_beginning() -> None:
    rare = Priced(memory_mb=1024, cold_ms=1000, warm_ms=1, from_bucket=True, file_system_mb=1024)
    cold = cold_share(100)
    billed = (1 - cold) * 0.001 + cold
    expected = MILLION * (0.0000002 + billed * 0.0000133334 + cold * (0.0000004 + 0.03) + 0.30 / 100)
    assert rare.a_million(100) == pytest.approx(expected)
