"""Dashboards that cannot be."""

import aws_cdk as cdk
import pytest

from cdk_model_hosting import RealtimeEndpoint
from cdk_model_hosting.monitoring.dashboard import EndpointDashboard
from tests.unit.builders import FLEET, new_stack, number_token, refused, single


def endpoint_in(stack: cdk.Stack) -> RealtimeEndpoint:
    return RealtimeEndpoint(stack, "Endpoint", model=single(stack), fleet=FLEET, endpoint_name="fraud", rollback_on=[])


def test_fails_when_there_is_nothing_to_show() -> None:
    with refused("EndpointDashboard endpoints must have at least 1 element, got 0: there would be nothing to show"):
        EndpointDashboard(new_stack(), "Dashboard", endpoints=[])
    stack = new_stack()
    bare = RealtimeEndpoint.from_endpoint_name(stack, "Theirs", "theirs", variant_names=[])
    with refused(
        "EndpointDashboard endpoints must have known variants, got none of theirs: metrics belong to variants; import it "
        "with variant_names"
    ):
        EndpointDashboard(stack, "Dashboard", endpoints=[bare])


def test_fails_when_an_endpoint_is_shown_twice() -> None:
    stack = new_stack()
    endpoint = endpoint_in(stack)
    with refused("EndpointDashboard endpoints must differ, got fraud twice: each has one section"):
        EndpointDashboard(stack, "Dashboard", endpoints=[endpoint, endpoint])


def test_fails_when_there_are_more_endpoints_than_a_dashboard_holds() -> None:
    stack = new_stack()
    many = [RealtimeEndpoint.from_endpoint_name(stack, f"E{index}", f"e{index}") for index in range(46)]
    with refused(
        "EndpointDashboard endpoints' widgets must be 1-500 widgets, got 506: CloudWatch shows no more; spread the endpoints "
        "over several dashboards"
    ):
        EndpointDashboard(stack, "Dashboard", endpoints=many)


@pytest.mark.parametrize("name", ["", "Shop 1", "Shop/1", "S" * 256])
def test_fails_when_the_name_is_none(name: str) -> None:
    stack = new_stack()
    with pytest.raises(ValueError, match=r"^EndpointDashboard dashboard_name must "):
        EndpointDashboard(stack, "Dashboard", endpoints=[endpoint_in(stack)], dashboard_name=name)


@pytest.mark.parametrize(
    ("shows", "message"),
    [
        (cdk.Duration.seconds(30), "must be 1-655200 minutes, got 0.5: CloudWatch keeps metrics for 455 days"),
        (cdk.Duration.seconds(90), "must be 1-655200 minutes, got 1.5: it must be a whole number"),
        (cdk.Duration.days(456), "must be 1-655200 minutes, got 656640.0: CloudWatch keeps metrics for 455 days"),
    ],
)
def test_fails_when_the_time_that_is_shown_is_none(shows: cdk.Duration, message: str) -> None:
    stack = new_stack()
    with refused(f"EndpointDashboard shows {message}"):
        EndpointDashboard(stack, "Dashboard", endpoints=[endpoint_in(stack)], shows=shows)


def test_fails_when_the_time_that_is_shown_is_a_token() -> None:
    stack = new_stack()
    with refused(
        "EndpointDashboard shows must be a literal number, got one that is known only at deploy time: CloudFormation cannot "
        "compute with it"
    ):
        EndpointDashboard(
            stack, "Dashboard", endpoints=[endpoint_in(stack)], shows=cdk.Duration.seconds(number_token(stack))
        )
