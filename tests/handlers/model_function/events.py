"""Events as AWS documents their shapes, made by ourselves: nothing in them is anybody's."""

import json
from typing import Any

ACCOUNT = "123456789012"
REQUEST = {"amount": 20}


def _text(body: Any) -> str | None:
    return body if isinstance(body, str) or body is None else json.dumps(body)


def rest_api(
    body: Any = REQUEST, *, headers: dict[str, str] | None = None, is_base64: bool = False, **more: Any
) -> dict[str, Any]:
    """A REST API's proxy event, format 1.0."""
    given = {"Content-Type": "application/json", "Host": "abc123.execute-api.eu-west-1.amazonaws.com"} | (headers or {})
    return {
        "resource": "/predict",
        "path": "/predict",
        "httpMethod": "POST",
        "headers": given,
        "multiValueHeaders": {name: [value] for name, value in given.items()},
        "queryStringParameters": None,
        "multiValueQueryStringParameters": None,
        "pathParameters": None,
        "stageVariables": None,
        "requestContext": {
            "accountId": ACCOUNT,
            "apiId": "abc123",
            "httpMethod": "POST",
            "identity": {"sourceIp": "203.0.113.7", "userAgent": "curl/8.5.0"},
            "path": "/prod/predict",
            "protocol": "HTTP/1.1",
            "requestId": "0f2431a2-6d2f-11e7-b75c-f1aaaab5a5c4",
            "requestTimeEpoch": 1795000000000,
            "resourceId": "xyz789",
            "resourcePath": "/predict",
            "stage": "prod",
        },
        "body": _text(body),
        "isBase64Encoded": is_base64,
        **more,
    }


def http_api(
    body: Any = REQUEST,
    *,
    headers: dict[str, str] | None = None,
    is_base64: bool = False,
    domain: str = "abc123.execute-api.eu-west-1.amazonaws.com",
) -> dict[str, Any]:
    """An HTTP API's proxy event, format 2.0. Without a body it has no `body`."""
    event: dict[str, Any] = {
        "version": "2.0",
        "routeKey": "POST /predict",
        "rawPath": "/predict",
        "rawQueryString": "",
        "headers": {"content-type": "application/json", "host": domain} | (headers or {}),
        "requestContext": {
            "accountId": ACCOUNT,
            "apiId": "abc123",
            "domainName": domain,
            "domainPrefix": domain.partition(".")[0],
            "http": {
                "method": "POST",
                "path": "/predict",
                "protocol": "HTTP/1.1",
                "sourceIp": "203.0.113.7",
                "userAgent": "curl/8.5.0",
            },
            "requestId": "JKJaXmPLvHcESHA=",
            "routeKey": "POST /predict",
            "stage": "$default",
            "time": "12/Nov/2026:19:03:58 +0000",
            "timeEpoch": 1795000000000,
        },
        "isBase64Encoded": is_base64,
    }
    return event if body is None else {**event, "body": _text(body)}


def function_url(body: Any = REQUEST, **more: Any) -> dict[str, Any]:
    """A function URL's event: an HTTP API's, from another domain."""
    return http_api(body, domain="abcdefghij0123456789.lambda-url.eu-west-1.on.aws", **more)


def load_balancer(
    body: Any = REQUEST, *, headers: dict[str, str] | None = None, is_base64: bool = False, multi_value: bool = False
) -> dict[str, Any]:
    """A load balancer's event, from a target group that hands single values of headers over, or lists of them."""
    given = {"content-type": "application/json", "host": "models.example.com", "user-agent": "curl/8.5.0"} | (
        headers or {}
    )
    target = f"arn:aws:elasticloadbalancing:eu-west-1:{ACCOUNT}:targetgroup/models/49e9d65c45c6791a"
    event: dict[str, Any] = {
        "requestContext": {"elb": {"targetGroupArn": target}},
        "httpMethod": "POST",
        "path": "/predict",
        "body": _text(body) or "",
        "isBase64Encoded": is_base64,
    }
    if multi_value:
        lists = {name: [value] for name, value in given.items()}
        return {**event, "multiValueHeaders": lists, "multiValueQueryStringParameters": {}}
    return {**event, "headers": given, "queryStringParameters": {}}


def queue(*bodies: Any, groups: tuple[str, ...] = ()) -> dict[str, Any]:
    """A batch of SQS's: messages ``m1``, ``m2`` and so on, of a FIFO queue when they have groups."""
    name = "requests.fifo" if groups else "requests"
    records = []
    for number, body in enumerate(bodies, start=1):
        attributes = {
            "ApproximateReceiveCount": "1",
            "SentTimestamp": "1795000000000",
            "SenderId": "AIDAIENQZJOLO23YVJ4VO",
            "ApproximateFirstReceiveTimestamp": "1795000000001",
        }
        if groups:
            attributes |= {"MessageGroupId": groups[number - 1], "SequenceNumber": str(number)}
        records.append(
            {
                "messageId": f"m{number}",
                "receiptHandle": f"receipt-{number}",
                "body": _text(body),
                "attributes": attributes,
                "messageAttributes": {},
                "md5OfBody": "0" * 32,
                "eventSource": "aws:sqs",
                "eventSourceARN": f"arn:aws:sqs:eu-west-1:{ACCOUNT}:{name}",
                "awsRegion": "eu-west-1",
            }
        )
    return {"Records": records}


def records_of(service: str, *, key: str = "eventSource") -> dict[str, Any]:
    """Records of a service that is no queue."""
    return {"Records": [{key: service, "awsRegion": "eu-west-1"}]}
