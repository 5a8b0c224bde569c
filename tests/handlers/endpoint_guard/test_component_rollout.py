"""Custom::EndpointRollout fails a deployment whose inference component does not run the model that was deployed."""

from typing import Any

import pytest
from botocore.exceptions import ClientError

from cdk_model_hosting.handlers.endpoint_guard import components
from tests.handlers.endpoint_guard.conftest import client
from tests.handlers.endpoint_guard.stage import Stage
from tests.local_aws.runtime.componental import SMALL, Host
from tests.local_aws.runtime.hosting import Hosting

ROLLOUT = "EndpointRollout"
LOGS = "see the logs in /aws/sagemaker/InferenceComponents/coast"


def declared(**models: str) -> dict[str, Any]:
    return {
        "Endpoints": {},
        "Components": {name: {"Name": name, "Arn": f"arn:{name}", "Model": model} for name, model in models.items()},
    }


class _Answered:
    headers: dict[str, str] = {}  # noqa: RUF012 - botocore only reads it

    def __init__(self, status_code: int) -> None:
        self.status_code = status_code


class Live:
    """A component in the place of moto's, which has none."""

    def __init__(self, stage: Stage, *steps: tuple[str, str], **rest: Any) -> None:
        """Let it be in some statuses, with some models, one after the other whenever somebody sleeps."""
        self._coming = iter(steps)
        self.rest = rest
        self.step()
        stage.clock.on_sleep = self.step
        stage.clients["sagemaker"].meta.events.register("before-call.sagemaker.DescribeInferenceComponent", self.tell)

    def step(self) -> None:
        self.status, self.model = next(self._coming)

    def tell(self, params: dict[str, Any], **_: Any) -> Any:
        if b'"coast"' not in params["body"]:
            error = {"Code": "ValidationException", "Message": "Could not find inference component"}
            return _Answered(400), {"Error": error}
        told = {"InferenceComponentStatus": self.status, "Specification": {"ModelName": self.model}, **self.rest}
        return _Answered(200), told


@pytest.mark.parametrize("kind", ["Create", "Update"])
def test_what_was_deployed_and_runs_is_fine(stage: Stage, kind: str) -> None:
    Live(stage, ("InService", "new"))

    stage.succeed(ROLLOUT, kind, declared(coast="new"), declared(coast="old") if kind == "Update" else None)


def test_a_silent_rollback_fails(stage: Stage) -> None:
    Live(stage, ("InService", "old"))

    assert stage.fail(ROLLOUT, "Update", declared(coast="new"), declared(coast="old")) == (
        f"inference component coast runs old where new was deployed: SageMaker has rolled the update back; {LOGS}"
    )


def test_the_alarms_that_are_in_alarm_are_named(stage: Stage) -> None:
    cloudwatch = stage.clients["cloudwatch"]
    cloudwatch.put_metric_alarm(
        AlarmName="Errors", ComparisonOperator="GreaterThanThreshold", EvaluationPeriods=1, Threshold=1, Period=60,
        MetricName="m", Namespace="n", Statistic="Sum",
    )  # fmt: skip
    cloudwatch.set_alarm_state(AlarmName="Errors", StateValue="ALARM", StateReason="test")
    guard = {"AutoRollbackConfiguration": {"Alarms": [{"AlarmName": "Errors"}, {"AlarmName": "Other"}]}}
    Live(stage, ("InService", "old"), LastDeploymentConfig=guard)

    reason = stage.fail(ROLLOUT, "Update", declared(coast="new"), declared(coast="old"))

    assert reason.endswith(f"has rolled the update back; in ALARM now: Errors; {LOGS}")


def test_what_is_under_way_is_waited_for(stage: Stage) -> None:
    Live(stage, ("Updating", "old"), ("Updating", "old"), ("InService", "new"))

    stage.succeed(ROLLOUT, "Update", declared(coast="new"), declared(coast="old"))

    assert stage.clock.slept == [15.0, 15.0]


def test_another_invocation_goes_on_when_time_runs_out(stage: Stage) -> None:
    steps = [("Updating", "old")] * 57
    Live(stage, *steps, ("InService", "new"))

    assert stage.send(ROLLOUT, "Update", declared(coast="new"), declared(coast="old")) is None

    (event,) = stage.function.pending
    answer = stage.invoke(event)
    assert answer is not None
    assert answer["Status"] == "SUCCESS"


def test_a_component_that_failed_fails_with_its_reason(stage: Stage) -> None:
    Live(stage, ("Failed", "new"), FailureReason="The container did not pass the ping health check.")

    assert stage.fail(ROLLOUT, "Create", declared(coast="new")) == (
        f"inference component coast is Failed after new was deployed: The container did not pass the ping health check; {LOGS}"
    )


def test_a_component_that_is_not_there_fails(stage: Stage) -> None:
    Live(stage, ("InService", "new"))

    assert stage.fail(ROLLOUT, "Create", declared(metro="m")) == (
        "inference component metro does not exist: m was deployed to it"
    )


def test_only_what_changed_is_checked(stage: Stage) -> None:
    stage.succeed(ROLLOUT, "Update", declared(coast="same"), declared(coast="same"))

    assert stage.calls == set()


def test_a_refusal_is_told(stage: Stage) -> None:
    def refuse(**_: Any) -> Any:
        return _Answered(400), {"Error": {"Code": "AccessDeniedException", "Message": "not you"}}

    stage.clients["sagemaker"].meta.events.register("before-call.sagemaker.DescribeInferenceComponent", refuse)

    with pytest.raises(ClientError, match="not you"):
        components.describe(stage.surroundings, "coast")
    assert stage.fail(ROLLOUT, "Create", declared(coast="new")) == (
        "DescribeInferenceComponent was refused: not you (AccessDeniedException)"
    )


class TestInARollback:
    """CloudFormation asks for the old model then."""

    @pytest.fixture(autouse=True)
    def rolling_back(self, stage: Stage) -> None:
        stage.stack_becomes("UPDATE_IN_PROGRESS", "UPDATE_ROLLBACK_IN_PROGRESS")

    def test_the_old_model_passes(self, stage: Stage) -> None:
        Live(stage, ("InService", "old"))

        stage.succeed(ROLLOUT, "Update", declared(coast="old"), declared(coast="new"))

    def test_a_component_whose_turn_is_still_to_come_passes(self, stage: Stage) -> None:
        Live(stage, ("InService", "new"))

        stage.succeed(ROLLOUT, "Update", declared(coast="old"), declared(coast="new"))

    @pytest.mark.parametrize(("kind", "status"), [("InferenceComponent", "FAILED"), ("Endpoint", "SUCCESS")])
    def test_a_component_that_did_not_go_back_fails(self, stage: Stage, kind: str, status: str) -> None:
        Live(stage, ("InService", "new"))
        physical = f"arn:aws:sagemaker:r:a:{kind.lower()}/coast"
        stage.touch("Coast", "UPDATE_COMPLETE", f"AWS::SageMaker::{kind}", physical)

        answer = stage.send(ROLLOUT, "Update", declared(coast="old"), declared(coast="new"))

        assert answer is not None
        assert answer["Status"] == status


def test_a_version_that_the_service_rolls_back_fails_for_real(stage: Stage, hosting: Hosting) -> None:
    stage.use("sagemaker", client("sagemaker", hosting.local))
    host = Host(hosting)
    old, bad = hosting.model("1"), hosting.model("2", ECHO_HEALTH="exit")

    def running(model: str) -> dict[str, Any]:
        return {"ModelName": model, "ComputeResourceRequirements": SMALL}

    name = host.create(running(old), VariantName="Main", RuntimeConfig={"CopyCount": 1})
    stage.succeed(ROLLOUT, "Create", declared(**{name: old}))

    host.update(name, Specification=running(bad))

    reason = stage.fail(ROLLOUT, "Update", declared(**{name: bad}), declared(**{name: old}))
    assert reason.startswith(f"inference component {name} runs {old} where {bad} was deployed: ")
    assert components.describe(stage.surroundings, "nowhere") is None
    host.delete(name)
    hosting.sagemaker.delete_endpoint(EndpointName=host.name)
