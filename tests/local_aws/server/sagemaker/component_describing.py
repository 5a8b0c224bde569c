"""What DescribeInferenceComponent and ListInferenceComponents tell about a component."""

from tests.local_aws.server.sagemaker import component_state
from tests.local_aws.server.sagemaker.component_capacity import host_of, instance_type
from tests.local_aws.server.sagemaker.component_state import Component
from tests.local_aws.server.sagemaker.describing import deployed_image
from tests.local_aws.server.sagemaker.state import Document


def describe(component: Component) -> Document:
    """Describe a component in the shape of DescribeInferenceComponentOutput."""
    specifications = [_specification(given, component) for given in component.specifications]
    answer: Document = {
        **summarize(component),
        "RuntimeConfig": _runtime(component),
        **({"Specifications": specifications} if component.is_listed else {"Specification": specifications[0]}),
    }
    if component.failure_reason:
        answer["FailureReason"] = component.failure_reason
    if component.deployment is not None:
        answer["LastDeploymentConfig"] = component.deployment
    return answer


def summarize(component: Component) -> Document:
    """Describe a component in the shape of InferenceComponentSummary."""
    return {
        "InferenceComponentName": component.name,
        "InferenceComponentArn": component.arn,
        "EndpointName": component.endpoint_name,
        "EndpointArn": component.endpoint_arn,
        "VariantName": component.variant_name,
        "InferenceComponentStatus": component.status,
        "CreationTime": component.created,
        "LastModifiedTime": component.modified,
    }


def _runtime(component: Component) -> Document:
    base = component_state.components().get(component.base_name, component)
    host = host_of(component)
    answer: Document = {"DesiredCopyCount": base.wanted, "CurrentCopyCount": component.current.instance_count}
    if component.is_listed and host is not None:
        placed = {"InstanceType": instance_type(host), "CurrentCopyCount": component.current.instance_count}
        answer["PlacementStatus"] = [placed]
    return answer


def _specification(given: Document, component: Component) -> Document:
    container = given.get("Container")
    if container is None:
        return given
    described = {key: value for key, value in container.items() if key != "Image"}
    if "Image" in container:
        described["DeployedImage"] = {**deployed_image(container["Image"]), "ResolutionTime": component.created}
    return {**given, "Container": described}
