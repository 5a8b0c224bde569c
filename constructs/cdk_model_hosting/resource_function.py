"""A Lambda function that answers custom resources of its stack."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import aws_cdk as cdk

from cdk_model_hosting.handler_function import LONGEST_SECONDS, HandlerFunction

if TYPE_CHECKING:
    from constructs import Construct

# A function that calls itself goes on until CloudFormation's own patience ends; any other one is over before this.
_PATIENCE_SECONDS = {True: 3600, False: LONGEST_SECONDS + 60}


class ResourceFunction(HandlerFunction):
    """A function of a stack, and the custom resources that it answers.

    Args:
        stack: The stack, which has one function of a kind at most.
        construct_id: ID in it.
        handler: The folder of its code in ``handlers``.
        description: What it is for, as the Lambda console shows it.
        calls_itself: Whether it may go on in a next run where fifteen minutes are too short.
    """

    def __init__(
        self, stack: cdk.Stack, construct_id: str, *, handler: str, description: str, calls_itself: bool = False
    ) -> None:
        from aws_cdk import aws_lambda as lambda_  # noqa: PLC0415 - loaded by stacks with such a function alone

        super().__init__(
            stack,
            construct_id,
            handler=handler,
            description=description,
            shares=("custom_resource.py",),
            calls_itself=calls_itself,
        )
        # Every failure is answered. No run is tried again by Lambda itself.
        lambda_.CfnEventInvokeConfig(
            self, "OneTry", function_name=self.name, qualifier="$LATEST", maximum_retry_attempts=0
        )
        self._patience = _PATIENCE_SECONDS[calls_itself]

    def resource(
        self, scope: Construct, construct_id: str, kind: str, properties: dict[str, Any], *, policy: cdk.CfnResource
    ) -> cdk.CfnResource:
        """A custom resource that the function answers.

        Args:
            scope: Where to make it.
            construct_id: ID below `scope`.
            kind: Its type, such as ``Custom::EndpointRollout``.
            properties: Its properties.
            policy: What the function needs to answer it.
        """
        served = {"ServiceToken": self.arn, "ServiceTimeout": self._patience, **properties}
        resource = cdk.CfnResource(scope, construct_id, type=kind, properties=served)
        # The function must be allowed to do its work before it is called, and as long as it may be called.
        for each in (self._base, policy):
            resource.add_resource_dependency(each)
        return resource
