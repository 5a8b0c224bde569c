"""Limits of batch transform jobs, and of the state machine, the schedules and the alarms around them."""

from cdk_model_hosting.limits.kinds import Choice, Limit, TextLimit
from cdk_model_hosting.limits.sources import cloudwatch_api, sagemaker_api, sagemaker_guide

_JOB = sagemaker_api("CreateTransformJob")
_INPUT = sagemaker_api("TransformInput")
_OUTPUT = sagemaker_api("TransformOutput")
_CLIENT = sagemaker_api("ModelClientConfig")
_RESOURCES = sagemaker_api("TransformResources")
_PROCESSING = sagemaker_guide("batch-transform-data-processing")
_TASK = "https://docs.aws.amazon.com/step-functions/latest/dg/state-task.html"
_RETRY = "https://docs.aws.amazon.com/step-functions/latest/dg/concepts-error-handling.html"
_SCHEDULE = "https://docs.aws.amazon.com/scheduler/latest/APIReference/API_FlexibleTimeWindow.html"
_MAP = "https://docs.aws.amazon.com/step-functions/latest/dg/state-map-distributed.html"

_STEP = r"-?\d+|-?\d*:-?\d*"
_NAME = r"'[^']+'"
# Names, indexes, slices and wildcards; a dot may stand before a bracket.
_JSON_PATH = (
    r"\$(?:\.(?:[A-Za-z_][\w-]*|\*)"
    rf"|\.?\[(?:\*|(?:{_STEP})(?:\s*,\s*(?:{_STEP}))*|{_NAME}(?:\s*,\s*{_NAME})*)\])*"
)

TRANSFORM_JOB_NAME = TextLimit(
    name="name of a transform job",
    low=1,
    high=63,
    pattern=r"[a-zA-Z0-9](-*[a-zA-Z0-9]){0,62}",
    shape="letters, digits and hyphens, no hyphen first or last",
    why="SageMaker accepts no other name of a job",
    source=_JOB,
)
TRANSFORM_PAYLOAD_MB = Limit(
    name="payload of a request of a transform job",
    low=0,
    high=100,
    unit="MB",
    why="SageMaker sends at most 100 MB in one request, or, with 0, a stream that only some containers read",
    source=_JOB,
)
TRANSFORM_CONCURRENCY = Limit(
    name="requests that an instance of a transform job gets at once",
    low=0,
    high=None,
    unit="requests",
    why="0 leaves it to the container",
    source=_JOB,
)
TRANSFORM_IN_FLIGHT_MB = Limit(
    name="payload times concurrency of a transform job",
    low=0,
    high=100,
    unit="MB",
    why="SageMaker keeps no more in flight on an instance",
    source=_JOB,
)
TRANSFORM_STRATEGY = Choice(
    name="records in a request of a transform job",
    allowed=("MultiRecord", "SingleRecord"),
    why="SageMaker sends as many records as fit, or one",
    source=_JOB,
)
TRANSFORM_SPLIT = Choice(
    name="how the input of a transform job is split into records",
    allowed=("None", "Line", "RecordIO", "TFRecord"),
    why="SageMaker splits files in no other way",
    source=_INPUT,
)
TRANSFORM_ASSEMBLY = Choice(
    name="how the output of a transform job is put together",
    allowed=("None", "Line"),
    why="SageMaker puts answers together as they are, or each on a line",
    source=_OUTPUT,
)
TRANSFORM_COMPRESSION = Choice(
    name="compression of the input of a transform job",
    allowed=("None", "Gzip"),
    why="SageMaker unpacks no other files",
    source=_INPUT,
)
TRANSFORM_CONTENT_TYPE = TextLimit(
    name="content type of the records, or of the answers, of a transform job",
    low=1,
    high=256,
    why="SageMaker sends it as a header of every request",
    source=_INPUT,
)
TRANSFORM_URI = TextLimit(
    name="S3 address that a transform job reads or writes",
    low=1,
    high=1024,
    pattern=r"(https|s3)://([^/]+)/?(.*)",
    shape="an s3:// or https:// address",
    why="SageMaker reads and writes no other address",
    source=sagemaker_api("TransformS3DataSource"),
)
TRANSFORM_FILTER = TextLimit(
    name="filter of the input or output of a transform job",
    low=1,
    high=63,
    pattern=_JSON_PATH,
    shape="a JSONPath of names, indexes, slices and wildcards that begins with $",
    why="SageMaker reads no other part of JSONPath",
    source=_PROCESSING,
)
TRANSFORM_JOINED_FORMAT = Choice(
    name="content type of records and answers that are filtered or joined",
    allowed=("text/csv", "application/json", "application/jsonlines"),
    why="SageMaker looks into no other format",
    source=_PROCESSING,
)
TRANSFORM_CLIENT_SECONDS = Limit(
    name="time that a container has to answer a request of a transform job",
    low=1,
    high=3600,
    unit="seconds",
    why="SageMaker waits for an hour at most",
    source=_CLIENT,
)
TRANSFORM_CLIENT_RETRIES = Limit(
    name="retries of a request of a transform job",
    low=0,
    high=3,
    unit="retries",
    why="SageMaker sends a request four times at most",
    source=_CLIENT,
)
TRANSFORM_ENVIRONMENT_PAIRS = Limit(
    name="environment variables of a transform job",
    low=0,
    high=16,
    unit="variables",
    why="SageMaker adds no more to those of the model",
    source=_JOB,
)
TRANSFORM_ENVIRONMENT_KEY = TextLimit(
    name="name of an environment variable of a transform job",
    low=1,
    high=1024,
    pattern=r"[a-zA-Z_][a-zA-Z0-9_]{0,1023}",
    shape="letters, digits and underscores, no digit first",
    why="SageMaker accepts no other name",
    source=_JOB,
)
TRANSFORM_ENVIRONMENT_VALUE = TextLimit(
    name="value of an environment variable of a transform job",
    low=0,
    high=10240,
    secret=True,
    why="SageMaker accepts no longer value",
    source=_JOB,
)
TRANSFORM_INSTANCES = Limit(
    name="instances of a transform job",
    low=1,
    high=100,
    unit="instances",
    why="SageMaker gives a job no more",
    source=_RESOURCES,
)
TRANSFORM_FAMILY = Choice(
    name="instance families of transform jobs",
    allowed=(
        "c4",
        "c5",
        "c6i",
        "c7i",
        "g4dn",
        "g5",
        "g6",
        "g6e",
        "inf2",
        "m4",
        "m5",
        "m6i",
        "m7i",
        "p2",
        "p3",
        "r6i",
        "r7i",
        "trn1",
    ),
    why="SageMaker runs transform jobs on no other instances that it hosts endpoints on",
    source=_RESOURCES,
)
TRANSFORM_AMI_VERSION = Choice(
    name="machine image of a transform job on GPUs",
    allowed=("al2-ami-sagemaker-batch-gpu-470", "al2-ami-sagemaker-batch-gpu-535"),
    why="SageMaker publishes no other machine image for jobs",
    source=_RESOURCES,
)
JOB_SECONDS = Limit(
    name="time that a state machine waits for a job",
    low=1,
    high=99_999_999,
    unit="seconds",
    why="Step Functions waits no longer for a task",
    source=_TASK,
)
JOB_RETRIES = Limit(
    name="further tries of a job that finds no instances",
    low=0,
    high=99,
    unit="tries",
    why="the number of the try is part of the job's name, which is short",
    source=_RETRY,
)
RETRY_WAIT_SECONDS = Limit(
    name="pause before a job is tried again",
    low=1,
    high=31_622_400,
    unit="seconds",
    why="Step Functions lets pauses grow to a year at most",
    source=_RETRY,
)
SCHEDULE_WINDOW_MINUTES = Limit(
    name="flexible window of a schedule",
    low=1,
    high=1440,
    unit="minutes",
    why="EventBridge Scheduler spreads a start over a day at most",
    source=_SCHEDULE,
)
ALARM_HOURS = Limit(
    name="hours that an alarm looks back",
    low=1,
    high=168,
    unit="hours",
    why="CloudWatch looks at a week at most",
    source=cloudwatch_api("PutMetricAlarm"),
)
SHARDS = Limit(
    name="shards that are named in a template",
    low=1,
    high=1000,
    unit="shards",
    why="more of them would not fit into what a state may hold; list them in a manifest",
    source="https://docs.aws.amazon.com/step-functions/latest/dg/service-quotas.html",
    read="2026-11-21",
)
SHARD_CONCURRENCY = Limit(
    name="shards that are transformed at once",
    low=1,
    high=10_000,
    unit="shards",
    why="Step Functions runs no more branches of a distributed map at once",
    source=_MAP,
    read="2026-11-21",
)
SHARD_FAILURES = Limit(
    name="share of the shards that may fail",
    low=0,
    high=100,
    unit="%",
    integer=False,
    why="it is a share of all shards",
    source=_MAP,
    read="2026-11-21",
)
