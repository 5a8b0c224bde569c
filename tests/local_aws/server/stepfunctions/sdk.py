"""Integrations by the SDK whose answers travel as XML: numbers are numbers, as the SDK for Java gives them."""

from collections.abc import Callable
from typing import Any

from tests.local_aws.server.stepfunctions import engine
from tests.local_aws.server.stepfunctions.engine import Document
from tests.strict_shapes import service_model

_NUMBERS: dict[str, Callable[[Any], Any]] = {"integer": int, "long": int, "float": float, "double": float}


def install() -> None:
    """Put the types into ministack."""
    ask: Callable[[Document, str, str, Document], Any] = engine.known["_dispatch_aws_sdk_rest_xml"]

    def typed(how: Document, service: str, action: str, parameters: Document) -> Any:
        answered = ask(how, service, action, parameters)
        shape = service_model(service).operation_model(action[:1].upper() + action[1:]).output_shape
        return answered if shape is None else _typed(shape, answered)

    engine.known["_dispatch_aws_sdk_rest_xml"] = typed


def _typed(shape: Any, value: Any) -> Any:
    if shape.type_name == "structure" and len(shape.members) == 1 and isinstance(value, str):
        # ministack takes an element with one member for that member, such as the one prefix of a listing.
        return {name: _typed(member, value) for name, member in shape.members.items()}
    if shape.type_name == "structure" and isinstance(value, dict):
        members = {name.lower(): member for name, member in shape.members.items()}
        return {
            name: _typed(members[name.lower()], each) if name.lower() in members else each
            for name, each in value.items()
        }
    if shape.type_name == "list" and isinstance(value, list):
        return [_typed(shape.member, each) for each in value]
    if shape.type_name in _NUMBERS and isinstance(value, str):
        return _NUMBERS[shape.type_name](value)
    return value
