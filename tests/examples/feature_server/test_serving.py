"""What the server answers, and what it refuses in which words."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from starlette.testclient import TestClient

from examples.containers.features.feature_server.app import create_app
from examples.containers.features.feature_server.derivation import features_of
from examples.containers.features.feature_server.payment import Payment
from tests.examples.feature_server.asked import PAYMENT, changed, without


@pytest.fixture(scope="module")
def client() -> Iterator[TestClient]:
    with TestClient(create_app()) as client:
        yield client


def refusal(client: TestClient, body: Any) -> str:
    answer = client.post("/invocations", json=body)
    assert answer.status_code == 400
    assert answer.headers["content-type"] == "application/json"
    told: dict[str, str] = answer.json()
    assert set(told) == {"error"}
    return told["error"]


def test_it_is_well_at_once(client: TestClient) -> None:
    assert client.get("/ping").status_code == 200


def test_one_payment_and_many_are_answered_alike(client: TestClient) -> None:
    features = features_of(Payment.of(PAYMENT, "payment"))

    one = client.post("/invocations", json=PAYMENT)
    many = client.post("/invocations", json=[PAYMENT, PAYMENT], headers={"accept": "*/*"})

    assert one.json() == {"instances": [features]}
    assert many.json() == {"instances": [features, features]}
    assert one.headers["content-type"] == many.headers["content-type"] == "application/json"


def test_a_charset_is_no_other_type(client: TestClient) -> None:
    body = json.dumps(PAYMENT).encode()
    headers = {"content-type": "Application/JSON; charset=utf-8"}
    assert client.post("/invocations", content=body, headers=headers).status_code == 200


@pytest.mark.parametrize("content_type", ["text/csv", "application/jsonlines"])
def test_other_types_are_refused(client: TestClient, content_type: str) -> None:
    answer = client.post("/invocations", content=b"1,2", headers={"content-type": content_type})

    assert answer.status_code == 415
    assert answer.json() == {"error": f"Content-Type must be application/json, got {content_type}"}


def test_so_is_none(client: TestClient) -> None:
    assert client.post("/invocations", content=b"{}").json() == {
        "error": "Content-Type must be application/json, got none"
    }


@pytest.mark.parametrize("body", [b"", b"{", b"\xff", b'{"amount": NaN}'])
def test_what_is_no_json_is_refused(client: TestClient, body: bytes) -> None:
    answer = client.post("/invocations", content=body, headers={"content-type": "application/json"})

    assert answer.status_code == 400
    assert answer.json()["error"].startswith("the body must be JSON: ")


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        ([], "the body must hold at least one payment, got none"),
        ("text", "payment 1 must be an object, got 'text'"),
        ([None], "payment 1 must be an object, got nothing"),
        ([PAYMENT, 7], "payment 2 must be an object, got 7"),
        ([PAYMENT, changed(card=[])], "payment 2: card must be an object, got []"),
        (without("merchant"), "payment 1: merchant must be an object, got nothing"),
        (without("amount"), "payment 1: amount must be a number above 0, got nothing"),
        (changed(amount=None), "payment 1: amount must be a number above 0, got nothing"),
        (changed(amount=0), "payment 1: amount must be a number above 0, got 0"),
        (changed(amount=True), "payment 1: amount must be a number above 0, got True"),
        (changed(amount="12"), "payment 1: amount must be a number above 0, got '12'"),
        (changed(card__usual_amount=-3), "payment 1: card.usual_amount must be a number above 0, got -3"),
        (
            changed(card__home={"latitude": 91, "longitude": 0}),
            "payment 1: card.home.latitude must be a number from -90 to 90, got 91",
        ),
        (changed(merchant__longitude=200), "payment 1: merchant.longitude must be a number from -180 to 180, got 200"),
        (changed(card_present="yes"), "payment 1: card_present must be true or false, got 'yes'"),
        (changed(merchant__country=" "), "payment 1: merchant.country must be a text, got ' '"),
        (changed(merchant__category=3), "payment 1: merchant.category must be a text, got 3"),
        (changed(card__merchants="m-7"), "payment 1: card.merchants must be a list of texts, got 'm-7'"),
        (changed(card__merchants=["m-7", 8]), "payment 1: card.merchants must be a list of texts, got ['m-7', 8]"),
        (
            changed(at="2026-03-14"),
            "payment 1: at must be a time with its offset from UTC, such as 2026-03-14T02:31:00+01:00, got '2026-03-14'",
        ),
        (changed(card__opened="May"), "payment 1: card.opened must be a date such as 2019-05-01, got 'May'"),
        (
            changed(card__opened="2026-03-15"),
            "payment 1: card.opened must be at the latest the day of the payment, 2026-03-14, got '2026-03-15'",
        ),
        (
            changed(card__payments=["yesterday"]),
            "payment 1: card.payments must be a list of times with their offsets from UTC, got ['yesterday']",
        ),
        (
            changed(card__payments=["2026-03-14T02:31:01Z"]),
            "payment 1: card.payments must be before this one at 2026-03-14T02:31:00+01:00, got ['2026-03-14T02:31:01Z']",
        ),
        (
            changed(merchant__id=list(range(30))),
            f"payment 1: merchant.id must be a text, got {str(list(range(30)))[:40]}...",
        ),
    ],
)
def test_what_is_no_payment_is_refused(client: TestClient, body: Any, reason: str) -> None:
    assert refusal(client, body) == reason


def test_further_members_are_ignored(client: TestClient) -> None:
    assert client.post("/invocations", json=changed(note="hello", card__colour="blue")).status_code == 200


def test_a_line_of_the_log_tells_an_invocation(client: TestClient, capsys: pytest.CaptureFixture[str]) -> None:
    client.post("/invocations", json=[PAYMENT, PAYMENT])
    refusal(client, [])

    answered, refused = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert (answered["message"], answered["status"], answered["payments"]) == ("invocation", 200, 2)
    assert (refused["status"], refused["reason"]) == (400, "the body must hold at least one payment, got none")
    assert 0 < answered["ms"] < 10_000


def test_other_paths_are_not_served(client: TestClient) -> None:
    assert client.post("/ping").status_code == 405
    assert client.get("/invocations").status_code == 405
    assert client.get("/").status_code == 404
