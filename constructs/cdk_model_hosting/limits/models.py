"""Limits of a SageMaker model: its containers, environment, network and tags."""

from cdk_model_hosting.limits.kinds import Limit, TextLimit
from cdk_model_hosting.limits.sources import sagemaker_api, sagemaker_guide

MODEL_NAME = TextLimit(
    name="model name",
    low=1,
    high=63,
    pattern=r"[a-zA-Z0-9]([\-a-zA-Z0-9]*[a-zA-Z0-9])?",
    shape="letters, digits and hyphens, no hyphen first or last",
    why="SageMaker accepts no other model name",
    source=sagemaker_api("CreateModel"),
)
CONTAINERS = Limit(
    name="containers of a pipeline or multi-container model",
    low=2,
    high=15,
    unit="containers",
    why="a model with several containers has at least two, and SageMaker places at most 15 on one instance",
    source=sagemaker_guide("inference-pipelines"),
)
CONTAINER_HOSTNAME = TextLimit(
    name="container hostname",
    low=1,
    high=63,
    pattern=r"[a-zA-Z0-9](-*[a-zA-Z0-9]){0,62}",
    shape="letters, digits and hyphens, no hyphen first or last",
    why="SageMaker uses it as a DNS name",
    source=sagemaker_api("ContainerDefinition"),
)
IMAGE_URI = TextLimit(
    name="image URI",
    low=1,
    high=255,
    pattern=r"[\S]+",
    shape="no spaces",
    why="SageMaker accepts no other image URI",
    source=sagemaker_api("ContainerDefinition"),
)
IMAGE_TAG = TextLimit(
    name="image tag",
    low=1,
    high=300,
    pattern=r"[a-zA-Z0-9_][a-zA-Z0-9_.-]*",
    shape="letters, digits, dots, hyphens and underscores",
    why="ECR accepts no other tag",
    source="https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_ImageIdentifier.html",
)
MODEL_DATA_URL = TextLimit(
    name="model data address",
    low=1,
    high=1024,
    pattern=r"(https|s3)://([^/]+)/?(.*)",
    shape="an s3:// or https:// address",
    why="SageMaker downloads the model from there",
    source=sagemaker_api("ContainerDefinition"),
)
HUB_CONTENT_ARN = TextLimit(
    name="ARN of private hub content",
    low=1,
    high=255,
    why="SageMaker accepts no longer ARN",
    source=sagemaker_api("InferenceHubAccessConfig"),
)
CREDENTIALS_PROVIDER_ARN = TextLimit(
    name="ARN of the function that gives a private registry's credentials",
    low=1,
    high=2048,
    why="SageMaker accepts no longer ARN",
    source=sagemaker_api("RepositoryAuthConfig"),
)
ENVIRONMENT_PAIRS = Limit(
    name="environment variables of a container",
    low=0,
    high=100,
    unit="variables",
    why="SageMaker passes no more to a container",
    source=sagemaker_api("ContainerDefinition"),
)
ENVIRONMENT_KEY = TextLimit(
    name="name of an environment variable",
    low=1,
    high=1024,
    unit="bytes",
    pattern=r"[a-zA-Z_][a-zA-Z0-9_]*",
    shape="letters, digits and underscores, no digit first",
    why="SageMaker accepts no other variable name",
    source=sagemaker_api("ContainerDefinition"),
)
ENVIRONMENT_VALUE = TextLimit(
    name="value of an environment variable",
    low=0,
    high=1024,
    unit="bytes",
    secret=True,
    why="SageMaker passes no longer value to a container",
    source=sagemaker_api("ContainerDefinition"),
)
ENVIRONMENT_TOTAL = Limit(
    name="names and values of all environment variables of a model, over all its containers",
    low=0,
    high=32 * 1024,
    unit="bytes",
    why="SageMaker counts the names and values of all containers of a model together",
    source=sagemaker_api("ContainerDefinition"),
)
SECURITY_GROUPS = Limit(
    name="security groups of a model or a function",
    low=1,
    high=5,
    unit="security groups",
    why="SageMaker and Lambda attach their network interfaces to that many at most, and to one at least",
    source=sagemaker_api("VpcConfig"),
)
SUBNETS = Limit(
    name="subnets of a model or a function",
    low=1,
    high=16,
    unit="subnets",
    why="SageMaker and Lambda place their network interfaces in that many at most, and in one at least",
    source=sagemaker_api("VpcConfig"),
)
KMS_KEY_ID = TextLimit(
    name="KMS key",
    low=1,
    high=2048,
    pattern=r"[a-zA-Z0-9:/_-]*",
    shape="a key id, key ARN, alias name or alias ARN",
    why="SageMaker accepts no other name of a key",
    source=sagemaker_api("CreateEndpointConfig"),
)
ROLE_ARN = TextLimit(
    name="execution role ARN",
    low=20,
    high=2048,
    pattern=r"arn:aws[a-z\-]*:iam::\d{12}:role/?[a-zA-Z_0-9+=,.@\-_/]+",
    shape="an IAM role ARN",
    why="SageMaker accepts no other ARN as its role",
    source=sagemaker_api("CreateModel"),
)
TAGS = Limit(
    name="tags of a resource",
    low=0,
    high=50,
    unit="tags",
    why="AWS keeps no more on one resource",
    source=sagemaker_api("CreateEndpoint"),
)
# What the service writes as \p{L}\p{Z}\p{N}: letters and digits (\w, which adds the underscore), and every space.
_TAG_CHARACTERS = r"[\w \u00a0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000.:/=+\-@]*"
TAG_KEY = TextLimit(
    name="tag key",
    low=1,
    high=128,
    pattern=rf"(?!(?i:aws:)){_TAG_CHARACTERS}",
    shape="letters, digits, spaces and _.:/=+-@, not starting with aws:",
    why="AWS accepts no other tag key",
    source=sagemaker_api("Tag"),
)
TAG_VALUE = TextLimit(
    name="tag value",
    low=0,
    high=256,
    pattern=_TAG_CHARACTERS,
    shape="letters, digits, spaces and _.:/=+-@",
    why="AWS accepts no other tag value",
    source=sagemaker_api("Tag"),
)
TARGET_MODEL = TextLimit(
    name="target model of a request",
    low=1,
    high=1024,
    pattern=r"[a-zA-Z0-9._-]+",
    shape="letters, digits, dots, hyphens and underscores",
    why="a request names it in a header, and S3 takes it as a part of a key",
    source="https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_runtime_InvokeEndpoint.html",
)
GRANTED_TARGET_MODEL = TextLimit(
    name="target models that a caller may ask for",
    low=1,
    high=1024,
    pattern=r"\S[ -~]*",
    shape="printable, no space first; * and ? stand for any text and any character",
    why="a request names its target model in a header",
    source="https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_runtime_InvokeEndpoint.html",
    read="2026-11-21",
)
OBJECT_KEY = TextLimit(
    name="key of an archive in a store",
    low=1,
    high=1024,
    unit="bytes",
    why="S3 keeps no longer key",
    source="https://docs.aws.amazon.com/AmazonS3/latest/userguide/object-keys.html",
)
MANAGED_POLICY_CHARACTERS = Limit(
    name="managed policy",
    low=1,
    high=6144,
    unit="characters",
    why="IAM keeps no longer managed policy",
    source="https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html",
)
MANAGED_POLICIES = Limit(
    name="managed policies of a role",
    low=0,
    high=10,
    unit="policies",
    why="IAM attaches no more to a role; add the other models to a store in another stack",
    source="https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html",
)
