"""A payment as a shop reports it, with what the bank knows of the card."""

from dataclasses import dataclass
from datetime import date, datetime

from .fields import Fields


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """A place on Earth.

    Args:
        latitude: Degrees, north above 0.
        longitude: Degrees, east above 0.
    """

    latitude: float
    longitude: float

    @classmethod
    def of(cls, fields: Fields) -> "Place":
        """Read a place.

        Raises:
            RequestError: There is none.
        """
        return cls(
            latitude=fields.number("latitude", low=-90, high=90),
            longitude=fields.number("longitude", low=-180, high=180),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Payment:
    """A payment.

    Args:
        at: When it is made, by the clock of where the cardholder lives.
        amount: How much, in the card's currency.
        card_present: Whether a terminal has read the card itself.
        merchant: The merchant's identifier.
        category: What the merchant sells.
        merchant_country: The merchant's country.
        merchant_place: Where the merchant is.
        card_country: The card's country.
        home: Where the cardholder lives.
        opened: The day on which the account was opened.
        usual_amount: What the cardholder usually spends in this category, in the card's currency.
        known_merchants: Identifiers of the merchants whom the card has paid before.
        earlier: When the card was used before, as far back as a week.
    """

    at: datetime
    amount: float
    card_present: bool
    merchant: str
    category: str
    merchant_country: str
    merchant_place: Place
    card_country: str
    home: Place
    opened: date
    usual_amount: float
    known_merchants: frozenset[str]
    earlier: tuple[datetime, ...]

    @classmethod
    def of(cls, value: object, name: str) -> "Payment":
        """Read a payment.

        Args:
            value: What the caller sent.
            name: What to call it in a refusal.

        Raises:
            RequestError: It is no payment.
        """
        fields = Fields(value, name)
        merchant, card = fields.nested("merchant"), fields.nested("card")
        payment = cls(
            at=fields.moment("at"),
            amount=fields.number("amount", above=0),
            card_present=fields.flag("card_present"),
            merchant=merchant.text("id"),
            category=merchant.text("category"),
            merchant_country=merchant.text("country"),
            merchant_place=Place.of(merchant),
            card_country=card.text("country"),
            home=Place.of(card.nested("home")),
            opened=card.day("opened"),
            usual_amount=card.number("usual_amount", above=0),
            known_merchants=frozenset(card.texts("merchants")),
            earlier=tuple(card.moments("payments")),
        )
        if any(each > payment.at for each in payment.earlier):
            raise card.refuse("payments", f"before this one at {payment.at.isoformat()}")
        if payment.opened > payment.at.date():
            raise card.refuse("opened", f"at the latest the day of the payment, {payment.at.date()}")
        return payment
