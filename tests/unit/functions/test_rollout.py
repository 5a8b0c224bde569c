from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import aws_cdk as cdk
import pytest
from aws_cdk import aws_cloudwatch as cloudwatch

from cdk_model_hosting import FunctionAlarm, ModelFunction, Rollout
from cdk_model_hosting.functions.size import FunctionSize
from tests.unit.builders import att, join, new_stack, number_token, refused, sub
from tests.unit.functions.made import function, only_own, own, stack_of

if TYPE_CHECKING:
    from pathlib import Path

MINUTES = cdk.Duration.minutes
CANARY = Rollout.canary(percent=10, bake=MINUTES(5))
LABEL = "stack-fraud-7f575654"


def warnings(made: ModelFunction) -> list[str]:
    found = cdk.assertions.Annotations.from_stack(stack_of(made)).find_warning("*", cdk.assertions.Match.any_value())
    return [str(each.entry.data) for each in found]


def rollback_alarms(made: ModelFunction) -> dict[str, dict[str, Any]]:
    """The alarms that its rollout watches, by what they are called after the function."""
    found = own(made, "AWS::CloudWatch::Alarm").values()
    properties = [each["Properties"] for each in found]
    named = {each["AlarmName"].split("/", 1)[1]: each for each in properties}
    return {name.rpartition("/")[0]: each for name, each in named.items() if "/rollback/" in name}


def release_of(made: ModelFunction) -> str:
    """What tells its version from others."""
    (version,) = own(made, "AWS::Lambda::Version")
    return str(re.sub(r"^FraudVersion([0-9a-f]{16})[0-9A-F]{8}$", r"\1", version))


@pytest.mark.parametrize(
    ("rollout", "config"),
    [
        (Rollout.all_at_once(bake=cdk.Duration.seconds(0)), "LambdaAllAtOnce"),
        (CANARY, "LambdaCanary10Percent5Minutes"),
        (Rollout.canary(percent=10, bake=MINUTES(30)), "LambdaCanary10Percent30Minutes"),
        (Rollout.linear(percent=10, bake=MINUTES(1)), "LambdaLinear10PercentEvery1Minute"),
        (Rollout.linear(percent=10, bake=MINUTES(10)), "LambdaLinear10PercentEvery10Minutes"),
    ],
)
def test_codedeploys_own_configurations_are_used(source: Path, model: Path, rollout: Rollout, config: str) -> None:
    made = function(source, model, rollout=rollout)

    group = only_own(made, "AWS::CodeDeploy::DeploymentGroup")
    assert group["DeploymentConfigName"] == f"CodeDeployDefault.{config}"
    assert own(made, "AWS::CodeDeploy::DeploymentConfig") == {}


@pytest.mark.parametrize(
    ("rollout", "routing"),
    [
        (
            Rollout.canary(percent=25, bake=MINUTES(5)),
            {"Type": "TimeBasedCanary", "TimeBasedCanary": {"CanaryPercentage": 25, "CanaryInterval": 5}},
        ),
        (
            Rollout.canary(percent=10, bake=MINUTES(7)),
            {"Type": "TimeBasedCanary", "TimeBasedCanary": {"CanaryPercentage": 10, "CanaryInterval": 7}},
        ),
        (
            Rollout.linear(percent=20, bake=MINUTES(3)),
            {"Type": "TimeBasedLinear", "TimeBasedLinear": {"LinearPercentage": 20, "LinearInterval": 3}},
        ),
        # More than SageMaker lets an endpoint do.
        (
            Rollout.canary(percent=99, bake=cdk.Duration.days(2)),
            {"Type": "TimeBasedCanary", "TimeBasedCanary": {"CanaryPercentage": 99, "CanaryInterval": 2880}},
        ),
        (
            Rollout.linear(percent=1, bake=MINUTES(29)),
            {"Type": "TimeBasedLinear", "TimeBasedLinear": {"LinearPercentage": 1, "LinearInterval": 29}},
        ),
        (
            Rollout.linear(percent=60, bake=cdk.Duration.hours(48)),
            {"Type": "TimeBasedLinear", "TimeBasedLinear": {"LinearPercentage": 60, "LinearInterval": 2880}},
        ),
    ],
)
def test_others_are_made(source: Path, model: Path, rollout: Rollout, routing: dict[str, Any]) -> None:
    made = function(source, model, rollout=rollout)

    assert only_own(made, "AWS::CodeDeploy::DeploymentConfig") == {
        "ComputePlatform": "Lambda",
        "TrafficRoutingConfig": routing,
    }
    (config,) = own(made, "AWS::CodeDeploy::DeploymentConfig")
    assert only_own(made, "AWS::CodeDeploy::DeploymentGroup")["DeploymentConfigName"] == {"Ref": config}


def test_the_alias_moves_by_codedeploy(source: Path, model: Path) -> None:
    made = function(source, model, rollout=CANARY)

    ((group_id, group),) = own(made, "AWS::CodeDeploy::DeploymentGroup").items()
    (application,) = own(made, "AWS::CodeDeploy::Application")
    (alias,) = own(made, "AWS::Lambda::Alias").values()
    assert alias["UpdatePolicy"] == {
        "CodeDeployLambdaAliasUpdate": {
            "ApplicationName": {"Ref": application},
            "DeploymentGroupName": {"Ref": group_id},
        }
    }
    assert group["DependsOn"] == sorted(
        name for name in own(made, "AWS::CloudWatch::Alarm") if name.startswith("FraudRollout")
    )
    properties = group["Properties"]
    assert properties["AutoRollbackConfiguration"] == {
        "Enabled": True,
        "Events": ["DEPLOYMENT_FAILURE", "DEPLOYMENT_STOP_ON_REQUEST", "DEPLOYMENT_STOP_ON_ALARM"],
    }
    assert properties["AlarmConfiguration"] == {
        "Alarms": [
            {"Name": f"{LABEL}/{name}/rollback/{release_of(made)}"} for name in ("Errors", "Failures", "Duration")
        ],
        "Enabled": True,
    }
    assert warnings(made) == []


def test_codedeploy_may_move_this_alias_and_look_at_these_alarms_alone(source: Path, model: Path) -> None:
    stack = new_stack()
    brought = cloudwatch.Alarm.from_alarm_arn(stack, "Brought", "arn:aws:cloudwatch:eu-west-1:111122223333:alarm:mine")
    made = function(source, model, stack, rollout=CANARY, rollback_on=[FunctionAlarm.errors(), brought])

    (role,) = [each for name, each in own(made, "AWS::IAM::Role").items() if "Rollout" in name]
    (policy,) = role["Properties"]["Policies"]
    arn = att("FraudFunctionF784042D", "Arn")
    own_alarm = f"{LABEL}/Errors/rollback/{release_of(made)}"
    alarm = "arn:${AWS::Partition}:cloudwatch:${AWS::Region}:${AWS::AccountId}:alarm:" + own_alarm
    assert policy["PolicyDocument"]["Statement"] == [
        {
            "Action": ["lambda:GetAlias", "lambda:GetProvisionedConcurrencyConfig", "lambda:UpdateAlias"],
            "Effect": "Allow",
            "Resource": [arn, join(arn, ":live")],
        },
        {
            "Action": "cloudwatch:DescribeAlarms",
            "Effect": "Allow",
            "Resource": [sub(alarm), "arn:aws:cloudwatch:eu-west-1:111122223333:alarm:mine"],
        },
    ]
    group = only_own(made, "AWS::CodeDeploy::DeploymentGroup")
    assert group["AlarmConfiguration"]["Alarms"] == [{"Name": own_alarm}, {"Name": "mine"}]


def test_the_new_version_alone_is_watched(source: Path, model: Path) -> None:
    made = function(source, model, rollout=CANARY, size=FunctionSize(timeout=cdk.Duration.seconds(8)))

    (version,) = own(made, "AWS::Lambda::Version")
    name, number = {"Ref": "FraudFunctionF784042D"}, att(version, "Version")
    lambdas = [
        {"Name": "FunctionName", "Value": name},
        {"Name": "Resource", "Value": join(name, ":live")},
        {"Name": "ExecutedVersion", "Value": number},
    ]
    models = [{"Name": "FunctionName", "Value": name}, {"Name": "Version", "Value": number}]
    alarms = rollback_alarms(made)
    assert list(alarms) == ["Errors/rollback", "Failures/rollback", "Duration/rollback"]
    for key, dimensions in (("Errors/rollback", lambdas), ("Failures/rollback", models)):
        assert alarms[key]["Threshold"] == 1
        for query in alarms[key]["Metrics"][1:]:
            assert query["MetricStat"]["Metric"]["Dimensions"] == dimensions
    assert alarms["Duration/rollback"]["Dimensions"] == lambdas
    # Half of the time for an event.
    assert alarms["Duration/rollback"]["Threshold"] == 4000


def test_each_version_has_alarms_of_its_own(source: Path, model: Path) -> None:
    """One that is on because of the version before would stop the deployment that mends it."""

    def alarms() -> dict[str, str]:
        found = own(function(source, model, rollout=CANARY), "AWS::CloudWatch::Alarm")
        return {name: each["Properties"]["AlarmName"] for name, each in found.items()}

    before = alarms()
    (model / "model.onnx").write_bytes(b"another graph")
    after = alarms()

    assert len(before) == len(after) == 3
    assert not before.keys() & after.keys()
    assert not set(before.values()) & set(after.values())


def test_a_timeout_that_is_known_at_deploy_time_only_is_not_watched(source: Path, model: Path) -> None:
    stack = new_stack()
    made = function(
        source, model, stack, rollout=CANARY, size=FunctionSize(timeout=cdk.Duration.seconds(number_token(stack)))
    )

    assert list(rollback_alarms(made)) == ["Errors/rollback", "Failures/rollback"]


def test_a_gradual_rollout_without_alarms_is_told_of(source: Path, model: Path) -> None:
    made = function(source, model, rollout=CANARY, rollback_on=[])

    group = only_own(made, "AWS::CodeDeploy::DeploymentGroup")
    assert "AlarmConfiguration" not in group
    assert group["AutoRollbackConfiguration"]["Events"] == ["DEPLOYMENT_FAILURE", "DEPLOYMENT_STOP_ON_REQUEST"]
    assert warnings(made) == [
        (
            "Rollout.canary has no alarm to roll back on: it only shifts the traffic later [ack: "
            "cdk-model-hosting:gradualRolloutWithoutAlarm]"
        )
    ]


def test_alarms_that_look_for_longer_than_a_step_are_told_of(source: Path, model: Path) -> None:
    slow = [FunctionAlarm.errors(minutes=6), FunctionAlarm.failures(minutes=5)]
    made = function(source, model, rollout=CANARY, rollback_on=slow)

    assert warnings(made) == [
        (
            "Rollout.canary watches its alarms for 300 seconds at most, in which Errors cannot go off: let it bake longer, or give "
            "the alarm fewer minutes [ack: cdk-model-hosting:bakeShorterThanAlarm]"
        )
    ]


@pytest.mark.parametrize(
    ("rollout", "message"),
    [
        (
            Rollout.rolling(percent=10, bake=MINUTES(5)),
            (
                "Rollout.rolling must be omitted for functions, got one: CodeDeploy shifts the traffic of functions, which have no "
                "fleet; use Rollout.canary or Rollout.linear"
            ),
        ),
        (
            Rollout.all_at_once(),
            (
                "Rollout.all_at_once bake must be Duration.seconds(0) for functions, got 300 seconds: CodeDeploy watches no alarms "
                "after the last step; use Rollout.canary"
            ),
        ),
        (
            Rollout.canary(instances=1, bake=MINUTES(5)),
            "Rollout.canary must have a percent for functions, got 1 instances: functions have none",
        ),
        (
            Rollout.linear(percent=10, bake=MINUTES(5), final_bake=MINUTES(1)),
            (
                "Rollout.linear final_bake must be omitted for functions, got 60 seconds: CodeDeploy watches no alarms after the "
                "last step"
            ),
        ),
        (
            Rollout.canary(percent=10, bake=MINUTES(5), timeout=cdk.Duration.hours(1)),
            (
                "Rollout.canary timeout must be omitted for functions, got 3600 seconds: CodeDeploy takes none, and is done after "
                "the last step"
            ),
        ),
        (
            Rollout.canary(percent=10, bake=cdk.Duration.seconds(90)),
            "Rollout.canary bake must be whole minutes for functions, got 90 seconds: CodeDeploy counts in minutes",
        ),
        (
            Rollout.canary(percent=10, bake=cdk.Duration.seconds(0)),
            (
                "Rollout.canary bake must be 1-2880 minutes, got 0: CodeDeploy counts in whole minutes, and shifts traffic for two "
                "days at most"
            ),
        ),
        (
            Rollout.canary(percent=10, bake=MINUTES(2881)),
            (
                "Rollout.canary bake must be 1-2880 minutes, got 2881: CodeDeploy counts in whole minutes, and shifts traffic for "
                "two days at most"
            ),
        ),
        (
            Rollout.linear(percent=10, bake=MINUTES(321)),
            (
                "Rollout.linear bake for 9 steps must be 1-2880 minutes, got 2889: CodeDeploy counts in whole minutes, and shifts "
                "traffic for two days at most"
            ),
        ),
    ],
)
def test_fails_when_codedeploy_cannot_do_it(source: Path, model: Path, rollout: Rollout, message: str) -> None:
    with refused(message):
        function(source, model, rollout=rollout)


def test_fails_when_the_steps_are_known_at_deploy_time_only(source: Path, model: Path) -> None:
    stack = new_stack()
    bake = cdk.Duration.seconds(number_token(stack))
    with refused(
        "Rollout.canary bake must be a literal number, got one that is known only at deploy time: CloudFormation cannot "
        "compute with it"
    ):
        function(source, model, stack, rollout=Rollout.canary(percent=10, bake=bake))


@pytest.mark.parametrize(
    ("alarms", "message"),
    [
        (
            [FunctionAlarm.errors(), FunctionAlarm.errors(above=5)],
            "rollback_on must name each alarm once, got Errors twice: CodeDeploy watches an alarm or does not",
        ),
        (
            [FunctionAlarm.throttles()],
            (
                "rollback_on must name conditions on what a version publishes, got FunctionAlarm.throttles: it is the function's as "
                "a whole, whatever version answers"
            ),
        ),
        (
            ["errors"],
            (
                "rollback_on element must be a condition such as FunctionAlarm.errors() or a CloudWatch alarm, got 'errors': nothing "
                "else is understood there"
            ),
        ),
        (
            [FunctionAlarm.errors().named(f"Errors{each}") for each in range(11)],
            "rollback_on alarms must have 1-10 alarms, got 11: CodeDeploy watches no more of a deployment group",
        ),
        ("errors", "rollback_on must be a list or tuple, got 'errors': nothing else is understood there"),
    ],
)
def test_fails_when_nothing_can_roll_back_on_it(source: Path, model: Path, alarms: Any, message: str) -> None:
    with refused(message):
        function(source, model, rollout=CANARY, rollback_on=alarms)


def test_fails_when_nothing_is_rolled_out(source: Path, model: Path) -> None:
    with refused(
        "ModelFunction rollback_on must be given with a rollout, got 1 without: the alias then moves at once, and nothing would "
        "roll it back"
    ):
        function(source, model, rollback_on=[FunctionAlarm.errors()])
    function(source, model, rollback_on=[])
