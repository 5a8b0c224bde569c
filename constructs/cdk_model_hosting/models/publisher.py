"""The Lambda function that puts model archives into stores."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any
from weakref import WeakKeyDictionary

from cdk_model_hosting.acknowledgments import acknowledge_wildcards
from cdk_model_hosting.limits import MANAGED_POLICIES, MANAGED_POLICY_CHARACTERS
from cdk_model_hosting.permissions import Permission, policy_document
from cdk_model_hosting.resource_function import ResourceFunction

if TYPE_CHECKING:
    import aws_cdk as cdk
    from aws_cdk import aws_iam as iam
    from constructs import Construct

_FRAME = len(json.dumps(policy_document([])))
# What a reference may become: names of buckets and ARNs of keys are the longest.
_CHARACTERS_OF_A_TOKEN = 96


class ModelPublisher(ResourceFunction):
    """One function for all stores of a stack, which copies archives where multi-model endpoints look for them.

    It may read each archive that a model is added from, and write below the prefixes of the stack's stores. IAM keeps no
    policy of any length, so what it may do is spread over as many as it takes.
    """

    def __init__(self, stack: cdk.Stack) -> None:
        super().__init__(
            stack,
            "ModelPublisher",
            handler="model_publisher",
            description="Copies model archives into the stores of SageMaker multi-model endpoints",
        )
        self._policies_made = 0
        self._policy: iam.CfnManagedPolicy | None = None
        self._permissions: list[Permission] = []
        self._length = 0

    @staticmethod
    def of(stack: cdk.Stack) -> ModelPublisher:
        """The stack's publisher, made when it is first asked for.

        Args:
            stack: The stack.
        """
        publisher = _publishers.get(stack)
        if publisher is None:
            publisher = _publishers[stack] = ModelPublisher(stack)
        return publisher

    def allow(self, *permissions: Permission) -> iam.CfnManagedPolicy:
        """Let the function do what publishing takes.

        Args:
            permissions: What it takes.

        Returns:
            The policy that holds it, for what must wait for it.

        Raises:
            ConfigurationError: When IAM would keep no further policy.
        """
        length = sum(_length(each) for each in permissions)
        if self._policy is None or not MANAGED_POLICY_CHARACTERS.contains(self._length + length):
            self._policy = self._another_policy()
            self._permissions = []
            self._length = _FRAME
        self._length += length
        self._permissions.extend(permissions)
        self._policy.policy_document = policy_document(self._permissions)
        acknowledge_wildcards(self._policy, permissions)
        return self._policy

    def publish(
        self, scope: Construct, construct_id: str, properties: dict[str, Any], *policies: cdk.CfnResource
    ) -> cdk.CfnResource:
        """A custom resource that stands for one archive in a store.

        Args:
            scope: Where to make it.
            construct_id: ID below `scope`.
            properties: Its properties.
            policies: What `allow` returned for the store and for the archive.
        """
        first, *others = dict.fromkeys(policies)
        published = self.resource(scope, construct_id, "Custom::PublishedModel", properties, policy=first)
        for each in others:
            published.add_resource_dependency(each)
        return published

    def _another_policy(self) -> iam.CfnManagedPolicy:
        from aws_cdk import aws_iam as iam  # noqa: PLC0415 - loaded by stacks with such a function alone

        self._policies_made += 1
        MANAGED_POLICIES.check("ModelStore.add_model policies of all models of a stack", self._policies_made)
        return iam.CfnManagedPolicy(
            self,
            f"Publish{self._policies_made}",
            description="What the model publisher of this stack reads and writes",
            policy_document=policy_document([]),
            roles=[self.role_name],
        )


def _length(permission: Permission) -> int:
    """Characters that a permission takes in a policy, at most."""
    text = json.dumps(permission.render())
    return len(text) + text.count("${Token[") * _CHARACTERS_OF_A_TOKEN


_publishers: WeakKeyDictionary[cdk.Stack, ModelPublisher] = WeakKeyDictionary()
