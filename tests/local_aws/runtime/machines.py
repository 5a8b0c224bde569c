"""What the tests of state machines share: machines, executions to their end, what they left in CloudWatch."""

import json
import time
from dataclasses import dataclass, field
from typing import Any

from tests.local_aws.lifecycle import LocalAws
from tests.local_aws.runtime.hosting import unique

SECONDS_TO_END = 120.0


@dataclass
class Machine:
    """A state machine.

    Args:
        local: The local AWS.
        states: Its states; the first one is where it starts.
        rest: What else its definition says, such as a timeout.
        settings: What CreateStateMachine gets beside the definition.
    """

    local: LocalAws
    states: dict[str, dict[str, Any]]
    rest: dict[str, Any] = field(default_factory=dict)
    settings: dict[str, Any] = field(default_factory=dict)
    arn: str = ""

    def __post_init__(self) -> None:
        self.client = self.local.client("stepfunctions")
        if not self.arn:
            self.arn = self.client.create_state_machine(
                name=unique("machine"),
                definition=json.dumps({"StartAt": next(iter(self.states)), "States": self.states, **self.rest}),
                roleArn=f"arn:aws:iam::{self.local.account}:role/machine",
                **self.settings,
            )["stateMachineArn"]

    def start(self, given: object = None, **rest: Any) -> str:
        """Start an execution; return its ARN."""
        asked = json.dumps(given if given is not None else {})
        return str(self.client.start_execution(stateMachineArn=self.arn, input=asked, **rest)["executionArn"])

    def run(self, given: object = None, **rest: Any) -> dict[str, Any]:
        """Run an execution to its end; return its description, with its output read."""
        return self.ended(self.start(given, **rest))

    def ended(self, execution: str) -> dict[str, Any]:
        """Wait for the end of an execution; return its description, with its output read."""
        deadline = time.monotonic() + SECONDS_TO_END
        while time.monotonic() < deadline:
            known: dict[str, Any] = self.client.describe_execution(executionArn=execution)
            if known["status"] != "RUNNING":
                return {**known, "output": json.loads(known["output"]) if known.get("output") else None}
            time.sleep(0.02)
        raise AssertionError(f"{execution} is running for {SECONDS_TO_END} seconds")

    def executions(self) -> list[str]:
        """Return the ARNs of all executions, latest first."""
        found = self.client.list_executions(stateMachineArn=self.arn)["executions"]
        return [execution["executionArn"] for execution in found]

    def started_by_itself(self, count: int = 1) -> list[dict[str, Any]]:
        """Wait until somebody else started so many executions and they are over; return them, latest first."""
        deadline = time.monotonic() + SECONDS_TO_END
        while len(found := self.executions()) < count:
            assert time.monotonic() < deadline, f"{found} were started within {SECONDS_TO_END} seconds"
            time.sleep(0.02)
        return [self.ended(execution) for execution in found]

    def metric(self, name: str) -> float:
        """Return the sum of a metric of the last hour."""
        now = time.time()
        points = self.local.client("cloudwatch").get_metric_statistics(
            Namespace="AWS/States",
            MetricName=name,
            Dimensions=[{"Name": "StateMachineArn", "Value": self.arn}],
            StartTime=now - 3600,
            EndTime=now + 3600,
            Period=7200,
            Statistics=["Sum"],
        )["Datapoints"]
        return sum(float(point["Sum"]) for point in points)


def task(resource: str, parameters: dict[str, Any], **rest: Any) -> dict[str, Any]:
    """Return a task that ends its machine unless it says otherwise."""
    end = {} if "Next" in rest else {"End": True}
    return {"Type": "Task", "Resource": f"arn:aws:states:::{resource}", "Parameters": parameters, **end, **rest}
