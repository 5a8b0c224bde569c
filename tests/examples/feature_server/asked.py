"""A payment, and payments that differ from it."""

import copy
from typing import Any

PAYMENT: dict[str, Any] = {
    "at": "2026-03-14T02:31:00+01:00",
    "amount": 412.5,
    "card_present": False,
    "merchant": {"id": "m-118", "category": "electronics", "country": "PT", "latitude": 38.72, "longitude": -9.14},
    "card": {
        "country": "CH",
        "home": {"latitude": 47.37, "longitude": 8.54},
        "opened": "2019-05-01",
        "usual_amount": 96.0,
        "merchants": ["m-7", "m-31"],
        "payments": ["2026-03-14T02:12:00+01:00"],
    },
}


def changed(**members: object) -> dict[str, Any]:
    """The payment with other members; a member of a member is written with a double underscore."""
    payment = copy.deepcopy(PAYMENT)
    for path, value in members.items():
        *above, name = path.split("__")
        holder = payment
        for each in above:
            holder = holder[each]
        holder[name] = value
    return payment


def without(path: str) -> dict[str, Any]:
    """The payment without a member."""
    payment = copy.deepcopy(PAYMENT)
    *above, name = path.split("__")
    holder = payment
    for each in above:
        holder = holder[each]
    del holder[name]
    return payment
