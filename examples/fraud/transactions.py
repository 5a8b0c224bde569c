"""Seeded synthetic card transactions with a known fraud signal.

Nothing here is anyone's data. A population describes who pays, where and how; every transaction is drawn from it, and is
fraudulent with the probability that `Transactions.log_odds` documents. That probability depends on the features alone, so the
best any model can do is known, and a model's score says how much of the signal it has found.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from examples.fraud.features import FEATURE_NAMES, FEATURES, MERCHANT_CATEGORIES

Column = npt.NDArray[np.float64]
Mask = npt.NDArray[np.bool_]

_MINUTES_IN_A_WEEK = 7 * 24 * 60
_NIGHT_ENDS = 6
_FAR_AWAY_KM = 500
_YOUNG_ACCOUNT_DAYS = 60
_IN_A_BURST = 0.02

# Per merchant category: its share of all transactions, the median amount, how often the card is read by a terminal, and
# what the category adds to the log-odds of fraud.
_BY_CATEGORY = {
    "grocery": (0.33, 32.0, 0.95, -0.6),
    "restaurant": (0.20, 28.0, 0.92, -0.4),
    "fuel": (0.11, 55.0, 0.97, -0.2),
    "travel": (0.06, 210.0, 0.30, 0.2),
    "online_retail": (0.18, 46.0, 0.00, 0.3),
    "electronics": (0.06, 160.0, 0.45, 0.9),
    "cash_withdrawal": (0.04, 90.0, 1.00, 0.9),
    "gambling": (0.02, 60.0, 0.03, 1.3),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Population:
    """Whose transactions these are. The defaults give a fraud rate between 1 and 2 percent.

    Args:
        base_log_odds: Log-odds of fraud for a transaction with nothing suspicious about it.
        amount_scale: What every median amount is multiplied by.
        median_distance: Median kilometres between home and merchant on an ordinary day.
        travelling: Share of the transactions made on a journey, hundreds of kilometres from home.
        night_owls: Share of the transactions at an hour drawn evenly from the whole day.
        risk_at_night: What the hours before six add to the log-odds of fraud.
        risk_abroad: What a merchant in another country adds to them.
    """

    base_log_odds: float = -7.1
    amount_scale: float = 1.0
    median_distance: float = 6.0
    travelling: float = 0.05
    night_owls: float = 0.08
    risk_at_night: float = 2.0
    risk_abroad: float = 1.8


@dataclass(frozen=True, slots=True, kw_only=True)
class Transactions:
    """Transactions as columns, one array a feature, with the truth beside them.

    Args:
        columns: The values by feature name; a category stands as its index.
        labels: True where the transaction is fraudulent.
    """

    columns: dict[str, Column]
    labels: Mask

    def __len__(self) -> int:
        return len(self.labels)

    def matrix(self) -> npt.NDArray[np.float32]:
        """One row a transaction, features in the model's order, as the model reads them."""
        return np.column_stack([self.columns[name] for name in FEATURE_NAMES]).astype(np.float32)

    def records(self, indices: Sequence[int]) -> list[dict[str, float | int | bool | str]]:
        """The transactions at `indices` as JSON-able records, as a caller of the endpoint sends them."""
        return [{feature.name: self._value(feature.name, index) for feature in FEATURES} for index in indices]

    def _value(self, name: str, index: int) -> float | int | bool | str:
        feature = FEATURES[FEATURE_NAMES.index(name)]
        value = float(self.columns[name][index])
        match feature.type:
            case "number":
                return value
            case "integer":
                return int(value)
            case "boolean":
                return bool(value)
            case "category":
                return feature.categories[int(value)]


def generate(count: int, *, seed: int | Sequence[int], population: Population | None = None) -> Transactions:
    """Draw `count` transactions; the same arguments give the same transactions.

    Args:
        count: How many to draw.
        seed: Seeds the generator; a sequence separates streams that share a number, such as training and held-out data.
        population: Whose transactions; the default population when omitted.
    """
    people = population if population is not None else Population()
    rng = np.random.default_rng(seed)
    columns = _draw(count, rng, people)
    fraud = rng.random(count) < 1 / (1 + np.exp(-log_odds(columns, people)))
    return Transactions(columns=columns, labels=fraud)


def log_odds(columns: dict[str, Column], population: Population) -> Column:
    """The log-odds that a transaction is fraudulent: the documented signal.

    Spending far above one's habit, at night, abroad, without the card, at a merchant never seen before, in quick succession,
    far from home, from a young account: each adds its part, and a remote purchase abroad at a new merchant adds one more.
    """
    remote = 1 - columns["card_present"]
    abroad = columns["country_mismatch"]
    unknown = columns["new_merchant"]
    return (
        population.base_log_odds
        + 1.4 * np.log(np.clip(columns["amount_ratio"], 0.2, 20))
        + population.risk_at_night * (columns["hour"] < _NIGHT_ENDS)
        + population.risk_abroad * abroad
        + 1.2 * remote
        + 1.1 * unknown
        + 1.5 * remote * abroad * unknown
        + 0.9 * np.minimum(columns["transactions_last_hour"], 6)
        + 0.3 * np.log1p(columns["distance_from_home"] / 50)
        + 1.3 * (columns["account_age_days"] < _YOUNG_ACCOUNT_DAYS)
        + _of_category(columns["merchant_category"], part=3)
    )


def _draw(count: int, rng: np.random.Generator, people: Population) -> dict[str, Column]:
    shares = np.array([_BY_CATEGORY[category][0] for category in MERCHANT_CATEGORIES])
    category = rng.choice(len(MERCHANT_CATEGORIES), size=count, p=shares).astype(np.float64)
    median = _of_category(category, part=1) * people.amount_scale
    amount = _rounded(np.maximum(median * rng.lognormal(0, 0.7, count), 0.5), decimals=2)
    habit = median * rng.lognormal(0, 0.4, count)

    awake = np.mod(np.round(rng.normal(14, 4, count)), 24)
    hour = np.where(rng.random(count) < people.night_owls, rng.integers(0, 24, count), awake)

    journey = rng.random(count) < people.travelling
    nearby = rng.lognormal(np.log(people.median_distance), 1.1, count)
    distance = np.where(journey, rng.lognormal(np.log(900), 0.9, count), nearby)
    abroad = rng.random(count) < np.where(distance > _FAR_AWAY_KM, 0.5, 0.01)

    burst = rng.random(count) < _IN_A_BURST
    last_hour = rng.poisson(np.where(burst, 3.0, 0.25))
    within_the_hour = rng.uniform(1, 60, count) / np.maximum(last_hour, 1)
    gap = np.where(last_hour > 0, within_the_hour, 60 + rng.exponential(900, count))
    return {
        "amount": amount,
        "amount_ratio": _rounded(amount / habit, decimals=2),
        "merchant_category": category,
        "hour": hour.astype(np.float64),
        "distance_from_home": _rounded(np.minimum(distance, 15_000), decimals=1),
        "card_present": (rng.random(count) < _of_category(category, part=2)).astype(np.float64),
        "country_mismatch": abroad.astype(np.float64),
        "new_merchant": (rng.random(count) < np.where(journey, 0.8, 0.2)).astype(np.float64),
        "transactions_last_hour": last_hour.astype(np.float64),
        "minutes_since_previous": np.floor(np.minimum(gap, _MINUTES_IN_A_WEEK)),
        "account_age_days": np.floor(rng.gamma(1.5, 900, count)),
    }


def _rounded(values: Column, *, decimals: int) -> Column:
    # As coarse as a real record, and so never on the edge between two 32-bit numbers.
    rounded: Column = np.round(values, decimals)
    return rounded


def _of_category(category: Column, *, part: int) -> Column:
    values = np.array([_BY_CATEGORY[name][part] for name in MERCHANT_CATEGORIES])
    return values[category.astype(np.intp)]
