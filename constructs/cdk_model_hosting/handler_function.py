"""A Lambda function that runs one of our handlers, with a role and a log group of its own."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import aws_cdk as cdk
from constructs import Construct

from cdk_model_hosting.acknowledgments import acknowledge_wildcards
from cdk_model_hosting.permissions import Permission, policy_document

if TYPE_CHECKING:
    from collections.abc import Sequence

    from aws_cdk import aws_iam as iam

LONGEST_SECONDS = 900
"""Seconds that a function runs at most."""

_PACKAGE = Path(__file__).parent
_SHARED = ("__init__.py", "log.py")
_TRUST: dict[str, Any] = {
    "Version": "2012-10-17",
    "Statement": [{"Action": "sts:AssumeRole", "Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}}],
}


class HandlerFunction(Construct):
    """A function with a role and a log group of its own.

    Args:
        scope: Where to make it: the stack, for a function that serves all of it.
        construct_id: ID below `scope`.
        handler: The folder of its code in ``handlers``.
        description: What it is for, as the Lambda console shows it.
        memory_mb: Its memory, which its share of a processor goes with.
        shares: What else it needs of ``handlers``, beside what all need.
        calls_itself: Whether it may go on in a next run where fifteen minutes are too short.

    Attributes:
        arn: Its ARN.
        name: Its name.
        role_name: Reference to its role, for further policies.
        role_arn: ARN of its role, for those who let it do something.
        cfn_function: Its resource.
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        handler: str,
        description: str,
        memory_mb: int = 256,
        shares: tuple[str, ...] = (),
        calls_itself: bool = False,
    ) -> None:
        from aws_cdk import aws_iam as iam  # noqa: PLC0415 - loaded by stacks with such a function alone
        from aws_cdk import aws_lambda as lambda_  # noqa: PLC0415
        from aws_cdk import aws_logs as logs  # noqa: PLC0415
        from aws_cdk import aws_s3_assets as s3_assets  # noqa: PLC0415

        super().__init__(scope, construct_id)
        code = s3_assets.Asset(
            self,
            "Code",
            path=str(_PACKAGE),
            # This handler and what it shares: another one that changes must not change this function.
            exclude=[
                "/*",
                "!/handlers",
                "/handlers/*",
                *(f"!/handlers/{each}" for each in (*_SHARED, *shares, handler)),
                "__pycache__",
            ],
            ignore_mode=cdk.IgnoreMode.GIT,
        )
        log_group = logs.CfnLogGroup(self, "Logs", retention_in_days=30)
        log_group.apply_removal_policy(cdk.RemovalPolicy.DESTROY)
        role = iam.CfnRole(self, "Role", assume_role_policy_document=_TRUST)
        self.role_arn = role.attr_arn
        function = lambda_.CfnFunction(
            self,
            "Function",
            code=lambda_.CfnFunction.CodeProperty(s3_bucket=code.s3_bucket_name, s3_key=code.s3_object_key),
            description=description,
            handler=f"handlers.{handler}.handler",
            runtime="python3.14",
            memory_size=memory_mb,
            timeout=LONGEST_SECONDS,
            # It calls itself to go on waiting, for at most as long as its own deadline says.
            recursive_loop="Allow" if calls_itself else None,
            role=self.role_arn,
            logging_config=lambda_.CfnFunction.LoggingConfigProperty(log_group=log_group.ref, log_format="JSON"),
        )
        self.cfn_function = function
        self.arn = function.attr_arn
        self.name = function.ref
        self.role_name = role.ref
        self._policies: dict[str, iam.CfnPolicy] = {}
        always = [Permission(actions=("logs:CreateLogStream", "logs:PutLogEvents"), resources=(log_group.attr_arn,))]
        if calls_itself:
            always.append(Permission(actions=("lambda:InvokeFunction",), resources=(self.arn,)))
        self._base = self.policy("Policy", always)

    def policy(self, construct_id: str, permissions: Sequence[Permission]) -> iam.CfnPolicy:
        """What one kind of its work needs, as a policy of its own.

        A custom resource that is taken out of the template is deleted at the very end of the deployment, and its permissions
        must last until then: they go with it, and not with a policy that the same deployment has already made smaller.

        Args:
            construct_id: ID of the policy.
            permissions: The permissions; the same ones whenever it is asked for.
        """
        from aws_cdk import aws_iam as iam  # noqa: PLC0415 - loaded by stacks with such a function alone

        known = self._policies.get(construct_id)
        if known is None:
            known = self._policies[construct_id] = iam.CfnPolicy(
                self,
                construct_id,
                policy_name=construct_id,
                policy_document=policy_document(permissions),
                roles=[self.role_name],
            )
            acknowledge_wildcards(known, permissions)
        return known
