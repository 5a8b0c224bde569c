"""An inference experiment is a shadow test that begins, runs and ends by itself, and leaves the endpoint as it was."""

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.local_aws.runtime.hosting import BUCKET, Hosting, unique
from tests.local_aws.runtime.reading import eventually, metric
from tests.local_aws.stacks import Stack

# An hour takes 0.4 seconds then.
FAST = 0.4 / 3600


@dataclass
class Lab:
    """An endpoint to experiment on."""

    hosting: Hosting
    name: str = field(init=False)
    shadow: str = field(init=False)
    config: str = field(init=False)

    def __post_init__(self) -> None:
        self.name = self.hosting.endpoint({"ModelName": self.hosting.model("production")})
        self.shadow = self.hosting.model("shadow")
        self.config = self.endpoint()["EndpointConfigName"]

    def request(self, *, percent: int = 100, **rest: Any) -> dict[str, Any]:
        """Return what creates an experiment."""
        shadow = {"ShadowModelVariantName": "Shadow", "SamplingPercentage": percent}
        return {
            "Name": unique("experiment"),
            "Type": "ShadowMode",
            "RoleArn": self.hosting.role,
            "EndpointName": self.name,
            "ModelVariants": [described("Shadow", self.shadow)],
            "ShadowModeConfig": {"SourceModelVariantName": "Main", "ShadowModelVariants": [shadow]},
            **rest,
        }

    def start(self, **request: Any) -> str:
        """Create an experiment, and wait until it runs."""
        given = self.request(**request)
        self.hosting.sagemaker.create_inference_experiment(**given)
        self.reach(given["Name"], "Running")
        return str(given["Name"])

    def stop(self, name: str, production: str, shadow: str, **rest: Any) -> dict[str, Any]:
        """Stop an experiment, and wait until it is over."""
        self.hosting.sagemaker.stop_inference_experiment(
            Name=name, ModelVariantActions={"Main": production, "Shadow": shadow}, **rest
        )
        return self.reach(name, rest.get("DesiredState", "Completed"))

    def describe(self, name: str) -> dict[str, Any]:
        known: dict[str, Any] = self.hosting.sagemaker.describe_inference_experiment(Name=name)
        return known

    def reach(self, name: str, status: str) -> dict[str, Any]:
        return eventually(lambda: self.describe(name), lambda known: known["Status"] == status)

    def endpoint(self) -> dict[str, Any]:
        known: dict[str, Any] = self.hosting.sagemaker.describe_endpoint(EndpointName=self.name)
        return known

    def variants(self) -> tuple[list[str], list[str]]:
        """Return the names of the production variants and of the shadow variants."""
        known = self.endpoint()
        kinds = ("ProductionVariants", "ShadowProductionVariants")
        production, shadows = ([variant["VariantName"] for variant in known.get(kind, [])] for kind in kinds)
        return production, shadows


def described(name: str, model: str, *, count: int = 1, instance_type: str = "ml.c7g.large") -> dict[str, Any]:
    """Describe a variant as experiments do."""
    instances = {"InstanceType": instance_type, "InstanceCount": count}
    infrastructure = {"InfrastructureType": "RealTimeInference", "RealTimeInferenceConfig": instances}
    return {"VariantName": name, "ModelName": model, "InfrastructureConfig": infrastructure}


@pytest.fixture(scope="module")
def lab(hosting: Hosting) -> Lab:
    return Lab(hosting)


def test_it_copies_requests_while_it_runs_and_then_leaves_the_endpoint_as_it_was(lab: Lab) -> None:
    storage = {"Destination": f"s3://{BUCKET}/experiments"}
    name = lab.start(DataStorageConfig=storage, Description="a test")

    assert lab.variants() == (["Main"], ["Shadow"])
    assert lab.hosting.version(lab.name) == "production"
    shadow = {"EndpointName": lab.name, "VariantName": "Shadow"}
    eventually(lambda: metric(lab.hosting, "Invocations", **shadow), lambda count: count == 1)
    known = lab.describe(name)
    assert known["Description"] == "a test"
    assert [(variant["VariantName"], variant["Status"]) for variant in known["ModelVariants"]] == [
        ("Shadow", "InService")
    ]
    assert known["EndpointMetadata"]["EndpointConfigName"] != lab.config
    assert known["Schedule"]["EndTime"] - known["Schedule"]["StartTime"] == timedelta(days=7)
    assert lab.endpoint()["DataCaptureConfig"]["DestinationS3Uri"] == storage["Destination"]

    after = lab.stop(name, "Retain", "Remove", Reason="seen enough")

    assert after["StatusReason"] == "seen enough"
    assert after["ModelVariants"][0]["Status"] == "Deleted"
    assert after["CompletionTime"] >= after["CreationTime"]
    assert lab.endpoint()["EndpointConfigName"] == lab.config
    lab.hosting.sagemaker.delete_inference_experiment(Name=name)
    with pytest.raises(lab.hosting.sagemaker.exceptions.ResourceNotFound):
        lab.describe(name)
    assert lab.variants() == (["Main"], [])


def test_it_begins_and_ends_when_its_schedule_says_so(lab: Lab) -> None:
    now = datetime.now(UTC)
    request = lab.request(Schedule={"StartTime": now + timedelta(hours=1), "EndTime": now + timedelta(days=28)})

    def comes_to(status: str) -> None:
        eventually(lambda: lab.describe(request["Name"])["Status"], lambda found: found == status)

    lab.hosting.sagemaker.create_inference_experiment(**request)
    comes_to("Created")
    with lab.hosting.local.time_factor(FAST):
        comes_to("Running")
    with lab.hosting.local.time_factor(FAST / 100):
        comes_to("Completed")
    assert lab.endpoint()["EndpointConfigName"] == lab.config


def test_it_can_be_started_early_changed_and_cancelled(lab: Lab) -> None:
    later = {"StartTime": datetime.now(UTC) + timedelta(days=1), "EndTime": datetime.now(UTC) + timedelta(days=2)}
    request = lab.request(Schedule=later)
    lab.hosting.sagemaker.create_inference_experiment(**request)
    lab.reach(request["Name"], "Created")
    with pytest.raises(lab.hosting.sagemaker.exceptions.ResourceInUse, match="has the experiment"):
        lab.hosting.sagemaker.create_inference_experiment(**lab.request())

    lab.hosting.sagemaker.start_inference_experiment(Name=request["Name"])
    lab.reach(request["Name"], "Running")
    changed = lab.request(percent=40)["ShadowModeConfig"]
    lab.hosting.sagemaker.update_inference_experiment(Name=request["Name"], ShadowModeConfig=changed)
    lab.reach(request["Name"], "Running")

    assert lab.endpoint()["ShadowProductionVariants"][0]["CurrentWeight"] == 0.4
    with pytest.raises(ClientError, match=r"Cannot delete inference experiment .* in status Running"):
        lab.hosting.sagemaker.delete_inference_experiment(Name=request["Name"])
    assert lab.stop(request["Name"], "Retain", "Remove", DesiredState="Cancelled")["Status"] == "Cancelled"
    listed = lab.hosting.sagemaker.list_inference_experiments(StatusEquals="Cancelled", NameContains=request["Name"])
    assert [found["Name"] for found in listed["InferenceExperiments"]] == [request["Name"]]


def test_the_shadow_is_promoted_with_the_instances_that_are_asked_for(hosting: Hosting) -> None:
    lab = Lab(hosting)
    name = lab.start(ModelVariants=[described("Main", hosting.model("production")), described("Shadow", lab.shadow)])

    lab.stop(name, "Remove", "Promote", DesiredModelVariants=[described("Shadow", lab.shadow, count=3)])

    assert lab.variants() == (["Shadow"], [])
    assert lab.hosting.version(lab.name) == "shadow"
    assert lab.endpoint()["ProductionVariants"][0]["CurrentInstanceCount"] == 3
    assert {variant["VariantName"]: variant["Status"] for variant in lab.describe(name)["ModelVariants"]} == {
        "Main": "Deleted",
        "Shadow": "InService",
    }


def test_a_shadow_that_is_retained_goes_on(hosting: Hosting) -> None:
    lab = Lab(hosting)

    lab.stop(lab.start(), "Retain", "Retain")

    assert lab.variants() == (["Main"], ["Shadow"])


def test_a_shadow_that_never_gets_well_cancels_it(lab: Lab) -> None:
    sick = described("Shadow", lab.hosting.model("shadow", ECHO_HEALTH="exit"))
    request = lab.request(ModelVariants=[sick])

    lab.hosting.sagemaker.create_inference_experiment(**request)

    known = lab.reach(request["Name"], "Cancelled")
    assert "could not be updated" in known["StatusReason"]
    assert lab.endpoint()["EndpointConfigName"] == lab.config
    assert lab.hosting.version(lab.name) == "production"


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"EndpointName": "nobody"}, "Could not find endpoint"),
        ({"ModelVariants": [described("Shadow", "nobody")]}, "Could not find model"),
        ({"ModelVariants": [described("Other", "any")]}, r"does not name the variant\(s\) Other"),
        ({"ModelVariants": [described("Main", "any")]}, "do not describe the shadow variant Shadow"),
        (
            {"ModelVariants": [described("Shadow", "any", count=0)]},
            "InstanceCount of variant Shadow must be at least 1",
        ),
        (
            {"Schedule": {"StartTime": datetime(2030, 1, 1, tzinfo=UTC), "EndTime": datetime(2030, 2, 1, tzinfo=UTC)}},
            "runs for 30 days at most",
        ),
        (
            {"Schedule": {"StartTime": datetime(2030, 1, 2, tzinfo=UTC), "EndTime": datetime(2030, 1, 1, tzinfo=UTC)}},
            "EndTime of the Schedule must be after its StartTime",
        ),
        (
            {
                "ShadowModeConfig": {
                    "SourceModelVariantName": "Nobody",
                    "ShadowModelVariants": [{"ShadowModelVariantName": "Shadow", "SamplingPercentage": 1}],
                }
            },
            "have the production variant Nobody",
        ),
    ],
)
def test_experiments_that_cannot_be_are_refused(lab: Lab, change: dict[str, Any], message: str) -> None:
    with pytest.raises(ClientError, match=message):
        lab.hosting.sagemaker.create_inference_experiment(**lab.request(**change))


def test_an_instance_that_no_shadow_runs_on_is_refused(lab: Lab) -> None:
    inferentia = described("Shadow", lab.shadow, instance_type="ml.inf1.xlarge")

    with pytest.raises(ClientError, match="do not support Inf1"):
        lab.hosting.sagemaker.create_inference_experiment(**lab.request(ModelVariants=[inferentia]))


@pytest.mark.parametrize(
    ("actions", "message"),
    [
        ({"Main": "Retain"}, "ModelVariantActions must name Main, Shadow, got Main"),
        ({"Main": "Promote", "Shadow": "Remove"}, "got Promote with Remove"),
        ({"Main": "Remove", "Shadow": "Remove"}, "got Remove with Remove"),
    ],
)
def test_endings_that_cannot_be_are_refused(lab: Lab, actions: dict[str, str], message: str) -> None:
    later = {"StartTime": datetime.now(UTC) + timedelta(days=1)}
    request = lab.request(Schedule=later)
    lab.hosting.sagemaker.create_inference_experiment(**request)
    lab.reach(request["Name"], "Created")

    with pytest.raises(ClientError, match=message):
        lab.hosting.sagemaker.stop_inference_experiment(Name=request["Name"], ModelVariantActions=actions)

    lab.stop(request["Name"], "Retain", "Remove", DesiredState="Cancelled")


def test_a_stack_runs_completes_and_forgets_an_experiment(lab: Lab) -> None:
    stack = Stack(lab.hosting.local, unique("experiments"))
    properties = lab.request(percent=50)

    def template(**rest: Any) -> dict[str, Any]:
        experiment = {"Type": "AWS::SageMaker::InferenceExperiment", "Properties": {**properties, **rest}}
        outputs = {
            "Name": {"Value": {"Ref": "Experiment"}},
            "Arn": {"Value": {"Fn::GetAtt": ["Experiment", "Arn"]}},
        }
        return {"Resources": {"Experiment": experiment}, "Outputs": outputs}

    assert stack.apply(template()) == "CREATE_COMPLETE", stack.log()
    name = properties["Name"]
    assert stack.outputs() == {"Name": name, "Arn": lab.describe(name)["Arn"]}
    lab.reach(name, "Running")
    assert not stack.has_drifted()
    more = lab.request(percent=80)["ShadowModeConfig"]
    assert stack.apply(template(ShadowModeConfig=more)) == "UPDATE_COMPLETE", stack.reasons("UPDATE_FAILED")
    assert lab.endpoint()["ShadowProductionVariants"][0]["CurrentWeight"] == 0.8
    ended = template(ShadowModeConfig=more, DesiredState="Completed", StatusReason="done")
    assert stack.apply(ended) == "UPDATE_COMPLETE", stack.reasons("UPDATE_FAILED")
    assert (lab.describe(name)["Status"], lab.describe(name)["StatusReason"]) == ("Completed", "done")
    assert lab.endpoint()["EndpointConfigName"] == lab.config
    assert stack.delete() == "DELETE_COMPLETE"


def test_a_stack_that_is_deleted_ends_its_experiment(lab: Lab) -> None:
    stack = Stack(lab.hosting.local, unique("experiments"))
    request = lab.request()
    template = {"Resources": {"Experiment": {"Type": "AWS::SageMaker::InferenceExperiment", "Properties": request}}}
    assert stack.apply(template) == "CREATE_COMPLETE", stack.log()
    lab.reach(request["Name"], "Running")

    assert stack.delete() == "DELETE_COMPLETE"

    assert lab.endpoint()["EndpointConfigName"] == lab.config
