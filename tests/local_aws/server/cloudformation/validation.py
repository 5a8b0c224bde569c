"""Resolved properties against the registry schema: what CloudFormation refuses before it calls a service."""

import logging
from typing import Any

from cfnlint.jsonschema import CfnTemplateValidator

from tests.local_aws.server.cloudformation.registry import ResourceType, Schema, value_at

logger = logging.getLogger("local_aws.validation")

LONGEST_MESSAGE = 200
"""An enum of 277 instance types helps nobody in an error message."""

FALSE_POSITIVES: dict[tuple[str, str], str] = {}
"""(Resource type, path of the property without list positions) -> why a finding there is not one."""


class InvalidPropertiesError(ValueError):
    """Properties that the registry schema does not allow."""


def check(resource_type: ResourceType, properties: dict[str, Any]) -> None:
    """Raise InvalidPropertiesError when ``properties`` break the schema of their type.

    Args:
        resource_type: The type.
        properties: The properties with every reference resolved, as a service would get them.
    """
    findings = _findings(resource_type, without_system_tags(resource_type, properties))
    if findings:
        raise InvalidPropertiesError(f"Properties validation failed: {'; '.join(sorted(findings))}")


def without_system_tags(resource_type: ResourceType, properties: dict[str, Any]) -> dict[str, Any]:
    """Return the properties without the ``aws:`` tags that CloudFormation itself adds and no schema allows."""
    if resource_type.tag_property is None:
        return properties
    name, shape = resource_type.tag_property
    tags = properties.get(name)
    if shape == "map" and isinstance(tags, dict):
        kept: Any = {key: value for key, value in tags.items() if not str(key).startswith("aws:")}
    elif shape == "list" and isinstance(tags, list):
        kept = [tag for tag in tags if not (isinstance(tag, dict) and str(tag.get("Key", "")).startswith("aws:"))]
    else:
        return properties
    rest = {key: value for key, value in properties.items() if key != name}
    return {**rest, name: kept} if kept else rest


def coerced(resource_type: ResourceType, properties: dict[str, Any]) -> dict[str, Any]:
    """Return the properties with scalars in the types of the schema, as CloudFormation hands them to a service.

    A parameter of type Number is a string in the template, yet a service gets a number.
    """
    result: dict[str, Any] = _coerce(resource_type, resource_type.schema, properties)
    return result


def _findings(resource_type: ResourceType, properties: dict[str, Any]) -> list[str]:
    validator = CfnTemplateValidator(schema=resource_type.schema)
    # CloudFormation takes "1" for a number and "true" for a boolean.
    validator = validator.evolve(context=validator.context.evolve(strict_types=False))
    findings = [
        f"{path}: {value_at(properties, path)!r} is set by the service and cannot be given"
        for path in resource_type.read_only
        if "*" not in path and value_at(properties, path) is not None
    ]
    for error in validator.iter_errors(properties):
        place = "/".join(str(step) for step in error.path if not isinstance(step, int))
        if (resource_type.name, place) in FALSE_POSITIVES:
            continue
        if error.message.startswith("Exception "):
            # A few patterns of the registry are not regular expressions.
            logger.warning("%s %s could not be checked: %s", resource_type.name, place, error.message)
            continue
        findings.append(f"#/{'/'.join(map(str, error.path))}: {_shortened(error.message)}")
    return findings


def _shortened(message: str) -> str:
    return message if len(message) <= LONGEST_MESSAGE else f"{message[:LONGEST_MESSAGE]}..."


def _coerce(resource_type: ResourceType, schema: Schema, value: Any) -> Any:
    schema = resource_type.resolve(schema)
    if isinstance(value, dict):
        properties = schema.get("properties", {})
        others: Schema = next(iter(schema.get("patternProperties", {}).values()), {})
        return {key: _coerce(resource_type, properties.get(key, others), item) for key, item in value.items()}
    if isinstance(value, list):
        items = schema.get("items", {})
        return [_coerce(resource_type, items if isinstance(items, dict) else {}, item) for item in value]
    return _coerce_scalar(schema.get("type"), value)


def _coerce_scalar(wanted: Any, value: Any) -> Any:
    if isinstance(value, str):
        if wanted == "integer":
            return int(value)
        if wanted == "number":
            return float(value)
        if wanted == "boolean":
            return value.lower() == "true"
    elif wanted == "string" and isinstance(value, bool):
        return str(value).lower()
    elif wanted == "string" and isinstance(value, int | float):
        return str(value)
    return value
