"""Limits of replacing a version of an endpoint by the next one."""

from cdk_model_hosting.limits.kinds import Choice, Limit, TextLimit
from cdk_model_hosting.limits.sources import sagemaker_api, sagemaker_guide

_TRAFFIC = sagemaker_api("TrafficRoutingConfig")
_BLUE_GREEN = sagemaker_api("BlueGreenUpdatePolicy")
_ROLLING = sagemaker_api("RollingUpdatePolicy")

SHIFT_PERCENT = Limit(
    name="share that goes first, or in each step, of an endpoint's fleet or of a function's traffic",
    low=1,
    high=99,
    unit="%",
    why="CodeDeploy shifts at most so much of a function's traffic at a time, and SageMaker at most half of a fleet",
    source="https://docs.aws.amazon.com/codedeploy/latest/userguide/limits.html",
    read="2026-11-21",
)
CANARY_PERCENT = Limit(
    name="share of the fleet that a canary shifts first",
    low=1,
    high=50,
    unit="%",
    why="SageMaker shifts at most half the fleet first",
    source=_TRAFFIC,
)
LINEAR_PERCENT = Limit(
    name="share of the fleet that each linear step shifts",
    low=10,
    high=50,
    unit="%",
    why="SageMaker shifts between a tenth and half of the fleet in each step",
    source=_TRAFFIC,
)
ROLLING_PERCENT = Limit(
    name="share of the fleet that each rolling batch replaces",
    low=5,
    high=50,
    unit="%",
    why="SageMaker replaces between a twentieth and half of the fleet in each batch",
    source=_ROLLING,
)
ROLLING_BACK_PERCENT = Limit(
    name="share of the fleet that a rolling rollback brings back at a time",
    low=5,
    high=100,
    unit="%",
    why="at 100 % everything comes back at once",
    source=_ROLLING,
)
STEP_INSTANCES = Limit(
    name="instances of a canary, a linear step or a rolling batch",
    low=1,
    high=None,
    unit="instances",
    why="a step that moves no instance never ends",
    source=sagemaker_api("CapacitySize"),
)
GRADUAL_FLEET = Limit(
    name="instances of a fleet that is replaced in steps",
    low=2,
    high=None,
    unit="instances",
    why="a step is at most half the fleet, and no step is smaller than one instance",
    source=sagemaker_guide("deployment-guardrails-blue-green-canary"),
)
BAKE_SECONDS = Limit(
    name="wait after each step, while alarms are watched",
    low=0,
    high=3600,
    unit="seconds",
    why="SageMaker watches a step for at most an hour",
    source=_TRAFFIC,
)
TERMINATION_WAIT_SECONDS = Limit(
    name="wait before the old fleet is terminated",
    low=0,
    high=3600,
    unit="seconds",
    why="SageMaker keeps the old fleet for at most an hour",
    source=_BLUE_GREEN,
)
EXECUTION_SECONDS = Limit(
    name="time a whole rollout may take",
    low=600,
    high=28800,
    unit="seconds",
    why="SageMaker gives a rollout at least ten minutes and at most eight hours",
    source=_BLUE_GREEN,
)
ROLLBACK_ALARMS = Limit(
    name="alarms that roll a version back",
    low=1,
    high=10,
    unit="alarms",
    why="SageMaker watches no more during a rollout",
    source=sagemaker_api("AutoRollbackConfig"),
)
ALARM_NAME = TextLimit(
    name="name of an alarm that rolls a version back",
    low=1,
    high=255,
    pattern=r"(?!\s*$).+",
    shape="not only spaces",
    why="CloudWatch accepts no other alarm name",
    source=sagemaker_api("Alarm"),
)
ALARM_MINUTES = Limit(
    name="minutes that an alarm looks at",
    low=1,
    high=1440,
    unit="minutes",
    why="CloudWatch looks back a day at most",
    source="https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_PutMetricAlarm.html",
)
TRAFFIC_ROUTING = Choice(
    name="ways to shift traffic",
    allowed=("ALL_AT_ONCE", "CANARY", "LINEAR"),
    why="SageMaker knows no other way",
    source=_TRAFFIC,
)
CAPACITY_SIZE_TYPE = Choice(
    name="what a step is measured in",
    allowed=("INSTANCE_COUNT", "CAPACITY_PERCENT"),
    why="SageMaker knows no other measure",
    source=sagemaker_api("CapacitySize"),
)
