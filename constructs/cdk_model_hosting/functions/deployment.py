"""What moves an alias to a new version step by step, and back when an alarm goes off."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import aws_cdk as cdk
from constructs import Construct

from cdk_model_hosting.advice import Advice
from cdk_model_hosting.arguments import require_several
from cdk_model_hosting.errors import ConfigurationError
from cdk_model_hosting.functions.alarm import FunctionAlarm
from cdk_model_hosting.limits import ALARM_NAME, FUNCTION_ROLLBACK_ALARMS
from cdk_model_hosting.permissions import Permission, arn, policy_document
from cdk_model_hosting.same_region import check_arn

if TYPE_CHECKING:
    from collections.abc import Sequence

    from aws_cdk import aws_cloudwatch as cloudwatch

    from cdk_model_hosting.functions.rollout import Shift
    from cdk_model_hosting.functions.watched import WatchedFunction

# No confused deputy: CodeDeploy of this account alone.
_TRUST: dict[str, Any] = {
    "Version": "2012-10-17",
    "Statement": [
        {
            "Action": "sts:AssumeRole",
            "Effect": "Allow",
            "Principal": {"Service": "codedeploy.amazonaws.com"},
            "Condition": {"StringEquals": {"aws:SourceAccount": {"Ref": "AWS::AccountId"}}},
        }
    ],
}
_ALARM = "arn:${AWS::Partition}:cloudwatch:${AWS::Region}:${AWS::AccountId}:alarm:"
_MINUTE = 60


class Deployment(Construct):
    """CodeDeploy's part: an application, a group with the alarms on the new version, and a role that may move this alias alone.

    Args:
        scope: The function.
        construct_id: ID below `scope`.
        shift: How the traffic moves.
        watched: The version that is deployed.
        release: What tells that version from others.
        function_arn: ARN of the function.
        rollback_on: Conditions to watch on it, and alarms that exist already.

    Raises:
        ConfigurationError: When there are more alarms than CodeDeploy takes, one is named twice, or one is none.

    Attributes:
        update_policy: What the alias is updated by.
        cfn_group: The deployment group's resource.
        advice: What works, but not as one may expect.
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        shift: Shift,
        watched: WatchedFunction,
        release: str,
        function_arn: str,
        rollback_on: Sequence[FunctionAlarm | cloudwatch.IAlarm],
    ) -> None:
        from aws_cdk import aws_codedeploy as codedeploy  # noqa: PLC0415 - loaded by those alone who roll out by it

        super().__init__(scope, construct_id)
        conditions = [each for each in rollback_on if isinstance(each, FunctionAlarm)]
        # CloudWatch keeps the state of an alarm that is changed. One that is on, because of the version before it, would stop the
        # very deployment that mends it: each version has alarms of its own.
        names = [f"{watched.label}/{each.name}/rollback/{release}" for each in conditions]
        for name in names:
            ALARM_NAME.check("Rollback alarm name", name)
        made = [
            watched.alarm(self, f"{each.name}{release}", each, name)
            for each, name in zip(conditions, names, strict=True)
        ]
        arns: list[Any] = [arn(_ALARM + name) for name in names]
        for alarm in (each for each in rollback_on if not isinstance(each, FunctionAlarm)):
            names.append(alarm.alarm_name)
            alarm_arn = alarm.alarm_arn
            check_arn("rollback_on alarm", alarm_arn, self, why="CodeDeploy watches alarms of its own region only")
            arns.append(alarm_arn)
        application = codedeploy.CfnApplication(self, "Application", compute_platform="Lambda")
        group = codedeploy.CfnDeploymentGroup
        alarms = group.AlarmConfigurationProperty(
            enabled=True, alarms=[group.AlarmProperty(name=name) for name in names]
        )
        events = ["DEPLOYMENT_FAILURE", "DEPLOYMENT_STOP_ON_REQUEST", *(["DEPLOYMENT_STOP_ON_ALARM"] if names else [])]
        self.cfn_group = group(
            self,
            "Group",
            application_name=application.ref,
            service_role_arn=self._role(function_arn, arns),
            deployment_config_name=shift.bind(self),
            deployment_style=group.DeploymentStyleProperty(
                deployment_option="WITH_TRAFFIC_CONTROL", deployment_type="BLUE_GREEN"
            ),
            alarm_configuration=alarms if names else None,
            auto_rollback_configuration=group.AutoRollbackConfigurationProperty(enabled=True, events=events),
        )
        # The group knows alarms by name, so nothing else says that they come first.
        for each in made:
            self.cfn_group.add_resource_dependency(each)
        self.update_policy = cdk.CfnUpdatePolicy(
            code_deploy_lambda_alias_update=cdk.CfnCodeDeployLambdaAliasUpdate(
                application_name=application.ref, deployment_group_name=self.cfn_group.ref
            )
        )
        self.advice = _advice(shift, conditions, len(names))

    def _role(self, function_arn: str, alarms: list[Any]) -> str:
        from aws_cdk import aws_iam as iam  # noqa: PLC0415 - loaded by stacks with functions alone

        move = Permission(
            actions=("lambda:GetAlias", "lambda:GetProvisionedConcurrencyConfig", "lambda:UpdateAlias"),
            resources=(function_arn, f"{function_arn}:live"),
        )
        watch = [Permission(actions=("cloudwatch:DescribeAlarms",), resources=tuple(alarms))] if alarms else []
        policy = iam.CfnRole.PolicyProperty(policy_name="Shift", policy_document=policy_document([move, *watch]))
        return iam.CfnRole(self, "Role", assume_role_policy_document=_TRUST, policies=[policy]).attr_arn


def check_rollback(rollback_on: Sequence[FunctionAlarm | cloudwatch.IAlarm]) -> None:
    """Refuse what no rollout can roll back on.

    Args:
        rollback_on: Conditions, and alarms that exist already.

    Raises:
        ConfigurationError: When there are too many, one is named twice, is none, or looks at what no version publishes.
    """
    require_several("rollback_on", rollback_on)
    if rollback_on:
        FUNCTION_ROLLBACK_ALARMS.check_length("rollback_on alarms", rollback_on)
    names: set[str] = set()
    for each in rollback_on:
        if not isinstance(each, FunctionAlarm):
            if not hasattr(each, "alarm_name"):
                raise ConfigurationError(
                    "rollback_on element must be a condition such as FunctionAlarm.errors() or a CloudWatch alarm, got "
                    f"{each!r}: nothing else is understood there"
                )
            continue
        if not each.by_version:
            raise ConfigurationError(
                f"rollback_on must name conditions on what a version publishes, got {each.what}: it is the function's as a whole, "
                "whatever version answers"
            )
        if each.name in names:
            raise ConfigurationError(
                f"rollback_on must name each alarm once, got {each.name} twice: CodeDeploy watches an alarm or does not"
            )
        names.add(each.name)


def _advice(shift: Shift, conditions: Sequence[FunctionAlarm], alarms: int) -> list[Advice]:
    if shift.kind is None:
        return []
    if not alarms:
        text = f"{shift.what} has no alarm to roll back on: it only shifts the traffic later"
        return [Advice("gradualRolloutWithoutAlarm", text)]
    late = [each.name for each in conditions if each.seconds > shift.minutes * _MINUTE]
    if not late:
        return []
    text = (
        f"{shift.what} watches its alarms for {shift.minutes * _MINUTE} seconds at most, in which {', '.join(late)} cannot go off: "
        "let it bake longer, or give the alarm fewer minutes"
    )
    return [Advice("bakeShorterThanAlarm", text)]
