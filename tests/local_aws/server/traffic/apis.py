"""HTTP APIs at addresses of this server, as strict as AWS about who may ask and how long an answer takes.

See: https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-integrations-lambda.html
"""

import asyncio
import contextvars
import json
import re
from collections.abc import Awaitable, Callable
from typing import Any

from ministack import app
from ministack.services import apigateway, lambda_svc
from ministack.services.cloudformation import provisioners

from tests.local_aws.server.sagemaker import cloud
from tests.local_aws.server.traffic import permissions, requests, tokens
from tests.local_aws.server.traffic.requests import JSON, Answer, Document

_TYPE = "AWS::ApiGatewayV2::Api"
_BARE = re.compile(r"/_aws/execute-api/[^/]+")
_CREATED = 201
_LONGEST_MILLIS = 30_000
_FAILURE = {"statusCode": 500, "headers": JSON, "body": '{"message":"Internal Server Error"}'}

_cookies: contextvars.ContextVar[tuple[str, ...] | None] = contextvars.ContextVar("cookies", default=None)
"""The cookies of the request that is handed on; None when none is."""


def install() -> None:
    """Change ministack's HTTP APIs. To be called before CloudFormation is installed."""
    apigateway._create_api = _announced(apigateway._create_api)
    handlers = provisioners._RESOURCE_HANDLERS[_TYPE]
    handlers["create"] = _announced_in_template(handlers["create"])
    apigateway._invoke_lambda_proxy = _strictly(apigateway._invoke_lambda_proxy)
    apigateway._validate_jwt_authorizer = tokens.validate
    lambda_svc._execute_function_with_config_scope = _with_cookies(lambda_svc._execute_function_with_config_scope)
    parse = app._parse_execute_api_url
    app._parse_execute_api_url = lambda host, path: parse(host, f"{path}/" if _BARE.fullmatch(path) else path)


def _announce(api: Document) -> None:
    if api["protocolType"] == "HTTP":
        api["apiEndpoint"] = f"{cloud.endpoint_url()}/_aws/execute-api/{api['apiId']}"


def _announced(create: Callable[[Document], Answer]) -> Callable[[Document], Answer]:
    def created(data: Document) -> Answer:
        status, headers, body = create(data)
        if status != _CREATED:
            return status, headers, body
        api = apigateway._apis[json.loads(body)["apiId"]]
        _announce(api)
        answered: Answer = apigateway._apigw_response(api, _CREATED)
        return answered

    return created


def _announced_in_template(create: Callable[..., tuple[str, Document]]) -> Callable[..., tuple[str, Document]]:
    def created(*arguments: Any) -> tuple[str, Document]:
        api_id, attributes = create(*arguments)
        api = apigateway._apis[api_id]
        _announce(api)
        return api_id, attributes | {"ApiEndpoint": api["apiEndpoint"]}

    return created


def _strictly(invoke: Callable[..., Awaitable[Answer]]) -> Callable[..., Awaitable[Answer]]:
    async def invoked(integration: Document, *request: Any, **more: Any) -> Answer:
        api_id, stage, path, method, headers, body, query, route_key, *rest = request
        function = apigateway._extract_lambda_ref_from_integration_uri(integration.get("integrationUri", ""))
        asked = permissions.asked(api_id, stage, method, route_key)
        if not integration.get("credentialsArn") and not permissions.api_may_ask(function, asked):
            return 500, dict(JSON), str(_FAILURE["body"]).encode()
        if len(body or b"") > requests.LONGEST_BODY:
            return 413, dict(JSON), b'{"message":"Request Entity Too Large"}'
        handed_on = (api_id, stage, path, method, requests.without_cookies(headers), body, query, route_key, *rest)

        async def call() -> Answer:
            requests.failure.set(_FAILURE)
            _cookies.set(tuple(requests.cookies_of(headers)))
            return await invoke(integration, *handed_on, **more)

        # A task has a context of its own: what is set there is not set here.
        task = asyncio.create_task(call())
        millis = int(integration.get("timeoutInMillis") or _LONGEST_MILLIS)
        done, _ = await asyncio.wait({task}, timeout=millis / 1000)
        # The function runs on, as it does on AWS.
        return task.result() if done else (503, dict(JSON), b'{"message":"Service Unavailable"}')

    return invoked


def _with_cookies(execute: Callable[..., Document]) -> Callable[..., Document]:
    """Let the event of an HTTP API have its cookies, and no member that says nothing."""

    def executed(record: Document, event: Any) -> Document:
        cookies = _cookies.get()
        if cookies is not None:
            _cookies.set(None)
            event = {name: value for name, value in event.items() if value is not None}
            event |= {"cookies": list(cookies)} if cookies else {}
        return execute(record, event)

    return executed
