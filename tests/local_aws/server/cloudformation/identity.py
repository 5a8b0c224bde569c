"""What a service gives a resource when it is created: its name, its identifiers, its read-only properties."""

import re
import uuid
from collections.abc import Iterator
from typing import Any

from cfnlint.jsonschema import StandardValidator

from tests.local_aws.server.cloudformation import engine
from tests.local_aws.server.cloudformation.registry import ResourceType, Schema

LONGEST_NAME = 63
"""As long as a SageMaker name may be, and a DNS label."""


def named(resource_type: ResourceType, model: dict[str, Any], logical_id: str, stack_name: str) -> dict[str, Any]:
    """Return ``model`` with a generated name where the user gave none."""
    wanted = {path for path in resource_type.primary_identifier if path not in resource_type.read_only}
    if resource_type.name_property is not None:
        wanted.add(resource_type.name_property)
    generated = {
        path: generated_name(resource_type.subschema(path), logical_id, stack_name)
        for path in wanted
        if "/" not in path and path not in model and resource_type.subschema(path).get("type") == "string"
    }
    return model | generated


def generated_name(schema: Schema, logical_id: str, stack_name: str) -> str:
    """Return ``<stack>-<logical id>-<random>`` in the first spelling that the schema of the name allows."""
    longest = min(schema.get("maxLength", LONGEST_NAME), LONGEST_NAME)
    name = engine.physical_name(stack_name, logical_id, longest)
    spellings = (name, name.lower(), re.sub(r"\W", "_", name), re.sub(r"\W", "", name).lower())
    validator = StandardValidator(schema=schema)
    return next((spelling for spelling in spellings if validator.is_valid(spelling)), name)


def with_read_only(resource_type: ResourceType, model: dict[str, Any]) -> dict[str, Any]:
    """Return ``model`` with a value for every read-only property that has none yet."""
    known = model.get(resource_type.name_property) if resource_type.name_property else None
    identity = str(known) if known is not None else f"a{uuid.uuid4().hex[:16]}"
    for path in sorted(resource_type.read_only):
        if "*" not in path:
            _fill(model, path, _invented(resource_type, model, path, identity))
    return model


def primary_identifier(resource_type: ResourceType, model: dict[str, Any]) -> str:
    """Return what ``Ref`` gives: the parts of the primary identifier, joined by ``|``."""
    return "|".join(str(part) for part in _identifying(resource_type, model))


def arn(resource_type: ResourceType, identity: str) -> str:
    """Return an ARN of the usual form."""
    kind = re.sub(r"(?<!^)(?=[A-Z])", "-", resource_type.kind).lower()
    return f"arn:aws:{resource_type.service.lower()}:{engine.region()}:{engine.account()}:{kind}/{identity}"


def _identifying(resource_type: ResourceType, model: dict[str, Any]) -> Iterator[Any]:
    for path in resource_type.primary_identifier:
        node: Any = model
        for step in path.split("/"):
            node = node.get(step, "") if isinstance(node, dict) else ""
        yield node


def _fill(model: dict[str, Any], path: str, value: Any) -> None:
    *parents, last = path.split("/")
    node: Any = model
    for step in parents:
        node = node.setdefault(step, {}) if isinstance(node, dict) else None
    if isinstance(node, dict):
        node.setdefault(last, value)


def _invented(resource_type: ResourceType, model: dict[str, Any], path: str, identity: str) -> Any:
    """Return a value of the right type: what the model says already, an ARN, the first of an enum, a zero, or an ID."""
    schema = resource_type.subschema(path)
    if "enum" in schema:
        return schema["enum"][0]
    zeros = {"integer": schema.get("minimum", 0), "number": 0.0, "boolean": False, "array": [], "object": {}}
    wanted = schema.get("type", "string")
    if isinstance(wanted, str) and wanted in zeros:
        return zeros[wanted]
    if path.lower().endswith("arn"):
        return arn(resource_type, identity)
    same = model.get(f"{resource_type.kind}{path}")
    if isinstance(same, str):
        # The domain's read-only Name is the DomainName that it was created with.
        return same
    if path in {"Owner", "AccountId", "OwnerId"}:
        return engine.account()
    return _opaque(schema, identity if path in resource_type.primary_identifier else None)


def _opaque(schema: Schema, identity: str | None) -> str:
    """Return an identifier in the first spelling that the schema allows."""
    random = uuid.uuid4()
    # An identifier never begins with a digit here: many a pattern of a property that refers to it forbids that.
    plain = f"a{random.hex[:16]}"
    spellings = (
        plain,
        str(random),
        plain.upper(),
        str(random.int)[:12],
        f"https://{plain}.example.com",
        f"{plain}-{plain}",
    )
    candidates = spellings if identity is None else (identity, *spellings)
    validator = StandardValidator(schema=schema)
    return next((spelling for spelling in candidates if validator.is_valid(spelling)), candidates[0])
