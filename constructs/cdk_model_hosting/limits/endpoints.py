"""Limits of a SageMaker endpoint and the variants behind it."""

from cdk_model_hosting.limits.kinds import Choice, Limit, TextLimit
from cdk_model_hosting.limits.sources import sagemaker_api

_NAME = r"[a-zA-Z0-9](-*[a-zA-Z0-9]){0,62}"
_NAME_SHAPE = "letters, digits and hyphens, no hyphen first or last"
_VARIANT = sagemaker_api("ProductionVariant")

ENDPOINT_NAME = TextLimit(
    name="endpoint name",
    low=1,
    high=63,
    pattern=_NAME,
    shape=_NAME_SHAPE,
    why="SageMaker accepts no other endpoint name",
    source=sagemaker_api("CreateEndpoint"),
)
ENDPOINT_CONFIG_NAME = TextLimit(
    name="endpoint configuration name",
    low=1,
    high=63,
    pattern=_NAME,
    shape=_NAME_SHAPE,
    why="SageMaker accepts no other configuration name",
    source=sagemaker_api("CreateEndpointConfig"),
)
VARIANT_NAME = TextLimit(
    name="variant name",
    low=1,
    high=63,
    pattern=_NAME,
    shape=_NAME_SHAPE,
    why="SageMaker accepts no other variant name",
    source=_VARIANT,
)
VARIANTS = Limit(
    name="variants of an endpoint",
    low=1,
    high=10,
    unit="variants",
    why="SageMaker splits the traffic of one endpoint over that many at most",
    source=sagemaker_api("CreateEndpointConfig"),
)
SHADOW_VARIANTS = Limit(
    name="production and shadow variants of an endpoint with a shadow",
    low=1,
    high=1,
    unit="of each",
    why="SageMaker copies the traffic of exactly one production variant to exactly one shadow variant",
    source=sagemaker_api("CreateEndpointConfig"),
)
VARIANT_WEIGHT = Limit(
    name="weight of a variant",
    low=0,
    high=None,
    integer=False,
    why="a variant's share of the traffic is its weight divided by the sum of all weights",
    source=_VARIANT,
)
INSTANCE_COUNT = Limit(
    name="instances a variant starts with",
    low=1,
    high=None,
    unit="instances",
    why="a variant starts with one instance at least, even where it later scales to zero",
    source=_VARIANT,
)
VOLUME_GB = Limit(
    name="volume of an instance",
    low=1,
    high=512,
    unit="GB",
    why="SageMaker attaches one EBS volume of at most that size",
    source=_VARIANT,
)
MODEL_DOWNLOAD_SECONDS = Limit(
    name="time to download and extract a model",
    low=60,
    high=3600,
    unit="seconds",
    why="SageMaker gives a download at least a minute and at most an hour",
    source=_VARIANT,
)
CONTAINER_STARTUP_SECONDS = Limit(
    name="time until a container answers its first health check",
    low=60,
    high=3600,
    unit="seconds",
    why="SageMaker gives a container at least a minute and at most an hour to start",
    source=_VARIANT,
)
PROVISION_SECONDS = Limit(
    name="time to find instances",
    low=300,
    high=3600,
    unit="seconds",
    why="SageMaker waits for capacity between five minutes and an hour",
    source=_VARIANT,
)
INFERENCE_AMI_VERSION = Choice(
    name="machine image of GPU and Neuron instances",
    allowed=(
        "al2-ami-sagemaker-inference-gpu-2",
        "al2-ami-sagemaker-inference-gpu-2-1",
        "al2-ami-sagemaker-inference-gpu-3-1",
        "al2-ami-sagemaker-inference-neuron-2",
        "al2023-ami-sagemaker-inference-gpu-4-1",
    ),
    why="SageMaker publishes no other machine image",
    source=_VARIANT,
)
INSTANCE_POOLS = Limit(
    name="instance pools of a variant",
    low=1,
    high=5,
    unit="pools",
    why="SageMaker falls back over that many instance types at most",
    source=_VARIANT,
)
INSTANCE_POOL_PRIORITY = Limit(
    name="priority of an instance pool",
    low=1,
    high=5,
    why="1 is tried first and 5 last",
    source=sagemaker_api("InstancePool"),
)
ROUTING_STRATEGY = Choice(
    name="routing strategy",
    allowed=("LEAST_OUTSTANDING_REQUESTS", "RANDOM", "PREFIX_AWARE"),
    why="CloudFormation knows no other routing strategy",
    source=sagemaker_api("ProductionVariantRoutingConfig"),
)
ROUTING_PREFIX_LENGTH = Limit(
    name="prefix that prefix-aware routing compares",
    low=1024,
    high=65536,
    why="SageMaker compares no shorter and no longer beginning of a request",
    source=sagemaker_api("PrefixAwareRoutingConfig"),
)
ROUTING_CONCURRENCY = Limit(
    name="concurrency above which prefix-aware routing spreads requests",
    low=1,
    high=1024,
    unit="requests",
    why="SageMaker spreads the requests of one prefix beyond that many",
    source=sagemaker_api("PrefixAwareRoutingConfig"),
)
CAPACITY_RESERVATION_ARN = TextLimit(
    name="ARN of a capacity reservation",
    low=20,
    high=258,
    pattern=r"arn:aws[a-z\-]*:sagemaker:[a-z0-9\-]*:[0-9]{12}:[a-z0-9\-]{1,14}/.*",
    shape="a SageMaker ARN",
    why="only a SageMaker training plan reserves capacity for a variant",
    source=sagemaker_api("ProductionVariantCapacityReservationConfig"),
)
METRIC_PERIOD_SECONDS = Choice(
    name="how often an endpoint publishes its instance metrics",
    allowed=(10, 30, 60, 120, 180, 240, 300),
    unit="seconds",
    why="SageMaker publishes at no other rate",
    source=sagemaker_api("MetricsConfig"),
)
S3_DESTINATION = TextLimit(
    name="S3 address that an endpoint writes to",
    low=1,
    high=512,
    pattern=r"(https|s3)://([^/])/?(.*)",
    shape="an s3:// or https:// address",
    why="SageMaker writes to no other address",
    source=sagemaker_api("DataCaptureConfig"),
)
MANAGED_MIN_INSTANCES = Limit(
    name="fewest instances of a variant that SageMaker scales itself",
    low=0,
    high=None,
    unit="instances",
    why="a variant that hosts inference components may go down to none",
    source=sagemaker_api("ProductionVariantManagedInstanceScaling"),
)
MANAGED_MAX_INSTANCES = Limit(
    name="most instances of a variant that SageMaker scales itself",
    low=1,
    high=None,
    unit="instances",
    why="a variant that never has an instance cannot answer",
    source=sagemaker_api("ProductionVariantManagedInstanceScaling"),
)
MANAGED_SCALE_IN_STEP = Limit(
    name="instances that managed scaling releases at once",
    low=1,
    high=100,
    unit="instances",
    why="SageMaker releases no more in one step",
    source=sagemaker_api("ProductionVariantManagedInstanceScaling"),
)
MANAGED_SCALE_IN_COOLDOWN_MINUTES = Limit(
    name="pause between two releases of managed scaling",
    low=5,
    high=1440,
    unit="minutes",
    why="SageMaker waits between five minutes and a day",
    source=sagemaker_api("ProductionVariantManagedInstanceScaling"),
)
