"""Limits of what is in front of a function: HTTP APIs, web pages, queues."""

from cdk_model_hosting.limits.kinds import Limit, TextLimit

_READ = "2026-11-21"
_HTTP_API = "https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-quotas.html"
_THROTTLING = "https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-throttling.html"
_JWT = "https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-jwt-authorizer.html"
_CORS = "https://docs.aws.amazon.com/lambda/latest/api/API_Cors.html"
_SOURCE = "https://docs.aws.amazon.com/lambda/latest/api/API_CreateEventSourceMapping.html"
_QUEUE = (
    "https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-configure-dead-letter-queue.html"
)

QUEUE_VISIBILITY_FACTOR = 6
"""How many times the function's time a message stays hidden, so that it can wait for an environment.

https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-configure.html
"""

HTTP_API_SECONDS = Limit(
    name="time for one request over an HTTP API",
    low=1,
    high=30,
    unit="seconds",
    why="API Gateway waits no longer, so the caller would be told of a failure while the function goes on and is paid for",
    source=_HTTP_API,
    read=_READ,
)
HTTP_API_RATE = Limit(
    name="requests a second over an HTTP API",
    low=0,
    high=None,
    unit="requests a second",
    integer=False,
    above_low=True,
    why="none would be let through",
    source=_THROTTLING,
    read=_READ,
)
HTTP_API_BURST = Limit(
    name="requests at once over an HTTP API",
    low=1,
    high=None,
    unit="requests",
    why="none would be let through",
    source=_THROTTLING,
    read=_READ,
)
JWT_AUDIENCES = Limit(
    name="audiences of an HTTP API's tokens",
    low=1,
    high=50,
    unit="audiences",
    why="API Gateway compares a token with no more, and with none it takes every token of the issuer",
    source=_HTTP_API,
    read=_READ,
)
JWT_SCOPES = Limit(
    name="scopes of an HTTP API's tokens",
    low=0,
    high=10,
    unit="scopes",
    why="a route has no more",
    source=_HTTP_API,
    read=_READ,
)
JWT_ISSUER = TextLimit(
    name="issuer of an HTTP API's tokens",
    low=9,
    high=2048,
    pattern=r"https://[^\s/?#]+\S*",
    shape="an address such as https://login.example.com/",
    why="API Gateway asks it for its keys",
    source=_JWT,
    read=_READ,
)
JWT_SCOPE = TextLimit(
    name="scope of an HTTP API's tokens",
    low=1,
    high=64,
    pattern=r"[!#-\[\]-~]+",
    shape="without blanks, quotes and backslashes",
    why="a token has them in one text, with blanks between them",
    source="https://docs.aws.amazon.com/apigatewayv2/latest/api-reference/apis-apiid-routes.html",
    read=_READ,
)
CORS_HEADER = TextLimit(
    name="header that web pages may send",
    low=1,
    high=1024,
    pattern=r"[A-Za-z0-9!#$%&'*+.^_`|~-]+",
    shape="letters, digits, hyphens and the like",
    why="no header has another name",
    source=_CORS,
    read=_READ,
)
CORS_ORIGINS = Limit(
    name="origins of web pages that may ask",
    low=1,
    high=100,
    unit="origins",
    why="a function's address knows no more",
    source=_CORS,
    read=_READ,
)
CORS_HEADERS = Limit(
    name="headers that web pages may send",
    low=1,
    high=100,
    unit="headers",
    why="a function's address knows no more",
    source=_CORS,
    read=_READ,
)
CORS_SECONDS = Limit(
    name="time that browsers remember which pages may ask",
    low=0,
    high=86_400,
    unit="seconds",
    why="a day is the longest",
    source=_CORS,
    read=_READ,
)
QUEUE_BATCH = Limit(
    name="messages that are handed over at once",
    low=1,
    high=10_000,
    unit="messages",
    why="Lambda hands over no more",
    source=_SOURCE,
    read=_READ,
)
QUEUE_BATCH_AT_ONCE = Limit(
    name="messages that are handed over at once, without a window or from a FIFO queue",
    low=1,
    high=10,
    unit="messages",
    why="Lambda collects more only while it waits, and never of a FIFO queue",
    source=_SOURCE,
    read=_READ,
)
QUEUE_WINDOW_SECONDS = Limit(
    name="wait for a batch of messages to fill",
    low=0,
    high=300,
    unit="seconds",
    why="Lambda waits no longer",
    source=_SOURCE,
    read=_READ,
)
QUEUE_CONCURRENCY = Limit(
    name="batches of messages that are worked on at the same time",
    low=2,
    high=1000,
    unit="batches",
    why="Lambda holds a queue back to no fewer, and to no more",
    source="https://docs.aws.amazon.com/lambda/latest/api/API_ScalingConfig.html",
    read=_READ,
)
QUEUE_TRIES = Limit(
    name="times that a message comes before it is a dead letter",
    low=1,
    high=1000,
    unit="times",
    why="SQS counts no further",
    source=_QUEUE,
    read=_READ,
)
