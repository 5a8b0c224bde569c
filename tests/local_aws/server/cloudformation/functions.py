"""What ministack forgets of a Lambda function in a template."""

from collections.abc import Callable
from typing import Any

from ministack.services import lambda_svc

from tests.local_aws.server.cloudformation import engine
from tests.local_aws.server.cloudformation.provider import Created, Properties

FUNCTION = "AWS::Lambda::Function"


def install() -> None:
    """Let templates say whether a function may invoke itself for ever: ministack stops it after 16 times, as Lambda does."""
    handlers = engine.type_handlers[FUNCTION]
    handlers["create"] = _with_recursion(handlers["create"], position=1)
    handlers["update"] = _with_recursion(handlers["update"], position=2)


def _with_recursion(handler: Callable[..., Created], *, position: int) -> Callable[..., Created]:
    def handled(*arguments: Any) -> Created:
        properties: Properties = arguments[position]
        name, attributes = handler(*arguments)
        record = lambda_svc._functions.get(name)
        if record is not None:
            record["recursive_loop"] = properties.get("RecursiveLoop", "Terminate")
        return name, attributes

    return handled
