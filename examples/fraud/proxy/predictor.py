"""What a function in front of the fraud model's endpoint does: a payment as the shop reports it in, what to do with it out."""

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any

# What the model takes as the shop reports it. Whatever else is reported, such as a card's number, does not get to the model.
_AS_REPORTED = (
    "amount_ratio",
    "distance_from_home",
    "card_present",
    "country_mismatch",
    "new_merchant",
    "transactions_last_hour",
    "minutes_since_previous",
    "account_age_days",
)
_CENTS = 100
_DECLINED_FROM = 0.6
# The loss to be expected from which on a person is asked, whatever the model decides.
_REVIEWED_FROM = 50.0


def predict(endpoint: Any, request: Any) -> dict[str, Any]:
    """Decide what to do with a payment.

    Args:
        endpoint: The endpoint of the fraud model.
        request: The payment, as the shop reports it.

    Raises:
        ValueError: When the shop's report is none, which it is told with the reason.
    """
    features = _features(request)
    (prediction,) = endpoint.invoke(features).json()["predictions"]
    loss = round(prediction["probability"] * features["amount"], 2)
    return {
        "payment": request.get("payment"),
        "action": _action(prediction, loss),
        "expected_loss": loss,
        "probability": prediction["probability"],
        "version": prediction["version"],
    }


def _features(request: Any) -> dict[str, Any]:
    """The model's features; what they must be, the model says itself."""
    if not isinstance(request, Mapping):
        raise ValueError(f"a payment must be an object, got {_shown(request)}")  # noqa: TRY004 - the shop's fault
    cents = request.get("cents")
    # To Python, a boolean is a number too.
    if isinstance(cents, bool) or not isinstance(cents, int) or cents <= 0:
        raise ValueError(f"cents must be a whole number above 0, got {_shown(cents)}")
    missing = [name for name in _AS_REPORTED if request.get(name) is None]
    if missing:
        raise ValueError(f"a payment must have {missing[0]}, got none")
    return {
        "amount": cents / _CENTS,
        "hour": _hour(request.get("at")),
        "merchant_category": "_".join(str(request.get("category", "")).lower().split()),
        **{name: request[name] for name in _AS_REPORTED},
    }


def _hour(at: object) -> int:
    try:
        return datetime.fromisoformat(str(at)).hour
    except ValueError:
        raise ValueError(f"at must be a time such as 2026-11-21T17:30:00+01:00, got {_shown(at)}") from None


def _action(prediction: Mapping[str, Any], loss: float) -> str:
    if prediction["probability"] >= _DECLINED_FROM:
        return "decline"
    return "review" if prediction["decision"] == "review" or loss >= _REVIEWED_FROM else "approve"


def _shown(value: object) -> str:
    return "nothing" if value is None else json.dumps(value)[:40]
