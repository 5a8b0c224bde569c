"""What CloudFormation makes of an endpoint that changes while it serves: the old version answers, whatever goes wrong."""

import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.local_aws import paths
from tests.local_aws.runtime.hosting import Hosting, unique
from tests.local_aws.runtime.reading import rollout_ends
from tests.local_aws.stacks import Stack

FUNCTION = Path(paths.REPOSITORY, "tests/local_aws/fixtures/custom_resource.py").read_text()
BUCKET = "rollback-events"
DIMENSION = "sagemaker:variant:DesiredInstanceCount"


@pytest.fixture(scope="module")
def hosts(hosting: Hosting) -> Hosting:
    """Add the bucket that the custom resource's function writes to."""
    hosting.local.client("s3").create_bucket(Bucket=BUCKET)
    return hosting


class Serving:
    """A stack with an endpoint, and somebody who never stops to ask it."""

    def __init__(self, hosts: Hosting) -> None:
        self.hosts = hosts
        self.stack = Stack(hosts.local, unique("Serving"))
        self.endpoint = unique("serving")
        self.versions: list[str] = []
        self.failures = 0
        self._artifact = hosts.artifact

    def template(
        self, version: str, *, count: int = 2, kind: str = "ml.c7g.large", **environment: str
    ) -> dict[str, Any]:
        container = {
            "Image": self.hosts.image,
            "ModelDataUrl": self._artifact(version),
            "Environment": environment,
        }
        variant = {
            "VariantName": "Main",
            "ModelName": {"Fn::GetAtt": ["Model", "ModelName"]},
            "InstanceType": kind,
            "InitialInstanceCount": count,
            "InitialVariantWeight": 1,
        }
        return {
            "Resources": {
                "Model": _resource("SageMaker::Model", ExecutionRoleArn=self.hosts.role, PrimaryContainer=container),
                "Config": _resource("SageMaker::EndpointConfig", ProductionVariants=[variant]),
                "Endpoint": _resource(
                    "SageMaker::Endpoint",
                    EndpointName=self.endpoint,
                    EndpointConfigName={"Fn::GetAtt": ["Config", "EndpointConfigName"]},
                    RetainAllVariantProperties=True,
                ),
            }
        }

    def checked(self, template: dict[str, Any]) -> dict[str, Any]:
        """Add a check that the endpoint runs what was deployed."""
        expected = {"Endpoint": self.endpoint, "Config": {"Fn::GetAtt": ["Config", "EndpointConfigName"]}}
        template["Resources"] |= {
            "Function": _resource(
                "Lambda::Function",
                Runtime="python3.13",
                Handler="index.handler",
                Role=self.hosts.role,
                Timeout=60,
                Code={"ZipFile": FUNCTION},
                Environment={"Variables": {"EVENTS": BUCKET}},
            ),
            "Check": {
                "Type": "Custom::Check",
                "DependsOn": ["Endpoint"],
                "Properties": {
                    "ServiceToken": {"Fn::GetAtt": ["Function", "Arn"]},
                    "Wish": {"Always": {"expect": expected}},
                },
            },
        }
        return template

    def scaled(self, template: dict[str, Any]) -> dict[str, Any]:
        """Add a scalable target as users declare it."""
        template["Resources"] |= {
            "Target": {
                **_resource(
                    "ApplicationAutoScaling::ScalableTarget",
                    ServiceNamespace="sagemaker",
                    ScalableDimension=DIMENSION,
                    ResourceId=f"endpoint/{self.endpoint}/variant/Main",
                    MinCapacity=2,
                    MaxCapacity=8,
                ),
                "DependsOn": ["Endpoint"],
            }
        }
        return template

    def apply(self, template: dict[str, Any], *, bad: bool = False) -> str:
        """Update the stack while somebody asks; unless the version is bad, the first request that fails fails the test.

        What a bad one waits for lasts until its rollout is over, and nothing is waited for any more after that.
        """
        other = Hosting(self.hosts.local)
        asked, over = threading.Event(), threading.Event()

        def ask() -> None:
            while not over.is_set():
                try:
                    self.versions.append(other.version(self.endpoint))
                except other.runtime.exceptions.ModelError:
                    if not bad:
                        raise
                    self.failures += 1
                finally:
                    asked.set()

        asking = threading.Thread(target=ask)
        asking.start()
        try:
            assert asked.wait(120)
            self.stack.start(template)
            if bad:
                with self.hosts.local.time_factor(0.02):
                    rollout_ends(self.hosts.sagemaker, self.endpoint)
            return self.stack.settle()
        finally:
            over.set()
            asking.join()

    def config(self) -> str:
        """Return the configuration that runs."""
        return str(self.hosts.sagemaker.describe_endpoint(EndpointName=self.endpoint)["EndpointConfigName"])

    def configs(self) -> list[str]:
        """Return all configurations that this stack has made."""
        found = self.hosts.sagemaker.list_endpoint_configs(MaxResults=100, NameContains=self.stack.name)
        return [config["EndpointConfigName"] for config in found["EndpointConfigs"]]


def _resource(kind: str, **properties: Any) -> dict[str, Any]:
    return {"Type": f"AWS::{kind}", "Properties": properties}


@pytest.fixture
def serving(hosts: Hosting) -> Iterator[Serving]:
    made = Serving(hosts)
    yield made
    made.stack.delete()


def test_a_check_after_the_endpoint_turns_a_silent_rollback_into_a_failure(serving: Serving) -> None:
    assert serving.stack.apply(serving.checked(serving.template("1"))) == "CREATE_COMPLETE", serving.stack.log()
    before = serving.config()

    status = serving.apply(serving.checked(serving.template("2", ECHO_HEALTH="exit")))

    assert status == "UPDATE_ROLLBACK_COMPLETE"
    assert f"{before} runs, " in serving.stack.reasons("UPDATE_FAILED")["Check"]
    # The handler of the endpoint was content; it was sent back because of the check.
    updates = [state for name, state, _ in serving.stack.log() if name == "Endpoint"]
    assert updates[2:] == ["UPDATE_IN_PROGRESS", "UPDATE_COMPLETE", "UPDATE_IN_PROGRESS", "UPDATE_COMPLETE"]
    assert set(serving.versions) == {"1"}
    assert serving.config() == before
    assert serving.configs() == [before]

    assert serving.apply(serving.checked(serving.template("3"))) == "UPDATE_COMPLETE"
    assert serving.hosts.version(serving.endpoint) == "3"


def test_without_a_check_the_configuration_that_runs_is_deleted(serving: Serving) -> None:
    serving.stack.apply(serving.template("1"))
    before = serving.config()

    assert serving.apply(serving.template("2", ECHO_HEALTH="exit")) == "UPDATE_COMPLETE"

    assert serving.config() == before
    assert before not in serving.configs()
    assert set(serving.versions) == {"1"}


def test_an_instance_type_cannot_change_while_the_template_scales_the_variant(serving: Serving) -> None:
    serving.stack.apply(serving.scaled(serving.template("1")))
    before = serving.config()
    serving.hosts.sagemaker.update_endpoint_weights_and_capacities(
        EndpointName=serving.endpoint,
        DesiredWeightsAndCapacities=[{"VariantName": "Main", "DesiredInstanceCount": 5}],
    )
    serving.hosts.settle(serving.endpoint)

    status = serving.apply(serving.scaled(serving.template("2", kind="ml.m5.large")))

    assert status == "UPDATE_ROLLBACK_COMPLETE"
    assert (
        'The variant(s) "Main" must be deregistered as scalable targets with AWS Auto Scaling'
        in (serving.stack.reasons("UPDATE_FAILED")["Endpoint"])
    )
    assert set(serving.versions) == {"1"}
    assert (serving.config(), serving.configs()) == (before, [before])
    assert serving.hosts.counts(serving.endpoint) == {"Main": 5}
    # Taking the target away in the same deployment does not help: that is done in the cleanup.
    assert serving.apply(serving.template("2", kind="ml.m5.large")) == "UPDATE_ROLLBACK_COMPLETE"
    targets = serving.hosts.autoscaling.describe_scalable_targets(
        ServiceNamespace="sagemaker", ResourceIds=[f"endpoint/{serving.endpoint}/variant/Main"]
    )
    assert len(targets["ScalableTargets"]) == 1


def test_the_count_that_was_reached_is_kept_by_a_new_version(serving: Serving) -> None:
    serving.stack.apply(serving.scaled(serving.template("1")))
    serving.hosts.sagemaker.update_endpoint_weights_and_capacities(
        EndpointName=serving.endpoint,
        DesiredWeightsAndCapacities=[{"VariantName": "Main", "DesiredInstanceCount": 5}],
    )
    serving.hosts.settle(serving.endpoint)

    assert serving.apply(serving.scaled(serving.template("2"))) == "UPDATE_COMPLETE"

    assert serving.hosts.counts(serving.endpoint) == {"Main": 5}
    assert serving.hosts.version(serving.endpoint) == "2"


def test_an_alarm_of_the_template_ends_the_rollout(serving: Serving) -> None:
    serving.stack.apply(serving.checked(with_alarm(serving, serving.template("1"))))
    before = serving.config()

    failing = with_alarm(serving, serving.template("2", ECHO_STATUS="503"))
    status = serving.apply(serving.checked(failing), bad=True)

    assert status == "UPDATE_ROLLBACK_COMPLETE"
    assert f"{before} runs, " in serving.stack.reasons("UPDATE_FAILED")["Check"]
    assert serving.failures > 0
    assert serving.config() == before
    assert serving.hosts.version(serving.endpoint) == "1"


def with_alarm(serving: Serving, template: dict[str, Any]) -> dict[str, Any]:
    """Add a canary and an alarm on the share of errors of the fleet that comes, as metric math."""
    dimensions = {
        "EndpointName": serving.endpoint,
        "VariantName": "Main",
        "EndpointConfigName": {"Fn::GetAtt": ["Config", "EndpointConfigName"]},
    }
    metrics = [
        {
            "Id": key,
            "ReturnData": False,
            "MetricStat": {
                "Metric": {
                    "Namespace": "AWS/SageMaker",
                    "MetricName": metric,
                    "Dimensions": [{"Name": name, "Value": value} for name, value in dimensions.items()],
                },
                "Period": 60,
                "Stat": "Sum",
            },
        }
        for key, metric in (("errors", "Invocation5XXErrors"), ("all", "Invocations"))
    ]
    name = f"{serving.endpoint}-errors"
    template["Resources"]["Alarm"] = _resource(
        "CloudWatch::Alarm",
        AlarmName=name,
        Metrics=[*metrics, {"Id": "share", "Expression": "errors / all", "ReturnData": True}],
        EvaluationPeriods=1,
        Threshold=0.1,
        ComparisonOperator="GreaterThanThreshold",
        TreatMissingData="notBreaching",
    )
    size = {"Type": "INSTANCE_COUNT", "Value": 1}
    template["Resources"]["Endpoint"]["DependsOn"] = ["Alarm"]
    template["Resources"]["Endpoint"]["Properties"]["DeploymentConfig"] = {
        "BlueGreenUpdatePolicy": {
            "TrafficRoutingConfiguration": {"Type": "CANARY", "CanarySize": size, "WaitIntervalInSeconds": 3600}
        },
        "AutoRollbackConfiguration": {"Alarms": [{"AlarmName": name}]},
    }
    return template
