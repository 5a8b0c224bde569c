"""A state machine with a role and a log group of its own."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import aws_cdk as cdk
from constructs import Construct

from cdk_model_hosting.acknowledgments import acknowledge_wildcards
from cdk_model_hosting.batch.permissions import OBSERVED
from cdk_model_hosting.permissions import arn, policy_document

if TYPE_CHECKING:
    from collections.abc import Iterable

    from aws_cdk import aws_iam as iam

    from cdk_model_hosting.permissions import Permission
    from cdk_model_hosting.placement import Place

_LONGEST_NAME = 80
_LOG_DAYS = 90
# Step Functions grants itself access to log groups by a policy of limited length, which those below this name are spared.
_LOGS = "/aws/vendedlogs/states"
_MACHINES = "arn:${AWS::Partition}:states:${AWS::Region}:${AWS::AccountId}:stateMachine:*"


class StateMachine(Construct):
    """A state machine that logs everything, is traced, and may do what it is told alone.

    Args:
        scope: Where to make it.
        construct_id: ID below `scope`.
        place: Where `scope` stands.
        definition: Its states.
        permissions: What it may do, besides logging and tracing.
        express: Whether it is done in moments, and many run.

    Attributes:
        arn: Its ARN.
        cfn_state_machine: Its resource.
        cfn_log_group: The log group's resource.
        cfn_role: The role's resource.

    See: https://docs.aws.amazon.com/step-functions/latest/dg/choosing-workflow-type.html
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        place: Place,
        definition: dict[str, Any],
        permissions: Iterable[Permission],
        express: bool = False,
    ) -> None:
        from aws_cdk import aws_iam as iam  # noqa: PLC0415 - loaded by stacks with state machines alone
        from aws_cdk import aws_logs as logs  # noqa: PLC0415
        from aws_cdk import aws_stepfunctions as sfn  # noqa: PLC0415

        super().__init__(scope, construct_id)
        self._permissions = [*OBSERVED, *permissions]
        name = place.unique_name(construct_id, longest=_LONGEST_NAME)
        self.cfn_log_group = logs.CfnLogGroup(
            self, "Logs", log_group_name=f"{_LOGS}/{name}", retention_in_days=_LOG_DAYS
        )
        self.cfn_log_group.apply_removal_policy(cdk.RemovalPolicy.DESTROY)
        self.cfn_role = iam.CfnRole(
            self,
            "Role",
            assume_role_policy_document=trust("states.amazonaws.com", _MACHINES),
            policies=self._policies(),
        )
        acknowledge_wildcards(self.cfn_role, self._permissions)
        self.cfn_state_machine = sfn.CfnStateMachine(
            self,
            "Resource",
            state_machine_type="EXPRESS" if express else "STANDARD",
            role_arn=self.cfn_role.attr_arn,
            definition=definition,
            logging_configuration=sfn.CfnStateMachine.LoggingConfigurationProperty(
                level="ALL",
                include_execution_data=True,
                destinations=[
                    sfn.CfnStateMachine.LogDestinationProperty(
                        cloud_watch_logs_log_group=sfn.CfnStateMachine.CloudWatchLogsLogGroupProperty(
                            log_group_arn=self.cfn_log_group.attr_arn
                        )
                    )
                ],
            ),
            tracing_configuration=sfn.CfnStateMachine.TracingConfigurationProperty(enabled=True),
        )
        self.arn: str = self.cfn_state_machine.attr_arn

    def allow(self, *permissions: Permission) -> None:
        """Let it do more.

        Args:
            permissions: What it may do besides.
        """
        self._permissions.extend(permissions)
        self.cfn_role.policies = self._policies()
        acknowledge_wildcards(self.cfn_role, permissions)

    def _policies(self) -> list[cdk.IResolvable | iam.CfnRole.PolicyProperty]:
        from aws_cdk import aws_iam as iam  # noqa: PLC0415 - loaded by stacks with state machines alone

        return [iam.CfnRole.PolicyProperty(policy_name="Run", policy_document=policy_document(self._permissions))]


def trust(service: str, source: str) -> dict[str, Any]:
    """Let a service take a role, on behalf of some of this account's resources alone.

    Args:
        service: The service's principal.
        source: ARN of the resources.
    """
    conditions = {
        "ArnLike": {"aws:SourceArn": arn(source)},
        "StringEquals": {"aws:SourceAccount": {"Ref": "AWS::AccountId"}},
    }
    statement = {
        "Action": "sts:AssumeRole",
        "Condition": conditions,
        "Effect": "Allow",
        "Principal": {"Service": service},
    }
    return {"Version": "2012-10-17", "Statement": [statement]}
