"""What the tests of inference components share: endpoints that host them, and short words for what they are asked to do."""

from dataclasses import dataclass, field
from typing import Any

from tests.local_aws.runtime.hosting import Hosting, unique
from tests.local_aws.runtime.reading import eventually

# An ml.c7g.large has two cores and four gigabytes.
SMALL = {"NumberOfCpuCoresRequired": 0.5, "MinMemoryRequiredInMb": 512}
WHOLE = {"NumberOfCpuCoresRequired": 2, "MinMemoryRequiredInMb": 512}


@dataclass
class Host:
    """An endpoint whose variant has no model."""

    hosting: Hosting
    variant: dict[str, Any] = field(default_factory=dict)
    name: str = field(init=False)

    def __post_init__(self) -> None:
        self.name = unique("host")
        config = self.hosting.config(self.variant, ExecutionRoleArn=self.hosting.role)
        self.hosting.sagemaker.create_endpoint(EndpointName=self.name, EndpointConfigName=config)
        assert self.hosting.settle(self.name)["EndpointStatus"] == "InService"

    def specification(self, version: str, needs: dict[str, Any] | None = None, **environment: str) -> dict[str, Any]:
        """Describe a component that answers with its version."""
        container: dict[str, Any] = {"Image": self.hosting.image, "ArtifactUrl": self.hosting.artifact(version)}
        if environment:
            container["Environment"] = environment
        return {"Container": container, "ComputeResourceRequirements": needs or SMALL}

    def component(
        self, version: str = "1", needs: dict[str, Any] | None = None, *, copies: int = 1, **environment: str
    ) -> str:
        """Create a component, and wait until it is no longer Creating."""
        return self.create(self.specification(version, needs, **environment), RuntimeConfig={"CopyCount": copies})

    def adapter(self, base: str, url: str) -> str:
        """Create an adapter, and wait until it is no longer Creating."""
        return self.create({"BaseInferenceComponentName": base, "Container": {"ArtifactUrl": url}})

    def create(self, specification: dict[str, Any], **rest: Any) -> str:
        name = unique("component")
        self.hosting.sagemaker.create_inference_component(
            InferenceComponentName=name, EndpointName=self.name, Specification=specification, **rest
        )
        self.settle(name)
        return name

    def update(self, name: str, **request: Any) -> dict[str, Any]:
        self.hosting.sagemaker.update_inference_component(InferenceComponentName=name, **request)
        return self.settle(name)

    def scale(self, name: str, copies: int) -> dict[str, Any]:
        self.hosting.sagemaker.update_inference_component_runtime_config(
            InferenceComponentName=name, DesiredRuntimeConfig={"CopyCount": copies}
        )
        return self.settle(name)

    def describe(self, name: str) -> dict[str, Any]:
        described: dict[str, Any] = self.hosting.sagemaker.describe_inference_component(InferenceComponentName=name)
        return described

    def settle(self, name: str) -> dict[str, Any]:
        """Wait until nothing is under way, and describe the component."""
        done = {"InService", "Failed"}
        return eventually(lambda: self.describe(name), lambda known: known["InferenceComponentStatus"] in done)

    def delete(self, name: str) -> None:
        """Delete a component, and wait until it is gone."""
        self.hosting.sagemaker.delete_inference_component(InferenceComponentName=name)
        eventually(self.names, lambda names: name not in names)

    def names(self) -> list[str]:
        listed = self.hosting.sagemaker.list_inference_components(EndpointNameEquals=self.name, MaxResults=100)
        return [found["InferenceComponentName"] for found in listed["InferenceComponents"]]

    def invoke(self, name: str, wish: object = None) -> dict[str, Any]:
        return self.hosting.invoke(self.name, wish, InferenceComponentName=name)

    def version(self, name: str) -> str:
        return str(self.invoke(name)["files"]["version.txt"])

    def instances(self) -> int:
        variant = self.hosting.sagemaker.describe_endpoint(EndpointName=self.name)["ProductionVariants"][0]
        return int(variant["CurrentInstanceCount"])


def managed(least: int, most: int) -> dict[str, Any]:
    """Return the settings of a variant whose instances SageMaker manages."""
    scaling = {"Status": "ENABLED", "MinInstanceCount": least, "MaxInstanceCount": most}
    return {"ManagedInstanceScaling": scaling, "InitialInstanceCount": 1}
