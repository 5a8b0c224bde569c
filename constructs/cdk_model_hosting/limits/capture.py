"""Limits of captured requests and answers."""

from cdk_model_hosting.limits.kinds import Choice, Limit, TextLimit
from cdk_model_hosting.limits.sources import sagemaker_api

CAPTURE_PERCENT = Limit(
    name="share of the requests that are captured",
    low=0,
    high=100,
    unit="%",
    why="it is a share of all requests",
    source=sagemaker_api("DataCaptureConfig"),
)
CAPTURE_OPTIONS = Limit(
    name="capture options",
    low=1,
    high=32,
    unit="options",
    why="SageMaker captures the input, the output or both",
    source=sagemaker_api("DataCaptureConfig"),
)
CAPTURE_MODE = Choice(
    name="what is captured",
    allowed=("Input", "Output"),
    why="both are captured by naming both",
    source=sagemaker_api("CaptureOption"),
)
CAPTURE_CONTENT_TYPES = Limit(
    name="content types that are captured as text, per kind",
    low=1,
    high=10,
    unit="content types",
    why="SageMaker keeps no longer list of CSV or of JSON types",
    source=sagemaker_api("CaptureContentTypeHeader"),
)
CAPTURE_CONTENT_TYPE = TextLimit(
    name="content type that is captured as text",
    low=1,
    high=256,
    pattern=r"[a-zA-Z0-9](-*[a-zA-Z0-9])*\/[a-zA-Z0-9](-*[a-zA-Z0-9.])*",
    shape="type/subtype of letters, digits, hyphens and dots",
    why="SageMaker compares it with the header of each request",
    source=sagemaker_api("CaptureContentTypeHeader"),
)
