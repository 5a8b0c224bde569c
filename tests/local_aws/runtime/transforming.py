"""What the tests of batch transform share: an image that adds up numbers, input and output in S3, jobs, shortages."""

import json
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from tests.local_aws import paths
from tests.local_aws.lifecycle import LocalAws
from tests.local_aws.runtime.hosting import BUCKET, REPOSITORY_NAME, Hosting, unique

SCORING_CONTAINER = paths.REPOSITORY / "tests" / "local_aws" / "fixtures" / "scoring_container"
SHORTAGE_PATH = "/_local_aws/transform-shortage"
SECONDS_TO_END = 120.0
LOG_GROUP = "/aws/sagemaker/TransformJobs"

_prepared: set[int] = set()


def shortage(local: LocalAws, **counts: int) -> dict[str, int]:
    """Let so many of the next jobs be ``throttled`` or ``limited`` when they are created, or ``failed`` afterwards.

    Returns:
        How many of each kind were still to come before.
    """
    before: dict[str, int] = local._ask("PUT", SHORTAGE_PATH, json.dumps(counts).encode())
    return before


@dataclass
class Scoring:
    """Batch transform with a model that adds up numbers, and folders of its own in S3."""

    hosting: Hosting
    prefix: str = field(default_factory=lambda: unique("batch"))

    def __post_init__(self) -> None:
        self.s3 = self.hosting.local.client("s3")
        self.prepare()

    @property
    def image(self) -> str:
        return (
            f"{self.hosting.local.account}.dkr.ecr.{self.hosting.local.region}.amazonaws.com/{REPOSITORY_NAME}:scoring"
        )

    @property
    def input(self) -> str:
        return f"s3://{BUCKET}/{self.prefix}/in/"

    @property
    def output(self) -> str:
        return f"s3://{BUCKET}/{self.prefix}/out"

    def prepare(self) -> None:
        """Build and push the image, once for each local AWS."""
        if self.hosting.local.port in _prepared:
            return
        _prepared.add(self.hosting.local.port)
        self.hosting.docker("build", "--tag", "scoring", "--platform", "linux/amd64", str(SCORING_CONTAINER))
        self.hosting.docker("tag", "scoring", self.image)
        self.hosting.docker("push", self.image)

    def container(self, **environment: str) -> dict[str, Any]:
        """Define a container."""
        return {"Image": self.image, "ModelDataUrl": self.hosting.artifact("1"), "Environment": environment}

    def model(self, **environment: str) -> str:
        """Create a model of one container."""
        name = unique("scorer")
        self.hosting.sagemaker.create_model(
            ModelName=name, ExecutionRoleArn=self.hosting.role, PrimaryContainer=self.container(**environment)
        )
        return name

    def put(self, name: str, data: bytes | str) -> str:
        """Put an object into the input; return its address."""
        body = data.encode() if isinstance(data, str) else data
        self.s3.put_object(Bucket=BUCKET, Key=f"{self.prefix}/in/{name}", Body=body)
        return self.input + name

    def written(self) -> dict[str, str]:
        """Return the output, by name."""
        place = f"{self.prefix}/out/"
        keys = [each["Key"] for each in self.s3.list_objects_v2(Bucket=BUCKET, Prefix=place).get("Contents", [])]
        return {
            key.removeprefix(place): self.s3.get_object(Bucket=BUCKET, Key=key)["Body"].read().decode() for key in keys
        }

    def request(self, model: str, **rest: Any) -> dict[str, Any]:
        """Return a request for a job over lines of CSV; ``source``, ``given`` and ``wanted`` say what differs."""
        source = {"S3DataType": "S3Prefix", "S3Uri": self.input, **rest.pop("source", {})}
        given = {"ContentType": "text/csv", "SplitType": "Line", **rest.pop("given", {})}
        wanted = {"S3OutputPath": self.output, "Accept": "text/csv", "AssembleWith": "Line", **rest.pop("wanted", {})}
        return {
            "TransformJobName": unique("job"),
            "ModelName": model,
            "TransformInput": {"DataSource": {"S3DataSource": source}, **_without_none(given)},
            "TransformOutput": _without_none(wanted),
            "TransformResources": {"InstanceType": "ml.m5.large", "InstanceCount": 1, **rest.pop("resources", {})},
            **rest,
        }

    def start(self, model: str, **rest: Any) -> str:
        """Start a job; return its name."""
        request = self.request(model, **rest)
        self.hosting.sagemaker.create_transform_job(**request)
        return str(request["TransformJobName"])

    def run(self, model: str, **rest: Any) -> dict[str, Any]:
        """Run a job to its end; return its description."""
        return self.ended(self.start(model, **rest))

    def ended(self, job: str) -> dict[str, Any]:
        """Wait for the end of a job; return its description."""
        deadline = time.monotonic() + SECONDS_TO_END
        while time.monotonic() < deadline:
            known: dict[str, Any] = self.hosting.sagemaker.describe_transform_job(TransformJobName=job)
            if known["TransformJobStatus"] in {"Completed", "Failed", "Stopped"}:
                return known
            time.sleep(0.02)
        raise AssertionError(f"{job} is {known['TransformJobStatus']} for {SECONDS_TO_END} seconds")

    def log(self, job: str, *, of_containers: bool = False) -> list[str]:
        """Return what SageMaker logged about a job, or what its containers printed."""
        logs = self.hosting.local.client("logs")
        streams = logs.describe_log_streams(logGroupName=LOG_GROUP, logStreamNamePrefix=f"{job}/")["logStreams"]
        (name,) = [
            stream["logStreamName"]
            for stream in streams
            if stream["logStreamName"].endswith("/data-log") != of_containers
        ]
        events = logs.get_log_events(logGroupName=LOG_GROUP, logStreamName=name, startFromHead=True)["events"]
        return [event["message"] for event in events]

    def asked(self, job: str) -> list[int]:
        """Return how many records each request of a job had, smallest first."""
        printed = self.log(job, of_containers=True)
        return sorted(int(line.split()[0].removeprefix("records=")) for line in printed if line.startswith("records="))


def _without_none(members: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in members.items() if value is not None}
