"""What the tests of the runtime plane do over and over: an image, models, configurations, endpoints."""

import io
import itertools
import json
import os
import subprocess
import tarfile
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from tests.local_aws import paths
from tests.local_aws.lifecycle import LocalAws

ECHO_CONTAINER = paths.REPOSITORY / "tests" / "local_aws" / "fixtures" / "echo_container"
REPOSITORY_NAME = "runtime-tests"
BUCKET = "runtime-tests-models"
SECONDS_TO_SETTLE = 120.0

_numbers = itertools.count(1)


@dataclass
class Hosting:
    """A local AWS with the echo image, and short words for what SageMaker is asked to do."""

    local: LocalAws
    sagemaker: Any = field(init=False)
    runtime: Any = field(init=False)
    autoscaling: Any = field(init=False)

    def __post_init__(self) -> None:
        self.sagemaker = self.local.client("sagemaker")
        self.runtime = self.local.client("sagemaker-runtime")
        self.autoscaling = self.local.client("application-autoscaling")

    @property
    def image(self) -> str:
        return f"{self.local.account}.dkr.ecr.{self.local.region}.amazonaws.com/{REPOSITORY_NAME}:echo"

    @property
    def role(self) -> str:
        return f"arn:aws:iam::{self.local.account}:role/hosting"

    def prepare(self) -> None:
        """Build and push the echo image, and create the bucket."""
        self.local.client("ecr").create_repository(repositoryName=REPOSITORY_NAME)
        self.local.client("s3").create_bucket(Bucket=BUCKET)
        self.docker("build", "--tag", "echo", "--platform", "linux/amd64", str(ECHO_CONTAINER))
        self.docker("tag", "echo", self.image)
        self.docker("push", self.image)

    def docker(self, *words: str, check: bool = True) -> "subprocess.CompletedProcess[str]":
        """Run the command that the CDK CLI gets as CDK_DOCKER."""
        environment = self.local.environment()
        command = [environment["CDK_DOCKER"], *words]
        finished = subprocess.run(command, env=environment, capture_output=True, text=True, check=False, input="")
        if check:
            assert finished.returncode == 0, finished.stderr
        return finished

    def artifact(self, version: str) -> str:
        """Put a model archive into S3 whose only file tells its version."""
        data = io.BytesIO()
        with tarfile.open(fileobj=data, mode="w:gz") as archive:
            info = tarfile.TarInfo("version.txt")
            info.size = len(version)
            archive.addfile(info, io.BytesIO(version.encode()))
        key = f"{unique('model')}.tar.gz"
        self.local.client("s3").put_object(Bucket=BUCKET, Key=key, Body=data.getvalue())
        return f"s3://{BUCKET}/{key}"

    def model(self, version: str = "1", **environment: str) -> str:
        """Create a model that answers with its version."""
        name = unique("model")
        container = {"Image": self.image, "ModelDataUrl": self.artifact(version), "Environment": environment}
        self.sagemaker.create_model(ModelName=name, ExecutionRoleArn=self.role, PrimaryContainer=container)
        return name

    def config(self, *variants: Mapping[str, Any], **rest: Any) -> str:
        """Create an endpoint configuration; a variant is named Main and of no special kind where it says nothing else."""
        name = unique("config")
        defaults = {"VariantName": "Main", "InstanceType": "ml.c7g.large", "InitialInstanceCount": 2}
        self.sagemaker.create_endpoint_config(
            EndpointConfigName=name, ProductionVariants=[{**defaults, **variant} for variant in variants], **rest
        )
        return name

    def endpoint(self, *variants: Mapping[str, Any], **rest: Any) -> str:
        """Create an endpoint, and wait until it is no longer Creating."""
        name = unique("endpoint")
        self.sagemaker.create_endpoint(EndpointName=name, EndpointConfigName=self.config(*variants), **rest)
        self.settle(name)
        return name

    def update(self, endpoint: str, config: str, **rest: Any) -> dict[str, Any]:
        """Update an endpoint and wait until that is over."""
        self.sagemaker.update_endpoint(EndpointName=endpoint, EndpointConfigName=config, **rest)
        return self.settle(endpoint)

    def settle(self, endpoint: str) -> dict[str, Any]:
        """Wait until nothing is under way, and describe the endpoint."""
        deadline = time.monotonic() + SECONDS_TO_SETTLE
        while time.monotonic() < deadline:
            known: dict[str, Any] = self.sagemaker.describe_endpoint(EndpointName=endpoint)
            if known["EndpointStatus"] in {"InService", "Failed"}:
                return known
            time.sleep(0.05)
        raise AssertionError(f"{endpoint} is {known['EndpointStatus']} for {SECONDS_TO_SETTLE} seconds")

    def invoke(self, endpoint: str, wish: object = None, **rest: Any) -> dict[str, Any]:
        """Invoke an endpoint, and return what the echo container told."""
        answer = self.runtime.invoke_endpoint(
            EndpointName=endpoint, Body=json.dumps(wish), ContentType="application/json", **rest
        )
        told: dict[str, Any] = json.loads(answer["Body"].read())
        return {**told, "answer": {key: value for key, value in answer.items() if key != "Body"}}

    def version(self, endpoint: str, **rest: Any) -> str:
        """Return the version of the model that answers."""
        return str(self.invoke(endpoint, **rest)["files"]["version.txt"])

    def counts(self, endpoint: str) -> dict[str, int]:
        """Return the instance counts by variant."""
        variants = self.sagemaker.describe_endpoint(EndpointName=endpoint)["ProductionVariants"]
        return {variant["VariantName"]: variant["DesiredInstanceCount"] for variant in variants}


def is_alive(pid: int) -> bool:
    """Tell whether a process is there."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def unique(prefix: str) -> str:
    """Return a name that no other test has."""
    return f"{prefix}-{next(_numbers)}"
