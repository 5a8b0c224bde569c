"""Alarms for operators: on every variant, with actions."""

from typing import Any

import aws_cdk as cdk
import jsii
import pytest
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_cloudwatch_actions as cloudwatch_actions
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_sns as sns
from constructs import Construct

from cdk_model_hosting import Alarm, Fleet, RealtimeEndpoint
from tests.bench.crossings import counted
from tests.unit.builders import FLEET, new_stack, refused, resources, single, stack_in, text_token, variants

KIND = "AWS::CloudWatch::Alarm"


def endpoint_in(stack: cdk.Stack, **options: Any) -> RealtimeEndpoint:
    served: dict[str, Any] = {} if "variants" in options else {"model": single(stack), "fleet": FLEET}
    return RealtimeEndpoint(stack, "Endpoint", **{**served, "endpoint_name": "fraud", "rollback_on": [], **options})


def alarms_of(stack: cdk.Stack) -> dict[str, dict[str, Any]]:
    """The properties of all alarms, by name."""
    found = [each["Properties"] for each in resources(stack, KIND).values()]
    named = {str(each["AlarmName"]): each for each in found}
    assert len(named) == len(found)
    return named


def test_the_usual_alarms_when_none_are_named() -> None:
    stack = new_stack()
    made = endpoint_in(stack).alarms()
    assert list(alarms_of(stack)) == [
        "fraud/AllTraffic/ServerErrors",
        "fraud/AllTraffic/ModelLatencyP99",
        "fraud/AllTraffic/MemoryUtilization",
        "fraud/AllTraffic/DiskUtilization",
    ]
    assert [type(each) for each in made] == [cloudwatch.CfnAlarm] * 4


def test_every_variant_is_watched_whatever_it_serves_by() -> None:
    stack = new_stack()
    endpoint_in(stack, variants=variants(stack, "current", "candidate")).alarms(
        Alarm.server_errors(), Alarm.cpu_utilization(above=50)
    )
    found = alarms_of(stack)
    assert list(found) == [
        "fraud/current/ServerErrors",
        "fraud/current/CPUUtilization",
        "fraud/candidate/ServerErrors",
        "fraud/candidate/CPUUtilization",
    ]
    assert found["fraud/candidate/ServerErrors"]["Dimensions"] == [
        {"Name": "EndpointName", "Value": "fraud"},
        {"Name": "VariantName", "Value": "candidate"},
    ]
    assert found["fraud/candidate/CPUUtilization"]["Threshold"] == 100
    assert not {"AlarmActions", "OKActions"} & found["fraud/candidate/CPUUtilization"].keys()


def test_they_are_the_rollback_alarms_but_for_the_fleet_and_the_name() -> None:
    stack = new_stack()
    condition = Alarm.model_latency(above=cdk.Duration.millis(250))
    endpoint_in(stack, rollback_on=[condition]).alarms(condition)
    both = alarms_of(stack)
    operational, rollback = both["fraud/AllTraffic/ModelLatencyP99"], both["fraud/AllTraffic/ModelLatencyP99/rollback"]
    differing = {key for key in operational.keys() | rollback.keys() if operational.get(key) != rollback.get(key)}
    assert differing == {"AlarmName", "Dimensions"}


def test_topics_are_told() -> None:
    stack = new_stack()
    wake, tell = sns.Topic(stack, "Wake"), sns.Topic(stack, "Tell")
    endpoint = endpoint_in(stack)
    endpoint.alarms(Alarm.server_errors(), actions=[wake, tell], ok_actions=(tell,))
    endpoint.alarms(Alarm.client_errors(), actions=[cloudwatch_actions.SnsAction(tell)])
    found = alarms_of(stack)
    wake_ref, tell_ref = (
        {"Ref": next(k for k in resources(stack, "AWS::SNS::Topic") if k.startswith(name))} for name in ("Wake", "Tell")
    )
    assert found["fraud/AllTraffic/ServerErrors"]["AlarmActions"] == [wake_ref, tell_ref]
    assert found["fraud/AllTraffic/ServerErrors"]["OKActions"] == [tell_ref]
    assert found["fraud/AllTraffic/ClientErrors"]["AlarmActions"] == [tell_ref]


def test_an_action_may_make_what_it_needs_for_each_alarm() -> None:
    stack = new_stack()
    code = lambda_.Code.from_inline("def handler(event, context): pass")
    function = lambda_.Function(stack, "Mend", code=code, runtime=lambda_.Runtime.PYTHON_3_13, handler="index.handler")
    action = cloudwatch_actions.LambdaAction(function, use_unique_permission_id=True)
    endpoint_in(stack).alarms(Alarm.server_errors(), Alarm.client_errors(), actions=[action], ok_actions=[action])
    permissions = [each["Properties"] for each in resources(stack, "AWS::Lambda::Permission").values()]
    sources = sorted(each["SourceArn"]["Fn::Join"][1][-1] for each in permissions)
    assert sources == [":alarm:fraud/AllTraffic/ClientErrors", ":alarm:fraud/AllTraffic/ServerErrors"]
    logical_id = next(iter(resources(stack, "AWS::Lambda::Function")))
    for alarm in alarms_of(stack).values():
        assert alarm["AlarmActions"] == alarm["OKActions"] == [{"Fn::GetAtt": [logical_id, "Arn"]}]


@jsii.implements(cloudwatch.IAlarmAction)
class WrittenInPython:
    """An action as a user of this library writes one."""

    def __init__(self) -> None:
        self.alarms: list[str] = []

    def bind(self, scope: Construct, alarm: cloudwatch.IAlarm) -> cloudwatch.AlarmActionConfig:
        assert scope.node.id == "Alarms"
        self.alarms.append(alarm.alarm_name)
        return cloudwatch.AlarmActionConfig(alarm_action_arn="arn:aws:ssm:eu-west-1:111122223333:opsitem:1")


def test_an_action_may_be_written_in_python() -> None:
    stack = stack_in("eu-west-1")
    action = WrittenInPython()
    endpoint_in(stack).alarms(Alarm.server_errors(), actions=[action])
    found = alarms_of(stack)["fraud/AllTraffic/ServerErrors"]
    assert found["AlarmActions"] == ["arn:aws:ssm:eu-west-1:111122223333:opsitem:1"]
    assert action.alarms == ["fraud/AllTraffic/ServerErrors"]


def test_a_composite_alarm_waits_for_its_parts() -> None:
    stack = new_stack()
    one, two = endpoint_in(stack).alarms(Alarm.server_errors(), Alarm.memory_utilization())
    rule = cloudwatch.AlarmRule.all_of(
        *(cloudwatch.AlarmRule.from_alarm(each, cloudwatch.AlarmState.ALARM) for each in (one, two))
    )
    cloudwatch.CompositeAlarm(stack, "Both", alarm_rule=rule)
    found = next(iter(resources(stack, "AWS::CloudWatch::CompositeAlarm").values()))
    referred = {
        part["Fn::GetAtt"][0] for part in found["Properties"]["AlarmRule"]["Fn::Join"][1] if isinstance(part, dict)
    }
    assert referred == set(resources(stack, KIND))


def test_an_imported_endpoint_is_watched_as_well() -> None:
    stack = new_stack()
    imported = RealtimeEndpoint.from_endpoint_name(stack, "Theirs", "theirs", variant_names=["a", "b"])
    imported.alarms(Alarm.server_errors(), Alarm.cpu_utilization(above=80, cores=4))
    found = alarms_of(stack)
    assert list(found) == [
        "theirs/a/ServerErrors",
        "theirs/a/CPUUtilization",
        "theirs/b/ServerErrors",
        "theirs/b/CPUUtilization",
    ]
    assert found["theirs/b/CPUUtilization"]["Threshold"] == 320


def test_fails_when_the_endpoint_is_elsewhere() -> None:
    arn = "arn:aws:sagemaker:us-east-1:111122223333:endpoint/theirs"
    far = RealtimeEndpoint.from_endpoint_arn(stack_in("eu-west-1"), "Theirs", arn)
    with refused(
        "alarms must be made in the endpoint's region us-east-1, got a stack in eu-west-1: CloudWatch watches metrics of its "
        "own region"
    ):
        far.alarms()
    foreign = RealtimeEndpoint.from_endpoint_arn(
        new_stack(env=cdk.Environment(region="us-east-1", account="444455556666")), "Theirs", arn
    )
    with refused(
        "alarms must be made in the endpoint's account 111122223333, got a stack in 444455556666: CloudWatch watches metrics "
        "of its own account"
    ):
        foreign.alarms()


@pytest.mark.parametrize("env", [None, cdk.Environment(region="us-east-1", account="111122223333")])
def test_an_endpoint_of_the_same_place_may_be_imported_by_its_arn(env: cdk.Environment | None) -> None:
    stack = new_stack(env=env)
    arn = "arn:aws:sagemaker:us-east-1:111122223333:endpoint/theirs"
    RealtimeEndpoint.from_endpoint_arn(stack, "Theirs", arn).alarms(Alarm.server_errors())
    RealtimeEndpoint.from_endpoint_arn(stack, "Token", text_token(stack)).alarms(Alarm.server_errors())
    assert len(resources(stack, KIND)) == 2


def test_fails_when_an_imported_endpoint_has_no_variants() -> None:
    imported = RealtimeEndpoint.from_endpoint_name(new_stack(), "Theirs", "theirs", variant_names=[])
    with refused(
        "alarms must watch an endpoint with known variants, got none: metrics belong to variants; import it with "
        "variant_names"
    ):
        imported.alarms()


def test_names_may_be_tokens() -> None:
    stack = new_stack()
    name = text_token(stack)
    topic = sns.Topic(stack, "Topic")
    endpoint_in(stack, endpoint_name=name, variants=variants(stack, text_token(stack, "Variant"))).alarms(
        Alarm.server_errors(), actions=[cloudwatch_actions.SnsAction(topic)]
    )
    found = next(iter(alarms_of(stack).values()))
    assert found["AlarmName"] == {"Fn::Join": ["", [{"Ref": "Text"}, "/", {"Ref": "Variant"}, "/ServerErrors"]]}


def test_two_thresholds_on_one_metric_go_by_two_names() -> None:
    stack = new_stack()
    endpoint = endpoint_in(stack)
    endpoint.alarms(Alarm.server_errors(above=1))
    endpoint.alarms(Alarm.server_errors(above=20).named("Page"))
    assert list(alarms_of(stack)) == ["fraud/AllTraffic/ServerErrors", "fraud/AllTraffic/Page"]


def test_fails_when_a_condition_is_named_twice() -> None:
    message = (
        "alarms must name each condition once for an endpoint, got ServerErrors twice: alarms are told apart by their names; "
        "use Alarm.named for a second threshold"
    )
    endpoint = endpoint_in(new_stack())
    with refused(message):
        endpoint.alarms(Alarm.server_errors(above=1), Alarm.server_errors(above=2))
    endpoint.alarms(Alarm.server_errors())
    with refused(message):
        endpoint.alarms()


def test_fails_when_a_condition_cannot_be_watched_on_the_fleet() -> None:
    stack = new_stack()
    endpoint = endpoint_in(stack)
    with refused(
        "Alarm.gpu_utilization must watch a fleet with GPUs, got ml.c6i.large of variant AllTraffic: it publishes no such "
        "metric"
    ):
        endpoint.alarms(Alarm.server_errors(), Alarm.gpu_utilization())
    assert not resources(stack, KIND)


def test_fails_when_the_condition_is_something_else() -> None:
    wrong: Any = "5xx"
    with refused("alarms condition must be an Alarm, got '5xx': nothing else is understood there"):
        endpoint_in(new_stack()).alarms(wrong)


@pytest.mark.parametrize("argument", ["actions", "ok_actions"])
def test_fails_when_the_action_is_something_else(argument: str) -> None:
    arn: Any = "arn:aws:sns:eu-west-1:111122223333:topic"
    endpoint = endpoint_in(new_stack())
    with refused(
        f"alarms {argument} element must be an SNS topic or an IAlarmAction such as cloudwatch_actions.LambdaAction, got "
        f"'{arn}': CloudWatch can do nothing else"
    ):
        endpoint.alarms(**{argument: [arn]})
    with refused(f"alarms {argument} must be a list, got '{arn}': an alarm can have several"):
        endpoint.alarms(**{argument: arn})


def test_fails_when_there_are_too_many_actions() -> None:
    stack = new_stack()
    topics = [sns.Topic(stack, f"Topic{index}") for index in range(6)]
    endpoint = endpoint_in(stack)
    with refused("alarms actions must have 0-5 actions, got 6: CloudWatch takes no more"):
        endpoint.alarms(actions=topics)
    endpoint.alarms(actions=topics[:5])


def test_fails_when_a_rollout_would_roll_back_on_silence() -> None:
    with refused(
        "rollback_on must name conditions on requests that were made, got Alarm.few_requests: a new fleet has had no "
        "requests yet, so every deployment would roll back"
    ):
        endpoint_in(new_stack(), rollback_on=[Alarm.few_requests()])


def test_a_rollback_alarm_on_instances_knows_the_instance_type() -> None:
    stack = new_stack()
    endpoint_in(stack, fleet=Fleet(instance_type="ml.c6i.xlarge"), rollback_on=[Alarm.cpu_utilization(above=50)])
    found = alarms_of(stack)["fraud/AllTraffic/CPUUtilization/rollback"]
    assert found["Threshold"] == 200
    assert [each["Name"] for each in found["Dimensions"]] == ["EndpointName", "VariantName"]


def test_an_alarm_is_one_call_into_the_kernel() -> None:
    stack = new_stack()
    endpoint = endpoint_in(stack)
    endpoint.alarms(Alarm.server_errors())
    with counted() as crossings:
        endpoint.alarms(Alarm.client_errors(), Alarm.memory_utilization(), Alarm.cpu_utilization())
    assert crossings.requests == ["Create aws-cdk-lib.aws_cloudwatch.CfnAlarm"] * 3
    assert not crossings.callbacks
