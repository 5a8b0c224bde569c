"""Function URLs at addresses of this server: ministack answers them there, but tells their users host names of AWS.

See: https://docs.aws.amazon.com/lambda/latest/dg/urls-invocation.html
"""

import json
import re
from collections.abc import Awaitable, Callable
from typing import Any

from ministack.services import apigateway, lambda_svc

from tests.local_aws.server.sagemaker import cloud
from tests.local_aws.server.traffic import permissions, requests
from tests.local_aws.server.traffic.requests import JSON, Answer, Document

_ID = re.compile(r"[a-z0-9]{32}")
_CREATED = 201
_FAILURE = {"statusCode": 502, "body": "Internal Server Error"}


def install() -> None:
    """Change ministack's function URLs. To be called before the server takes requests."""
    lambda_svc._create_function_url_config = _with_address(lambda_svc._create_function_url_config)
    lambda_svc._function_url_id = _id_in
    lambda_svc._build_function_url_event = _whole(lambda_svc._build_function_url_event)
    lambda_svc.handle_function_url_request = _strictly(lambda_svc.handle_function_url_request)


def _id_in(address: str) -> str:
    found = _ID.search(address)
    return found[0] if found else ""


def _with_address(create: Callable[..., Answer]) -> Callable[..., Answer]:
    def created(function: str, data: Document, qualifier: str | None) -> Answer:
        status, headers, body = create(function, data, qualifier)
        if status != _CREATED:
            return status, headers, body
        config = lambda_svc._function_urls[lambda_svc._url_config_key(function, qualifier)]
        config["FunctionUrl"] = f"{cloud.endpoint_url()}/_aws/lambda-url/{_id_in(config['FunctionUrl'])}/"
        if qualifier:
            config["FunctionArn"] += f":{qualifier}"
        return status, headers, json.dumps(config).encode()

    return created


def _whole(build: Callable[..., Document]) -> Callable[..., Document]:
    """Let an event have its cookies, and who signed the request."""

    def built(*request: Any, **more: Any) -> Document:
        headers = request[5]
        event = build(*request, **more)
        event["headers"] = requests.without_cookies(event["headers"])
        cookies = requests.cookies_of(headers)
        if cookies:
            event["cookies"] = cookies
        identity = None if more.get("anonymous") else apigateway._iam_caller_identity_v2(headers, {})
        if identity is not None:
            event["requestContext"]["authorizer"] = {"iam": identity}
        return event

    return built


def _strictly(handle: Callable[..., Awaitable[Answer]]) -> Callable[..., Awaitable[Answer]]:
    async def handled(url_id: str, *request: Any, **more: Any) -> Answer:
        resolved = lambda_svc.resolve_function_url(url_id)
        if resolved is not None:
            account, region, function, qualifier, config = resolved
            if config.get("AuthType") == "NONE" and not permissions.anybody_may_ask(
                account, region, function, qualifier
            ):
                return 403, dict(JSON), b'{"Message":"Forbidden"}'
            if len(request[3]) > requests.LONGEST_BODY:
                return 413, dict(JSON), b'{"Message":"Request Entity Too Large"}'
        token = requests.failure.set(_FAILURE)
        try:
            return await handle(url_id, *request, **more)
        finally:
            requests.failure.reset(token)

    return handled
