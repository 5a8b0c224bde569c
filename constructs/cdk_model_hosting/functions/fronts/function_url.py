"""An HTTPS address of the function's own."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from cdk_model_hosting.arguments import require
from cdk_model_hosting.functions.fronts.bound import BoundFront
from cdk_model_hosting.functions.fronts.cors import Cors
from cdk_model_hosting.functions.fronts.front import Front
from cdk_model_hosting.permissions import Permission

if TYPE_CHECKING:
    from constructs import Construct

    from cdk_model_hosting.functions.versions import Live

_KIND = "Front.function_url"


@dataclass(frozen=True, slots=True, kw_only=True)
class FunctionUrlFront(Front):
    """An HTTPS address of the function's own. Made by `Front.function_url`.

    Args:
        public: Whether anybody may ask.
        cors: Which web pages may ask.
    """

    public: bool
    cors: Cors | None

    def __post_init__(self) -> None:
        require(f"{_KIND} public", self.public, bool)
        if self.cors is not None:
            require(f"{_KIND} cors", self.cors, Cors)

    def bind(self, scope: Construct, live: Live) -> BoundFront:
        """Make the address, and let anybody ask if it is public."""
        from aws_cdk import aws_lambda as lambda_  # noqa: PLC0415 - loaded by stacks with functions alone

        cors = None if self.cors is None else lambda_.CfnUrl.CorsProperty(**self.cors.render())
        url = lambda_.CfnUrl(
            scope,
            "Url",
            target_function_arn=live.function_arn,
            qualifier=live.name,
            auth_type="NONE" if self.public else "AWS_IAM",
            cors=cors,
        )
        # The alias is named, not referred to.
        url.add_resource_dependency(live.cfn_alias)
        if self.public:
            _let_anybody_ask(scope, live)
        return BoundFront(
            kind=f"{_KIND}(public=True)" if self.public else _KIND,
            url=url.attr_function_url,
            permissions=() if self.public else _permissions(live),
            cfn_url=url,
        )


def _permissions(live: Live) -> tuple[Permission, ...]:
    """Whoever asks over the URL also invokes the function, and Lambda wants both to be allowed."""
    return (
        Permission(actions=("lambda:InvokeFunctionUrl",), resources=(live.arn,)),
        Permission(
            actions=("lambda:InvokeFunction",),
            resources=(live.arn,),
            conditions={"Bool": {"lambda:InvokedViaFunctionUrl": "true"}},
        ),
    )


def _let_anybody_ask(scope: Construct, live: Live) -> None:
    from aws_cdk import aws_lambda as lambda_  # noqa: PLC0415 - loaded by stacks with functions alone

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
