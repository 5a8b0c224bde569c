"""Addresses of the pages that limits are read from."""

_SAGEMAKER_API = "https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_"
_SAGEMAKER_GUIDE = "https://docs.aws.amazon.com/sagemaker/latest/dg/"
_AUTOSCALING_API = "https://docs.aws.amazon.com/autoscaling/application/APIReference/API_"
_CLOUDWATCH_API = "https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_"
_TRITON_GUIDE = "https://docs.nvidia.com/deeplearning/triton-inference-server/user-guide/docs/user_guide/"


def sagemaker_api(shape: str) -> str:
    """The SageMaker API reference page of an action or a data type."""
    return f"{_SAGEMAKER_API}{shape}.html"


def sagemaker_guide(page: str) -> str:
    """A page of the SageMaker AI developer guide."""
    return f"{_SAGEMAKER_GUIDE}{page}.html"


def autoscaling_api(shape: str) -> str:
    """The Application Auto Scaling API reference page of an action or a data type."""
    return f"{_AUTOSCALING_API}{shape}.html"


def cloudwatch_api(shape: str) -> str:
    """The CloudWatch API reference page of an action or a data type."""
    return f"{_CLOUDWATCH_API}{shape}.html"


def triton_guide(page: str) -> str:
    """A page of the Triton Inference Server user guide."""
    return f"{_TRITON_GUIDE}{page}.html"
