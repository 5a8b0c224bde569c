"""The execution role: what SageMaker may do while it serves a model."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast
from weakref import WeakKeyDictionary

import aws_cdk as cdk
from aws_cdk import aws_iam as iam

from cdk_model_hosting.acknowledgments import acknowledge_wildcards
from cdk_model_hosting.permissions import Permission, arn, policy_document

if TYPE_CHECKING:
    from collections.abc import Iterable

    from constructs import Construct

_BASELINE_ID = "ModelHostingBaseline"
_LOGS = "arn:${AWS::Partition}:logs:${AWS::Region}:${AWS::AccountId}:log-group:/aws/sagemaker/Endpoints/*"

# What every hosted model needs and no narrower resource can express.
_BASELINE = (
    Permission(
        actions=("ecr:GetAuthorizationToken",),
        resources=("*",),
        wildcard_reason="ECR hands out its pull token for the account as a whole",
    ),
    Permission(
        actions=("cloudwatch:PutMetricData",),
        resources=("*",),
        conditions={
            "StringLike": {"cloudwatch:namespace": ["AWS/SageMaker", "/aws/sagemaker/*"]},
        },
        wildcard_reason="CloudWatch metrics have no ARN; the namespace condition takes its place",
    ),
    Permission(
        actions=("logs:CreateLogGroup", "logs:CreateLogStream", "logs:DescribeLogStreams", "logs:PutLogEvents"),
        resources=(arn(_LOGS),),
        wildcard_reason="log groups and streams are named after endpoints and instances that do not exist yet",
    ),
)

# No confused deputy: only this account's SageMaker resources of this region may be served with the role. The ARN names the
# account, so no condition on the account is needed beside it. For hosting, AWS allows no narrower ARN.
# See: https://docs.aws.amazon.com/sagemaker/latest/dg/security-confused-deputy-prevention.html
_TRUST: dict[str, Any] = {
    "Version": "2012-10-17",
    "Statement": [
        {
            "Action": "sts:AssumeRole",
            "Effect": "Allow",
            "Principal": {"Service": "sagemaker.amazonaws.com"},
            "Condition": {
                "ArnLike": {"aws:SourceArn": arn("arn:${AWS::Partition}:sagemaker:${AWS::Region}:${AWS::AccountId}:*")},
            },
        }
    ],
}


class ExecutionRole:
    """The role of one model: made here with the least it needs, or brought by the user and given it.

    A role made here carries its policy inline, so it does not exist without it: whatever refers to the role waits for
    its permissions too. What every model needs (logs, metrics, the ECR token) stands once per stack, in a managed policy
    that all its roles share.

    Args:
        model: The model whose role it is.
        stack: The model's stack.
        permissions: What this model needs besides.
        brought: The user's role; None to make one.
    """

    def __init__(
        self, model: Construct, stack: cdk.Stack, permissions: Iterable[Permission], brought: iam.IRole | None
    ) -> None:
        self._model = model
        self._stack = stack
        self._permissions = list(permissions)
        self._brought = brought
        self._imported: iam.IRole | None = None
        if brought is None:
            self._made: iam.CfnRole | None = self._make()
            self.arn: str = self._made.attr_arn
            self.policy: iam.Policy | None = None
        else:
            self._made = None
            self.arn = brought.role_arn
            self.policy = self._attach(brought)

    def allow(self, *permissions: Permission) -> None:
        """Give the role what something that uses the model needs.

        Args:
            permissions: Further permissions.
        """
        self._permissions.extend(permissions)
        if self._made is not None:
            self._made.policies = self._inline_policies()
            acknowledge_wildcards(self._made, permissions)
        elif self.policy is not None:
            self.policy.add_statements(*(each.statement() for each in permissions))
            acknowledge_wildcards(self.policy, permissions)

    @property
    def role(self) -> iam.IRole:
        """The role as other constructs take it, to grant it more."""
        if self._made is None:
            return cast("iam.IRole", self._brought)
        if self._imported is None:
            self._imported = iam.Role.from_role_name(self._model, "ExecutionRole", self._made.ref)
        return self._imported

    def _make(self) -> iam.CfnRole:
        role = iam.CfnRole(
            self._model,
            "Role",
            assume_role_policy_document=_TRUST,
            managed_policy_arns=[_baseline_arn(self._stack)],
            policies=self._inline_policies(),
        )
        acknowledge_wildcards(role, self._permissions)
        return role

    def _inline_policies(self) -> list[cdk.IResolvable | iam.CfnRole.PolicyProperty] | None:
        if not self._permissions:
            return None
        document = policy_document(self._permissions)
        return [iam.CfnRole.PolicyProperty(policy_name="Serve", policy_document=document)]

    def _attach(self, role: iam.IRole) -> iam.Policy:
        permissions = (*_BASELINE, *self._permissions)
        statements = [each.statement() for each in permissions]
        policy = iam.Policy(self._model, "Policy", statements=statements)
        # The role decides: an immutable one takes no policy, and the policy then does not appear in the template.
        role.attach_inline_policy(policy)
        acknowledge_wildcards(policy, permissions)
        return policy


# One managed policy a stack, however many models it has.
_baselines: WeakKeyDictionary[cdk.Stack, str] = WeakKeyDictionary()


def _baseline_arn(stack: cdk.Stack) -> str:
    """The stack's shared managed policy, made when the first model asks for it."""
    known = _baselines.get(stack)
    if known is None:
        policy = iam.CfnManagedPolicy(
            stack,
            _BASELINE_ID,
            description="What every SageMaker model of this stack needs: logs, metrics and the ECR token",
            policy_document=policy_document(_BASELINE),
        )
        acknowledge_wildcards(policy, _BASELINE)
        known = policy.ref
        _baselines[stack] = known
    return known
