"""Permissions of one role, spread over as many policies as IAM keeps."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from cdk_model_hosting.acknowledgments import acknowledge_wildcards
from cdk_model_hosting.limits import MANAGED_POLICIES, MANAGED_POLICY_CHARACTERS
from cdk_model_hosting.permissions import Permission, policy_document

if TYPE_CHECKING:
    from aws_cdk import aws_iam as iam
    from constructs import Construct

_FRAME = len(json.dumps(policy_document([])))
# What a reference may become: names of buckets and ARNs of keys are the longest.
_CHARACTERS_OF_A_TOKEN = 96


class ManagedPolicies:
    """What a role may do that grows with the stack. IAM keeps no policy of any length, so it takes several.

    Args:
        scope: Where they are made.
        role_name: Reference to the role.
        prefix: What their construct IDs begin with, before their number.
        description: What they are for, as the IAM console shows it.
        what: What a user has too much of when the role can have no further policy.
        why: What helps then; as the limit says when omitted.
    """

    def __init__(
        self, scope: Construct, *, role_name: str, prefix: str, description: str, what: str, why: str = ""
    ) -> None:
        self._scope = scope
        self._role_name = role_name
        self._prefix = prefix
        self._description = description
        self._what = what
        self._why = why
        self._made = 0
        self._policy: iam.CfnManagedPolicy | None = None
        self._permissions: list[Permission] = []
        self._length = 0

    def allow(self, *permissions: Permission) -> iam.CfnManagedPolicy:
        """Add permissions.

        Args:
            permissions: The permissions.

        Returns:
            The policy that holds them, for what must wait for it.

        Raises:
            ConfigurationError: When IAM would keep no further policy.
        """
        length = sum(_length(each) for each in permissions)
        if self._policy is None or not MANAGED_POLICY_CHARACTERS.contains(self._length + length):
            self._policy = self._another()
            self._permissions = []
            self._length = _FRAME
        self._length += length
        self._permissions.extend(permissions)
        self._policy.policy_document = policy_document(self._permissions)
        acknowledge_wildcards(self._policy, permissions)
        return self._policy

    def _another(self) -> iam.CfnManagedPolicy:
        from aws_cdk import aws_iam as iam  # noqa: PLC0415 - loaded by stacks with such a role alone

        self._made += 1
        MANAGED_POLICIES.check(self._what, self._made, why=self._why)
        return iam.CfnManagedPolicy(
            self._scope,
            f"{self._prefix}{self._made}",
            description=self._description,
            policy_document=policy_document([]),
            roles=[self._role_name],
        )


def _length(permission: Permission) -> int:
    """Characters that a permission takes in a policy, at most."""
    text = json.dumps(permission.render())
    return len(text) + text.count("${Token[") * _CHARACTERS_OF_A_TOKEN
