"""The Lambda function that puts model archives into stores."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from weakref import WeakKeyDictionary

from cdk_model_hosting.managed_policies import ManagedPolicies
from cdk_model_hosting.resource_function import ResourceFunction

if TYPE_CHECKING:
    import aws_cdk as cdk
    from aws_cdk import aws_iam as iam
    from constructs import Construct

    from cdk_model_hosting.permissions import Permission


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
        self._allowed = ManagedPolicies(
            self,
            role_name=self.role_name,
            prefix="Publish",
            description="What the model publisher of this stack reads and writes",
            what="ModelStore.add_model policies of all models of a stack",
        )

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
        return self._allowed.allow(*permissions)

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


_publishers: WeakKeyDictionary[cdk.Stack, ModelPublisher] = WeakKeyDictionary()
