"""Step Functions runs transform jobs, waits for them, and takes their failures for its own."""

import json
import time
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.local_aws.runtime.hosting import Hosting, unique
from tests.local_aws.runtime.machines import Machine, task
from tests.local_aws.runtime.reading import eventually
from tests.local_aws.runtime.transforming import Scoring, shortage

LINES = "1,2\n3,4\n"
SYNC = "sagemaker:createTransformJob.sync"
NAME = {"TransformJobName.$": "States.Format('sfn-{}-{}', $$.Execution.Name, $$.State.RetryCount)"}
# An hour takes a third of a second then.
FAST = 0.0001


@pytest.fixture(scope="module")
def model(hosting: Hosting) -> str:
    return Scoring(hosting).model()


@pytest.fixture
def scoring(hosting: Hosting) -> Scoring:
    scoring = Scoring(hosting)
    scoring.put("a.csv", LINES)
    return scoring


def job(scoring: Scoring, model: str, **rest: Any) -> dict[str, Any]:
    """Return the parameters of a task whose job has another name each time."""
    request = scoring.request(model, **rest)
    return {name: value for name, value in request.items() if name != "TransformJobName"} | NAME


def test_a_task_waits_for_its_job_and_describes_it(scoring: Scoring, hosting: Hosting, model: str) -> None:
    machine = Machine(hosting.local, {"Run": task(SYNC, job(scoring, model, MaxPayloadInMB=1))})

    ended = machine.run()

    assert ended["status"] == "SUCCEEDED"
    assert scoring.written() == {"a.csv.out": "3\n7\n"}
    told = ended["output"]
    name = f"sfn-{ended['name']}-0"
    described = hosting.sagemaker.describe_transform_job(TransformJobName=name)
    assert (told["TransformJobName"], told["TransformJobArn"]) == (name, described["TransformJobArn"])
    assert (told["TransformJobStatus"], told["ModelName"], told["MaxPayloadInMB"]) == ("Completed", model, 1)
    assert told["TransformInput"] == described["TransformInput"]
    for moment in ("CreationTime", "TransformStartTime", "TransformEndTime"):
        assert told[moment] == pytest.approx(described[moment].timestamp() * 1000, abs=1)
    assert "Tags" not in told


def test_a_task_that_does_not_wait_gets_the_arn(scoring: Scoring, hosting: Hosting, model: str) -> None:
    machine = Machine(hosting.local, {"Run": task("sagemaker:createTransformJob", job(scoring, model))})

    told = machine.run()["output"]

    assert told["TransformJobArn"].startswith("arn:aws:sagemaker:us-east-1:123456789012:transform-job/sfn-")
    assert told["SdkHttpMetadata"]["HttpStatusCode"] == 200
    assert scoring.ended(told["TransformJobArn"].partition("/")[2])["TransformJobStatus"] == "Completed"


def test_a_job_that_fails_fails_the_task_with_its_description(scoring: Scoring, hosting: Hosting, model: str) -> None:
    scoring.put("b.csv", "poison")
    caught = {
        "Type": "Pass",
        "Parameters": {
            "error.$": "$.caught.Error",
            "job.$": "States.StringToJson($.caught.Cause)",
            "given.$": "$.given",
        },
        "End": True,
    }
    catch = [{"ErrorEquals": ["States.ALL"], "ResultPath": "$.caught", "Next": "Caught"}]
    machine = Machine(hosting.local, {"Run": task(SYNC, job(scoring, model), Catch=catch), "Caught": caught})

    told = machine.run({"given": 7})["output"]

    assert (told["error"], told["given"]) == ("States.TaskFailed", 7)
    assert told["job"]["TransformJobStatus"] == "Failed"
    assert told["job"]["FailureReason"] == "ClientError: See job logs for more information"


def test_shortages_are_retried_with_a_name_for_each_attempt(scoring: Scoring, hosting: Hosting, model: str) -> None:
    retry = [
        {"ErrorEquals": ["SageMaker.AmazonSageMakerException"], "IntervalSeconds": 5, "JitterStrategy": "FULL"},
        {"ErrorEquals": ["SageMaker.ResourceLimitExceededException"], "IntervalSeconds": 60, "BackoffRate": 1.5},
        {"ErrorEquals": ["States.TaskFailed"], "IntervalSeconds": 300, "MaxAttempts": 1},
    ]
    machine = Machine(hosting.local, {"Run": task(SYNC, job(scoring, model), Retry=retry)})
    shortage(hosting.local, throttled=2, limited=1, failed=1)

    ended = machine.run()

    assert ended["output"]["TransformJobName"] == f"sfn-{ended['name']}-4"
    failures = [
        event["taskFailedEventDetails"]["error"]
        for event in machine.client.get_execution_history(executionArn=ended["executionArn"])["events"]
        if event["type"] == "TaskFailed"
    ]
    assert failures == [
        "SageMaker.AmazonSageMakerException",
        "SageMaker.AmazonSageMakerException",
        "SageMaker.ResourceLimitExceededException",
        "States.TaskFailed",
    ]


def test_the_time_between_retries_grows_up_to_its_limit(scoring: Scoring, hosting: Hosting, model: str) -> None:
    retry = [{"ErrorEquals": ["States.ALL"], "IntervalSeconds": 1000, "BackoffRate": 100, "MaxDelaySeconds": 3000}]
    machine = Machine(hosting.local, {"Run": task(SYNC, job(scoring, model), Retry=retry)})
    shortage(hosting.local, limited=3)

    with hosting.local.time_factor(FAST):
        ended = machine.run()

    events = machine.client.get_execution_history(executionArn=ended["executionArn"])["events"]
    times = [event["timestamp"] for event in events if event["type"] in {"TaskFailed", "TaskScheduled"}][1:7]
    waits = [(later - earlier).total_seconds() for earlier, later in zip(times[::2], times[1::2], strict=True)]
    assert all(wait >= least for wait, least in zip(waits, (0.1, 0.3, 0.3), strict=True))
    # Without the limit it would be a thousand.
    assert waits[2] < 100


@pytest.mark.parametrize(
    ("change", "error", "cause"),
    [
        (
            {"ModelName": "nobody"},
            "SageMaker.AmazonSageMakerException",
            "(Service: AmazonSageMaker; Status Code: 400; Error Code: ValidationException; Request ID: ",
        ),
        ({"MaxPayloadInMB": 101}, "SageMaker.AmazonSageMakerException", "MaxPayloadInMB must be at most 100, got 101."),
        ({"MaxPayloadInMB": "6"}, "SageMaker.AmazonSageMakerException", "Member must be an integer"),
        ({"TransformJobName": "taken"}, "SageMaker.ResourceInUseException", "Job name must be unique"),
    ],
)
def test_what_the_api_refuses_has_the_name_of_its_exception(
    scoring: Scoring, model: str, change: dict[str, Any], error: str, cause: str
) -> None:
    if "TransformJobName" in change:
        scoring.run(model, TransformJobName=change["TransformJobName"])
    given = {name: value for name, value in job(scoring, model).items() if name.removesuffix(".$") not in change}

    ended = Machine(scoring.hosting.local, {"Run": task(SYNC, {**given, **change})}).run()

    assert (ended["status"], ended["error"]) == ("FAILED", error)
    assert cause in ended["cause"]


def test_the_sdk_describes_a_job_and_names_errors_its_own_way(scoring: Scoring, hosting: Hosting, model: str) -> None:
    catch = [{"ErrorEquals": ["States.ALL"], "Next": "Caught"}]
    parameters = {"TransformJobName.$": "$.job"}
    describe = task("aws-sdk:sagemaker:describeTransformJob", parameters, Catch=catch)
    machine = Machine(hosting.local, {"Describe": describe, "Caught": {"Type": "Pass", "End": True}})
    name = scoring.run(model)["TransformJobName"]

    told = machine.run({"job": name})["output"]

    assert (told["TransformJobName"], told["TransformJobStatus"]) == (name, "Completed")
    assert told["CreationTime"].endswith("Z")
    assert machine.run({"job": "nobody"})["output"]["Error"] == "SageMaker.ResourceNotFoundException"
    assert machine.run({"job": "no_name"})["output"]["Error"] == "SageMaker.SageMakerException"


def test_a_task_that_takes_too_long_leaves_its_job_behind(scoring: Scoring, hosting: Hosting) -> None:
    slow = scoring.model(SCORE_SECONDS="300")
    catch = [{"ErrorEquals": ["States.Timeout"], "Next": "Late"}]
    states = {"Run": task(SYNC, job(scoring, slow), TimeoutSeconds=3600, Catch=catch), "Late": {"Type": "Succeed"}}
    machine = Machine(hosting.local, states)

    with hosting.local.time_factor(FAST):
        ended = machine.run()

    assert ended["status"] == "SUCCEEDED"
    assert ended["output"] == {"Error": "States.Timeout", "Cause": "Task timed out after 3600 seconds"}
    left_behind(scoring, f"sfn-{ended['name']}-0")


def test_an_execution_that_takes_too_long_leaves_its_job_behind(scoring: Scoring, hosting: Hosting) -> None:
    slow = scoring.model(SCORE_SECONDS="300")
    machine = Machine(hosting.local, {"Run": task(SYNC, job(scoring, slow))}, {"TimeoutSeconds": 3600})

    with hosting.local.time_factor(FAST):
        ended = machine.run()

    assert (ended["status"], ended["error"]) == ("TIMED_OUT", "States.Timeout")
    eventually(lambda: machine.metric("ExecutionsTimedOut"), lambda found: found == 1)
    left_behind(scoring, f"sfn-{ended['name']}-0")


def left_behind(scoring: Scoring, name: str) -> None:
    """Check that a job runs although nobody waits for it, and stop it."""
    known = scoring.hosting.sagemaker.describe_transform_job(TransformJobName=name)
    assert known["TransformJobStatus"] == "InProgress"
    scoring.hosting.sagemaker.stop_transform_job(TransformJobName=name)
    assert scoring.ended(name)["TransformJobStatus"] == "Stopped"


def test_states_in_jsonata_assign_together_and_compute_what_they_wait_for(
    scoring: Scoring, hosting: Hosting, model: str
) -> None:
    request = {name: value for name, value in job(scoring, model).items() if name not in NAME}
    states: dict[str, Any] = {
        "Begin": {"Type": "Pass", "Assign": {"attempt": 0, "job": ""}, "Next": "Name"},
        "Name": {
            "Type": "Pass",
            "Assign": {
                "attempt": "{% $attempt + 1 %}",
                "job": "{% 'in-jsonata-' & $substring($hash($states.context.Execution.Id, 'MD5'), 0, 8) & '-' & $attempt %}",
            },
            "Next": "Run",
        },
        "Run": {
            "Type": "Task",
            "Resource": f"arn:aws:states:::{SYNC}",
            "Arguments": {**request, "TransformJobName": "{% $job %}"},
            "TimeoutSeconds": "{% $number('3600') %}",
            "Assign": {"created": "{% $states.result.CreationTime %}"},
            "Output": {},
            "Retry": [{"ErrorEquals": ["SageMaker.ResourceLimitExceededException"]}],
            "Catch": [
                {
                    "ErrorEquals": ["States.ALL"],
                    "Assign": {"why": "{% $parse($states.errorOutput.Cause).FailureReason %}"},
                    "Next": "Enough",
                }
            ],
            "Next": "Done",
        },
        "Enough": {
            "Type": "Choice",
            "Choices": [{"Condition": "{% $contains($why, 'CapacityError') and $attempt < 2 %}", "Next": "Pause"}],
            "Default": "Failed",
        },
        "Pause": {"Type": "Wait", "Seconds": "{% $ceil(60 * (1 + $random())) %}", "Next": "Name"},
        "Failed": {"Type": "Fail", "Error": "Enough", "Cause": "{% $why %}"},
        "Done": {
            "Type": "Succeed",
            "Output": {"job": "{% $job %}", "attempt": "{% $attempt %}", "at": "{% $created %}"},
        },
    }
    machine = Machine(hosting.local, states, {"QueryLanguage": "JSONata"})
    shortage(hosting.local, limited=1, failed=1)

    told = machine.run()["output"]

    assert (told["attempt"], told["job"][:11], told["job"][-2:]) == (2, "in-jsonata-", "-1")
    assert told["at"] > 1e12
    shortage(hosting.local, failed=2)
    ended = machine.run()
    assert (ended["status"], ended["error"], ended["cause"][:13]) == ("FAILED", "Enough", "CapacityError")


def test_an_execution_that_is_stopped_stays_so_and_ends_its_job(scoring: Scoring, hosting: Hosting) -> None:
    slow = scoring.model(SCORE_SECONDS="300")
    machine = Machine(hosting.local, {"Run": task(SYNC, job(scoring, slow))})
    execution = machine.start()
    name = f"sfn-{execution.rpartition(':')[2]}-0"
    eventually(
        lambda: hosting.sagemaker.list_transform_jobs(NameContains=name)["TransformJobSummaries"], lambda found: found
    )

    machine.client.stop_execution(executionArn=execution, error="Enough", cause="a test")

    assert scoring.ended(name)["TransformJobStatus"] == "Stopped"
    time.sleep(0.1)
    ended = machine.ended(execution)
    assert (ended["status"], ended["error"], ended["cause"]) == ("ABORTED", "Enough", "a test")


def test_a_job_that_somebody_stops_fails_its_task(scoring: Scoring, hosting: Hosting) -> None:
    slow = scoring.model(SCORE_SECONDS="300")
    machine = Machine(hosting.local, {"Run": task(SYNC, job(scoring, slow))})
    execution = machine.start()
    name = f"sfn-{execution.rpartition(':')[2]}-0"
    eventually(
        lambda: hosting.sagemaker.list_transform_jobs(NameContains=name)["TransformJobSummaries"], lambda found: found
    )

    hosting.sagemaker.stop_transform_job(TransformJobName=name)

    ended = machine.ended(execution)
    assert (ended["status"], ended["error"]) == ("FAILED", "States.TaskFailed")
    assert json.loads(ended["cause"])["TransformJobStatus"] == "Stopped"


@pytest.mark.parametrize(
    ("states", "wrong"),
    [
        (
            {"Run": task(SYNC, {"Modelname": "x"})},
            'The field "Modelname" is not supported by Step Functions at /States/Run/Parameters',
        ),
        (
            {"Run": task(SYNC, {"TransformResources": {"Instances": 1, "InstanceType.$": "$.type"}})},
            'The field "Instances" is not supported by Step Functions at /States/Run/Parameters',
        ),
        (
            {"Run": task("sagemaker:createModel.sync", {})},
            (
                "The resource provided arn:aws:states:::sagemaker:createModel.sync is not recognized. The value is not a valid"
                " resource ARN at /States/Run/Resource"
            ),
        ),
        ({"Run": {"Type": "Pass", "Next": "Gone"}}, "Missing 'Next' target: Gone at /States/Run/Next"),
        (
            {"Run": {"Type": "Pass", "End": True}, "Lost": {"Type": "Succeed"}},
            'State "Lost" is not reachable at /States/Lost',
        ),
        ({"Run": {"Type": "Pass"}}, "Exactly one of 'Next' and 'End' is required at /States/Run"),
        ({"Run": {"Type": "Dance", "End": True}}, "Value 'Dance' is not a type of state at /States/Run/Type"),
        (
            {"Run": {"Type": "Map", "ItemProcessor": {"StartAt": "Gone", "States": {}}, "End": True}},
            "Missing 'StartAt' target: Gone at /States/Run/ItemProcessor/StartAt",
        ),
    ],
)
def test_a_definition_that_cannot_work_is_refused(hosting: Hosting, states: dict[str, Any], wrong: str) -> None:
    with pytest.raises(ClientError) as caught:
        Machine(hosting.local, states)

    assert caught.value.response["Error"]["Code"] == "InvalidDefinition"
    assert caught.value.response["Error"]["Message"] == (
        f"Invalid State Machine Definition: 'SCHEMA_VALIDATION_FAILED: {wrong}'"
    )


def test_an_express_machine_does_not_wait_for_jobs(hosting: Hosting) -> None:
    with pytest.raises(ClientError) as caught:
        Machine(hosting.local, {"Run": task(SYNC, {"TransformJobName": "x"})}, settings={"type": "EXPRESS"})

    assert caught.value.response["Error"]["Message"] == (
        "Invalid State Machine Definition: 'SCHEMA_VALIDATION_FAILED: Express state machine does not support '.sync' service"
        " integration at /States/Run/Resource'"
    )


def test_a_name_is_started_once(hosting: Hosting) -> None:
    machine = Machine(hosting.local, {"Wait": {"Type": "Wait", "Seconds": 3600, "End": True}})
    with hosting.local.time_factor(1):
        first = machine.start({"a": 1}, name="once")
        assert machine.start({"a": 1}, name="once") == first
        with pytest.raises(ClientError, match="ExecutionAlreadyExists"):
            machine.start({"a": 2}, name="once")
    assert machine.ended(first)["status"] == "SUCCEEDED"
    with pytest.raises(ClientError, match="ExecutionAlreadyExists"):
        machine.start({"a": 1}, name="once")
    assert machine.executions() == [first]


@pytest.mark.parametrize(
    ("resource", "error"),
    [
        ("states:startExecution", "StepFunctions.ExecutionAlreadyExistsException"),
        ("aws-sdk:sfn:startExecution", "Sfn.ExecutionAlreadyExistsException"),
    ],
)
def test_a_machine_starts_another_one_once(hosting: Hosting, resource: str, error: str) -> None:
    other = Machine(hosting.local, {"Done": {"Type": "Succeed"}})
    parameters = {"StateMachineArn": other.arn, "Name.$": "$.name", "Input.$": "States.JsonToString($)"}
    catch = [{"ErrorEquals": [error], "Next": "Known"}]
    starter = Machine(
        hosting.local, {"Start": task(resource, parameters, Catch=catch), "Known": {"Type": "Pass", "End": True}}
    )
    name = unique("once")

    first = starter.run({"name": name})["output"]
    (started,) = other.started_by_itself()
    second = starter.run({"name": name})["output"]

    assert first["ExecutionArn"] == started["executionArn"]
    assert second["Error"] == error
    assert other.executions() == [started["executionArn"]]
