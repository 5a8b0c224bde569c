"""The Lambda function that answers the custom resources of a stack's endpoints."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any
from weakref import WeakKeyDictionary

import aws_cdk as cdk
from constructs import Construct

from cdk_model_hosting.acknowledgments import acknowledge_wildcards
from cdk_model_hosting.permissions import Permission, policy_document

if TYPE_CHECKING:
    from collections.abc import Sequence

    from aws_cdk import aws_iam as iam

_ID = "EndpointGuard"
_CODE = Path(__file__).parents[1] / "handlers"
_LONGEST_SECONDS = 900
_MEMORY_MB = 256


class EndpointGuard(Construct):
    """One function for all endpoints of a stack, with a role and a log group of its own.

    Attributes:
        token: What custom resources name as their service.
    """

    def __init__(self, stack: cdk.Stack) -> None:
        from aws_cdk import aws_iam as iam  # noqa: PLC0415 - loaded by stacks with a guard alone
        from aws_cdk import aws_lambda as lambda_  # noqa: PLC0415
        from aws_cdk import aws_logs as logs  # noqa: PLC0415
        from aws_cdk import aws_s3_assets as s3_assets  # noqa: PLC0415

        super().__init__(stack, _ID)
        code = s3_assets.Asset(
            self,
            "Code",
            path=str(_CODE),
            # This handler alone: another one that changes must not change this function.
            exclude=["/*", "!/endpoint_guard", "__pycache__"],
            ignore_mode=cdk.IgnoreMode.GIT,
        )
        log_group = logs.CfnLogGroup(self, "Logs", retention_in_days=30)
        log_group.apply_removal_policy(cdk.RemovalPolicy.DESTROY)
        self._role = iam.CfnRole(
            self,
            "Role",
            assume_role_policy_document={
                "Version": "2012-10-17",
                "Statement": [
                    {"Action": "sts:AssumeRole", "Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}}
                ],
            },
        )
        function = lambda_.CfnFunction(
            self,
            "Function",
            code=lambda_.CfnFunction.CodeProperty(s3_bucket=code.s3_bucket_name, s3_key=code.s3_object_key),
            description="Compares SageMaker endpoints with what was deployed, and owns their scaling where asked to",
            handler="endpoint_guard.handler",
            runtime="python3.14",
            memory_size=_MEMORY_MB,
            timeout=_LONGEST_SECONDS,
            # It calls itself to go on waiting, for at most as long as its own deadline says.
            recursive_loop="Allow",
            role=self._role.attr_arn,
            logging_config=lambda_.CfnFunction.LoggingConfigProperty(log_group=log_group.ref, log_format="JSON"),
        )
        # It goes on in a next run where a wait is longer than one may last. No run is tried again by Lambda itself.
        lambda_.CfnEventInvokeConfig(
            self, "OneTry", function_name=function.ref, qualifier="$LATEST", maximum_retry_attempts=0
        )
        self.token = function.attr_arn
        self._policies: dict[str, iam.CfnPolicy] = {}
        self._base = self.policy(
            "Policy",
            (
                Permission(actions=("logs:CreateLogStream", "logs:PutLogEvents"), resources=(log_group.attr_arn,)),
                Permission(actions=("lambda:InvokeFunction",), resources=(self.token,)),
            ),
        )

    @staticmethod
    def of(stack: cdk.Stack) -> EndpointGuard:
        """The stack's guard, made when it is first asked for.

        Args:
            stack: The stack.
        """
        guard = _guards.get(stack)
        if guard is None:
            guard = _guards[stack] = EndpointGuard(stack)
        return guard

    def policy(self, construct_id: str, permissions: Sequence[Permission]) -> iam.CfnPolicy:
        """What one kind of custom resource needs, as a policy of its own.

        A custom resource that is taken out of the template is deleted at the very end of the deployment, and its permissions
        must last until then: they go with it, and not with a policy that the same deployment has already made smaller.

        Args:
            construct_id: ID of the policy.
            permissions: The permissions; the same ones whenever it is asked for.
        """
        from aws_cdk import aws_iam as iam  # noqa: PLC0415 - loaded by stacks with a guard alone

        known = self._policies.get(construct_id)
        if known is None:
            known = self._policies[construct_id] = iam.CfnPolicy(
                self,
                construct_id,
                policy_name=construct_id,
                policy_document=policy_document(permissions),
                roles=[self._role.ref],
            )
            acknowledge_wildcards(known, permissions)
        return known

    def resource(
        self, scope: Construct, construct_id: str, kind: str, properties: dict[str, Any], *, policy: iam.CfnPolicy
    ) -> cdk.CfnResource:
        """A custom resource that the function answers.

        Args:
            scope: Where to make it.
            construct_id: ID below `scope`.
            kind: Its type, such as ``Custom::EndpointRollout``.
            properties: Its properties.
            policy: What the function needs to answer it.
        """
        served = {"ServiceToken": self.token, "ServiceTimeout": 3600, **properties}
        resource = cdk.CfnResource(scope, construct_id, type=kind, properties=served)
        # The function must be allowed to do its work before it is called, and as long as it may be called.
        for each in (self._base, policy):
            resource.add_resource_dependency(each)
        return resource


_guards: WeakKeyDictionary[cdk.Stack, EndpointGuard] = WeakKeyDictionary()
