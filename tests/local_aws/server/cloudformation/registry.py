"""What the CloudFormation registry says about a resource type, read from the schemas that ship in cfn-lint."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from cfnlint.schema import PROVIDER_SCHEMA_MANAGER

SCHEMA_REGION = "us-east-1"
"""The region whose schemas count for every region: the differences are not ours to play."""

Schema = dict[str, Any]


@dataclass(frozen=True, eq=False)
class ResourceType:
    """One type of the registry.

    Args:
        name: The type's name, such as ``AWS::SageMaker::Model``.
        schema: Its registry schema.
        attributes: The names that ``Fn::GetAtt`` takes.
    """

    name: str
    schema: Schema
    attributes: tuple[str, ...]

    @property
    def service(self) -> str:
        """The middle part of the type's name."""
        return self.name.split("::")[1]

    @property
    def kind(self) -> str:
        """The last part of the type's name."""
        return self.name.split("::")[-1]

    @cached_property
    def read_only(self) -> frozenset[str]:
        """The paths of what only the service sets, such as ``Arn`` or ``Endpoint/Address``."""
        return self._paths("readOnlyProperties")

    @cached_property
    def write_only(self) -> frozenset[str]:
        """The paths of what the service never gives back."""
        return self._paths("writeOnlyProperties")

    @cached_property
    def create_only(self) -> frozenset[str]:
        """The paths of what cannot change without a replacement."""
        return self._paths("createOnlyProperties")

    @cached_property
    def primary_identifier(self) -> tuple[str, ...]:
        """The paths of what identifies a resource, in the order in which ``Ref`` joins them."""
        return tuple(_path(pointer) for pointer in self.schema.get("primaryIdentifier", ()))

    @cached_property
    def name_property(self) -> str | None:
        """The property that a user may set to name the resource, or None."""
        for candidate in (f"{self.kind}Name", "Name"):
            if candidate in self.schema["properties"] and candidate not in self.read_only:
                return candidate
        return None

    @cached_property
    def tag_property(self) -> tuple[str, str] | None:
        """The property that takes tags and its shape, ``list`` or ``map``, or None."""
        tagging = self.schema.get("tagging", {})
        name = _path(tagging.get("tagProperty", "/properties/Tags"))
        if not tagging.get("taggable", True) or not tagging.get("tagOnCreate", True):
            return None
        if name not in self.schema["properties"] or name in self.read_only:
            return None
        shape = self.subschema(name).get("type")
        return (name, "map" if shape == "object" else "list")

    def subschema(self, path: str) -> Schema:
        """Return the schema of the property at ``path``; empty when it has none of its own."""
        node = self.schema
        for step in path.split("/"):
            node = self.resolve(node)
            node = node.get("items", {}) if step == "*" else node.get("properties", {}).get(step, {})
        return self.resolve(node)

    def resolve(self, node: Schema) -> Schema:
        """Return the definition that ``node`` refers to, or ``node`` itself."""
        while "$ref" in node:
            target = self.schema
            for step in node["$ref"].removeprefix("#/").split("/"):
                target = target[step]
            node = target
        return node

    def _paths(self, key: str) -> frozenset[str]:
        return frozenset(_path(pointer) for pointer in self.schema.get(key, ()))


def resource_types() -> Iterator[ResourceType]:
    """Yield every type of the registry."""
    for name in PROVIDER_SCHEMA_MANAGER.get_resource_types(SCHEMA_REGION):
        yield resource_type(name)


def resource_type(name: str) -> ResourceType:
    """Return the type called ``name``."""
    found = PROVIDER_SCHEMA_MANAGER.get_resource_schema(SCHEMA_REGION, name)
    return ResourceType(name=name, schema=found.schema, attributes=tuple(found.get_atts))


def value_at(model: Any, path: str) -> Any:
    """Return what stands at ``path`` (steps joined by ``/`` or ``.``), or None."""
    for step in path.replace(".", "/").split("/"):
        if not isinstance(model, dict):
            return None
        model = model.get(step)
    return model


def without(model: dict[str, Any], paths: frozenset[str]) -> dict[str, Any]:
    """Return a copy of ``model`` without what stands at ``paths``, which may pass through lists by ``*``."""
    copied: dict[str, Any] = _pruned(model, [path.split("/") for path in paths])
    return copied


def _pruned(node: Any, paths: list[list[str]]) -> Any:
    if isinstance(node, list):
        return [_pruned(item, [steps[1:] for steps in paths if steps and steps[0] == "*"]) for item in node]
    if not isinstance(node, dict):
        return node
    dropped = {steps[0] for steps in paths if len(steps) == 1}
    return {
        key: _pruned(value, [steps[1:] for steps in paths if len(steps) > 1 and steps[0] == key])
        for key, value in node.items()
        if key not in dropped
    }


def _path(pointer: str) -> str:
    return pointer.removeprefix("/properties/")
