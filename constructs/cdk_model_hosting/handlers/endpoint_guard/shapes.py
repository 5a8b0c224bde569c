"""Documents brought into the shapes of a service's API, by the API's own model.

CloudFormation hands every number and every boolean of a custom resource over as text; and what a service describes has
members that it takes from nobody.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from .failures import GuardError

_INTEGERS = frozenset({"integer", "long"})
_FLOATS = frozenset({"float", "double"})
_BOOLEANS = {"true": True, "false": False}


def input_shape(client: Any, operation: str) -> Any:
    """The shape of an operation's request.

    Args:
        client: A client of the service.
        operation: The operation's name in the API.
    """
    return client.meta.service_model.operation_model(operation).input_shape


def typed(value: Any, shape: Any, path: str) -> Any:
    """Turn text into the numbers and booleans that a shape asks for.

    Args:
        value: A document, or a part of one.
        shape: Its shape.
        path: Where it stands, for the message of an error.

    Raises:
        GuardError: When it has a member that the shape lacks, or is not what the shape asks for.
    """
    kind = shape.type_name
    try:
        if kind == "structure":
            return {name: typed(each, _member(shape, name, path), f"{path}.{name}") for name, each in value.items()}
        if kind == "list":
            return [typed(each, shape.member, f"{path}[{index}]") for index, each in enumerate(value)]
        if kind == "map":
            return {name: typed(each, shape.value, f"{path}.{name}") for name, each in value.items()}
        return _scalar(value, kind)
    except (ValueError, KeyError, AttributeError, TypeError) as error:
        raise GuardError(f"{path} must be a {kind}, got {value!r}: that is what the service's API takes") from error


def projected(value: Any, shape: Any) -> Any:
    """Keep what a request may carry of what was described, as plain JSON.

    Args:
        value: A document, or a part of one.
        shape: The shape of the request.
    """
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, Mapping) and shape.type_name == "structure":
        return {name: projected(each, shape.members[name]) for name, each in value.items() if name in shape.members}
    if isinstance(value, list):
        return [projected(each, shape.member) for each in value]
    return value


def _member(shape: Any, name: str, path: str) -> Any:
    if name not in shape.members:
        raise GuardError(f"{path} must not have {name!r}: {shape.name} of the service's API has no such member")
    return shape.members[name]


def _scalar(value: Any, kind: str) -> Any:
    if kind in _INTEGERS:
        return int(value)
    if kind in _FLOATS:
        return float(value)
    if kind == "boolean":
        return value if isinstance(value, bool) else _BOOLEANS[value.lower()]
    return value
