"""What the tests of endpoints with several models or containers share: archives, models of any shape, published metrics."""

import io
import json
import tarfile
import time
from dataclasses import dataclass, field
from typing import Any

from tests.local_aws.runtime.hosting import BUCKET, Hosting, unique


def archive(**files: str) -> bytes:
    """Return a model archive; a file's name is written with a double underscore for the dot."""
    data = io.BytesIO()
    with tarfile.open(fileobj=data, mode="w:gz") as packed:
        for name, text in files.items():
            info = tarfile.TarInfo(name.replace("__", "."))
            info.size = len(text.encode())
            packed.addfile(info, io.BytesIO(text.encode()))
    return data.getvalue()


@dataclass
class Shelf:
    """A prefix of the bucket with models on it."""

    hosting: Hosting
    prefix: str = field(default_factory=lambda: f"{unique('shelf')}/")

    @property
    def url(self) -> str:
        return f"s3://{BUCKET}/{self.prefix}"

    def put(self, target: str, version: str = "1", **load: Any) -> str:
        """Put a model that answers with its version, and loads as the rest says."""
        return self.put_bytes(
            target, archive(version__txt=version, **({"load__json": json.dumps(load)} if load else {}))
        )

    def put_bytes(self, target: str, data: bytes) -> str:
        self.hosting.local.client("s3").put_object(Bucket=BUCKET, Key=self.prefix + target, Body=data)
        return target

    def remove(self, target: str) -> None:
        self.hosting.local.client("s3").delete_object(Bucket=BUCKET, Key=self.prefix + target)

    def container(self, *, cache: str = "Enabled", **environment: str) -> dict[str, Any]:
        """Define a container that loads models from here."""
        return {
            "Image": self.hosting.image,
            "Mode": "MultiModel",
            "ModelDataUrl": self.url,
            "MultiModelConfig": {"ModelCacheSetting": cache},
            "Environment": environment,
        }


def model_of(hosting: Hosting, *containers: dict[str, Any], mode: str = "Serial") -> str:
    """Create a model of one container or several."""
    name = unique("model")
    hosting.sagemaker.create_model(
        ModelName=name,
        ExecutionRoleArn=hosting.role,
        Containers=list(containers),
        **({"InferenceExecutionConfig": {"Mode": mode}} if len(containers) > 1 else {}),
    )
    return name


def single(hosting: Hosting, version: str = "1", hostname: str = "", **environment: str) -> dict[str, Any]:
    """Define a container with one model that answers with its version."""
    defined = {"Image": hosting.image, "ModelDataUrl": hosting.artifact(version), "Environment": environment}
    return {**defined, "ContainerHostname": hostname} if hostname else defined


def published(
    hosting: Hosting, endpoint: str, name: str, *, container: str = "", namespace: str = "AWS/SageMaker"
) -> list[float]:
    """Return what was published of a metric about the variant Main: how often, and what in total."""
    dimensions = {"EndpointName": endpoint, "VariantName": "Main"}
    if container:
        dimensions["ContainerName"] = container
    now = time.time()
    points = hosting.local.client("cloudwatch").get_metric_statistics(
        Namespace=namespace,
        MetricName=name,
        Dimensions=[{"Name": key, "Value": value} for key, value in dimensions.items()],
        StartTime=now - 3600,
        EndTime=now + 3600,
        Period=7200,
        Statistics=["SampleCount", "Sum"],
    )["Datapoints"]
    # The period may fall on a boundary of the clock, which leaves two points.
    return [sum(float(point[statistic]) for point in points) for statistic in ("SampleCount", "Sum")]
