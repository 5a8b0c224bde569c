"""Variants of an endpoint side by side; what is compared, and how, is tested with the comparison itself."""

from typing import Any

import aws_cdk as cdk
import pytest

from cdk_model_hosting import EndpointDashboard, RealtimeEndpoint, Shadow
from tests.unit.builders import FLEET, new_stack, refused, resources, single, variants
from tests.unit.monitoring.drawn import body_of, titles


def alarms_of(stack: cdk.Stack) -> dict[str, dict[str, Any]]:
    found = resources(stack, "AWS::CloudWatch::Alarm").values()
    return {each["Properties"]["AlarmName"]: each["Properties"] for each in found}


def shadowed(stack: cdk.Stack) -> RealtimeEndpoint:
    model = single(stack)
    shadow = Shadow(model=model, fleet=FLEET, percent=10)
    return RealtimeEndpoint(
        stack, "Endpoint", model=model, fleet=FLEET, shadow=shadow, rollback_on=[], endpoint_name="fraud"
    )


def test_the_endpoint_compares_its_variants() -> None:
    stack = new_stack()
    endpoint = RealtimeEndpoint(
        stack, "Endpoint", variants=variants(stack, "a", "b"), rollback_on=[], endpoint_name="fraud"
    )
    comparison = endpoint.compare(
        baseline="a", challenger="b", window=cdk.Duration.minutes(15), least_requests=20, percentile=99
    )
    assert comparison.node.path == "Stack/Endpoint/b.against.a"
    comparison.alarms(more_errors=None, slower=2)
    ((name, alarm),) = alarms_of(stack).items()
    assert name == "fraud/b/against/a/Slower"
    assert {(each["MetricStat"]["Stat"], each["MetricStat"]["Period"]) for each in alarm["Metrics"][:-1]} == {
        ("Sum", 900),
        ("p99", 900),
    }
    assert alarm["Metrics"][-1]["Expression"].startswith("IF(baseline_requests >= 20 AND challenger_requests >= 20, ")


@pytest.mark.parametrize(("option", "is_now"), [("window", ("Sum", 300)), ("percentile", ("p90", 300))])
def test_what_is_compared_when_nothing_is_said(option: str, is_now: tuple[str, int]) -> None:
    stack = new_stack()
    endpoint = RealtimeEndpoint(stack, "Endpoint", variants=variants(stack, "a", "b"), rollback_on=[])
    endpoint.compare(baseline="a", challenger="b").alarms(more_errors=None)
    (alarm,) = alarms_of(stack).values()
    stats = [(each["MetricStat"]["Stat"], each["MetricStat"]["Period"]) for each in alarm["Metrics"][:-1]]
    assert is_now in stats, option


def test_a_shadow_is_compared_with_the_variant_whose_requests_it_gets() -> None:
    stack = new_stack()
    endpoint = shadowed(stack)
    EndpointDashboard(stack, "Dashboard", endpoints=[endpoint])
    endpoint.compare(baseline="AllTraffic", challenger="Shadow").alarms()
    assert list(alarms_of(stack)) == [
        "fraud/Shadow/against/AllTraffic/MoreErrors",
        "fraud/Shadow/against/AllTraffic/Slower",
    ]
    assert "Shadow against AllTraffic: latency, times" in titles(body_of(stack))


def test_alarms_for_operators_leave_a_shadow_alone() -> None:
    stack = new_stack()
    shadowed(stack).alarms()
    assert alarms_of(stack)
    assert all(name.startswith("fraud/AllTraffic/") for name in alarms_of(stack))


def test_an_imported_endpoint_compares_too() -> None:
    stack = new_stack()
    endpoint = RealtimeEndpoint.from_endpoint_name(stack, "Imported", "fraud", variant_names=["a", "b"])
    endpoint.compare(baseline="a", challenger="b").alarms(slower=None)
    assert list(alarms_of(stack)) == ["fraud/b/against/a/MoreErrors"]


def test_fails_when_the_endpoint_has_no_such_variant() -> None:
    with refused("compare challenger must be one of AllTraffic, Shadow, got 'b': the endpoint has no other variant"):
        shadowed(new_stack()).compare(baseline="AllTraffic", challenger="b")
