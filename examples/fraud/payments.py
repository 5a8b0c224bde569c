"""Payments as shops report them, whose features are known: the records of `records.py`, taken apart again."""

import math
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from typing import Any

import numpy as np

from examples.fraud.records import Sample, sample_records

# Separates these draws from those of the records.
_STREAM = 4
_EARTH_RADIUS_KM = 6371.0
_ZONE = timezone(timedelta(hours=1))
_FIRST_DAY = datetime(2026, 1, 1, tzinfo=_ZONE)
_HOME = (47.37, 8.54)
_LAST_MINUTE_OF_THE_HOUR = timedelta(minutes=59)

Payment = dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class SampledPayments:
    """Payments, and the records that they are.

    Args:
        payments: One JSON-able object a payment.
        sample: Their features and labels, in the same order.
    """

    payments: list[Payment]
    sample: Sample


def sample_payments(count: int, seed: int = 0) -> SampledPayments:
    """Draw `count` payments that no model was trained on.

    Args:
        count: How many payments.
        seed: The same seed gives the same payments, and the records of `sample_records` of that seed.
    """
    rng = np.random.default_rng((seed, _STREAM))
    sample = sample_records(count, seed=seed)
    return SampledPayments(payments=[_payment(record, rng) for record in sample.records], sample=sample)


def _payment(record: dict[str, Any], rng: np.random.Generator) -> Payment:
    minute = timedelta(days=int(rng.integers(365)), hours=record["hour"], minutes=int(rng.integers(60)))
    at = _FIRST_DAY + minute
    merchant = f"m-{rng.integers(100, 1000)}"
    latitude, longitude = _away(*_HOME, kilometres=record["distance_from_home"], bearing=rng.uniform(0, 2 * math.pi))
    previous = at - timedelta(minutes=record["minutes_since_previous"])
    others = [at - _LAST_MINUTE_OF_THE_HOUR] * (record["transactions_last_hour"] - 1)
    return {
        "at": at.isoformat(),
        "amount": record["amount"],
        "card_present": record["card_present"],
        "merchant": {
            "id": merchant,
            "category": record["merchant_category"],
            "country": "PT" if record["country_mismatch"] else "CH",
            "latitude": latitude,
            "longitude": longitude,
        },
        "card": {
            "country": "CH",
            "home": {"latitude": _HOME[0], "longitude": _HOME[1]},
            "opened": (at.date() - timedelta(days=record["account_age_days"])).isoformat(),
            "usual_amount": record["amount"] / record["amount_ratio"],
            "merchants": ["m-7", "m-31"] if record["new_merchant"] else ["m-7", merchant],
            "payments": [each.isoformat() for each in (*others, previous)],
        },
    }


def _away(latitude: float, longitude: float, *, kilometres: float, bearing: float) -> tuple[float, float]:
    """The place so many kilometres from here, in a direction in radians from north."""
    angle = kilometres / _EARTH_RADIUS_KM
    here = math.radians(latitude)
    there = math.asin(math.sin(here) * math.cos(angle) + math.cos(here) * math.sin(angle) * math.cos(bearing))
    turned = math.atan2(
        math.sin(bearing) * math.sin(angle) * math.cos(here), math.cos(angle) - math.sin(here) * math.sin(there)
    )
    # Across the date line, degrees begin again.
    return math.degrees(there), (longitude + math.degrees(turned) + 180) % 360 - 180
