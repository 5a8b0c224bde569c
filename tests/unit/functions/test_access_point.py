"""Who may put models into an access point's folder."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from cdk_model_hosting import ModelDelivery
from cdk_model_hosting.functions.access_point import AccessPoint
from cdk_model_hosting.functions.file_system import ModelFileSystem
from tests.unit.builders import new_stack, refused, text_token

if TYPE_CHECKING:
    from pathlib import Path

    import aws_cdk as cdk


@pytest.fixture
def stack() -> cdk.Stack:
    return new_stack()


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (
            {"folder": "/"},
            (
                "AccessPoint folder must not be the root for ModelDelivery.file_system_asset, got '/': the root of a file system belongs to "
                "root, and the access point's user cannot write there"
            ),
        ),
        (
            {"mode": "0550"},
            (
                "AccessPoint mode must let the owner read, write and enter (7, such as 750) for ModelDelivery.file_system_asset, got '0550': "
                "the access point's user owns the folder, and models are put there by it"
            ),
        ),
    ],
)
def test_fails_when_models_cannot_be_put_there(
    stack: cdk.Stack, model: Path, options: dict[str, str], message: str
) -> None:
    place = ModelFileSystem(stack, "Models", access_point=AccessPoint(**options))  # type: ignore[arg-type]
    with refused(message):
        ModelDelivery.file_system_asset(place, model)
    # Somebody else may be root.
    ModelDelivery.file_system(place, "fraud/{version}", version="3")


def test_an_access_point_may_be_known_at_deploy_time_only(stack: cdk.Stack, model: Path) -> None:
    text = text_token(stack)
    place = ModelFileSystem(stack, "Models", access_point=AccessPoint(folder=text, mode=text))

    assert ModelDelivery.file_system_asset(place, model)
