"""Limits of scaling endpoints with Application Auto Scaling."""

from cdk_model_hosting.limits.kinds import Limit, TextLimit
from cdk_model_hosting.limits.sources import autoscaling_api, sagemaker_guide

_TARGET = autoscaling_api("RegisterScalableTarget")
_TRACKING = autoscaling_api("TargetTrackingScalingPolicyConfiguration")

REALTIME_MIN_CAPACITY = Limit(
    name="smallest capacity of a real-time variant",
    low=1,
    high=None,
    unit="instances",
    why="only asynchronous endpoints and inference components scale to zero",
    source=sagemaker_guide("endpoint-auto-scaling-policy"),
)
ZERO_MIN_CAPACITY = Limit(
    name="smallest capacity of an asynchronous variant or an inference component",
    low=0,
    high=None,
    why="a capacity cannot be negative",
    source=_TARGET,
)
PROVISIONED_MIN_CAPACITY = Limit(
    name="smallest provisioned concurrency that is scaled",
    low=1,
    high=None,
    unit="requests",
    why="SageMaker keeps at least one copy warm where provisioned concurrency scales",
    source=sagemaker_guide("serverless-endpoints-autoscale"),
)
MAX_CAPACITY = Limit(
    name="largest capacity",
    low=1,
    high=None,
    why="a target that may never grow above zero never answers",
    source=_TARGET,
)
SCHEDULED_MAX_CAPACITY = Limit(
    name="largest capacity from a scheduled action on",
    low=0,
    high=None,
    why="a capacity cannot be negative",
    source=autoscaling_api("ScalableTargetAction"),
)
COOLDOWN_SECONDS = Limit(
    name="pause after a scaling activity",
    low=0,
    high=None,
    unit="seconds",
    why="a pause cannot be negative",
    source=_TRACKING,
)
TARGET_VALUE = Limit(
    name="value that target tracking keeps a metric at",
    low=0,
    high=None,
    integer=False,
    above_low=True,
    why="capacity follows the ratio of the metric to this value",
    source=_TRACKING,
)
UTILIZATION_PERCENT = Limit(
    name="share of an instance in use that target tracking keeps",
    low=1,
    high=100,
    unit="%",
    integer=False,
    why="it is a percentage of the whole machine, 70 and not 0.7",
    source="https://docs.aws.amazon.com/sagemaker/latest/dg/monitoring-cloudwatch.html",
)
PROVISIONED_UTILIZATION = Limit(
    name="share of the provisioned concurrency in use that target tracking keeps",
    low=1,
    high=100,
    unit="%",
    integer=False,
    why="it is a percentage, 70 and not 0.7",
    source=sagemaker_guide("serverless-endpoints-autoscale"),
)
SAFETY_FACTOR = Limit(
    name="share of the measured peak that one instance is planned for",
    low=0,
    high=1,
    integer=False,
    above_low=True,
    why="an instance cannot be planned for more than it can answer",
    source=sagemaker_guide("endpoint-scaling-loadtest"),
)
POLICY_NAME = TextLimit(
    name="scaling policy name",
    low=1,
    high=256,
    pattern=r"[^\x00-\x1f\x7f-\x9f]+",
    shape="no control characters",
    why="Application Auto Scaling accepts no other policy name",
    source=autoscaling_api("PutScalingPolicy"),
)
SCHEDULED_ACTION_NAME = TextLimit(
    name="scheduled action name",
    low=1,
    high=256,
    pattern=r"(?!((^[ ]+.*)|(.*([\u0000-\u001f]|[\u007f-\u009f]|[:/|])+.*)|(.*[ ]+$))).+",
    shape="no colon, slash, bar or control character, no space first or last",
    why="Application Auto Scaling accepts no other action name",
    source=autoscaling_api("PutScheduledAction"),
)
RESOURCE_ID = TextLimit(
    name="resource id of a scalable target",
    low=1,
    high=1600,
    why="Application Auto Scaling accepts no longer id",
    source=_TARGET,
)
