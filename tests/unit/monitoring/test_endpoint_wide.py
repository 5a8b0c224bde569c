"""What is published by the endpoint as a whole, as asynchronous endpoints publish their backlog: no new mechanism."""

from dataclasses import replace

from aws_cdk.assertions import Template

from cdk_model_hosting import Alarm, RealtimeEndpoint
from cdk_model_hosting.monitoring.panels import Panel, Series, Stat
from cdk_model_hosting.monitoring.widgets import Home, endpoint_widgets
from tests.unit.builders import new_stack, variants

BACKLOG = Alarm(
    name="Backlog",
    what="Alarm.backlog",
    metric="ApproximateBacklogSize",
    by="endpoint",
    statistic="Average",
    threshold=100,
    says="more than 100 requests wait",
    minutes=5,
    out_of=5,
)
PANEL = Panel(
    title="Waiting",
    series=(Series(label="requests", of=(Stat(metric="ApproximateBacklogSize", statistic="Average"),)),),
    by="endpoint",
)


def test_an_alarm_watches_the_endpoint_once_and_not_its_variants() -> None:
    stack = new_stack()
    endpoint = RealtimeEndpoint(
        stack, "Endpoint", variants=variants(stack, "a", "b"), endpoint_name="fraud", rollback_on=[BACKLOG]
    )
    endpoint.alarms(BACKLOG, Alarm.server_errors())
    found = [
        each["Properties"] for each in Template.from_stack(stack).find_resources("AWS::CloudWatch::Alarm").values()
    ]
    names = {each["AlarmName"]: each for each in found}
    assert set(names) == {"fraud/Backlog/rollback", "fraud/Backlog", "fraud/a/ServerErrors", "fraud/b/ServerErrors"}
    for name in ("fraud/Backlog/rollback", "fraud/Backlog"):
        assert names[name]["Dimensions"] == [{"Name": "EndpointName", "Value": "fraud"}]
        assert names[name]["AlarmDescription"] == "fraud: more than 100 requests wait"


def test_a_graph_has_one_line_and_the_threshold() -> None:
    stack = new_stack()
    endpoint = RealtimeEndpoint(
        stack, "Endpoint", variants=variants(stack, "a", "b"), endpoint_name="fraud", rollback_on=[]
    )
    endpoint.alarms(BACKLOG)
    endpoint.watching.kind = replace(endpoint.watching.kind, panels=(PANEL,))
    widgets = endpoint_widgets(endpoint.watching, Home(partition="aws", region="here", account="1"), 0)
    found = widgets[-1]["properties"]
    assert found["metrics"] == [
        [
            "AWS/SageMaker",
            "ApproximateBacklogSize",
            "EndpointName",
            "fraud",
            {"stat": "Average", "label": "requests"},
        ]
    ]
    assert [(each["label"], each["value"]) for each in found["annotations"]["horizontal"]] == [("Backlog", 100)]


def test_many_alarms_are_shown_in_several_widgets() -> None:
    stack = new_stack()
    endpoint = RealtimeEndpoint.from_endpoint_name(stack, "Theirs", "theirs")
    endpoint.alarms(*(Alarm.server_errors().named(f"Errors{index}") for index in range(101)))
    widgets = endpoint_widgets(endpoint.watching, Home(partition="aws", region="here", account="1"), 0)
    assert [len(each["properties"]["alarms"]) for each in widgets if each["type"] == "alarm"] == [100, 1]
