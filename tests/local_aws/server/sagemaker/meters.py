"""Where a variant's metrics go: the local CloudWatch, under the dimensions that alarms and scaling policies look at."""

from dataclasses import dataclass

from tests.local_aws.server.sagemaker import cloud

NAMESPACE = "AWS/SageMaker"
INSTANCES = "/aws/sagemaker/Endpoints"


@dataclass(frozen=True, slots=True, kw_only=True)
class Meter:
    """The metrics of one variant of one fleet.

    Args:
        endpoint_name: The endpoint.
        variant_name: The variant.
        config_name: The configuration that the fleet was built from.
    """

    endpoint_name: str
    variant_name: str
    config_name: str

    def put(
        self, name: str, value: float, unit: str = "None", *, namespace: str = NAMESPACE, container: str = ""
    ) -> None:
        """Publish one value twice: for the variant, and with the configuration, so that an alarm can look at one fleet alone.

        Args:
            name: The metric.
            value: Its value.
            unit: Its unit.
            namespace: Its namespace.
            container: The container that the value is about, where it is about one of several.
        """
        both_fleets = {"EndpointName": self.endpoint_name, "VariantName": self.variant_name}
        if container:
            both_fleets["ContainerName"] = container
        for dimensions in (both_fleets, {**both_fleets, "EndpointConfigName": self.config_name}):
            cloud.record_metric(namespace, name, value, unit, dimensions)
