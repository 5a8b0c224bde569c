"""Two variants side by side: alarms on the one that does worse, and graphs of both."""

from typing import Any

import aws_cdk as cdk
import pytest
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_cloudwatch_actions as cloudwatch_actions
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_sns as sns

from cdk_model_hosting import EndpointDashboard, RealtimeEndpoint
from cdk_model_hosting.endpoints.endpoint import Endpoint
from cdk_model_hosting.monitoring.comparison import Comparison, comparison_id
from cdk_model_hosting.patterns import Pattern
from tests.bench.crossings import counted
from tests.unit.builders import new_stack, number_token, refused, resources, stack_in, text_token
from tests.unit.monitoring.drawn import body_of, drawn, thresholds, titles, widget
from tests.unit.monitoring.endpoints import endpoint_of, watched

ENOUGH = "baseline_requests >= 100 AND challenger_requests >= 100"


def shared(stack: cdk.Stack) -> Endpoint:
    return endpoint_of(stack, Pattern.REALTIME, watched("current"), watched("candidate"))


def compared(endpoint: Endpoint, **options: Any) -> Comparison:
    names = {"baseline": "current", "challenger": "candidate", **options}
    construct_id = comparison_id(names["baseline"], names["challenger"])
    return Comparison(endpoint, construct_id, watching=endpoint.watching, **names)


def alarms_of(stack: cdk.Stack) -> dict[str, dict[str, Any]]:
    return {
        str(each["Properties"]["AlarmName"]): each["Properties"]
        for each in resources(stack, "AWS::CloudWatch::Alarm").values()
    }


def looked_at(alarm: dict[str, Any]) -> dict[str, tuple[str, str, int, str]]:
    """Metric, statistic, period and variant of each metric that an alarm looks at, by its id."""
    return {
        each["Id"]: (
            stat["Metric"]["MetricName"],
            stat["Stat"],
            stat["Period"],
            {name["Name"]: name["Value"] for name in stat["Metric"]["Dimensions"]}["VariantName"],
        )
        for each in alarm["Metrics"]
        if (stat := each.get("MetricStat")) is not None
    }


def test_more_errors_than_the_baseline() -> None:
    stack = new_stack()
    made = compared(shared(stack)).alarms(more_errors=2, slower=None)
    assert [type(each) for each in made] == [cloudwatch.CfnAlarm]
    ((name, alarm),) = alarms_of(stack).items()
    assert name == "fraud/candidate/against/current/MoreErrors"
    assert looked_at(alarm) == {
        "baseline_requests": ("Invocations", "Sum", 300, "current"),
        "challenger_requests": ("Invocations", "Sum", 300, "candidate"),
        "baseline_errors": ("Invocation5XXErrors", "Average", 300, "current"),
        "challenger_errors": ("Invocation5XXErrors", "Average", 300, "candidate"),
    }
    *metrics, worse = alarm.pop("Metrics")
    assert {each["ReturnData"] for each in metrics} == {False}
    assert metrics[1]["MetricStat"]["Metric"]["Dimensions"] == [
        {"Name": "EndpointName", "Value": "fraud"},
        {"Name": "VariantName", "Value": "candidate"},
    ]
    assert worse == {
        "Id": "worse",
        "Expression": f"IF({ENOUGH}, (challenger_errors - baseline_errors) * 100, 0)",
        "Label": "MoreErrors",
        "ReturnData": True,
    }
    assert alarm == {
        "AlarmName": name,
        "AlarmDescription": "candidate of fraud: more than 2 percentage points more server errors than current",
        "Threshold": 2,
        "ComparisonOperator": "GreaterThanThreshold",
        "EvaluationPeriods": 3,
        "DatapointsToAlarm": 2,
        "TreatMissingData": "notBreaching",
    }


def test_slower_than_the_baseline() -> None:
    stack = new_stack()
    endpoint = shared(stack)
    comparison = compared(endpoint, percentile=99.5, window=cdk.Duration.minutes(15), least_requests=20)
    comparison.alarms(more_errors=None, slower=1.25, windows=1, out_of=4)
    ((name, alarm),) = alarms_of(stack).items()
    assert name == "fraud/candidate/against/current/Slower"
    assert looked_at(alarm)["challenger_latency"] == ("ModelLatency", "p99.5", 900, "candidate")
    assert looked_at(alarm)["baseline_latency"] == ("ModelLatency", "p99.5", 900, "current")
    assert alarm["Metrics"][-1]["Expression"] == (
        "IF(baseline_requests >= 20 AND challenger_requests >= 20, challenger_latency / baseline_latency, 1)"
    )
    assert (
        alarm["AlarmDescription"] == "candidate of fraud: p99.5 of its latency is more than 1.25 times that of current"
    )
    assert (alarm["Threshold"], alarm["EvaluationPeriods"], alarm["DatapointsToAlarm"]) == (1.25, 4, 1)


def test_both_when_nothing_is_said() -> None:
    stack = new_stack()
    compared(shared(stack)).alarms()
    assert {name.rpartition("/")[2]: each["Threshold"] for name, each in alarms_of(stack).items()} == {
        "MoreErrors": 1,
        "Slower": 1.5,
    }


def test_somebody_is_told() -> None:
    stack = new_stack()
    topic = sns.Topic(stack, "Topic")
    code = lambda_.Code.from_inline("def handler(event, context): pass")
    function = lambda_.Function(stack, "Mend", code=code, runtime=lambda_.Runtime.PYTHON_3_13, handler="index.handler")
    action = cloudwatch_actions.LambdaAction(function, use_unique_permission_id=True)
    compared(shared(stack)).alarms(actions=[topic, action], ok_actions=[topic])
    reference = {"Ref": next(iter(resources(stack, "AWS::SNS::Topic")))}
    for alarm in alarms_of(stack).values():
        assert alarm["OKActions"] == [reference]
        assert (alarm["AlarmActions"][0], len(alarm["AlarmActions"])) == (reference, 2)
    sources = [
        each["Properties"]["SourceArn"]["Fn::Join"][1][-1].rpartition("/")[2]
        for each in resources(stack, "AWS::Lambda::Permission").values()
    ]
    assert sorted(sources) == ["MoreErrors", "Slower"]


def test_several_challengers_have_alarms_of_their_own() -> None:
    stack = new_stack()
    endpoint = endpoint_of(stack, Pattern.REALTIME, *(watched(name) for name in ("a", "b", "c")))
    for challenger in ("b", "c"):
        compared(endpoint, baseline="a", challenger=challenger).alarms(slower=None)
    compared(endpoint, baseline="b", challenger="c").alarms(slower=None)
    assert list(alarms_of(stack)) == [
        "fraud/b/against/a/MoreErrors",
        "fraud/c/against/a/MoreErrors",
        "fraud/c/against/b/MoreErrors",
    ]


def test_dashboards_show_both_whenever_they_are_made() -> None:
    stack = new_stack()
    endpoint = shared(stack)
    EndpointDashboard(stack, "Dashboard", endpoints=[endpoint])
    compared(endpoint)
    body = body_of(stack)
    assert titles(body)[-4:] == [
        "candidate and current: server errors, %",
        "candidate against current: more errors, points",
        "candidate and current: latency p90, ms",
        "candidate against current: latency, times",
    ]
    assert len({each["y"] for each in body["widgets"][-4:]}) == 1
    assert drawn(widget(body, "candidate and current: server errors, %")) == {
        "current": "Invocation5XXErrors.Average*100",
        "candidate": "Invocation5XXErrors.Average*100",
    }
    assert drawn(widget(body, "candidate and current: latency p90, ms")) == {
        "current": "ModelLatency.p90*0.001",
        "candidate": "ModelLatency.p90*0.001",
    }
    points = widget(body, "candidate against current: more errors, points")
    assert (points["period"], thresholds(points)) == (300, [])
    assert drawn(points)["candidate"].startswith("IF(Invocations.Sum >= 100 AND Invocations.Sum >= 100, ")


def test_what_alarms_go_off_on_is_drawn() -> None:
    stack = new_stack()
    endpoint = shared(stack)
    EndpointDashboard(stack, "Dashboard", endpoints=[endpoint])
    compared(endpoint).alarms(more_errors=2, slower=1.25)
    body = body_of(stack)
    assert thresholds(widget(body, "candidate against current: more errors, points")) == [("MoreErrors", 2)]
    assert thresholds(widget(body, "candidate against current: latency, times")) == [("Slower", 1.25)]
    assert len(widget(body, "Alarms")["alarms"]) == 2


def test_an_endpoint_elsewhere_is_compared_on_its_dashboard_alone() -> None:
    stack = stack_in("eu-west-1")
    arn = "arn:aws:sagemaker:us-east-1:111122223333:endpoint/fraud"
    far = RealtimeEndpoint.from_endpoint_arn(stack, "Far", arn, variant_names=["current", "candidate"])
    EndpointDashboard(stack, "Dashboard", endpoints=[far])
    comparison = compared(far)
    found = widget(body_of(stack), "candidate and current: server errors, %")
    assert (found["region"], found["accountId"]) == ("us-east-1", "111122223333")
    with refused(
        "alarms must be made in the endpoint's region us-east-1, got a stack in eu-west-1: CloudWatch watches metrics of its "
        "own region"
    ):
        comparison.alarms()


def test_names_may_be_tokens() -> None:
    stack = new_stack()
    names = {each: text_token(stack, each.capitalize()) for each in ("baseline", "challenger")}
    endpoint = endpoint_of(stack, Pattern.REALTIME, *(watched(name) for name in names.values()))
    comparison = compared(endpoint, **names)
    assert comparison.node.id == ":Challenger0.against.:Baseline0"
    comparison.alarms(slower=None)
    ((_, alarm),) = alarms_of(stack).items()
    assert alarm["AlarmName"] == {
        "Fn::Join": ["", ["fraud/", {"Ref": "Challenger"}, "/against/", {"Ref": "Baseline"}, "/MoreErrors"]]
    }
    unknown = text_token(stack, "Unknown")
    assert compared(shared(new_stack()), challenger=unknown)


@pytest.mark.parametrize("role", ["baseline", "challenger"])
def test_fails_when_there_is_no_such_variant(role: str) -> None:
    with refused(f"compare {role} must be one of current, candidate, got 'next': the endpoint has no other variant"):
        compared(shared(new_stack()), **{role: "next"})


def test_fails_when_the_variants_are_not_known() -> None:
    imported = RealtimeEndpoint.from_endpoint_name(new_stack(), "Theirs", "theirs", variant_names=[])
    with refused("compare baseline must be of an endpoint with known variants, got none: import it with variant_names"):
        compared(imported)


def test_fails_when_a_name_is_none() -> None:
    with refused("compare baseline must be a str, got 1: nothing else is understood there"):
        compared(shared(new_stack()), baseline=1)


def test_fails_when_both_are_one() -> None:
    with refused(
        "compare challenger must differ from the baseline, got 'current' for both: a variant does no worse than itself"
    ):
        compared(shared(new_stack()), challenger="current")


def test_fails_when_they_are_compared_twice() -> None:
    endpoint = shared(new_stack())
    compared(endpoint)
    assert compared(endpoint, baseline="candidate", challenger="current")
    with refused(
        "compare challenger must be compared once with its baseline, got 'candidate' and 'current' twice: alarms are told "
        "apart by these names"
    ):
        compared(endpoint, percentile=50)


@pytest.mark.parametrize("pattern", [Pattern.ASYNCHRONOUS, Pattern.COMPONENTS])
def test_fails_when_variants_do_not_share_the_requests(pattern: Pattern) -> None:
    with refused(
        f"compare baseline must be a variant whose requests are counted, got one of {pattern.noun}: its variants do not "
        "share the requests"
    ):
        compared(endpoint_of(new_stack(), pattern, watched("current"), watched("candidate")))


@pytest.mark.parametrize(
    ("option", "message"),
    [
        ({"window": cdk.Duration.seconds(30)}, "window must be 1-1440 minutes, got 0.5: CloudWatch looks back a day at most"),
        ({"window": cdk.Duration.seconds(90)}, "window must be 1-1440 minutes, got 1.5: it must be a whole number"),
        (
            {"least_requests": 0},
            "least_requests must be a whole number of at least 1, got 0: without requests there is nothing to compare",
        ),
        (
            {"percentile": 0},
            "percentile must be 1 to 100 with at most two decimals, such as 99, got 0: it is a share of the answers",
        ),
    ],
)  # fmt: skip
def test_fails_when_a_measure_is_none(option: dict[str, Any], message: str) -> None:
    with refused(f"compare {message}"):
        compared(shared(new_stack()), **option)


@pytest.mark.parametrize(
    ("option", "message"),
    [
        ({"more_errors": 100}, "more_errors must be 0 to below 100 %, got 100: it is a share of the requests"),
        ({"slower": 1}, "slower must be more than 1, got 1: what is no slower is no worse"),
        ({"slower": float("nan")}, "slower must be more than 1, got nan: what is no slower is no worse"),
        ({"windows": 0}, "windows must be a whole number of at least 1, got 0: no window tells nothing"),
        (
            {"windows": 4, "out_of": 3},
            "windows must be at most out_of, got 4 out of 3: the condition is counted in the last out_of windows",
        ),
        (
            {"out_of": 289},
            "out_of windows together must be 1-1440 minutes, got 1445.0: CloudWatch looks back a day at most",
        ),
        (
            {"more_errors": None, "slower": None},
            "must have more_errors or slower, got neither: there would be nothing to go off on",
        ),
        ({"actions": "page"}, "actions must be a list, got 'page': an alarm can have several"),
    ],
)  # fmt: skip
def test_fails_when_an_alarm_could_not_go_off(option: dict[str, Any], message: str) -> None:
    stack = new_stack()
    comparison = compared(shared(stack))
    with refused(f"Comparison.alarms {message}"):
        comparison.alarms(**option)
    assert not resources(stack, "AWS::CloudWatch::Alarm")
    assert comparison.alarms(out_of=288)


@pytest.mark.parametrize("option", ["more_errors", "slower", "windows", "out_of"])
def test_fails_when_a_threshold_is_a_token(option: str) -> None:
    stack = new_stack()
    given: dict[str, Any] = {option: number_token(stack)}
    with refused(
        f"Comparison.alarms {option} must be a literal number, got one that is known only at deploy time: CloudFormation "
        "cannot compute with it"
    ):
        compared(shared(stack)).alarms(**given)


def test_fails_when_the_alarms_are_made_twice() -> None:
    comparison = compared(shared(new_stack()))
    comparison.alarms()
    with refused("Comparison.alarms must be made once, got a second time: alarms are told apart by their names"):
        comparison.alarms()


def test_an_alarm_is_one_call_into_the_kernel() -> None:
    comparison = compared(shared(new_stack()))
    with counted() as crossings:
        comparison.alarms()
    assert crossings.requests == ["Create aws-cdk-lib.aws_cloudwatch.CfnAlarm"] * 2
    assert not crossings.callbacks
