"""A function's rollout: the words of `Rollout` in CodeDeploy's, and the alarms that it rolls back on."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from cdk_model_hosting.durations import literal
from cdk_model_hosting.errors import ConfigurationError
from cdk_model_hosting.limits import FUNCTION_BAKE_MINUTES
from cdk_model_hosting.rollout.blue_green import AllAtOnce, Canary, Gradual, Linear
from cdk_model_hosting.rollout.rolling import Rolling

if TYPE_CHECKING:
    from aws_cdk import aws_codedeploy as codedeploy
    from constructs import Construct

    from cdk_model_hosting.rollout.rollout import Rollout

_MINUTE = 60
_ALL_AT_ONCE = "CodeDeployDefault.LambdaAllAtOnce"
_TENTH = 10
_WHOLE = 100
_CANARIES = (5, 10, 15, 30)
_LINEARS = (1, 2, 3, 10)

Kind = Literal["TimeBasedCanary", "TimeBasedLinear"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Shift:
    """How CodeDeploy shifts the traffic of an alias.

    Args:
        what: The rollout as the user typed it.
        kind: By which of its ways; None for all at once.
        percent: Percent of the traffic that go first, or in each step.
        minutes: Minutes after each step.
    """

    what: str
    kind: Kind | None = None
    percent: int = 100
    minutes: int = 0

    @classmethod
    def of(cls, rollout: Rollout) -> Shift:
        """What a rollout becomes.

        Args:
            rollout: The rollout.

        Raises:
            ConfigurationError: When CodeDeploy cannot do it.
        """
        plan = rollout.plan
        what = plan.what
        if isinstance(plan, Rolling):
            raise ConfigurationError(
                f"{what} must be omitted for functions, got one: CodeDeploy shifts the traffic of functions, which have no fleet; "
                "use Rollout.canary or Rollout.linear"
            )
        if plan.timeout_seconds is not None:
            raise ConfigurationError(
                f"{what} timeout must be omitted for functions, got {plan.timeout_seconds} seconds: CodeDeploy takes none, and is "
                "done after the last step"
            )
        if isinstance(plan, Gradual):
            return cls._gradual(plan)
        if isinstance(plan, AllAtOnce) and plan.final_seconds:
            raise ConfigurationError(
                f"{what} bake must be Duration.seconds(0) for functions, got {plan.final_seconds} seconds: CodeDeploy watches no "
                "alarms after the last step; use Rollout.canary"
            )
        return cls(what=what)

    @classmethod
    def _gradual(cls, plan: Gradual) -> Shift:
        what = plan.what
        if plan.step.measure != "CAPACITY_PERCENT":
            raise ConfigurationError(
                f"{what} must have a percent for functions, got {plan.step.size} instances: functions have none"
            )
        if plan.final_seconds:
            raise ConfigurationError(
                f"{what} final_bake must be omitted for functions, got {plan.final_seconds} seconds: CodeDeploy watches no alarms "
                "after the last step"
            )
        seconds = literal(f"{what} bake", plan.wait_seconds)
        if seconds % _MINUTE:
            raise ConfigurationError(
                f"{what} bake must be whole minutes for functions, got {seconds:g} seconds: CodeDeploy counts in minutes"
            )
        minutes = int(seconds // _MINUTE)
        percent = int(literal(f"{what} percent", plan.step.size))
        FUNCTION_BAKE_MINUTES.check(f"{what} bake", minutes)
        if isinstance(plan, Linear):
            waits = math.ceil(_WHOLE / percent) - 1
            FUNCTION_BAKE_MINUTES.check(f"{what} bake for {waits} steps", minutes * waits)
        kinds: dict[type[Gradual], Kind] = {Canary: "TimeBasedCanary", Linear: "TimeBasedLinear"}
        return cls(what=what, kind=kinds[type(plan)], percent=percent, minutes=minutes)

    @property
    def ready_made(self) -> str | None:
        """The name of CodeDeploy's own configuration for it; None when there is none."""
        if self.kind is None:
            return _ALL_AT_ONCE
        if self.percent == _TENTH and self.kind == "TimeBasedCanary" and self.minutes in _CANARIES:
            return f"CodeDeployDefault.LambdaCanary10Percent{self.minutes}Minutes"
        if self.percent == _TENTH and self.kind == "TimeBasedLinear" and self.minutes in _LINEARS:
            return f"CodeDeployDefault.LambdaLinear10PercentEvery{self.minutes}Minute{'s' * (self.minutes > 1)}"
        return None

    def bind(self, scope: Construct) -> str:
        """The name of the configuration, which is made where CodeDeploy has none of its own.

        Args:
            scope: Where to make it.
        """
        return self.ready_made or self._made(scope).ref

    def _made(self, scope: Construct) -> codedeploy.CfnDeploymentConfig:
        from aws_cdk import aws_codedeploy as codedeploy  # noqa: PLC0415 - loaded by those alone who roll out by it

        config = codedeploy.CfnDeploymentConfig
        if self.kind == "TimeBasedCanary":
            canary = config.TimeBasedCanaryProperty(canary_percentage=self.percent, canary_interval=self.minutes)
            routing = config.TrafficRoutingConfigProperty(type=self.kind, time_based_canary=canary)
        else:
            linear = config.TimeBasedLinearProperty(linear_percentage=self.percent, linear_interval=self.minutes)
            routing = config.TrafficRoutingConfigProperty(type="TimeBasedLinear", time_based_linear=linear)
        return config(scope, "Steps", compute_platform="Lambda", traffic_routing_config=routing)
