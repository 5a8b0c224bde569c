"""Payments are their records, told in another way."""

import json

from examples.containers.features.feature_server.derivation import features_of
from examples.containers.features.feature_server.payment import Payment
from examples.fraud.features import FEATURE_NAMES
from examples.fraud.payments import sample_payments
from examples.fraud.records import sample_records


def test_the_features_of_a_payment_are_its_record() -> None:
    sampled = sample_payments(1_000, seed=1)

    derived = [features_of(Payment.of(payment, "payment")) for payment in sampled.payments]

    assert derived == sampled.sample.records
    assert tuple(derived[0]) == FEATURE_NAMES
    # Every kind of payment is among them.
    for name in ("card_present", "country_mismatch", "new_merchant"):
        assert {record[name] for record in derived} == {False, True}
    assert {0, 1, 2} < {record["transactions_last_hour"] for record in derived}
    assert max(float(record["distance_from_home"]) for record in derived) > 5_000


def test_they_are_the_records_of_the_same_seed_and_the_same_every_time() -> None:
    assert sample_payments(20, seed=3).sample == sample_records(20, seed=3)
    assert sample_payments(20, seed=3) == sample_payments(20, seed=3)
    assert sample_payments(20, seed=3).payments != sample_payments(20, seed=4).payments


def test_they_can_be_sent() -> None:
    payments = sample_payments(50).payments

    assert json.loads(json.dumps(payments, allow_nan=False)) == payments
