"""What plays a resource type, and how it is made known to ministack."""

from abc import ABC, abstractmethod
from typing import Any

from tests.local_aws.server.cloudformation import engine
from tests.local_aws.server.cloudformation.registry import ResourceType

Properties = dict[str, Any]
Created = tuple[str, dict[str, Any]]
"""The physical ID, which ``Ref`` gives, and the attributes, which ``Fn::GetAtt`` gives."""


class Provider(ABC):
    """Creates, updates, deletes and reads the resources of one type.

    Args:
        resource_type: The type as the registry describes it.
    """

    def __init__(self, resource_type: ResourceType) -> None:
        self.resource_type = resource_type

    @abstractmethod
    def create(self, logical_id: str, properties: Properties, stack_name: str) -> Created:
        """Create a resource; whatever it raises fails the deployment with that sentence."""

    @abstractmethod
    def update(self, physical_id: str, old: Properties, new: Properties, stack_name: str, logical_id: str) -> Created:
        """Change a resource; another physical ID than before tells CloudFormation that it was replaced."""

    @abstractmethod
    def delete(self, physical_id: str, properties: Properties) -> None:
        """Delete a resource; one that is gone already counts as deleted."""

    @abstractmethod
    def read(self, physical_id: str, properties: Properties) -> Properties | None:
        """Return the properties as they are now, or None when the resource is gone: drift detection asks this."""

    def register(self) -> None:
        """Make the type known to ministack's CloudFormation."""
        name = self.resource_type.name
        engine.type_handlers[name] = {
            "create": self.create,
            "update": self.update,
            "update_with_logical_id": True,
            "delete": self.delete,
        }
        engine.replacing_properties[name] = tuple(path for path in self.resource_type.create_only if "/" not in path)
        if self.resource_type.name_property is not None:
            engine.custom_names[name] = {"name": self.resource_type.name_property}
        if self.resource_type.tag_property is not None:
            engine.tag_properties[name] = self.resource_type.tag_property
        compared = set(self.resource_type.schema["properties"])
        compared -= self.resource_type.read_only | self.resource_type.write_only
        engine.drift_readers[name] = (self.read, frozenset(compared))
