"""The features of a payment: what the model was trained on, computed the same way for every request."""

import math
from datetime import timedelta

from .payment import Payment, Place

Feature = float | int | bool | str

_EARTH_RADIUS_KM = 6371.0
_HOUR = timedelta(hours=1)
_WEEK = timedelta(weeks=1)
_MINUTE = timedelta(minutes=1)


def features_of(payment: Payment) -> dict[str, Feature]:
    """The features by their names in the model's description.

    Numbers are rounded as those that the model was trained on.
    """
    since_each = [payment.at - each for each in payment.earlier]
    return {
        "amount": payment.amount,
        "amount_ratio": round(payment.amount / payment.usual_amount, 2),
        "merchant_category": payment.category,
        "hour": payment.at.hour,
        "distance_from_home": round(kilometres(payment.home, payment.merchant_place), 1),
        "card_present": payment.card_present,
        "country_mismatch": payment.merchant_country != payment.card_country,
        "new_merchant": payment.merchant not in payment.known_merchants,
        "transactions_last_hour": sum(since < _HOUR for since in since_each),
        "minutes_since_previous": min([_WEEK, *since_each]) // _MINUTE,
        "account_age_days": (payment.at.date() - payment.opened).days,
    }


def kilometres(here: Place, there: Place) -> float:
    """The distance between two places as the crow flies."""
    north = math.radians(there.latitude - here.latitude)
    east = math.radians(there.longitude - here.longitude)
    scale = math.cos(math.radians(here.latitude)) * math.cos(math.radians(there.latitude))
    chord = math.sin(north / 2) ** 2 + scale * math.sin(east / 2) ** 2
    # Rounding may put places at opposite ends of Earth a trifle too far apart.
    return 2 * _EARTH_RADIUS_KM * math.asin(math.sqrt(min(1.0, chord)))
