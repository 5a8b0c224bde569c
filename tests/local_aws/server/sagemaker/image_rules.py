"""What CreateModel asks of an image: the labels that say what its container can do."""

from tests.local_aws import images
from tests.local_aws.server.sagemaker import cloud
from tests.local_aws.server.sagemaker.state import Document
from tests.local_aws.server.sagemaker.validation import refuse_unless

_CAPABILITY = "com.amazonaws.sagemaker.capabilities"


def check(containers: list[Document]) -> None:
    """Refuse containers whose images lack a label that their use requires.

    Nothing is known about the labels of an image that was not built here.

    Raises:
        ServiceError: A label is missing.
    """
    for container in containers:
        name = container.get("Image", "")
        image = images.find(cloud.scratch(), name)
        if image is None:
            continue
        needed = {
            "multi-models": container.get("Mode") == "MultiModel",
            "accept-bind-to-port": len(containers) > 1,
        }
        for capability, is_needed in needed.items():
            label = f"{_CAPABILITY}.{capability}"
            refuse_unless(
                not is_needed or image.labels.get(label) == "true",
                f"Your Ecr Image {name} does not contain required {label}=true Docker label(s).",
            )
