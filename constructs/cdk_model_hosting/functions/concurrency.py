"""How many environments of a function there may be, how many are kept ready, and how they begin."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from cdk_model_hosting.arguments import require
from cdk_model_hosting.errors import ConfigurationError
from cdk_model_hosting.limits import FUNCTION_PROVISIONED, FUNCTION_PROVISIONED_PERCENT, FUNCTION_RESERVED
from cdk_model_hosting.scaling.policy import POLICY, ScaledFleet
from cdk_model_hosting.scaling.scaling import Scaling
from cdk_model_hosting.scaling.target_tracking import Predefined
from cdk_model_hosting.tokens import is_token

if TYPE_CHECKING:
    import aws_cdk as cdk
    from aws_cdk import aws_applicationautoscaling as autoscaling
    from constructs import Construct

    from cdk_model_hosting.functions.versions import Live

_DIMENSION = "lambda:function:ProvisionedConcurrency"
_METRIC = "LambdaProvisionedConcurrencyUtilization"
_USE = "ProvisionedUse"
_WHOLE = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class Concurrency:
    """How many environments of a function there may be, how many of them are kept ready, and paid for, and how they begin.

    An environment answers one event at a time. Without any of this, Lambda makes environments as events come, and each begins
    with loading the model.

    With `snap_start` the model is loaded once, when a version is published: for 130 seconds at most, or for the function's timeout
    where that is longer. Lambda keeps a snapshot of that environment, and makes the others from it. Both are paid for by the
    function's memory: the snapshot for as long as there is its version, and each environment that is made from it.

    Args:
        reserved: Environments that the function has for itself out of the account's, and at most; 0 turns it off.
        provisioned: Environments that are kept ready, at least 1; fewer than `reserved`, unless new versions are not verified.
        scaling: How many are kept ready by their use or by the clock, in place of `provisioned`:
            `Scaling.on_provisioned_use(percent=70, between=(2, 20))`, or `Scaling.between` with that policy and schedules. A
            deployment keeps the number that it has reached.
        snap_start: Whether environments are made from a snapshot of one that has loaded its model (SnapStart), in place of
            `provisioned` and `scaling`. It takes Python 3.12 or newer, a /tmp of 512 MB, and no file system.

    Raises:
        ConfigurationError: When a number is outside its range, more are kept ready than there may be, a policy looks at what
            functions do not publish, or environments are both kept ready and made from a snapshot.

    See: https://docs.aws.amazon.com/lambda/latest/dg/lambda-concurrency.html and
    https://docs.aws.amazon.com/lambda/latest/dg/snapstart.html
    """

    reserved: int | None = None
    provisioned: int | None = None
    scaling: Scaling | None = None
    snap_start: bool = False

    def __post_init__(self) -> None:
        require("Concurrency snap_start", self.snap_start, bool)
        if self.snap_start and (self.provisioned is not None or self.scaling is not None):
            raise ConfigurationError(
                "Concurrency snap_start must be False with provisioned or scaling, got True: Lambda keeps no environments ready that "
                "are made from a snapshot"
            )
        FUNCTION_RESERVED.check("Concurrency reserved", self.reserved)
        FUNCTION_PROVISIONED.check("Concurrency provisioned", self.provisioned)
        self._at_most("provisioned", self.provisioned)
        if self.scaling is None:
            return
        require("Concurrency scaling", self.scaling, Scaling)
        if self.provisioned is not None:
            raise ConfigurationError(
                f"Concurrency provisioned must be omitted with scaling, got {self.provisioned}: each deployment would set it "
                "anew, whatever scaling had reached"
            )
        self._at_most("scaling maximum", self.scaling.largest)
        for policy in self.scaling.policies:
            rule = policy.rule
            if not isinstance(rule, Predefined) or rule.name != _USE:
                raise ConfigurationError(
                    f"Concurrency scaling must have no policy but ScalingPolicy.on_provisioned_use, got {rule.name}: functions "
                    "publish nothing else that their environments could follow"
                )
            FUNCTION_PROVISIONED_PERCENT.check(f"{rule.what} percent", round(rule.target * _WHOLE, 6))

    def check_room(self) -> None:
        """Refuse environments that are kept ready and leave none to try a new version in.

        Raises:
            ConfigurationError: When they are as many as there may be.
        """
        kept = (
            ("provisioned", self.provisioned),
            ("scaling maximum", None if self.scaling is None else self.scaling.largest),
        )
        for what, number in kept:
            if self._is_more(number, or_equal=True):
                raise ConfigurationError(
                    f"Concurrency {what} must be less than reserved {self.reserved} with verify_version, got {number}: a new version is "
                    "tried in an environment beside those that are kept ready for the live one"
                )

    def _at_most(self, what: str, number: int | None) -> None:
        if self._is_more(number):
            raise ConfigurationError(
                f"Concurrency {what} must be at most reserved {self.reserved}, got {number}: what is kept ready counts among what "
                "there may be"
            )

    def _is_more(self, number: int | None, *, or_equal: bool = False) -> bool:
        if number is None or self.reserved is None or is_token(number) or is_token(self.reserved):
            return False
        return number >= self.reserved if or_equal else number > self.reserved

    def bind(self, scope: Construct, live: Live, stack: cdk.Stack) -> autoscaling.CfnScalableTarget | None:
        """Register the environments that are kept ready, if they scale.

        No role is passed: Application Auto Scaling uses its service-linked one.

        Args:
            scope: Where to make the resources.
            live: The version that is live.
            stack: The scope's stack.
        """
        if self.scaling is None:
            return None
        import aws_cdk as cdk  # noqa: PLC0415 - loaded by those alone who scale
        from aws_cdk import aws_applicationautoscaling as autoscaling  # noqa: PLC0415 - the same

        target = autoscaling.CfnScalableTarget(
            scope,
            "Provisioned",
            min_capacity=self.scaling.minimum,
            max_capacity=self.scaling.maximum,
            resource_id=f"function:{live.function_name}:{live.name}",
            scalable_dimension=_DIMENSION,
            service_namespace="lambda",
            scheduled_actions=[each.property() for each in self.scaling.schedules] or None,
        )
        target.add_resource_dependency(live.cfn_alias)
        nothing = ScaledFleet(endpoint_name="", variant_name="", machine=None, stack=stack, dimension=_DIMENSION)
        for policy in self.scaling.policies:
            if isinstance(policy.rule, Predefined):
                rendered = replace(policy.rule, metric=_METRIC).render(nothing)
                properties = {"PolicyName": policy.rule.name, "ScalingTargetId": target.ref, **rendered}
                cdk.CfnResource(scope, policy.rule.name, type=POLICY, properties=properties)
        return target
