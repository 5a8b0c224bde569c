"""No count of the bench is out of its bounds; its times are for people to read."""

from __future__ import annotations

import aws_cdk as cdk
import jsii
import pytest
from aws_cdk import aws_iam as iam

from tests.bench.counts import count, counts
from tests.bench.figure import Figure
from tests.bench.subjects import bare_l1


def test_no_count_is_out_of_bounds() -> None:
    figures = counts()

    assert [f"{figure.name}: {figure.value:g}" for figure in figures if figure.fails] == []
    assert not [figure.name for figure in figures if figure.timed]


def test_bare_resources_are_counted_as_they_are_known() -> None:
    """Six resources and five references: were this to change, the bench would measure something else."""
    one, two = count(bare_l1(1)), count(bare_l1(2))

    assert two.requests - one.requests == 11
    assert two.resources - one.resources == 6


def test_a_callback_is_seen() -> None:
    def fill(stack: cdk.Stack) -> None:
        value = cdk.Lazy.string(_Producer())
        iam.CfnRole(stack, "Role", assume_role_policy_document={}, description=value)

    assert count(fill).crossings.callbacks


@pytest.mark.parametrize(
    ("figure", "fails", "verdict"),
    [
        (Figure(name="calls", value=12, bound=12), False, "met"),
        (Figure(name="calls", value=12, bound=12, next_bound=7), False, "met, next goal open"),
        (Figure(name="calls", value=13, bound=12), True, "MISSED"),
        (Figure(name="ratio", value=2, bound=1, timed=True), False, "missed, but a time"),
        (Figure(name="bytes", value=9000), False, "shown"),
    ],
)
def test_verdicts(figure: Figure, fails: bool, verdict: str) -> None:
    assert figure.fails is fails
    assert figure.verdict == verdict


@jsii.implements(cdk.IStableStringProducer)
class _Producer:
    def produce(self) -> str:
        return "lazy"
