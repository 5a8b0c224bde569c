"""One correction to ministack's ECR: an image that was never pushed does not exist.

The CDK CLI builds an image only when DescribeImages says that it is not there. ministack answers with an empty list, which
the CLI takes for a yes.
"""

from typing import Any

from ministack.core.responses import error_response_json
from ministack.services import ecr


def install() -> None:
    """Make DescribeImages refuse images that are not in their repository."""
    describe = ecr._describe_images

    def describe_existing(data: dict[str, Any]) -> Any:
        name = data.get("repositoryName", "")
        for wanted in data.get("imageIds") or []:
            if name in ecr._repositories and not ecr._find_image(name, wanted):
                message = (
                    f"The image with imageId {{imageDigest:'{wanted.get('imageDigest', 'null')}', "
                    f"imageTag:'{wanted.get('imageTag', 'null')}'}} does not exist within the repository with name '{name}'"
                )
                return error_response_json("ImageNotFoundException", message, 400)
        return describe(data)

    ecr._describe_images = describe_existing
