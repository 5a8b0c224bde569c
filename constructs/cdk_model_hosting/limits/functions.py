"""Limits of models inside Lambda functions."""

from cdk_model_hosting.limits.kinds import Choice, Limit, TextLimit

_READ = "2026-11-21"
_QUOTAS = "https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html"
_RUNTIMES = "https://docs.aws.amazon.com/lambda/latest/dg/lambda-runtimes.html"
_ASYNCHRONOUS = "https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-configuring.html"
_SNAPSTART = "https://docs.aws.amazon.com/lambda/latest/dg/snapstart.html"
_CODEDEPLOY = "https://docs.aws.amazon.com/codedeploy/latest/userguide/limits.html"

FUNCTION_PYTHON = Choice(
    name="Python of a function",
    allowed=("3.11", "3.12", "3.13", "3.14"),
    why="Lambda offers these, and what answers the events needs 3.11",
    source=_RUNTIMES,
    read=_READ,
)
FUNCTION_MEMORY_MB = Limit(
    name="memory of a function",
    low=128,
    high=10_240,
    unit="MB",
    why="Lambda gives an ordinary function no more; its share of processors grows with it, 1769 MB being one",
    source=_QUOTAS,
    read=_READ,
)
FUNCTION_SECONDS = Limit(
    name="time for one event",
    low=1,
    high=900,
    unit="seconds",
    why="Lambda ends an ordinary function after fifteen minutes",
    source=_QUOTAS,
    read=_READ,
)
FUNCTION_TMP_MB = Limit(
    name="size of /tmp",
    low=512,
    high=10_240,
    unit="MB",
    why="Lambda gives every function 512 MB, and none more than 10 GB",
    source=_QUOTAS,
    read=_READ,
)
FUNCTION_UNZIPPED_MB = Limit(
    name="code, packages and layers of a function, unzipped",
    low=0,
    high=250,
    unit="MB",
    integer=False,
    why="Lambda unpacks no more; bring the model from a bucket, or all of it as an image",
    source=_QUOTAS,
    read=_READ,
)
FUNCTION_IMAGE_MB = Limit(
    name="image of a function",
    low=0,
    high=10_240,
    unit="MB",
    integer=False,
    why="Lambda runs no larger image",
    source=_QUOTAS,
    read=_READ,
)
FUNCTION_LAYERS = Limit(
    name="layers of a function",
    low=0,
    high=5,
    unit="layers",
    why="Lambda lays no more over each other; a model in a layer is one of them",
    source=_QUOTAS,
    read=_READ,
)
FUNCTION_LAYER_DESCRIPTION = TextLimit(
    name="description of a layer",
    low=0,
    high=256,
    why="Lambda keeps no longer description",
    source="https://docs.aws.amazon.com/lambda/latest/api/API_PublishLayerVersion.html",
    read=_READ,
)
FUNCTION_OBJECT_KEY = TextLimit(
    name="key of a model in a bucket",
    low=1,
    high=1024,
    unit="bytes",
    pattern=r"(?!/)(?!s3://)(?!https://)[^*?$]*[^*?$/]",
    shape="without *, ? and $, no address, and no slash first or last",
    why="it names one object of the bucket, and IAM and CloudFormation read the others as wildcards and references",
    source="https://docs.aws.amazon.com/AmazonS3/latest/userguide/object-keys.html",
    read=_READ,
)
FUNCTION_OBJECT_MB = Limit(
    name="size of a model in a bucket",
    low=0,
    high=None,
    unit="MB",
    integer=False,
    above_low=True,
    why="an empty object is no model",
    source=_QUOTAS,
    read=_READ,
)
FUNCTION_ENVIRONMENT_BYTES = Limit(
    name="environment variables of a function, names and values together",
    low=0,
    high=4096,
    unit="bytes",
    why="Lambda keeps no more, those that this library sets included",
    source=_QUOTAS,
    read=_READ,
)
FUNCTION_RESERVED = Limit(
    name="environments that a function has for itself, and at most",
    low=0,
    high=None,
    unit="environments",
    why="0 turns the function off",
    source="https://docs.aws.amazon.com/lambda/latest/dg/configuration-concurrency.html",
    read=_READ,
)
FUNCTION_PROVISIONED = Limit(
    name="environments that are kept ready",
    low=1,
    high=None,
    unit="environments",
    why="none are kept ready when it is omitted",
    source="https://docs.aws.amazon.com/lambda/latest/dg/provisioned-concurrency.html",
    read=_READ,
)
FUNCTION_PROVISIONED_PERCENT = Limit(
    name="share of the provisioned environments that should be in use",
    low=10,
    high=90,
    unit="%",
    integer=False,
    why="the metric is published in steps of a tenth, and never rises above the whole",
    source="https://docs.aws.amazon.com/lambda/latest/dg/provisioned-concurrency.html",
    read=_READ,
)
FUNCTION_SNAPSHOT_PYTHON = Choice(
    name="Python of a function with SnapStart",
    allowed=("3.12", "3.13", "3.14"),
    why="Lambda keeps no older one in a snapshot",
    source=_SNAPSTART,
    read=_READ,
)
FUNCTION_SNAPSHOT_TMP_MB = Limit(
    name="size of /tmp of a function with SnapStart",
    low=512,
    high=512,
    unit="MB",
    why="Lambda keeps no larger one in a snapshot",
    source=_SNAPSTART,
    read=_READ,
)
FUNCTION_RETRIES = Limit(
    name="further tries of an event that nobody waits for",
    low=0,
    high=2,
    unit="retries",
    why="Lambda tries an event three times at most",
    source=_ASYNCHRONOUS,
    read=_READ,
)
FUNCTION_EVENT_AGE_SECONDS = Limit(
    name="age of an event that nobody waits for",
    low=60,
    high=21_600,
    unit="seconds",
    why="Lambda keeps an event for a minute at least, and for six hours at most",
    source=_ASYNCHRONOUS,
    read=_READ,
)
FUNCTION_LOG_DAYS = Choice(
    name="days that a function's log is kept",
    allowed=(1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653),
    unit="days",
    why="CloudWatch keeps logs for no other times",
    source="https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_PutRetentionPolicy.html",
    read=_READ,
)
FUNCTION_BAKE_MINUTES = Limit(
    name="time from the first step of a function's rollout to the last",
    low=1,
    high=2880,
    unit="minutes",
    why="CodeDeploy counts in whole minutes, and shifts traffic for two days at most",
    source=_CODEDEPLOY,
    read=_READ,
)
FUNCTION_ROLLBACK_ALARMS = Limit(
    name="alarms that roll a function's version back",
    low=1,
    high=10,
    unit="alarms",
    why="CodeDeploy watches no more of a deployment group",
    source=_CODEDEPLOY,
    read=_READ,
)
