"""Jobs by the clock."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from constructs import Construct

from cdk_model_hosting.arguments import require
from cdk_model_hosting.batch.permissions import start
from cdk_model_hosting.batch.state_machine import trust
from cdk_model_hosting.durations import literal, seconds
from cdk_model_hosting.errors import ConfigurationError
from cdk_model_hosting.limits import SCHEDULE_WINDOW_MINUTES
from cdk_model_hosting.permissions import policy_document

if TYPE_CHECKING:
    import aws_cdk as cdk
    from aws_cdk import aws_scheduler as scheduler

_WHAT = "BatchTransform.on_schedule"
_SECONDS_A_MINUTE = 60
# Scheduler names no single schedule as the source, but the group that it is in.
_GROUP = "arn:${AWS::Partition}:scheduler:${AWS::Region}:${AWS::AccountId}:schedule-group/default"


class TransformSchedule(Construct):
    """A schedule of EventBridge Scheduler that starts jobs. Made by `BatchTransform.on_schedule`.

    Args:
        scope: The batch transform.
        construct_id: ID below `scope`.
        schedule: When.
        flexible_window: Time that a start may be put off.
        request: What jobs are asked for, beyond the usual.
        enabled: Whether it runs.
        target: ARN of what starts jobs.

    Raises:
        ConfigurationError: When the schedule or the window is none that EventBridge Scheduler knows.

    Attributes:
        cfn_schedule: The schedule's resource.

    See: https://docs.aws.amazon.com/scheduler/latest/UserGuide/schedule-types.html
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        schedule: scheduler.ScheduleExpression,
        flexible_window: cdk.Duration | None,
        request: dict[str, str],
        enabled: bool,
        target: str,
    ) -> None:
        from aws_cdk import aws_iam as iam  # noqa: PLC0415 - loaded by those alone who have a schedule
        from aws_cdk import aws_scheduler as scheduler  # noqa: PLC0415

        require(f"{_WHAT} schedule", schedule, scheduler.ScheduleExpression)
        require(f"{_WHAT} enabled", enabled, bool)
        expression = schedule.expression_string
        if expression.startswith("cron(*"):
            raise ConfigurationError(
                f"{_WHAT} schedule must name its minute, got {expression}: it would start a job every minute; give "
                "ScheduleExpression.cron a minute"
            )
        window = _window(flexible_window)
        super().__init__(scope, construct_id)
        role = iam.CfnRole(
            self,
            "Role",
            assume_role_policy_document=trust("scheduler.amazonaws.com", _GROUP),
            policies=[
                iam.CfnRole.PolicyProperty(policy_name="Start", policy_document=policy_document([start(target)]))
            ],
        )
        zone = schedule.time_zone
        # The times of a rate have no zone.
        zoned = zone is not None and not expression.startswith("rate(")
        self.cfn_schedule = scheduler.CfnSchedule(
            self,
            "Resource",
            schedule_expression=expression,
            schedule_expression_timezone=zone.timezone_name if zone is not None and zoned else None,
            flexible_time_window=window,
            state="ENABLED" if enabled else "DISABLED",
            target=scheduler.CfnSchedule.TargetProperty(
                arn=target,
                role_arn=role.attr_arn,
                input=json.dumps(
                    {
                        "schedule": "<aws.scheduler.schedule-arn>",
                        "time": "<aws.scheduler.scheduled-time>",
                        "request": request,
                    }
                ),
            ),
        )


def _window(flexible: cdk.Duration | None) -> scheduler.CfnSchedule.FlexibleTimeWindowProperty:
    from aws_cdk import aws_scheduler as scheduler  # noqa: PLC0415 - loaded by those alone who have a schedule

    what = f"{_WHAT} flexible_window"
    given = seconds(what, flexible)
    if given is None:
        return scheduler.CfnSchedule.FlexibleTimeWindowProperty(mode="OFF")
    minutes = literal(what, given) / _SECONDS_A_MINUTE
    SCHEDULE_WINDOW_MINUTES.check(what, minutes)
    return scheduler.CfnSchedule.FlexibleTimeWindowProperty(mode="FLEXIBLE", maximum_window_in_minutes=minutes)
