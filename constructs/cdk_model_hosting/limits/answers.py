"""Limits of the ways an endpoint answers other than in real time."""

from cdk_model_hosting.limits.kinds import Choice, Limit, TextLimit
from cdk_model_hosting.limits.sources import sagemaker_api

_SERVERLESS = sagemaker_api("ProductionVariantServerlessConfig")

ENDPOINT_ANSWER_SECONDS = Limit(
    name="time that an endpoint has for one request",
    low=1,
    high=60,
    unit="seconds",
    why="SageMaker ends a request to a container after a minute",
    source="https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_runtime_InvokeEndpoint.html",
)
SERVERLESS_MEMORY_MB = Choice(
    name="memory of a serverless endpoint",
    allowed=(1024, 2048, 3072, 4096, 5120, 6144),
    unit="MB",
    why="serverless memory comes in steps of 1 GB",
    source=_SERVERLESS,
)
SERVERLESS_CONCURRENCY = Limit(
    name="requests a serverless endpoint answers at once",
    low=1,
    high=200,
    unit="requests",
    why="SageMaker runs no more copies of one serverless endpoint",
    source=_SERVERLESS,
)
SERVERLESS_PROVISIONED_CONCURRENCY = Limit(
    name="provisioned concurrency of a serverless endpoint",
    low=1,
    high=200,
    unit="requests",
    why="SageMaker keeps no more copies of one serverless endpoint warm",
    source=_SERVERLESS,
)
ASYNC_CONCURRENCY = Limit(
    name="requests an asynchronous endpoint sends to one instance at once",
    low=1,
    high=1000,
    unit="requests",
    why="SageMaker sends no more to one instance at once",
    source=sagemaker_api("AsyncInferenceClientConfig"),
)
ASYNC_TOPIC_ARN = TextLimit(
    name="ARN of a topic for asynchronous answers",
    low=1,
    high=2048,
    pattern=r"arn:aws[a-z\-]*:sns:[a-z0-9\-]*:[0-9]{12}:[a-zA-Z0-9_.-]+",
    shape="the ARN of a standard SNS topic",
    why="SageMaker publishes to standard topics only",
    source=sagemaker_api("AsyncInferenceNotificationConfig"),
)
