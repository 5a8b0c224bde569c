"""Whether the policy of a function lets a front call it: the only permissions that the local AWS looks at.

See: https://docs.aws.amazon.com/lambda/latest/dg/urls-auth.html
https://docs.aws.amazon.com/lambda/latest/dg/access-control-resource-based.html
"""

import fnmatch
from collections.abc import Iterator
from typing import Any

from ministack.services import lambda_svc

from tests.local_aws.server.sagemaker import cloud

Document = dict[str, Any]

_GATEWAY = "apigateway.amazonaws.com"
_BY_URL = "lambda:InvokeFunctionUrl"
_INVOKE = "lambda:InvokeFunction"


def anybody_may_ask(account: str, region: str, function: str, qualifier: str | None) -> bool:
    """Tell whether anybody may ask over a function URL: who asks over it also invokes the function, and needs both."""
    record = lambda_svc._functions.get_scoped(account, region, function)
    actions = {
        statement["Action"]
        for statement in _statements(record, qualifier)
        if statement.get("Principal") in ("*", {"AWS": "*"}) and _fits_url(statement)
    }
    return {_BY_URL, _INVOKE} <= actions


def asked(api_id: str, stage: str, method: str, route_key: str) -> str:
    """Return the ARN of what a request asks of an HTTP API."""
    _, _, route = route_key.partition(" ")
    return cloud.arn("execute-api", f"{api_id}/{stage}/{method}{route}" if route else f"{api_id}/{stage}/{route_key}")


def api_may_ask(function: str, arn: str) -> bool:
    """Tell whether the policy of a function lets an HTTP API call it for something that is asked."""
    name, qualifier = lambda_svc._resolve_name_and_qualifier(function)
    return any(
        statement.get("Principal") == {"Service": _GATEWAY}
        and statement["Action"] in {_INVOKE, "lambda:*"}
        and _fits_source(statement, arn)
        for statement in _statements(lambda_svc._functions.get(name), qualifier)
    )


def _statements(record: Document | None, qualifier: str | None) -> Iterator[Document]:
    for statement in ((record or {}).get("policy") or {}).get("Statement", ()):
        _, _, of = statement["Resource"].split(":function:")[1].partition(":")
        if of == (qualifier or ""):
            yield statement


def _fits_url(statement: Document) -> bool:
    condition = statement.get("Condition") or {}
    kind = condition.get("StringEquals", {}).get("lambda:FunctionUrlAuthType", "NONE")
    return bool(kind == "NONE" and not set(condition) - {"StringEquals", "Bool"})


def _fits_source(statement: Document, arn: str) -> bool:
    condition = statement.get("Condition") or {}
    pattern = condition.get("ArnLike", {}).get("AWS:SourceArn", "*")
    account = condition.get("StringEquals", {}).get("AWS:SourceAccount", cloud.account())
    return account == cloud.account() and fnmatch.fnmatchcase(arn, pattern)
