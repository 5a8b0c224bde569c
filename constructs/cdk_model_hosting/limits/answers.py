"""Limits of the ways an endpoint answers other than in real time, and of explained answers."""

from cdk_model_hosting.limits.kinds import Choice, Limit, TextLimit
from cdk_model_hosting.limits.sources import sagemaker_api

_SERVERLESS = sagemaker_api("ProductionVariantServerlessConfig")
_EXPLAINED = sagemaker_api("ClarifyInferenceConfig")

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
EXPLAIN_CONDITION = TextLimit(
    name="condition that says which records are explained",
    low=1,
    high=64,
    shape="a JMESPath expression",
    why="SageMaker accepts no longer condition",
    source=sagemaker_api("ClarifyExplainerConfig"),
)
EXPLAIN_ATTRIBUTE = TextLimit(
    name="expression or template that finds features, labels or probabilities",
    low=1,
    high=64,
    why="SageMaker accepts no longer expression",
    source=_EXPLAINED,
)
EXPLAIN_FEATURE_HEADERS = Limit(
    name="feature names of explained records",
    low=1,
    high=256,
    unit="names",
    why="SageMaker explains no more features",
    source=_EXPLAINED,
)
EXPLAIN_FEATURE_TYPES = Limit(
    name="feature types of explained records",
    low=1,
    high=256,
    unit="types",
    why="SageMaker explains no more features",
    source=_EXPLAINED,
)
EXPLAIN_LABEL_HEADERS = Limit(
    name="label names of explained records",
    low=1,
    high=16,
    unit="names",
    why="SageMaker explains no more labels",
    source=_EXPLAINED,
)
EXPLAIN_PAYLOAD_MB = Limit(
    name="payload of one request of the explainer to the model",
    low=1,
    high=25,
    unit="MB",
    why="SageMaker sends no larger request to the model",
    source=_EXPLAINED,
)
EXPLAIN_RECORDS = Limit(
    name="records of one request of the explainer to the model",
    low=1,
    high=None,
    unit="records",
    why="a request without records explains nothing",
    source=_EXPLAINED,
)
EXPLAIN_LABEL_INDEX = Limit(
    name="column of the label in the model's answer",
    low=0,
    high=None,
    why="columns are counted from zero",
    source=_EXPLAINED,
)
EXPLAIN_PROBABILITY_INDEX = Limit(
    name="column of the probability in the model's answer",
    low=0,
    high=None,
    why="columns are counted from zero",
    source=_EXPLAINED,
)
EXPLAIN_SAMPLES = Limit(
    name="synthetic samples of one explanation",
    low=1,
    high=None,
    unit="samples",
    why="an explanation compares with one sample at least",
    source=sagemaker_api("ClarifyShapConfig"),
)
EXPLAIN_BASELINE = TextLimit(
    name="baseline given inline",
    low=1,
    high=4096,
    secret=True,
    why="a longer baseline must be put into S3",
    source=sagemaker_api("ClarifyShapBaselineConfig"),
)
EXPLAIN_BASELINE_URI = TextLimit(
    name="address of a baseline",
    low=1,
    high=1024,
    pattern=r"(https|s3)://([^/]+)/?(.*)",
    shape="an s3:// or https:// address",
    why="SageMaker reads the baseline from there",
    source=sagemaker_api("ClarifyShapBaselineConfig"),
)
