"""Custom::EndpointRollout fails a deployment whose endpoint does not run what was deployed."""

from collections.abc import Sequence
from typing import Any

import pytest
from moto.sagemaker.models import sagemaker_backends

from tests.handlers.endpoint_guard.fleet import SMALL, Fleet
from tests.handlers.endpoint_guard.stage import REGION, Stage

ROLLOUT = "EndpointRollout"


def endpoint(stage: Stage, name: str = "ranker", config: str = "old") -> Any:
    """Create an endpoint, and return what moto keeps of it."""
    sagemaker = stage.clients["sagemaker"]
    variant = {"VariantName": "Main", "ModelName": "model", "InstanceType": "ml.m5.large", "InitialInstanceCount": 1}
    sagemaker.create_model(
        ModelName="model", ExecutionRoleArn="arn:aws:iam::123456789012:role/r", PrimaryContainer={"Image": "image"}
    )
    for each in ("old", "new"):
        sagemaker.create_endpoint_config(EndpointConfigName=each, ProductionVariants=[variant])
    sagemaker.create_endpoint(EndpointName=name, EndpointConfigName=config)
    account = stage.stack.stack_id.split(":")[4]
    return sagemaker_backends[account][REGION].endpoints[name]


def declared(**configs: str) -> dict[str, Any]:
    return {"Endpoints": {name: {"Name": name, "Config": config} for name, config in configs.items()}}


def take(stage: Stage, kept: Any, *steps: tuple[str, str]) -> None:
    """Let the endpoint take a step, to a status and a configuration, whenever somebody sleeps."""
    coming = iter(steps)

    def step() -> None:
        kept.endpoint_status, kept.endpoint_config_name = next(coming)

    stage.clock.on_sleep = step


@pytest.mark.parametrize("kind", ["Create", "Update"])
def test_what_was_deployed_and_runs_is_fine(stage: Stage, kind: str) -> None:
    endpoint(stage, config="new")

    stage.succeed(ROLLOUT, kind, declared(ranker="new"), declared(ranker="old") if kind == "Update" else None)


def test_a_silent_rollback_fails(stage: Stage) -> None:
    endpoint(stage, config="old")

    assert stage.fail(ROLLOUT, "Update", declared(ranker="new"), declared(ranker="old")) == (
        "endpoint ranker runs old where new was deployed: SageMaker has rolled the update back; "
        "see the logs in /aws/sagemaker/Endpoints/ranker"
    )


def test_what_is_under_way_is_waited_for(stage: Stage) -> None:
    kept = endpoint(stage, config="old")
    kept.endpoint_status = "Updating"
    take(stage, kept, ("RollingBack", "old"), ("SystemUpdating", "old"), ("InService", "new"))

    stage.succeed(ROLLOUT, "Update", declared(ranker="new"), declared(ranker="old"))

    assert stage.clock.slept == [15.0, 15.0, 15.0]


def test_a_rollback_that_is_under_way_is_waited_for_and_fails(stage: Stage) -> None:
    kept = endpoint(stage, config="old")
    kept.endpoint_status = "RollingBack"
    take(stage, kept, ("InService", "old"))

    assert "runs old where new was deployed" in stage.fail(
        ROLLOUT, "Update", declared(ranker="new"), declared(ranker="old")
    )


@pytest.mark.parametrize("status", ["Failed", "OutOfService", "UpdateRollbackFailed", "Deleting"])
def test_an_endpoint_that_is_lost_fails_with_its_status_and_reason(stage: Stage, status: str) -> None:
    kept = endpoint(stage, config="new")
    kept.endpoint_status, kept.failure_reason = status, "The container did not pass the ping health check."

    assert stage.fail(ROLLOUT, "Create", declared(ranker="new")) == (
        f"endpoint ranker is {status} after new was deployed: The container did not pass the ping health check; "
        "see the logs in /aws/sagemaker/Endpoints/ranker"
    )


def test_the_alarms_that_are_in_alarm_are_named(stage: Stage) -> None:
    endpoint(stage, config="old")
    cloudwatch = stage.clients["cloudwatch"]
    names = ("Errors", "Latency", "Unrelated")
    for name in names:
        cloudwatch.put_metric_alarm(
            AlarmName=name, ComparisonOperator="GreaterThanThreshold", EvaluationPeriods=1, Threshold=1, Period=60,
            MetricName="m", Namespace="n", Statistic="Sum",
        )  # fmt: skip
    for name, state in zip(names, ("ALARM", "OK", "ALARM"), strict=True):
        cloudwatch.set_alarm_state(AlarmName=name, StateValue=state, StateReason="test")
    guarded_by(stage, ("Errors", "Latency"))

    assert "has rolled the update back; in ALARM now: Errors; see the logs" in stage.fail(
        ROLLOUT, "Update", declared(ranker="new"), declared(ranker="old")
    )


def test_a_message_does_without_alarms_that_it_may_not_see(stage: Stage) -> None:
    endpoint(stage, config="old")
    guarded_by(stage, ("Errors",))

    def refuse(**_: Any) -> Any:
        return _Refused(), {"Error": {"Code": "AccessDenied", "Message": "no"}}

    stage.clients["cloudwatch"].meta.events.register("before-call.cloudwatch.DescribeAlarms", refuse)

    assert stage.fail(ROLLOUT, "Create", declared(ranker="new")).endswith(
        "has rolled the update back; see the logs in /aws/sagemaker/Endpoints/ranker"
    )


class _Refused:
    status_code = 403
    headers: dict[str, str] = {}  # noqa: RUF012 - botocore only reads it


def guarded_by(stage: Stage, alarms: Sequence[str]) -> None:
    """Let the endpoint tell of its alarms, which moto does not keep."""

    def tell(parsed: dict[str, Any], **_: Any) -> None:
        names = [{"AlarmName": name} for name in alarms]
        parsed["LastDeploymentConfig"] = {"AutoRollbackConfiguration": {"Alarms": names}}

    stage.clients["sagemaker"].meta.events.register("after-call.sagemaker.DescribeEndpoint", tell)


def test_only_what_changed_is_checked(stage: Stage) -> None:
    now = declared(ranker="old", gone="x")

    stage.succeed(ROLLOUT, "Update", now, now)

    assert stage.calls == set()


def test_an_endpoint_that_left_the_stack_is_fine(stage: Stage) -> None:
    endpoint(stage, config="new")

    stage.succeed(ROLLOUT, "Update", declared(ranker="new"), declared(ranker="old", gone="x"))


def test_every_endpoint_that_changed_is_checked(stage: Stage) -> None:
    endpoint(stage, config="new")

    reason = stage.fail(ROLLOUT, "Update", declared(ranker="new", second="c"), declared(ranker="old"))

    assert reason == "endpoint second does not exist: c was deployed to it"


def test_deleting_checks_nothing(stage: Stage) -> None:
    stage.succeed(ROLLOUT, "Delete", declared(nobody="x"))

    assert stage.calls == set()


def test_another_invocation_goes_on_when_time_runs_out(stage: Stage) -> None:
    kept = endpoint(stage, config="old")
    kept.endpoint_status = "Updating"

    assert stage.send(ROLLOUT, "Update", declared(ranker="new"), declared(ranker="old")) is None
    assert sum(stage.clock.slept) == 840.0

    kept.endpoint_status, kept.endpoint_config_name = "InService", "new"
    (event,) = stage.function.pending
    answer = stage.invoke(event)
    assert answer is not None
    assert answer["Status"] == "SUCCESS"


def test_an_endpoint_that_never_settles_fails_before_cloudformation_gives_up(stage: Stage) -> None:
    kept = endpoint(stage, config="old")
    kept.endpoint_status = "Updating"
    began = stage.clock.time

    answer = stage.send(ROLLOUT, "Update", declared(ranker="new"), declared(ranker="old"))
    invocations = 1
    while answer is None:
        answer = stage.invoke(stage.function.pending.pop())
        invocations += 1

    assert answer["Reason"] == "endpoint ranker is Updating after 55 minutes: the check ends before CloudFormation does"
    assert 50 * 60 < stage.clock.time - began <= 55 * 60
    assert invocations == 4


def test_a_function_that_cannot_invoke_itself_says_so(stage: Stage) -> None:
    endpoint(stage, config="old").endpoint_status = "Updating"
    stage.function.failure = RuntimeError("not allowed")

    reason = stage.fail(ROLLOUT, "Update", declared(ranker="new"), declared(ranker="old"))

    assert reason == "the endpoint guard failed: RuntimeError: not allowed"


class TestInARollback:
    """CloudFormation asks for the old configuration then."""

    @pytest.fixture(autouse=True)
    def rolling_back(self, stage: Stage) -> None:
        stage.stack_becomes("UPDATE_IN_PROGRESS", "UPDATE_ROLLBACK_IN_PROGRESS")

    def test_the_old_configuration_passes(self, stage: Stage) -> None:
        endpoint(stage, config="old")

        stage.succeed(ROLLOUT, "Update", declared(ranker="old"), declared(ranker="new"))

    def test_an_endpoint_whose_turn_is_still_to_come_passes(self, stage: Stage) -> None:
        endpoint(stage, config="new")

        stage.succeed(ROLLOUT, "Update", declared(ranker="old"), declared(ranker="new"))

    @pytest.mark.parametrize("status", ["UPDATE_IN_PROGRESS", "UPDATE_COMPLETE"])
    def test_an_endpoint_that_did_not_go_back_fails(self, stage: Stage, status: str) -> None:
        endpoint(stage, name="Ranker", config="new")
        stage.touch("Endpoint", status, "AWS::SageMaker::Endpoint", "arn:aws:sagemaker:r:a:endpoint/ranker")

        answer = stage.send(ROLLOUT, "Update", declared(Ranker="old"), declared(Ranker="new"))

        assert answer is not None
        assert answer["Status"] == ("FAILED" if status == "UPDATE_COMPLETE" else "SUCCESS")


def test_a_version_that_the_service_rolls_back_fails_for_real(fleet: Fleet) -> None:
    before = fleet.live
    bad = fleet.deploy(SMALL, ECHO_HEALTH="exit")

    reason = fleet.stage.fail(ROLLOUT, "Update", declared(**{fleet.name: bad}), declared(**{fleet.name: before}))
    assert reason.startswith(f"endpoint {fleet.name} runs {before} where {bad} was deployed: ")

    good = fleet.deploy(SMALL)
    fleet.stage.succeed(ROLLOUT, "Update", declared(**{fleet.name: good}), declared(**{fleet.name: before}))
