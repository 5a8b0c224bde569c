"""State machines of templates: their definitions are checked, and their logging is kept as the API has it."""

from collections.abc import Callable
from typing import Any

from tests.local_aws.server.stepfunctions import definitions, engine

_TYPE = "AWS::StepFunctions::StateMachine"


def install() -> None:
    """Put what ministack leaves out around its handlers. To be called before the registry's checks go around them."""
    handlers = engine.type_handlers[_TYPE]
    handlers["create"] = _completed(handlers["create"], position=1)
    handlers["update"] = _completed(handlers["update"], position=2)


def _completed(handler: Callable[..., Any], *, position: int) -> Callable[..., Any]:
    """Return a handler whose new properties, the argument at a position, are checked and completed first."""

    def completed(*arguments: Any, **more: Any) -> Any:
        properties: dict[str, Any] = arguments[position]
        kind = properties.get("StateMachineType", "STANDARD")
        wrong = definitions.problems(engine.definition_of(properties), kind)
        if wrong:
            raise ValueError(
                f'Resource handler returned message: "{definitions.message(wrong)} (Service: Sfn, Status Code: 400)"'
                " (HandlerErrorCode: InvalidRequest)"
            )
        if "LoggingConfiguration" in properties:
            properties = {**properties, "LoggingConfiguration": _lowered(properties["LoggingConfiguration"])}
        return handler(*arguments[:position], properties, *arguments[position + 1 :], **more)

    return completed


def _lowered(value: Any) -> Any:
    """Return a value of a template with the names that the API has for its members."""
    if isinstance(value, list):
        return [_lowered(each) for each in value]
    if isinstance(value, dict):
        return {name[:1].lower() + name[1:]: _lowered(each) for name, each in value.items()}
    return value == "true" if value in {"true", "false"} else value
