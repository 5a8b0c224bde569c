"""An alias goes to its new version as its deployment group says, or stays with the old one when an alarm goes off."""

import re
import time
from collections import Counter
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.local_aws.lifecycle import LocalAws
from tests.local_aws.runtime.reading import eventually
from tests.local_aws.runtime.versioned import Deployed, Properties, function

CANARY = "CodeDeployDefault.LambdaCanary10Percent5Minutes"
POLICY = {"ApplicationName": {"Ref": "Application"}, "DeploymentGroupName": {"Ref": "Group"}}
STOP = {"Enabled": True, "Events": ["DEPLOYMENT_FAILURE", "DEPLOYMENT_STOP_ON_ALARM"]}


def group(config: Any = CANARY, alarms: tuple[str, ...] = (), rollback: Any = STOP) -> Properties:
    """The resources of a deployment group."""
    return {
        "Application": {"Type": "AWS::CodeDeploy::Application", "Properties": {"ComputePlatform": "Lambda"}},
        "Group": {
            "Type": "AWS::CodeDeploy::DeploymentGroup",
            "Properties": {
                "ApplicationName": {"Ref": "Application"},
                "ServiceRoleArn": {"Fn::GetAtt": ["Role", "Arn"]},
                "DeploymentConfigName": config,
                "DeploymentStyle": {"DeploymentOption": "WITH_TRAFFIC_CONTROL", "DeploymentType": "BLUE_GREEN"},
                "AlarmConfiguration": {"Enabled": bool(alarms), "Alarms": [{"Name": name} for name in alarms]},
                "AutoRollbackConfiguration": rollback,
            },
        },
    }


def errors_alarm(name: str, version: str) -> Properties:
    """An alarm on the errors of a version, as long as it has a part of an alias's invocations."""
    resource = {"Fn::Sub": "${Function}:live"}
    dimensions = {"FunctionName": {"Ref": "Function"}, "Resource": resource, "ExecutedVersion": version}
    return {
        "Alarm": {
            "Type": "AWS::CloudWatch::Alarm",
            "Properties": {
                "AlarmName": name,
                "Namespace": "AWS/Lambda",
                "MetricName": "Errors",
                "Dimensions": [{"Name": key, "Value": value} for key, value in dimensions.items()],
                "Statistic": "Sum",
                "Period": 60,
                "EvaluationPeriods": 1,
                "Threshold": 0,
                "ComparisonOperator": "GreaterThanThreshold",
                "TreatMissingData": "notBreaching",
            },
        }
    }


def template(resources: Properties) -> Properties:
    return {"Resources": resources, "Outputs": {"Alias": {"Value": {"Ref": "Alias"}}}}


def weights(deployed: Deployed) -> tuple[str, dict[str, float]]:
    """The main version of the alias, and the weights of others."""
    known = deployed.client.get_alias(FunctionName=deployed.name, Name="live")
    return known["FunctionVersion"], known.get("RoutingConfig", {}).get("AdditionalVersionWeights", {})


def logged_shares(deployed: Deployed) -> list[float]:
    """The shares of the new version that its deployment went through, from the log of the server: none is missed there."""
    (identifier,) = known_deployments(deployed)
    told = re.findall(rf"deployment {identifier}: version 2 has (\S+) of", deployed.local.log.read_text())
    return [float(share) for share in told]


def test_an_alias_splits_its_invocations_by_weight(local_aws: LocalAws) -> None:
    deployed = Deployed.of(local_aws, "FunctionWeights", function("1"))
    assert deployed.stack.apply(template(function("2"))) == "UPDATE_COMPLETE"
    routing = {"AdditionalVersionWeights": {"1": 0.25}}
    deployed.client.update_alias(FunctionName=deployed.name, Name="live", RoutingConfig=routing)
    call = deployed.caller()

    answers = [call() for _ in range(12)]

    assert Counter(version for _, version in answers) == {"2": 9, "1": 3}
    assert all(told["version"] == version for told, version in answers)
    assert {told["arn"] for told, _ in answers} == {deployed.alias}
    resource = {"FunctionName": deployed.name, "Resource": f"{deployed.name}:live"}
    assert deployed.total("AWS/Lambda", "Invocations", **resource, ExecutedVersion="1") == 3
    assert deployed.total("AWS/Lambda", "Invocations", **resource, ExecutedVersion="2") == 9
    assert deployed.total("AWS/Lambda", "Invocations", **resource) == 12
    assert deployed.total("AWS/Lambda", "Errors", FunctionName=deployed.name) == 0


def test_a_canary_gives_the_new_version_its_share_and_then_everything(local_aws: LocalAws) -> None:
    deployed = Deployed.of(local_aws, "FunctionCanary", group() | function("1", policy=POLICY))
    call = deployed.caller()
    assert call()[1] == "1"

    # It bakes for as long as on AWS while the versions are counted, and then for a 500th of what is left of that.
    with local_aws.time_factor(1):
        deployed.stack.start(template(group() | function("2", policy=POLICY)))
        baked = eventually(lambda: weights(deployed), lambda known: known[1])
        versions = Counter(call()[1] for _ in range(10))
        with local_aws.time_factor(0.002):
            released = time.monotonic()
            assert deployed.stack.settle() == "UPDATE_COMPLETE"
            took = time.monotonic() - released

    assert versions == {"1": 9, "2": 1}
    assert baked == ("1", {"2": 0.1})
    assert took > 2 * 60 * 0.002
    assert weights(deployed) == ("2", {})
    assert {call()[1] for _ in range(10)} == {"2"}
    (identifier,) = known_deployments(deployed)
    told = local_aws.client("codedeploy").get_deployment(deploymentId=identifier)["deploymentInfo"]
    assert (told["status"], told["deploymentConfigName"]) == ("Succeeded", CANARY)


def known_deployments(deployed: Deployed) -> list[str]:
    names = {logical_id: deployed.stack.physical_id(logical_id) for logical_id in ("Application", "Group")}
    client = deployed.local.client("codedeploy")
    found = client.list_deployments(applicationName=names["Application"], deploymentGroupName=names["Group"])
    return list(found["deployments"])


def made_by_hand(shape: Properties) -> Properties:
    """The resources of a linear deployment configuration."""
    routing = {"Type": "TimeBasedLinear", "TimeBasedLinear": shape}
    properties = {"ComputePlatform": "Lambda", "TrafficRoutingConfig": routing}
    return {"Steps": {"Type": "AWS::CodeDeploy::DeploymentConfig", "Properties": properties}}


@pytest.mark.parametrize(
    ("name", "others", "shares"),
    [
        (
            "FunctionLinear",
            made_by_hand({"LinearPercentage": 30, "LinearInterval": 1}) | group({"Ref": "Steps"}),
            [0.3, 0.6, 0.9],
        ),
        (
            "FunctionLinearReadyMade",
            group("CodeDeployDefault.LambdaLinear10PercentEvery2Minutes"),
            [0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9],
        ),
    ],
    ids=["made by hand", "ready made"],
)
def test_a_linear_shift_goes_step_by_step(
    local_aws: LocalAws, name: str, others: Properties, shares: list[float]
) -> None:
    deployed = Deployed.of(local_aws, name, others | function("1", policy=POLICY))

    with local_aws.time_factor(1):
        deployed.stack.start(template(others | function("2", policy=POLICY)))
        begun = eventually(lambda: weights(deployed), lambda known: known[1])
    assert deployed.stack.settle() == "UPDATE_COMPLETE"

    assert begun == ("1", {"2": shares[0]})
    assert logged_shares(deployed) == shares
    assert weights(deployed) == ("2", {})


def test_errors_of_the_new_version_bring_back_the_old_one_and_fail_the_update(local_aws: LocalAws) -> None:
    name = "function-errors-of-version-2"
    others = group(alarms=(name,)) | errors_alarm(name, "2")
    deployed = Deployed.of(local_aws, "FunctionErrors", others | function("1", policy=POLICY))
    call = deployed.caller()

    # Until the alarm goes off.
    with local_aws.time_factor(1):
        deployed.stack.start(template(others | function("2", state="broken", policy=POLICY)))
        eventually(lambda: weights(deployed), lambda known: known[1])
        answers = [call()[0] for _ in range(10)]
        assert deployed.stack.settle() == "UPDATE_ROLLBACK_COMPLETE"

    assert [answer.get("errorMessage") for answer in answers].count("this version is broken") == 1
    reason = deployed.stack.reasons("UPDATE_FAILED")["Alias"]
    (identifier,) = known_deployments(deployed)
    assert reason.startswith(f"Deployment {identifier} failed: One or more alarms have been activated")
    assert f"<{name}>" in reason
    assert weights(deployed) == ("1", {})
    assert {call()[1] for _ in range(10)} == {"1"}
    told = local_aws.client("codedeploy").get_deployment(deploymentId=identifier)["deploymentInfo"]
    assert (told["status"], told["errorInformation"]["code"]) == ("Stopped", "ALARM_ACTIVE")


def test_an_alarm_that_is_on_already_stops_even_a_deployment_at_once(local_aws: LocalAws) -> None:
    name = "function-alarm-before"
    # Without a rollback by the group, the stack's own brings the alias back.
    others = group("CodeDeployDefault.LambdaAllAtOnce", (name,), {"Enabled": False}) | errors_alarm(name, "9")
    deployed = Deployed.of(local_aws, "FunctionAlarmBefore", others | function("1", policy=POLICY))
    local_aws.client("cloudwatch").set_alarm_state(AlarmName=name, StateValue="ALARM", StateReason="a test")

    assert deployed.stack.apply(template(others | function("2", policy=POLICY))) == "UPDATE_ROLLBACK_COMPLETE"

    assert weights(deployed) == ("1", {})


def test_a_later_failure_of_the_update_brings_the_old_version_back_at_once(local_aws: LocalAws) -> None:
    deployed = Deployed.of(local_aws, "FunctionLater", group() | function("1", policy=POLICY))
    late = {"Type": "AWS::Lambda::Url", "Properties": {"AuthType": "NONE", "TargetFunctionArn": "nobody"}}
    resources = group() | function("2", policy=POLICY) | {"Late": {**late, "DependsOn": "Alias"}}

    assert deployed.stack.apply(template(resources)) == "UPDATE_ROLLBACK_COMPLETE"

    assert weights(deployed) == ("1", {})
    assert len(known_deployments(deployed)) == 1


def test_hooks_and_unknown_configurations_are_refused(local_aws: LocalAws) -> None:
    deployed = Deployed.of(local_aws, "FunctionHooks", group() | function("1", policy=POLICY))

    hooked = POLICY | {"BeforeAllowTrafficHook": {"Ref": "Function"}}
    assert deployed.stack.apply(template(group() | function("2", policy=hooked))) == "UPDATE_ROLLBACK_COMPLETE"
    assert "BeforeAllowTrafficHook" in deployed.stack.reasons("UPDATE_FAILED")["Alias"]

    unknown = group("CodeDeployDefault.LambdaCanary20Percent5Minutes")
    assert deployed.stack.apply(template(unknown | function("1", policy=POLICY))) == "UPDATE_ROLLBACK_COMPLETE"
    assert "No deployment configuration found" in deployed.stack.reasons("UPDATE_FAILED")["Group"]
    assert not deployed.stack.has_drifted()
    assert deployed.stack.delete() == "DELETE_COMPLETE"


def test_metrics_in_the_log_are_published(local_aws: LocalAws) -> None:
    deployed = Deployed.of(local_aws, "FunctionMetrics", function("1"))
    call = deployed.caller()

    call({"measured": 2})
    call({"measured": [1, 4]})

    told = {"FunctionName": deployed.name, "Version": "1"}
    assert deployed.total("Told", "Failures", **told) == 7
    resource = {"FunctionName": deployed.name, "Resource": f"{deployed.name}:live"}
    assert deployed.total("AWS/Lambda", "Invocations", **resource) == 2
    # No other version had a part in it.
    assert deployed.total("AWS/Lambda", "Invocations", **resource, ExecutedVersion="1") == 0


def test_a_throttled_invocation_counts_as_that_alone(local_aws: LocalAws) -> None:
    deployed = Deployed.of(local_aws, "FunctionThrottled", function("1"))
    deployed.client.put_function_concurrency(FunctionName=deployed.name, ReservedConcurrentExecutions=0)

    with pytest.raises(ClientError, match="TooManyRequestsException"):
        deployed.client.invoke(FunctionName=deployed.alias)

    assert deployed.total("AWS/Lambda", "Throttles", FunctionName=deployed.name) == 1
    assert deployed.total("AWS/Lambda", "Invocations", FunctionName=deployed.name) == 0
