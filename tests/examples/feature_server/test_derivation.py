"""Each feature of a payment, by hand."""

import copy
from typing import Any

import pytest

from examples.containers.features.feature_server.derivation import features_of, kilometres
from examples.containers.features.feature_server.payment import Payment, Place
from tests.examples.feature_server.asked import PAYMENT, changed


def derived(**changes: object) -> dict[str, Any]:
    return features_of(Payment.of(changed(**changes), "payment"))


def test_a_payment_by_hand() -> None:
    assert derived() == {
        "amount": 412.5,
        "amount_ratio": 4.3,
        "merchant_category": "electronics",
        "hour": 2,
        # Zurich to Lisbon.
        "distance_from_home": 1722.6,
        "card_present": False,
        "country_mismatch": True,
        "new_merchant": True,
        "transactions_last_hour": 1,
        "minutes_since_previous": 19,
        "account_age_days": 2509,
    }


@pytest.mark.parametrize(
    ("earlier", "last_hour", "minutes"),
    [
        ([], 0, 10_080),
        # Just within the hour, just outside it, and a minute that is not over.
        (["2026-03-14T01:31:01+01:00"], 1, 59),
        (["2026-03-14T01:31:00+01:00"], 0, 60),
        (["2026-03-14T02:30:01+01:00", "2026-03-14T01:40:00+01:00"], 2, 0),
        # Elsewhere on Earth, in any order, longer than a week ago.
        (["2026-03-14T01:21:00Z", "2026-03-13T12:00:00-05:00"], 1, 10),
        (["2026-03-01T02:31:00+01:00"], 0, 10_080),
        (["2026-03-14T02:31:00+01:00"], 1, 0),
    ],
)
def test_what_the_card_was_used_for_before(earlier: list[str], last_hour: int, minutes: int) -> None:
    features = derived(card__payments=earlier)

    assert (features["transactions_last_hour"], features["minutes_since_previous"]) == (last_hour, minutes)


def test_the_hour_is_the_one_where_the_cardholder_lives() -> None:
    assert derived(at="2026-03-14T03:05:00+01:00")["hour"] == 3
    assert derived(at="2026-03-14T04:05:00+02:00")["hour"] == 4


def test_a_merchant_who_is_known_in_the_same_country() -> None:
    features = derived(merchant__id="m-7", merchant__country="CH")

    assert (features["new_merchant"], features["country_mismatch"]) == (False, False)


def test_an_account_that_was_opened_on_the_day() -> None:
    assert derived(card__opened="2026-03-14")["account_age_days"] == 0


@pytest.mark.parametrize(
    ("here", "there", "expected"),
    [
        ((47.37, 8.54), (47.37, 8.54), 0),
        # A quarter and half of the way around Earth, and a step across the date line.
        ((0, 0), (90, 0), 10_007.54),
        ((0, 0), (0, 180), 20_015.09),
        ((45, 45), (-45, -135), 20_015.09),
        ((0, 179.5), (0, -179.5), 111.19),
    ],
)
def test_distances(here: tuple[float, float], there: tuple[float, float], expected: float) -> None:
    places = [Place(latitude=latitude, longitude=longitude) for latitude, longitude in (here, there)]

    assert kilometres(*places) == pytest.approx(expected, abs=0.01)


def test_nothing_here_changes_the_payment() -> None:
    before = copy.deepcopy(PAYMENT)
    changed(card__payments=[])
    assert before == PAYMENT
