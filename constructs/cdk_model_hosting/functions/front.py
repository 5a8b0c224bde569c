"""How requests reach a function."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import TYPE_CHECKING

from cdk_model_hosting.arguments import require

if TYPE_CHECKING:
    from aws_cdk import aws_lambda as lambda_
    from constructs import Construct

    from cdk_model_hosting.functions.versions import Live


class Front(ABC):
    """How requests reach a function. Made by one of its factories."""

    @staticmethod
    def none() -> Front:
        """By `ModelFunction.grant_invoke` alone: somebody invokes it with the request as the event."""
        return _Nothing()

    @staticmethod
    def function_url(*, public: bool = False) -> Front:
        """By an HTTPS address of its own, at most 6 MB there and back. It always leads to the version that is live.

        Args:
            public: Whether anybody may ask, for whom each request is paid; only those whom `ModelFunction.grant_invoke_url` lets,
                who sign their requests, when omitted.

        Raises:
            ConfigurationError: When `public` is neither true nor false.

        See: https://docs.aws.amazon.com/lambda/latest/dg/urls-auth.html
        """
        require("Front.function_url public", public, bool)
        return _Url(public)

    @abstractmethod
    def bind(self, scope: Construct, live: Live) -> lambda_.CfnUrl | None:
        """Make it below `scope`, for the version that is live."""


@dataclass(frozen=True, slots=True)
class _Nothing(Front):
    def bind(self, scope: Construct, live: Live) -> lambda_.CfnUrl | None:  # noqa: ARG002 - there is nothing to make
        return None


@dataclass(frozen=True, slots=True)
class _Url(Front):
    public: bool

    def bind(self, scope: Construct, live: Live) -> lambda_.CfnUrl | None:
        from aws_cdk import aws_lambda as lambda_  # noqa: PLC0415 - loaded by stacks with functions alone

        url = lambda_.CfnUrl(
            scope,
            "Url",
            target_function_arn=live.function_arn,
            qualifier=live.name,
            auth_type="NONE" if self.public else "AWS_IAM",
        )
        # The alias is named, not referred to.
        url.add_resource_dependency(live.cfn_alias)
        if self.public:
            # Whoever asks over the URL also invokes the function, and Lambda wants both to be allowed.
            lambda_.CfnPermission(
                scope,
                "AnybodyMayAsk",
                action="lambda:InvokeFunctionUrl",
                function_name=live.arn,
                principal="*",
                function_url_auth_type="NONE",
            )
            lambda_.CfnPermission(
                scope,
                "AnybodyMayInvoke",
                action="lambda:InvokeFunction",
                function_name=live.arn,
                principal="*",
                invoked_via_function_url=True,
            )
        return url
