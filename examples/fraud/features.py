"""What the fraud model is asked about: the fields of a card transaction, in the order in which the model reads them."""

from dataclasses import dataclass
from typing import Any, Literal

FeatureType = Literal["number", "integer", "boolean", "category"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Feature:
    """One input of the model.

    Args:
        name: The field's name in a record and the column's name in a CSV header.
        type: What a value must be. A boolean is read by the model as 0 or 1, a category as its index in `categories`.
        description: One sentence for the people who fill the field in.
        categories: The values that a category may take; empty for the other types.
    """

    name: str
    type: FeatureType
    description: str
    categories: tuple[str, ...] = ()

    def to_json(self) -> dict[str, Any]:
        """The feature as it stands in model.json."""
        described: dict[str, Any] = {"name": self.name, "type": self.type, "description": self.description}
        if self.categories:
            described["categories"] = list(self.categories)
        return described


# Ordered from the safest to the riskiest, so that a tree can split the index at one place instead of at many.
MERCHANT_CATEGORIES = (
    "grocery",
    "restaurant",
    "fuel",
    "travel",
    "online_retail",
    "electronics",
    "cash_withdrawal",
    "gambling",
)

FEATURES = (
    Feature(name="amount", type="number", description="Amount of the transaction in the card's currency."),
    Feature(
        name="amount_ratio",
        type="number",
        description="The amount divided by what this cardholder usually spends in this merchant category.",
    ),
    Feature(
        name="merchant_category",
        type="category",
        description="What the merchant sells.",
        categories=MERCHANT_CATEGORIES,
    ),
    Feature(name="hour", type="integer", description="Hour of the day where the cardholder lives, 0 to 23."),
    Feature(
        name="distance_from_home",
        type="number",
        description="Kilometres between the cardholder's home and the merchant.",
    ),
    Feature(name="card_present", type="boolean", description="Whether the card itself was read by a terminal."),
    Feature(
        name="country_mismatch",
        type="boolean",
        description="Whether the merchant's country differs from the card's.",
    ),
    Feature(name="new_merchant", type="boolean", description="Whether the card has never paid this merchant before."),
    Feature(
        name="transactions_last_hour",
        type="integer",
        description="Transactions on the card in the hour before this one.",
    ),
    Feature(
        name="minutes_since_previous",
        type="integer",
        description="Minutes since the card's previous transaction, at most one week.",
    ),
    Feature(name="account_age_days", type="integer", description="Days since the account was opened."),
)

FEATURE_NAMES = tuple(feature.name for feature in FEATURES)
