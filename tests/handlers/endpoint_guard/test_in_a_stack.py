"""The guard as a function on the local AWS, called by its CloudFormation: in its order, with its events."""

import io
import time
import zipfile
from pathlib import Path
from typing import Any

import pytest

import cdk_model_hosting.handlers.endpoint_guard as guard
from tests.handlers.endpoint_guard.fleet import LARGE, SMALL, registration, tracking
from tests.local_aws.runtime.hosting import BUCKET, Hosting, unique
from tests.local_aws.stacks import Stack

PACKAGE = Path(str(guard.__file__)).parent
TARGET = "AWS::ApplicationAutoScaling::ScalableTarget"
POLICY = "AWS::ApplicationAutoScaling::ScalingPolicy"
# The watch looks every 15 seconds.
SECONDS_FOR_THE_WATCH = 120.0
OLD = registration(2, 6, tracking(600))
NEW = registration(1, 3, tracking(300, "Requests"))
BOMB = {"Type": "Custom::Bomb", "Properties": {"ServiceToken": "arn:aws:lambda:us-east-1:123456789012:function:nobody"}}

Template = dict[str, Any]


@pytest.fixture(scope="module")
def code(hosting: Hosting) -> str:
    """Put the function's archive where its template says."""
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w") as archive:
        for path in sorted([*PACKAGE.glob("*.py"), *PACKAGE.parent.glob("*.py")]):
            archive.write(path, str(path.relative_to(PACKAGE.parents[1])))
    hosting.local.client("s3").put_object(Bucket=BUCKET, Key="guard.zip", Body=data.getvalue())
    return "guard.zip"


class Owned:
    """A stack with an endpoint whose scaling the guard owns."""

    def __init__(self, hosting: Hosting, model: str, code: str) -> None:
        self.hosting, self.model, self.code = hosting, model, code
        self.name = unique("owned")
        self.stack = Stack(hosting.local, self.name)

    def template(self, kind: str, scaling: dict[str, Any], **others: Any) -> Template:
        """A template with both scaling resources, and whatever else."""
        properties = {
            "ServiceToken": {"Fn::GetAtt": ["Function", "Arn"]},
            "EndpointName": self.name,
            "Variants": {"Main": {"InstanceType": kind, "Registration": scaling}},
        }
        release = {"Type": "Custom::ScalingRelease", "Properties": properties}
        after = {"Type": "Custom::ScalingRegistration", "DependsOn": ["Endpoint"], "Properties": properties}
        resources = {**self.base(kind), "Release": release, "Registration": after}
        resources["Endpoint"]["DependsOn"] = ["Release"]
        return {"Resources": {**resources, **others}}

    def native(self, kind: str, scaling: dict[str, Any]) -> Template:
        """A template whose scaling is CloudFormation's own."""
        names = {
            "ServiceNamespace": "sagemaker",
            "ResourceId": f"endpoint/{self.name}/variant/Main",
            "ScalableDimension": "sagemaker:variant:DesiredInstanceCount",
        }
        bounds = {"MinCapacity": scaling["MinCapacity"], "MaxCapacity": scaling["MaxCapacity"]}
        (policy,) = scaling["Policies"]
        resources = {
            **self.base(kind),
            "Target": {"Type": TARGET, "DependsOn": ["Endpoint"], "Properties": {**names, **bounds}},
            "Policy": {"Type": POLICY, "DependsOn": ["Target"], "Properties": {**names, **policy}},
        }
        return {"Resources": resources}

    def base(self, kind: str) -> dict[str, Any]:
        """The function and the endpoint."""
        assume = {"Action": "sts:AssumeRole", "Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}}
        variant = {"VariantName": "Main", "ModelName": self.model, "InstanceType": kind, "InitialInstanceCount": 2}
        return {
            "Role": {
                "Type": "AWS::IAM::Role",
                "Properties": {"AssumeRolePolicyDocument": {"Version": "2012-10-17", "Statement": [assume]}},
            },
            "Function": {
                "Type": "AWS::Lambda::Function",
                "Properties": {
                    "Code": {"S3Bucket": BUCKET, "S3Key": self.code},
                    "Handler": "handlers.endpoint_guard.handler",
                    "Runtime": "python3.14",
                    "Timeout": 900,
                    "Role": {"Fn::GetAtt": ["Role", "Arn"]},
                    "RecursiveLoop": "Allow",
                },
            },
            "Config": {"Type": "AWS::SageMaker::EndpointConfig", "Properties": {"ProductionVariants": [variant]}},
            "Endpoint": {
                "Type": "AWS::SageMaker::Endpoint",
                "Properties": {
                    "EndpointName": self.name,
                    "EndpointConfigName": {"Fn::GetAtt": ["Config", "EndpointConfigName"]},
                    "RetainAllVariantProperties": True,
                },
            },
        }

    def apply(self, template: Template, expected: str = "UPDATE_COMPLETE") -> None:
        """Deploy."""
        status = self.stack.apply(template)
        assert status == expected, self.stack.log()

    def running(self) -> str:
        """The instance type that runs."""
        known = self.hosting.sagemaker.describe_endpoint(EndpointName=self.name)
        config = self.hosting.sagemaker.describe_endpoint_config(EndpointConfigName=known["EndpointConfigName"])
        return str(config["ProductionVariants"][0]["InstanceType"])

    def scaling(self) -> tuple[int, int, list[str]] | None:
        """Bounds and policies, as registered."""
        resource = f"endpoint/{self.name}/variant/Main"
        client = self.hosting.autoscaling
        targets = client.describe_scalable_targets(ServiceNamespace="sagemaker", ResourceIds=[resource])
        policies = client.describe_scaling_policies(ServiceNamespace="sagemaker", ResourceId=resource)
        names = sorted(each["PolicyName"] for each in policies["ScalingPolicies"])
        for each in targets["ScalableTargets"]:
            return each["MinCapacity"], each["MaxCapacity"], names
        return None

    def scales_as(self, scaling: dict[str, Any]) -> None:
        """Wait until the variant is registered so, for as long as the watch may take."""
        wanted = (scaling["MinCapacity"], scaling["MaxCapacity"], [each["PolicyName"] for each in scaling["Policies"]])
        deadline = time.monotonic() + SECONDS_FOR_THE_WATCH
        while self.scaling() != wanted and time.monotonic() < deadline:
            time.sleep(0.2)
        assert self.scaling() == wanted


@pytest.fixture
def owned(hosting: Hosting, model: str, code: str) -> Owned:
    return Owned(hosting, model, code)


def test_the_type_and_the_scaling_change_in_one_deployment_and_back(owned: Owned) -> None:
    owned.apply(owned.template(SMALL, OLD), "CREATE_COMPLETE")
    assert owned.scaling() == (2, 6, ["Invocations-Stack"])

    owned.apply(owned.template(LARGE, NEW))
    assert (owned.running(), owned.scaling()) == (LARGE, (1, 3, ["Requests-Stack"]))

    owned.apply(owned.template(SMALL, OLD))
    assert (owned.running(), owned.scaling()) == (SMALL, (2, 6, ["Invocations-Stack"]))

    assert owned.stack.delete() == "DELETE_COMPLETE"
    assert owned.scaling() is None


@pytest.mark.parametrize("bomb_after", ["Release", "Endpoint", "Registration"])
def test_a_failure_anywhere_ends_with_what_was_before(owned: Owned, bomb_after: str) -> None:
    owned.apply(owned.template(SMALL, OLD), "CREATE_COMPLETE")
    failing = owned.template(LARGE, NEW, Bomb={**BOMB, "DependsOn": [bomb_after]})
    for later in {"Release": ("Endpoint",), "Endpoint": ("Registration",)}.get(bomb_after, ()):
        failing["Resources"][later].setdefault("DependsOn", []).append("Bomb")

    owned.apply(failing, "UPDATE_ROLLBACK_COMPLETE")

    assert owned.running() == SMALL
    owned.scales_as(OLD)


def test_the_guard_takes_over_from_cloudformations_own_target(owned: Owned) -> None:
    native = registration(2, 4, tracking(600, owner="Native"))
    owned.apply(owned.native(SMALL, native), "CREATE_COMPLETE")

    owned.apply(owned.template(SMALL, OLD))
    owned.scales_as(OLD)

    owned.apply(owned.template(LARGE, NEW))
    assert (owned.running(), owned.scaling()) == (LARGE, (1, 3, ["Requests-Stack"]))


def test_a_take_over_that_fails_leaves_cloudformations_own_target(owned: Owned) -> None:
    native = registration(2, 4, tracking(600, owner="Native"))
    owned.apply(owned.native(SMALL, native), "CREATE_COMPLETE")

    owned.apply(owned.template(SMALL, OLD, Bomb={**BOMB, "DependsOn": ["Registration"]}), "UPDATE_ROLLBACK_COMPLETE")

    owned.scales_as(native)
