"""An HTTP API in front of a function."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

import aws_cdk as cdk

from cdk_model_hosting.arguments import require
from cdk_model_hosting.errors import ConfigurationError
from cdk_model_hosting.functions.fronts.authorization import Authorization
from cdk_model_hosting.functions.fronts.bound import BoundFront
from cdk_model_hosting.functions.fronts.cors import Cors
from cdk_model_hosting.functions.fronts.front import Front
from cdk_model_hosting.limits import FUNCTION_LOG_DAYS, HTTP_API_BURST, HTTP_API_RATE, HTTP_API_SECONDS
from cdk_model_hosting.permissions import Permission
from cdk_model_hosting.placement import place_of
from cdk_model_hosting.tokens import is_token

if TYPE_CHECKING:
    from aws_cdk import aws_apigatewayv2 as apigateway
    from aws_cdk import aws_logs as logs
    from constructs import Construct

    from cdk_model_hosting.functions.versions import Live

_KIND = "Front.http_api"
_STAGE = "$default"
_PATH = re.compile(r"/|(/[\w.~-]+)+", re.ASCII)
_LONGEST_NAME = 128
# A log of another name adds to a resource policy of the account's, which some twenty of them fill.
# See: https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/AWS-logs-infrastructure-CWL.html
_LOGS = "/aws/vendedlogs/apis"
_PUBLIC = "the app asked for Authorization.public, so that anybody may ask"

# One line of JSON for each request: who asked, what came of it, and how long it took.
_LINE = json.dumps(
    {
        name: f"$context.{variable}"
        for name, variable in {
            "requestId": "requestId",
            "time": "requestTime",
            "ip": "identity.sourceIp",
            "caller": "identity.userArn",
            "route": "routeKey",
            "status": "status",
            "milliseconds": "responseLatency",
            "functionMilliseconds": "integrationLatency",
            "answerBytes": "responseLength",
            "error": "error.message",
            "authorizationError": "authorizer.error",
            "functionError": "integrationErrorMessage",
        }.items()
    }
)


@dataclass(frozen=True, slots=True, kw_only=True)
class HttpApi:
    """The resources of an HTTP API.

    Args:
        cfn_api: The API.
        cfn_integration: How it invokes the function.
        cfn_route: What it answers.
        cfn_stage: Where it is deployed to, with its limits and its log.
        cfn_authorizer: What decides on tokens, or None.
        cfn_log_group: The log of its requests.
    """

    cfn_api: apigateway.CfnApi
    cfn_integration: apigateway.CfnIntegration
    cfn_route: apigateway.CfnRoute
    cfn_stage: apigateway.CfnStage
    cfn_authorizer: apigateway.CfnAuthorizer | None
    cfn_log_group: logs.CfnLogGroup


@dataclass(frozen=True, slots=True, kw_only=True)
class HttpApiFront(Front):
    """An HTTP API. Made by `Front.http_api`.

    Args:
        authorization: Who may ask; those who sign when None.
        path: Where requests go.
        cors: Which web pages may ask.
        rate: Requests a second.
        burst: Requests at once.
        log_days: Days that the log is kept.
    """

    longest_seconds: ClassVar[int | None] = int(HTTP_API_SECONDS.high or 0)

    authorization: Authorization | None
    path: str
    cors: Cors | None
    rate: float | None
    burst: int | None
    log_days: int

    def __post_init__(self) -> None:
        for name, value, kind in (("authorization", self.authorization, Authorization), ("cors", self.cors, Cors)):
            if value is not None:
                require(f"{_KIND} {name}", value, kind)
        require(f"{_KIND} path", self.path, str)
        if not is_token(self.path) and not _PATH.fullmatch(self.path):
            raise ConfigurationError(
                f"{_KIND} path must be / or a path such as /predict, of letters, digits and . _ ~ -, got {self.path!r}: one "
                "function answers there, whatever is in the request"
            )
        HTTP_API_RATE.check(f"{_KIND} rate", self.rate)
        HTTP_API_BURST.check(f"{_KIND} burst", self.burst)
        if (self.rate is None) != (self.burst is None):
            raise ConfigurationError(
                f"{_KIND} rate and burst must be given together, got rate {self.rate} and burst {self.burst}: the one is how "
                "soon the other may be used again"
            )
        FUNCTION_LOG_DAYS.check(f"{_KIND} log_days", self.log_days, optional=False)

    def bind(self, scope: Construct, live: Live) -> BoundFront:
        """Make the API, with its log, and let it invoke the version that is live."""
        from aws_cdk import aws_apigatewayv2 as apigateway  # noqa: PLC0415 - loaded by stacks with an HTTP API alone
        from aws_cdk import aws_lambda as lambda_  # noqa: PLC0415 - loaded by stacks with functions alone

        HTTP_API_SECONDS.check("FunctionSize timeout", live.timeout_seconds)
        authorization = Authorization.iam() if self.authorization is None else self.authorization
        api = apigateway.CfnApi(
            scope,
            "Api",
            name=place_of(scope).unique_name("Api", longest=_LONGEST_NAME),
            protocol_type="HTTP",
            cors_configuration=None if self.cors is None else apigateway.CfnApi.CorsProperty(**self.cors.render()),
        )
        integration = apigateway.CfnIntegration(
            scope,
            "Integration",
            api_id=api.ref,
            integration_type="AWS_PROXY",
            integration_uri=live.arn,
            payload_format_version="2.0",
        )
        permitted, authorizer = authorization.bind(scope, api.ref)
        route = apigateway.CfnRoute(
            scope,
            "Route",
            api_id=api.ref,
            route_key=f"POST {self.path}",
            target=f"integrations/{integration.ref}",
            **permitted,
        )
        if permitted["authorization_type"] == "NONE":
            cdk.Validations.of(route).acknowledge(cdk.Acknowledgment(id="AwsSolutions-APIG4", reason=_PUBLIC))
        log_group, stage = self._stage(scope, api)
        asked = _arn(api, f"/{_STAGE}/POST{self.path}")
        lambda_.CfnPermission(
            scope,
            "ApiMayInvoke",
            action="lambda:InvokeFunction",
            function_name=live.arn,
            principal="apigateway.amazonaws.com",
            source_arn=asked,
        )
        ask = Permission(actions=("execute-api:Invoke",), resources=(asked,))
        return BoundFront(
            kind=f"{_KIND}({authorization})",
            url=f"{api.attr_api_endpoint}{self.path}",
            permissions=(ask,) if authorization.is_iam else (),
            http_api=HttpApi(
                cfn_api=api,
                cfn_integration=integration,
                cfn_route=route,
                cfn_stage=stage,
                cfn_authorizer=authorizer,
                cfn_log_group=log_group,
            ),
        )

    def _stage(self, scope: Construct, api: apigateway.CfnApi) -> tuple[logs.CfnLogGroup, apigateway.CfnStage]:
        from aws_cdk import aws_apigatewayv2 as apigateway  # noqa: PLC0415 - loaded by stacks with an HTTP API alone
        from aws_cdk import aws_logs as logs  # noqa: PLC0415 - loaded by stacks with functions alone

        log_group = logs.CfnLogGroup(
            scope,
            "Requests",
            log_group_name=f"{_LOGS}/{place_of(scope).unique_name('Requests', longest=_LONGEST_NAME)}",
            retention_in_days=self.log_days,
        )
        log_group.apply_removal_policy(cdk.RemovalPolicy.DESTROY)
        held_back = None
        if self.rate is not None:
            held_back = apigateway.CfnStage.RouteSettingsProperty(
                throttling_rate_limit=self.rate, throttling_burst_limit=self.burst
            )
        stage = apigateway.CfnStage(
            scope,
            "Stage",
            api_id=api.ref,
            stage_name=_STAGE,
            auto_deploy=True,
            access_log_settings=apigateway.CfnStage.AccessLogSettingsProperty(
                destination_arn=log_group.attr_arn, format=_LINE
            ),
            default_route_settings=held_back,
        )
        return log_group, stage


def _arn(api: apigateway.CfnApi, rest: str) -> str:
    """The ARN of what is asked, as IAM and Lambda know it."""
    return f"arn:{cdk.Aws.PARTITION}:execute-api:{cdk.Aws.REGION}:{cdk.Aws.ACCOUNT_ID}:{api.ref}{rest}"
