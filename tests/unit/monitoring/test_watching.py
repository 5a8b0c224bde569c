"""What is watched of endpoints that publish by other things than variants, and of components that come later."""

from typing import Any

import aws_cdk as cdk
import pytest
from aws_cdk import aws_cloudwatch_actions as cloudwatch_actions
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_sns as sns

from cdk_model_hosting import Alarm, EndpointDashboard, RealtimeEndpoint
from cdk_model_hosting.monitoring.watching import Watching, spread
from cdk_model_hosting.patterns import Pattern
from tests.unit.builders import new_stack, refused, resources, text_token
from tests.unit.monitoring.drawn import body_of, drawn, widget
from tests.unit.monitoring.endpoints import CONTAINERS, GPUS, component, endpoint_of, watched


def alarms_of(stack: cdk.Stack) -> dict[str, dict[str, Any]]:
    """The properties of all alarms, by name."""
    found = [each["Properties"] for each in resources(stack, "AWS::CloudWatch::Alarm").values()]
    named = {str(each["AlarmName"]): each for each in found}
    assert len(named) == len(found)
    return named


def dimensions(alarm: dict[str, Any]) -> dict[str, Any]:
    return {each["Name"]: each["Value"] for each in alarm["Dimensions"]}


def test_what_the_endpoint_publishes_is_watched_once() -> None:
    stack = new_stack()
    endpoint = endpoint_of(stack, Pattern.ASYNCHRONOUS, watched("a"), watched("b"))
    endpoint.alarms(Alarm.backlog(above=100), Alarm.server_errors())
    found = alarms_of(stack)
    assert list(found) == ["fraud/Backlog", "fraud/a/ServerErrors", "fraud/b/ServerErrors"]
    assert dimensions(found["fraud/Backlog"]) == {"EndpointName": "fraud"}


def test_every_container_has_its_alarm() -> None:
    stack = new_stack()
    endpoint = endpoint_of(stack, Pattern.PIPELINE, *(watched(name, containers=CONTAINERS) for name in ("a", "b")))
    endpoint.alarms(
        Alarm.container_latency(), Alarm.container_latency(container="score").named("SlowScore"), Alarm.model_latency()
    )
    found = alarms_of(stack)
    assert list(found) == [
        f"fraud/{variant}/{name}"
        for variant in ("a", "b")
        for name in ("clean/ContainerLatency", "score/ContainerLatency", "score/SlowScore", "ModelLatencyP99")
    ]
    assert dimensions(found["fraud/b/score/SlowScore"]) == {
        "EndpointName": "fraud",
        "VariantName": "b",
        "ContainerName": "score",
    }


def test_one_condition_for_each_container_needs_no_other_name() -> None:
    stack = new_stack()
    endpoint = endpoint_of(stack, Pattern.MULTI_CONTAINER, watched(containers=CONTAINERS))
    endpoint.alarms(Alarm.container_errors(container="clean", above=1))
    endpoint.alarms(Alarm.container_errors(container="score", above=50))
    assert len(alarms_of(stack)) == 2
    with refused(
        "alarms must name each condition once for an endpoint, got ContainerErrors twice: alarms are told apart by their "
        "names; use Alarm.named for a second threshold"
    ):
        endpoint.alarms(Alarm.container_errors())


def test_names_of_containers_and_components_may_be_tokens() -> None:
    stack = new_stack()
    container = text_token(stack, "Container")
    endpoint = endpoint_of(stack, Pattern.PIPELINE, watched(containers=(container, "score")))
    endpoint.alarms(Alarm.container_latency())
    found = list(resources(stack, "AWS::CloudWatch::Alarm").values())
    assert found[0]["Properties"]["AlarmName"] == {
        "Fn::Join": ["", ["fraud/main/", {"Ref": "Container"}, "/ContainerLatency"]]
    }
    name = text_token(stack, "Component")
    watches = spread(
        [Alarm.no_capacity()], endpoint_of(new_stack(), Pattern.COMPONENTS).watching.kind, (), [component(name)]
    )
    assert [each.construct_id for each in watches] == [":Component0.NoCapacity"]


def test_components_and_their_instances_are_watched() -> None:
    stack = new_stack()
    endpoint = endpoint_of(stack, Pattern.COMPONENTS)
    for name in ("rank", "embed"):
        endpoint.watching.join(component(name))
    endpoint.alarms(Alarm.server_errors(), Alarm.no_capacity(), Alarm.cpu_utilization(above=80))
    found = alarms_of(stack)
    assert list(found) == [
        "fraud/main/CPUUtilization",
        "fraud/rank/ServerErrors",
        "fraud/rank/NoCapacity",
        "fraud/embed/ServerErrors",
        "fraud/embed/NoCapacity",
    ]
    assert dimensions(found["fraud/embed/ServerErrors"]) == {"InferenceComponentName": "embed"}
    assert dimensions(found["fraud/main/CPUUtilization"]) == {"EndpointName": "fraud", "VariantName": "main"}
    assert found["fraud/main/CPUUtilization"]["Threshold"] == 160


def test_a_component_that_comes_later_is_watched_in_the_same_way() -> None:
    stack = new_stack()
    endpoint = endpoint_of(stack, Pattern.COMPONENTS)
    topic = sns.Topic(stack, "Topic")
    code = lambda_.Code.from_inline("def handler(event, context): pass")
    function = lambda_.Function(stack, "Mend", code=code, runtime=lambda_.Runtime.PYTHON_3_13, handler="index.handler")
    action = cloudwatch_actions.LambdaAction(function, use_unique_permission_id=True)
    made = endpoint.alarms(Alarm.no_capacity(), Alarm.disk_utilization(), actions=[topic, action], ok_actions=[topic])
    endpoint.alarms(Alarm.server_errors(above=1))
    assert len(made) == 1
    endpoint.watching.join(component("rank"))
    endpoint.watching.join(component("embed"))
    found = alarms_of(stack)
    assert list(found) == [
        "fraud/main/DiskUtilization",
        "fraud/rank/NoCapacity",
        "fraud/rank/ServerErrors",
        "fraud/embed/NoCapacity",
        "fraud/embed/ServerErrors",
    ]
    assert found["fraud/embed/NoCapacity"]["OKActions"] == [{"Ref": next(iter(resources(stack, "AWS::SNS::Topic")))}]
    assert len(found["fraud/embed/NoCapacity"]["AlarmActions"]) == 2
    assert not {"AlarmActions", "OKActions"} & found["fraud/embed/ServerErrors"].keys()
    assert len(resources(stack, "AWS::Lambda::Permission")) == 3


def test_a_component_that_comes_after_the_dashboard_is_on_it_with_its_alarms() -> None:
    stack = new_stack()
    endpoint = endpoint_of(stack, Pattern.COMPONENTS)
    EndpointDashboard(stack, "Dashboard", endpoints=[endpoint])
    endpoint.alarms(Alarm.no_capacity())
    endpoint.watching.join(component("rank"))
    body = body_of(stack, Pattern.COMPONENTS)
    assert list(drawn(widget(body, "Requests a minute"))) == ["requests"]
    assert [each.rpartition(":alarm:")[2] for each in widget(body, "Alarms")["alarms"]] == ["fraud/rank/NoCapacity"]


def test_fails_when_a_copy_has_no_gpus() -> None:
    endpoint = endpoint_of(new_stack(), Pattern.COMPONENTS)
    endpoint.watching.join(component("rank", machine=GPUS))
    endpoint.alarms(Alarm.copy_gpu_utilization())
    with refused(
        "Alarm.copy_gpu_utilization must watch a fleet with GPUs, got ml.c6i.large of variant main: it publishes no such "
        "metric"
    ):
        endpoint.watching.join(component("embed"))


def test_an_endpoint_without_such_metrics_is_refused_before_anything_is_made() -> None:
    stack = new_stack()
    endpoint = RealtimeEndpoint.from_endpoint_name(stack, "Theirs", "theirs")
    with refused(
        "Alarm.model_load_wait must watch a multi-model endpoint, got a single-model real-time endpoint: it publishes no "
        "ModelLoadingWaitTime"
    ):
        endpoint.alarms(Alarm.server_errors(), Alarm.model_load_wait())
    assert not resources(stack, "AWS::CloudWatch::Alarm")


@pytest.mark.parametrize(
    ("by", "names"),
    [
        ("endpoint", ["a"]),
        ("variant", ["a", "b"]),
        ("container", ["clean", "score", "rank"]),
        ("component", ["one"]),
    ],
)
def test_who_publishes(by: Any, names: list[str]) -> None:
    watching = Watching(
        kind=endpoint_of(new_stack(), Pattern.COMPONENTS).watching.kind,
        variants=(watched("a", containers=CONTAINERS), watched("b", containers=("rank",))),
        components=[component("one")],
    )
    assert [each.name for each in watching.seen(by)] == names
