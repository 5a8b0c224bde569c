"""CreateModel and its kin."""

import re

from tests.local_aws.server.sagemaker import artifacts, cloud, image_rules, tags
from tests.local_aws.server.sagemaker.errors import ServiceError
from tests.local_aws.server.sagemaker.listing import page
from tests.local_aws.server.sagemaker.state import LOCK, Document, Model, store
from tests.local_aws.server.sagemaker.validation import refuse_unless, validate

_MOST_ENVIRONMENT_BYTES = 32 * 1024
_FEWEST_CONTAINERS_OF_SEVERAL = 2
_ECR_IMAGE = re.compile(r"\d{12}\.dkr\.ecr\.(?P<region>[a-z0-9-]+)\.amazonaws\.com(\.cn)?/")


def create_model(request: Document) -> Document:
    """Create a model from its container, or containers."""
    validate("sagemaker", "CreateModel", request)
    _check(request)
    name = request["ModelName"]
    arn = cloud.arn("sagemaker", f"model/{name}")
    with LOCK:
        models = store().models
        refuse_unless(name not in models, f'Cannot create already existing model "{arn}".')
        models[name] = Model(name, arn, {key: value for key, value in request.items() if key != "Tags"})
        tags.put(arn, request.get("Tags", []))
    return {"ModelArn": arn}


def describe_model(request: Document) -> Document:
    """Describe a model."""
    validate("sagemaker", "DescribeModel", request)
    model = find(request["ModelName"])
    defaults: Document = {"EnableNetworkIsolation": False}
    return {**defaults, **model.request, "ModelArn": model.arn, "CreationTime": model.created}


def list_models(request: Document) -> Document:
    """List the models of this account and region."""
    validate("sagemaker", "ListModels", request)
    with LOCK:
        summaries = [
            {"ModelName": model.name, "ModelArn": model.arn, "CreationTime": model.created}
            for model in store().models.values()
        ]
    return page(summaries, request, name_key="ModelName", result_key="Models")


def delete_model(request: Document) -> Document:
    """Delete a model's entry; endpoints that run it go on running it, as on AWS."""
    validate("sagemaker", "DeleteModel", request)
    with LOCK:
        model = find(request["ModelName"])
        del store().models[model.name]
        tags.forget(model.arn)
    return {}


def find(name: str) -> Model:
    """Return a model of this account and region.

    Raises:
        ServiceError: There is none of this name.
    """
    with LOCK:
        model = store().models.get(name)
    if model is None:
        raise ServiceError("ValidationException", f'Could not find model "{cloud.arn("sagemaker", f"model/{name}")}".')
    return model


def _check(request: Document) -> None:
    primary, several = request.get("PrimaryContainer"), request.get("Containers", [])
    refuse_unless(bool(primary) != bool(several), "Exactly one of PrimaryContainer and Containers must be specified.")
    refuse_unless(request.get("ExecutionRoleArn"), "ExecutionRoleArn must be specified.")
    containers = [primary] if primary else several
    size = sum(len(f"{key}{value}".encode()) for c in containers for key, value in c.get("Environment", {}).items())
    refuse_unless(
        size <= _MOST_ENVIRONMENT_BYTES,
        f"The environment of all containers takes {size} bytes, more than {_MOST_ENVIRONMENT_BYTES}.",
    )
    if several:
        _check_several(request, several)
    for container in containers:
        _check_container(container, has_vpc="VpcConfig" in request)
    image_rules.check(containers)


def _check_several(request: Document, containers: list[Document]) -> None:
    hostnames = [container["ContainerHostname"] for container in containers if "ContainerHostname" in container]
    direct = request.get("InferenceExecutionConfig", {}).get("Mode") == "Direct"
    if direct:
        refuse_unless(
            len(containers) >= _FEWEST_CONTAINERS_OF_SEVERAL, "InferenceExecutionMode Direct needs several containers."
        )
        refuse_unless(
            len(hostnames) == len(containers), "ContainerHostname is required on every container in Direct mode."
        )
    refuse_unless(
        len(hostnames) in {0, len(containers)}, "ContainerHostname must be specified on all containers or on none."
    )
    refuse_unless(len(set(hostnames)) == len(hostnames), f"ContainerHostname values must be unique, got {hostnames}.")
    multi_model = [container for container in containers if container.get("Mode") == "MultiModel"]
    most_multi_model = 0 if direct else 1
    refuse_unless(
        len(multi_model) <= most_multi_model,
        f"At most {most_multi_model} containers may be in Mode MultiModel here, got {len(multi_model)}.",
    )


def _check_container(container: Document, *, has_vpc: bool) -> None:
    refuse_unless(container.get("Image") or container.get("ModelPackageName"), "A container needs an Image.")
    ecr = _ECR_IMAGE.match(container.get("Image", ""))
    refuse_unless(
        ecr is None or ecr["region"] == cloud.region(),
        f"The image {container.get('Image')} is not in the region {cloud.region()}.",
    )
    refuse_unless(
        not ("ModelDataUrl" in container and "ModelDataSource" in container),
        "ModelDataUrl and ModelDataSource cannot both be specified.",
    )
    image_config = container.get("ImageConfig", {})
    if image_config.get("RepositoryAccessMode") == "Vpc":
        refuse_unless(has_vpc, "RepositoryAccessMode Vpc requires a VpcConfig on the model.")
    else:
        refuse_unless(
            "RepositoryAuthConfig" not in image_config, "RepositoryAuthConfig requires RepositoryAccessMode Vpc."
        )
    if container.get("Mode") == "MultiModel":
        refuse_unless("ModelDataUrl" in container, "Mode MultiModel requires ModelDataUrl, an S3 prefix.")
    artifacts.check(container)
