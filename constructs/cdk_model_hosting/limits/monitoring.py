"""Limits of watching endpoints with CloudWatch."""

from cdk_model_hosting.limits.kinds import Limit, TextLimit
from cdk_model_hosting.limits.sources import cloudwatch_api, sagemaker_api

_BODY = "https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/CloudWatch-Dashboard-Body-Structure.html"

ALARM_ACTIONS = Limit(
    name="actions of an alarm in one state",
    low=0,
    high=5,
    unit="actions",
    why="CloudWatch takes no more",
    source=cloudwatch_api("PutMetricAlarm"),
)
DASHBOARD_NAME = TextLimit(
    name="dashboard name",
    low=1,
    high=255,
    pattern=r"[A-Za-z0-9_-]+",
    shape="letters, digits, hyphens and underscores",
    why="CloudWatch accepts no other dashboard name",
    source=cloudwatch_api("PutDashboard"),
)
DASHBOARD_WIDGETS = Limit(
    name="widgets of a dashboard",
    low=1,
    high=500,
    unit="widgets",
    why="CloudWatch shows no more; spread the endpoints over several dashboards",
    source=_BODY,
)
DASHBOARD_ALARMS = Limit(
    name="alarms of an alarm widget",
    low=1,
    high=100,
    unit="alarms",
    why="CloudWatch shows no more in one widget",
    source=_BODY,
)
DASHBOARD_MINUTES = Limit(
    name="time that a dashboard shows",
    low=1,
    high=655_200,
    unit="minutes",
    why="CloudWatch keeps metrics for 455 days",
    source=cloudwatch_api("GetMetricStatistics"),
)
BACKLOG_AGE_SECONDS = Limit(
    name="age of the oldest request in an asynchronous endpoint's queue",
    low=0,
    high=21_599,
    unit="seconds",
    integer=False,
    above_low=True,
    why="SageMaker drops a request after at most 6 hours in the queue, so that none is older",
    source=sagemaker_api("runtime_InvokeEndpointAsync"),
)
