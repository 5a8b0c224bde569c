from dataclasses import replace
from typing import Any

import aws_cdk as cdk
import pytest
from aws_cdk import aws_cloudwatch as cloudwatch

from cdk_model_hosting import Alarm, ConfigurationError, RealtimeEndpoint
from cdk_model_hosting.monitoring.kinds import (
    ASYNCHRONOUS,
    COMPONENTS,
    MULTI_CONTAINER,
    MULTI_MODEL,
    PIPELINE,
    REALTIME,
    SERVERLESS,
    Kind,
)
from cdk_model_hosting.monitoring.watched import Watched
from cdk_model_hosting.monitoring.watching import Watching
from cdk_model_hosting.rollout.alarms import RollbackAlarms, default_alarms
from tests.unit.builders import (
    FLEET,
    att,
    new_stack,
    only,
    refused,
    resources,
    single,
    stack_in,
    statements,
    sub,
    text_token,
    variants,
)

MINE = "arn:aws:cloudwatch:eu-west-1:111122223333:alarm:mine"


@pytest.fixture(scope="module")
def shared() -> cdk.Stack:
    """Two variants with the default alarms."""
    stack = new_stack()
    RealtimeEndpoint(
        stack,
        "Endpoint",
        variants=variants(stack, "champion", "challenger"),
        endpoint_name="fraud",
        verify_rollout=False,
    )
    return stack


def alarms(stack: cdk.Stack) -> list[dict[str, Any]]:
    return [each["Properties"] for each in resources(stack, "AWS::CloudWatch::Alarm").values()]


def rollback(stack: cdk.Stack) -> list[object]:
    found = only(stack, "AWS::SageMaker::Endpoint")["DeploymentConfig"]["AutoRollbackConfiguration"]["Alarms"]
    return [each["AlarmName"] for each in found]


def test_every_variant_is_watched_for_every_condition(shared: cdk.Stack) -> None:
    names = [
        "fraud/champion/ServerErrors/rollback",
        "fraud/champion/ModelLatencyP99/rollback",
        "fraud/challenger/ServerErrors/rollback",
        "fraud/challenger/ModelLatencyP99/rollback",
    ]
    assert [each["AlarmName"] for each in alarms(shared)] == names
    assert rollback(shared) == names


def test_alarms_look_at_the_new_fleet_alone(shared: cdk.Stack) -> None:
    (config,) = resources(shared, "AWS::SageMaker::EndpointConfig")
    assert [each["Dimensions"] for each in alarms(shared)] == [
        [
            {"Name": "EndpointName", "Value": "fraud"},
            {"Name": "VariantName", "Value": variant},
            {"Name": "EndpointConfigName", "Value": att(config, "EndpointConfigName")},
        ]
        for variant in ("champion", "champion", "challenger", "challenger")
    ]


def test_a_quiet_new_fleet_is_no_fault(shared: cdk.Stack) -> None:
    assert {each["TreatMissingData"] for each in alarms(shared)} == {"notBreaching"}


def test_the_role_may_describe_these_alarms_and_no_others(shared: cdk.Stack) -> None:
    assert statements(shared)[1] == {
        "Action": "cloudwatch:DescribeAlarms",
        "Effect": "Allow",
        "Resource": [
            sub(f"arn:${{AWS::Partition}}:cloudwatch:${{AWS::Region}}:${{AWS::AccountId}}:alarm:{each['AlarmName']}")
            for each in alarms(shared)
        ],
    }


def test_alarms_do_not_refer_to_the_endpoint(shared: cdk.Stack) -> None:
    (endpoint,) = resources(shared, "AWS::SageMaker::Endpoint")
    assert endpoint not in str(alarms(shared))


def test_conditions_and_existing_alarms_go_together() -> None:
    stack = new_stack()
    mine = cloudwatch.Alarm.from_alarm_arn(stack, "Mine", MINE)
    composite = cloudwatch.CompositeAlarm(stack, "Composite", alarm_rule=cloudwatch.AlarmRule.from_boolean(value=False))
    RealtimeEndpoint(
        stack, "Endpoint", model=single(stack), fleet=FLEET, endpoint_name="fraud", verify_rollout=False,
        rollback_on=[mine, Alarm.server_errors(above=1), composite],
    )  # fmt: skip
    (made,) = resources(stack, "AWS::CloudWatch::CompositeAlarm")
    names = rollback(stack)
    assert names[:2] == ["fraud/AllTraffic/ServerErrors/rollback", "mine"]
    assert made in str(names[2])
    assert statements(stack)[1]["Resource"] == [
        sub(
            "arn:${AWS::Partition}:cloudwatch:${AWS::Region}:${AWS::AccountId}:alarm:fraud/AllTraffic/ServerErrors/rollback"
        ),
        MINE,
        att(made, "Arn"),
    ]


def test_only_existing_alarms_make_none() -> None:
    stack = new_stack()
    mine = cloudwatch.Alarm.from_alarm_arn(stack, "Mine", MINE)
    RealtimeEndpoint(stack, "Endpoint", model=single(stack), fleet=FLEET, rollback_on=[mine])
    assert alarms(stack) == []
    assert rollback(stack) == ["mine"]


def test_an_alarm_of_another_stack_may_roll_back() -> None:
    app = cdk.App()
    watching, stack = cdk.Stack(app, "Watching"), cdk.Stack(app, "Stack")
    metric = cloudwatch.Metric(namespace="Shop", metric_name="Chargebacks")
    alarm = cloudwatch.Alarm(watching, "Alarm", metric=metric, threshold=1, evaluation_periods=1)
    RealtimeEndpoint(stack, "Endpoint", model=single(stack), fleet=FLEET, rollback_on=[alarm])
    ((name,),) = (each.values() for each in rollback(stack))  # type: ignore[attr-defined]
    assert name.startswith("Watching:ExportsOutputRef")


@pytest.mark.parametrize(("count", "watched"), [(5, 10), (6, 6), (10, 10)])
def test_many_variants_are_watched_for_server_errors_alone(count: int, watched: int) -> None:
    stack = new_stack()
    RealtimeEndpoint(stack, "Endpoint", variants=variants(stack, *(f"v{each}" for each in range(count))))
    assert len(rollback(stack)) == watched


@pytest.mark.parametrize(
    ("kind", "names"),
    [
        (REALTIME, ["ServerErrors", "ModelLatencyP99"]),
        (PIPELINE, ["ServerErrors", "ModelLatencyP99"]),
        (MULTI_CONTAINER, ["ServerErrors", "ModelLatencyP99"]),
        (MULTI_MODEL, ["ServerErrors", "ModelLatencyP99", "ModelLoadWait"]),
        (ASYNCHRONOUS, ["ServerErrors", "FailedInferences"]),
        (COMPONENTS, ["ServerErrors", "ModelLatencyP99"]),
        (SERVERLESS, []),
    ],
)
def test_the_default_conditions(kind: Kind, names: list[str]) -> None:
    assert [each.name for each in default_alarms(kind, 1)] == names
    assert [each.name for each in default_alarms(kind, 6)] == names[:1]


@pytest.mark.parametrize(("variants_", "watched"), [(3, 3), (4, 2), (5, 2), (6, 1), (10, 1)])
def test_what_there_is_no_room_for_is_left_out_from_the_end(variants_: int, watched: int) -> None:
    assert default_alarms(MULTI_MODEL, variants_) == MULTI_MODEL.rollback[:watched]


QUEUED = Watched(endpoint_name="fraud", variant_name="main")


def test_what_does_not_tell_the_fleets_apart_looks_at_both() -> None:
    stack = new_stack()
    made = RollbackAlarms(
        stack,
        "Rollback",
        watching=Watching(kind=ASYNCHRONOUS, variants=(QUEUED,)),
        config_name="config",
        alarms=[Alarm.server_errors(), Alarm.failed_inferences(), Alarm.backlog(above=5), Alarm.memory_utilization()],
    )
    assert {each["AlarmName"]: [name["Name"] for name in each["Dimensions"]] for each in alarms(stack)} == {
        "fraud/main/ServerErrors/rollback": ["EndpointName", "VariantName", "EndpointConfigName"],
        "fraud/main/FailedInferences/rollback": ["EndpointName", "VariantName"],
        "fraud/Backlog/rollback": ["EndpointName"],
        "fraud/main/MemoryUtilization/rollback": ["EndpointName", "VariantName"],
    }
    assert made.names[2] == "fraud/Backlog/rollback"


def test_a_component_is_watched_alone() -> None:
    stack = new_stack()
    one, two = (replace(QUEUED, component_name=name) for name in ("one", "two"))
    watching = Watching(kind=COMPONENTS, variants=(QUEUED,), components=[one, two])
    RollbackAlarms(
        stack,
        "Rollback",
        watching=watching,
        config_name=None,
        component=two,
        alarms=[*COMPONENTS.rollback, Alarm.no_capacity()],
    )
    assert [(each["AlarmName"], each["Dimensions"]) for each in alarms(stack)] == [
        (f"fraud/two/{name}/rollback", [{"Name": "InferenceComponentName", "Value": "two"}])
        for name in ("ServerErrors", "ModelLatencyP99", "NoCapacity")
    ]


def test_each_container_counts_once() -> None:
    stack = new_stack()
    variant = replace(QUEUED, containers=("clean", "score"))
    RollbackAlarms(
        stack,
        "Rollback",
        watching=Watching(kind=PIPELINE, variants=(variant,)),
        config_name="config",
        alarms=[
            Alarm.container_latency(container="clean", above=cdk.Duration.millis(50)),
            Alarm.container_latency(container="score", above=cdk.Duration.millis(250)),
        ],
    )
    assert [each["AlarmName"] for each in alarms(stack)] == [
        "fraud/main/clean/ContainerLatency/rollback",
        "fraud/main/score/ContainerLatency/rollback",
    ]


def test_fails_when_the_endpoint_does_not_publish_it() -> None:
    stack = new_stack()
    with refused(
        "Alarm.backlog must watch an asynchronous endpoint, got a single-model real-time endpoint: it publishes no "
        "ApproximateBacklogSize"
    ):
        RealtimeEndpoint(stack, "Endpoint", model=single(stack), fleet=FLEET, rollback_on=[Alarm.backlog(above=5)])


@pytest.mark.parametrize(("names", "conditions", "brought", "count"), [(("a", "b"), 2, 7, 11), (("a",), 0, 11, 11)])
def test_fails_when_there_are_too_many(names: tuple[str, ...], conditions: int, brought: int, count: int) -> None:
    stack = new_stack()
    own = [cloudwatch.Alarm.from_alarm_arn(stack, f"Mine{each}", f"{MINE}{each}") for each in range(brought)]
    with pytest.raises(ConfigurationError) as caught:
        RealtimeEndpoint(
            stack,
            "Endpoint",
            variants=variants(stack, *names),
            rollback_on=[*default_alarms(REALTIME, 1)[:conditions], *own],
        )
    assert str(caught.value) == (
        f"rollback_on alarms in all must be 1-10 alarms, got {count}: SageMaker watches no more; with several variants "
        "every condition counts once for each"
    )


def test_exactly_ten_pass() -> None:
    stack = new_stack()
    own = [cloudwatch.Alarm.from_alarm_arn(stack, f"Mine{each}", f"{MINE}{each}") for each in range(8)]
    both = variants(stack, "a", "b")
    RealtimeEndpoint(stack, "Endpoint", variants=both, rollback_on=[Alarm.server_errors(), *own])
    assert len(rollback(stack)) == 10


def test_fails_when_a_condition_is_named_twice() -> None:
    stack = new_stack()
    twice = [Alarm.server_errors(above=1), Alarm.server_errors(above=50)]
    with pytest.raises(ConfigurationError) as caught:
        RealtimeEndpoint(stack, "Endpoint", model=single(stack), fleet=FLEET, rollback_on=twice)
    assert str(caught.value) == (
        "rollback_on must name each alarm once, got ServerErrors twice: SageMaker watches an alarm or does not"
    )


def test_fails_when_an_existing_alarm_is_named_twice() -> None:
    stack = new_stack()
    mine = cloudwatch.Alarm.from_alarm_arn(stack, "Mine", MINE)
    with pytest.raises(ConfigurationError) as caught:
        RealtimeEndpoint(stack, "Endpoint", model=single(stack), fleet=FLEET, rollback_on=[mine, mine])
    assert str(caught.value) == (
        "rollback_on must name each alarm once, got mine twice: SageMaker watches an alarm or does not"
    )


def test_two_percentiles_are_two_conditions() -> None:
    stack = new_stack()
    both = [Alarm.model_latency(percentile=each, above=cdk.Duration.millis(250)) for each in (50, 99.9)]
    RealtimeEndpoint(stack, "Endpoint", model=single(stack), fleet=FLEET, rollback_on=both, endpoint_name="fraud")
    assert rollback(stack) == [
        "fraud/AllTraffic/ModelLatencyP50/rollback",
        "fraud/AllTraffic/ModelLatencyP99_9/rollback",
    ]


def test_names_of_endpoint_and_variant_cannot_run_into_one_another() -> None:
    stack = new_stack()
    model = variants(stack, "b-c")
    RealtimeEndpoint(stack, "One", variants=model, endpoint_name="a")
    other = [type(model[0])(model=model[0].model, fleet=FLEET, name="c")]
    RealtimeEndpoint(stack, "Two", variants=other, endpoint_name="a-b")
    names = [each["AlarmName"] for each in alarms(stack)]
    assert len(set(names)) == len(names) == 4


def test_an_existing_alarm_may_be_named_like_a_condition() -> None:
    stack = new_stack()
    mine = cloudwatch.Alarm.from_alarm_arn(stack, "Mine", MINE.replace("mine", "ServerErrors"))
    watched: list[Any] = [Alarm.server_errors(), mine]
    RealtimeEndpoint(stack, "Endpoint", model=single(stack), fleet=FLEET, rollback_on=watched, endpoint_name="fraud")
    assert rollback(stack) == ["fraud/AllTraffic/ServerErrors/rollback", "ServerErrors"]


@pytest.mark.parametrize("elsewhere", [MINE.replace("eu-west-1", "us-west-2"), MINE.replace("111122223333", "9" * 12)])
def test_fails_when_an_alarm_is_of_another_region_or_account(elsewhere: str) -> None:
    stack = stack_in("eu-west-1")
    alarm = cloudwatch.Alarm.from_alarm_arn(stack, "Elsewhere", elsewhere)
    with pytest.raises(ConfigurationError, match=r"^rollback_on "):
        RealtimeEndpoint(stack, "Endpoint", model=single(stack), fleet=FLEET, rollback_on=[alarm])


@pytest.mark.parametrize("wrong", ["mine", None, 5, Alarm])
def test_fails_when_it_is_no_alarm(wrong: Any) -> None:
    stack = new_stack()
    with pytest.raises(ConfigurationError, match=r"^rollback_on element must be a condition such as Alarm"):
        RealtimeEndpoint(stack, "Endpoint", model=single(stack), fleet=FLEET, rollback_on=[wrong])


@pytest.mark.parametrize("wrong", [Alarm.server_errors(), "mine"])
def test_fails_when_the_alarms_are_no_list(wrong: Any) -> None:
    stack = new_stack()
    with pytest.raises(ConfigurationError, match=r"^RealtimeEndpoint rollback_on must be a list or tuple, got "):
        RealtimeEndpoint(stack, "Endpoint", model=single(stack), fleet=FLEET, rollback_on=wrong)


def test_a_variant_whose_name_is_a_token_is_told_from_one_named_after_its_position() -> None:
    stack = new_stack()
    both = variants(stack, text_token(stack), "Variant0")
    RealtimeEndpoint(stack, "Endpoint", variants=both, endpoint_name="fraud")
    assert len(alarms(stack)) == 4
