"""Functions whose versions say which one they are, for the tests of what brings requests to them."""

import datetime as dt
import functools
import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from tests.local_aws.lifecycle import LocalAws
from tests.local_aws.stacks import Stack

Properties = dict[str, Any]

CODE = """
import json, os, time

def handler(event, context):
    known = {"version": context.function_version, "arn": context.invoked_function_arn, "event": event}
    if isinstance(event, dict) and event.get("measured"):
        metrics = [{"Name": "Failures", "Unit": "Count"}]
        described = [{"Namespace": "Told", "Dimensions": [["FunctionName", "Version"]], "Metrics": metrics}]
        line = {"_aws": {"Timestamp": int(time.time() * 1000), "CloudWatchMetrics": described}, "Failures": event["measured"]}
        print(json.dumps(line | {"FunctionName": context.function_name, "Version": context.function_version}))
    if os.environ["STATE"] == "broken":
        raise ValueError("this version is broken")
    return known
"""

KEPT = {"DeletionPolicy": "Retain", "UpdateReplacePolicy": "Retain"}


def function(
    release: str, *, code: str = CODE, state: str = "well", timeout: int = 10, policy: Any = None
) -> Properties:
    """Return the resources of a function, one version of it and its alias.

    Args:
        release: Names the version; another one makes another version.
        code: The code.
        state: What the code finds in its environment.
        timeout: Seconds that it has.
        policy: By which the alias is updated.
    """
    return {
        "Role": {"Type": "AWS::IAM::Role", "Properties": {"AssumeRolePolicyDocument": {}}},
        "Function": {
            "Type": "AWS::Lambda::Function",
            "Properties": {
                "Runtime": "python3.14",
                "Handler": "index.handler",
                "Role": {"Fn::GetAtt": ["Role", "Arn"]},
                "Timeout": timeout,
                "Code": {"ZipFile": code},
                "Environment": {"Variables": {"STATE": state, "RELEASE": release}},
            },
        },
        f"Version{release}": {
            "Type": "AWS::Lambda::Version",
            "Properties": {"FunctionName": {"Ref": "Function"}},
            **KEPT,
        },
        "Alias": {
            "Type": "AWS::Lambda::Alias",
            "Properties": {
                "FunctionName": {"Ref": "Function"},
                "FunctionVersion": {"Fn::GetAtt": [f"Version{release}", "Version"]},
                "Name": "live",
            },
            **({"UpdatePolicy": {"CodeDeployLambdaAliasUpdate": policy}} if policy else {}),
        },
    }


@dataclass
class Deployed:
    """A stack with a function.

    Args:
        local: The local AWS.
        stack: The stack.
    """

    local: LocalAws
    stack: Stack

    @classmethod
    def of(cls, local: LocalAws, name: str, resources: Properties, **outputs: Any) -> "Deployed":
        """Deploy resources.

        Args:
            local: The local AWS.
            name: The stack's name.
            resources: Its resources.
            outputs: What it tells beside the alias.
        """
        deployed = cls(local, Stack(local, name))
        told = {key: {"Value": value} for key, value in ({"Alias": {"Ref": "Alias"}} | outputs).items()}
        status = deployed.stack.apply({"Resources": resources, "Outputs": told})
        assert status == "CREATE_COMPLETE", deployed.stack.log()
        return deployed

    @functools.cached_property
    def client(self) -> Any:
        """A client of Lambda."""
        return self.local.client("lambda")

    @functools.cached_property
    def alias(self) -> str:
        """The alias's ARN."""
        return self.stack.outputs()["Alias"]

    @property
    def name(self) -> str:
        """The function's name."""
        return self.alias.split(":")[6]

    def caller(self) -> Callable[..., Any]:
        """Return what invokes the alias, and gives its answer and the version that answered."""

        def call(event: Any = None) -> tuple[Any, str]:
            answer = self.client.invoke(FunctionName=self.alias, Payload=json.dumps(event).encode())
            return json.loads(answer["Payload"].read()), answer["ExecutedVersion"]

        return call

    def total(self, namespace: str, metric: str, **dimensions: str) -> float:
        """Return the sum of a metric of the last minutes."""
        now = dt.datetime.now(dt.UTC)
        found = self.local.client("cloudwatch").get_metric_statistics(
            Namespace=namespace,
            MetricName=metric,
            Dimensions=[{"Name": key, "Value": value} for key, value in dimensions.items()],
            StartTime=now - dt.timedelta(minutes=10),
            EndTime=now + dt.timedelta(minutes=1),
            Period=3600,
            Statistics=["Sum"],
        )
        return sum(float(point["Sum"]) for point in found["Datapoints"])
