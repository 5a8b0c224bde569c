"""Who may ask over an HTTP API."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from cdk_model_hosting.arguments import require, require_several
from cdk_model_hosting.errors import ConfigurationError
from cdk_model_hosting.limits import JWT_AUDIENCES, JWT_ISSUER, JWT_SCOPE, JWT_SCOPES
from cdk_model_hosting.tokens import is_token

if TYPE_CHECKING:
    from collections.abc import Sequence

    from aws_cdk import aws_apigatewayv2 as apigateway
    from constructs import Construct


class Authorization(ABC):
    """Who may ask over an HTTP API. Made by one of its factories."""

    @staticmethod
    def iam() -> Authorization:
        """Those whom `ModelFunction.grant_ask` lets, who sign their requests."""
        return _Iam()

    @staticmethod
    def jwt(*, issuer: str, audiences: Sequence[str], scopes: Sequence[str] = ()) -> Authorization:
        """Those who send a JSON web token of an identity provider, such as a Cognito user pool, in the header ``Authorization``.

        Args:
            issuer: Address of the provider, as its tokens name it.
            audiences: Whom tokens must be made for: one of these, such as the ID of an app client; 1-50.
            scopes: Scopes, one of which a token must have, at most 10; none when omitted.

        Raises:
            ConfigurationError: When the issuer is no HTTPS address, an audience is blank, a scope has blanks in it, or there are too many of
                these or of audiences.

        See: https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-jwt-authorizer.html
        """
        return _Jwt(issuer, audiences, scopes)

    @staticmethod
    def public() -> Authorization:
        """Anybody. Each request is paid for, so give the front a rate."""
        return _Public()

    @property
    def is_iam(self) -> bool:
        """Whether IAM decides."""
        return False

    @abstractmethod
    def __str__(self) -> str:
        """The factory as the user typed it."""

    @abstractmethod
    def bind(self, scope: Construct, api_id: str) -> tuple[dict[str, Any], apigateway.CfnAuthorizer | None]:
        """What a route says of it, and what decides if that is a resource of its own."""


@dataclass(frozen=True, slots=True)
class _Iam(Authorization):
    @property
    def is_iam(self) -> bool:
        return True

    def __str__(self) -> str:
        return "Authorization.iam"

    def bind(self, scope: Construct, api_id: str) -> tuple[dict[str, Any], None]:  # noqa: ARG002 - IAM decides
        return {"authorization_type": "AWS_IAM"}, None


@dataclass(frozen=True, slots=True)
class _Public(Authorization):
    def __str__(self) -> str:
        return "Authorization.public"

    def bind(self, scope: Construct, api_id: str) -> tuple[dict[str, Any], None]:  # noqa: ARG002 - nobody decides
        return {"authorization_type": "NONE"}, None


@dataclass(frozen=True, slots=True)
class _Jwt(Authorization):
    issuer: str
    audiences: Sequence[str]
    scopes: Sequence[str]

    def __post_init__(self) -> None:
        what = str(self)
        require(f"{what} issuer", self.issuer, str)
        JWT_ISSUER.check(f"{what} issuer", self.issuer, optional=False)
        for name, values, limit in (
            ("audiences", self.audiences, JWT_AUDIENCES),
            ("scopes", self.scopes, JWT_SCOPES),
        ):
            if not is_token(values):
                require_several(f"{what} {name}", values, str)
                limit.check_length(f"{what} {name}", values)
        for audience in () if is_token(self.audiences) else self.audiences:
            if not audience.strip():
                raise ConfigurationError(
                    f"{what} audiences element must not be blank, got {audience!r}: no token is made for nobody"
                )
        if not is_token(self.scopes):
            for scope in self.scopes:
                JWT_SCOPE.check(f"{what} scopes element", scope, optional=False)

    def __str__(self) -> str:
        return "Authorization.jwt"

    def bind(self, scope: Construct, api_id: str) -> tuple[dict[str, Any], apigateway.CfnAuthorizer]:
        from aws_cdk import aws_apigatewayv2 as apigateway  # noqa: PLC0415 - loaded by stacks with an HTTP API alone

        authorizer = apigateway.CfnAuthorizer(
            scope,
            "Tokens",
            api_id=api_id,
            name="Tokens",
            authorizer_type="JWT",
            identity_source=["$request.header.Authorization"],
            jwt_configuration=apigateway.CfnAuthorizer.JWTConfigurationProperty(
                issuer=self.issuer, audience=list(self.audiences)
            ),
        )
        route = {
            "authorization_type": "JWT",
            "authorizer_id": authorizer.ref,
            "authorization_scopes": list(self.scopes) or None,
        }
        return route, authorizer
