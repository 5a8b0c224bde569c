from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from cdk_model_hosting import Concurrency, FunctionCode, ModelDelivery, Scaling
from cdk_model_hosting.functions.size import FunctionSize
from tests.unit.builders import new_stack, number_token, refused, stack_in
from tests.unit.functions.made import advice_of, function, only_own

if TYPE_CHECKING:
    from pathlib import Path

SNAPSHOT = Concurrency(snap_start=True)


def test_versions_are_kept_as_snapshots(source: Path, model: Path) -> None:
    made = function(source, model, concurrency=SNAPSHOT)

    assert only_own(made, "AWS::Lambda::Function")["SnapStart"] == {"ApplyOn": "PublishedVersions"}
    assert "SnapStart" not in only_own(function(source, model), "AWS::Lambda::Function")
    assert advice_of(made) == []


def test_images_are_kept_too(source: Path, model: Path) -> None:
    made = function(source, model, concurrency=SNAPSHOT, delivery=ModelDelivery.image(model))

    assert only_own(made, "AWS::Lambda::Function")["SnapStart"] == {"ApplyOn": "PublishedVersions"}


@pytest.mark.parametrize(
    "options", [{"provisioned": 2}, {"scaling": Scaling.on_provisioned_use(percent=70, between=(2, 20))}]
)
def test_fails_when_environments_are_kept_ready_too(options: dict[str, Any]) -> None:
    with refused(
        "Concurrency snap_start must be False with provisioned or scaling, got True: Lambda keeps no environments ready that are "
        "made from a snapshot"
    ):
        Concurrency(snap_start=True, **options)
    Concurrency(snap_start=True, reserved=2)


def test_fails_when_the_switch_is_none() -> None:
    with refused("Concurrency snap_start must be a bool, got 1: nothing else is understood there"):
        Concurrency(snap_start=1)  # type: ignore[arg-type]


def test_fails_when_lambda_keeps_no_such_function(source: Path, model: Path) -> None:
    with refused(
        "FunctionSize ephemeral_mb with Concurrency snap_start must be exactly 512 MB, got 1024: Lambda keeps no larger one in a snapshot"
    ):
        function(source, model, concurrency=SNAPSHOT, size=FunctionSize(ephemeral_mb=1024))
    with refused(
        "FunctionCode python with Concurrency snap_start must be one of 3.12, 3.13, 3.14, got '3.11': Lambda keeps no older one in "
        "a snapshot"
    ):
        function(source, model, concurrency=SNAPSHOT, code=FunctionCode.from_folder(source, python="3.11"))


def test_a_size_that_is_known_at_deploy_time_only_passes(source: Path, model: Path) -> None:
    stack = new_stack()
    size = FunctionSize(ephemeral_mb=number_token(stack))  # type: ignore[arg-type]

    function(source, model, stack, concurrency=SNAPSHOT, size=size)


@pytest.mark.parametrize(
    ("region", "name"),
    [("ap-east-2", "Asia Pacific (Taipei)"), ("ap-southeast-6", "Asia Pacific (New Zealand)"), ("eu-west-1", None)],
)
def test_a_region_without_it_is_told_of(source: Path, model: Path, region: str, name: str | None) -> None:
    stack = stack_in(region)
    made = function(source, model, stack, concurrency=SNAPSHOT)

    expected = (
        f"Lambda had no SnapStart in {name} when this library was made: without it, the deployment fails; turn Concurrency "
        "snap_start off, or deploy to another region [ack: cdk-model-hosting:snapStartInRegion]"
    )
    assert advice_of(made) == ([] if name is None else [expected])
    assert advice_of(function(source, model, stack_in(region))) == []
