"""The types that ministack has itself: checked against the registry, and with the attributes that it left out."""

from collections.abc import Callable
from typing import Any

from tests.local_aws.server.cloudformation import engine, validation
from tests.local_aws.server.cloudformation.provider import Created, Properties
from tests.local_aws.server.cloudformation.registry import ResourceType

Handler = Callable[..., Created]


def wrap(resource_type: ResourceType) -> None:
    """Put the checks around ministack's own handlers of a type."""
    handlers = engine.type_handlers[resource_type.name]
    if "create" in handlers:
        handlers["create"] = _checked(resource_type, handlers["create"], position=1)
    if "update" in handlers:
        handlers["update"] = _checked(resource_type, handlers["update"], position=2)


def _checked(resource_type: ResourceType, handler: Handler, *, position: int) -> Handler:
    """Return ``handler`` with its new properties, the argument at ``position``, checked first."""

    def checked(*arguments: Any) -> Created:
        properties: Properties = arguments[position]
        validation.check(resource_type, properties)
        physical_id, attributes = handler(*arguments)
        plain = {name: properties[name] for name in resource_type.attributes if name in properties}
        return physical_id, plain | (attributes or {})

    return checked
