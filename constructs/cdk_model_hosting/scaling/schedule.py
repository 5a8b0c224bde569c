"""Bounds that change by the clock."""

from __future__ import annotations

import zoneinfo
from dataclasses import dataclass, field
from functools import cache
from typing import TYPE_CHECKING

from aws_cdk import aws_applicationautoscaling as autoscaling

from cdk_model_hosting.arguments import require, require_pair
from cdk_model_hosting.errors import ConfigurationError
from cdk_model_hosting.limits import SCHEDULED_ACTION_NAME, SCHEDULED_MAX_CAPACITY, ZERO_MIN_CAPACITY
from cdk_model_hosting.tokens import is_token

if TYPE_CHECKING:
    from typing import Any

    from cdk_model_hosting.limits import Limit


@dataclass(frozen=True, slots=True, kw_only=True)
class ScheduledScaling:
    """New bounds for a fleet at given times. They hold until another schedule changes them, or a deployment.

    Args:
        name: Name of the schedule, unique on its fleet.
        schedule: When: ``aws_applicationautoscaling.Schedule.cron``, ``.rate`` or ``.at``.
        between: Fewest and most instances from then on. ``(0, 0)`` turns off what can be at zero, until another schedule
            raises the bounds.
        time_zone: IANA time zone of the schedule, such as ``Europe/Zurich``; UTC when omitted.

    Raises:
        ConfigurationError: When the bounds are not in order, or name or time zone are unknown to the service.

    See: https://docs.aws.amazon.com/autoscaling/application/userguide/application-auto-scaling-scheduled-scaling.html
    """

    name: str
    schedule: autoscaling.Schedule = field(compare=False, repr=False)
    between: tuple[int, int]
    time_zone: str | None = None
    expression: str = field(init=False)

    def __post_init__(self) -> None:
        require("ScheduledScaling name", self.name, str)
        SCHEDULED_ACTION_NAME.check("ScheduledScaling name", self.name)
        require("ScheduledScaling schedule", self.schedule, autoscaling.Schedule)
        object.__setattr__(self, "expression", self.schedule.expression_string)
        object.__setattr__(self, "between", require_pair("ScheduledScaling between", self.between))
        check_bounds("ScheduledScaling", *self.between, most=SCHEDULED_MAX_CAPACITY)
        if self.expression.startswith("cron(*"):
            raise ConfigurationError(
                f"ScheduledScaling schedule must name its minute, got {self.expression}: it would act every minute; give "
                "Schedule.cron a minute"
            )
        if self.time_zone is not None:
            self._check_zone(self.time_zone)

    def _check_zone(self, zone: str) -> None:
        require("ScheduledScaling time_zone", zone, str)
        if self.expression.startswith("at("):
            raise ConfigurationError(
                f"ScheduledScaling time_zone must be omitted for Schedule.at, got {zone!r}: a moment is written in UTC and "
                "would be shifted"
            )
        if not is_token(zone) and _zones() and zone not in _zones():
            raise ConfigurationError(
                f"ScheduledScaling time_zone must be an IANA time zone such as Europe/Zurich, got {zone!r}: "
                "Application Auto Scaling knows no other"
            )

    def render(self) -> dict[str, Any]:
        """The scheduled action, in the words of CloudFormation, which are those of the API."""
        low, high = self.between
        action: dict[str, Any] = {
            "ScheduledActionName": self.name,
            "Schedule": self.expression,
            "ScalableTargetAction": {"MinCapacity": low, "MaxCapacity": high},
        }
        if self.time_zone is not None:
            action["Timezone"] = self.time_zone
        return action

    def property(self) -> autoscaling.CfnScalableTarget.ScheduledActionProperty:
        """The scheduled action as the registered fleet's resource names it."""
        low, high = self.between
        return autoscaling.CfnScalableTarget.ScheduledActionProperty(
            scheduled_action_name=self.name,
            schedule=self.expression,
            timezone=self.time_zone,
            scalable_target_action=autoscaling.CfnScalableTarget.ScalableTargetActionProperty(
                min_capacity=low, max_capacity=high
            ),
        )


@cache
def _zones() -> frozenset[str]:
    """The time zones that this machine knows; none where it brings no list of them."""
    return frozenset(zoneinfo.available_timezones() - {"Factory", "localtime"})


def check_bounds(what: str, minimum: int, maximum: int, *, most: Limit) -> None:
    """Refuse bounds that no fleet size lies between.

    Args:
        what: Whose bounds they are, as the user typed it.
        minimum: Fewest instances.
        maximum: Most instances.
        most: What the maximum may be.

    Raises:
        ConfigurationError: When they are negative, the maximum is not allowed, or they are not in order.
    """
    ZERO_MIN_CAPACITY.check(f"{what} minimum", minimum, optional=False)
    most.check(f"{what} maximum", maximum, optional=False)
    if not is_token(minimum) and not is_token(maximum) and minimum > maximum:
        raise ConfigurationError(
            f"{what} minimum must be at most its maximum, got {minimum} and {maximum}: no fleet size lies between them"
        )
