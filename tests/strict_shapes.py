"""A strict walk of a value over botocore's service model.

botocore's own ParamValidator checks types, required members and minima, and leaves enum, maximum and pattern to the
service. This walker checks them all, so that what AWS would answer with a ValidationException is found here. It is the
service's side in the local AWS, and the judge of the templates in the stack tests.

It needs botocore and `regex` alone: AWS writes its patterns in Java's dialect (``\\p{L}``, ``\\p{ASCII}``), which
the standard library's `re` does not read.
"""

import functools
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import botocore.session
import regex

Opaque = Callable[[object], bool]

# Java spells the supplementary planes as a range of surrogate pairs.
_SURROGATE_PAIRS = r"\uD800\uDC00-\uDBFF\uDFFF"
_SUPPLEMENTARY = r"\U00010000-\U0010FFFF"
_ENUM_VALUES_SHOWN = 12


def violations(service: str, shape_name: str, value: object, *, opaque: Opaque | None = None) -> list[str]:
    """List what the service would refuse in a value; an empty list means that it is accepted.

    Args:
        service: The botocore name of the service, such as ``sagemaker``.
        shape_name: The name of the shape, such as ``CreateModelInput``.
        value: The value as boto3 takes it or as it travels in JSON.
        opaque: Tells which values cannot be judged, such as a CloudFormation intrinsic; they pass every check.
    """
    shape = service_model(service).shape_for(shape_name)
    return list(_walk(shape, value, "", opaque or _nothing_is_opaque))


@functools.cache
def service_model(service: str) -> Any:
    """Return botocore's model of a service, loaded once."""
    return botocore.session.get_session().get_service_model(service)


@functools.cache
def compiled(pattern: str) -> Any:
    """Compile a pattern of the service model."""
    return regex.compile(pattern.replace(_SURROGATE_PAIRS, _SUPPLEMENTARY))


def _nothing_is_opaque(_value: object) -> bool:
    return False


def _walk(shape: Any, value: object, path: str, opaque: Opaque) -> Iterator[str]:
    if opaque(value) or getattr(shape, "is_document_type", False):
        return
    check = _CHECKS.get(shape.type_name)
    if check is not None:
        yield from check(shape, value, path, opaque)


def _refusal(value: object, path: str, rule: str) -> str:
    return f"Value '{value}' at '{path or '(root)'}' failed to satisfy constraint: {rule}"


def _structure(shape: Any, value: object, path: str, opaque: Opaque) -> Iterator[str]:
    if not isinstance(value, Mapping):
        yield _refusal(value, path, "Member must be a structure")
        return
    prefix = f"{path}." if path else ""
    for name in shape.required_members:
        if value.get(name) is None:
            yield _refusal("null", f"{prefix}{name}", "Member must not be null")
    given = {name: member for name, member in value.items() if member is not None}
    if getattr(shape, "is_tagged_union", False) and len(given) != 1:
        yield _refusal(sorted(given), path, "Exactly one member must be set")
    for name, member in given.items():
        if name not in shape.members:
            yield _refusal(member, f"{prefix}{name}", f"Member is unknown to {shape.name}")
        else:
            yield from _walk(shape.members[name], member, f"{prefix}{name}", opaque)


def _list(shape: Any, value: object, path: str, opaque: Opaque) -> Iterator[str]:
    if isinstance(value, str | bytes) or not isinstance(value, Sequence):
        yield _refusal(value, path, "Member must be a list")
        return
    yield from _length(shape, len(value), value, path)
    for number, item in enumerate(value, start=1):
        yield from _walk(shape.member, item, f"{path}.{number}.member", opaque)


def _map(shape: Any, value: object, path: str, opaque: Opaque) -> Iterator[str]:
    if not isinstance(value, Mapping):
        yield _refusal(value, path, "Member must be a map")
        return
    yield from _length(shape, len(value), value, path)
    for key, item in value.items():
        yield from _walk(shape.key, key, f"{path}.key", opaque)
        yield from _walk(shape.value, item, f"{path}.{key}", opaque)


def _string(shape: Any, value: object, path: str, _opaque: Opaque) -> Iterator[str]:
    if not isinstance(value, str):
        yield _refusal(value, path, "Member must be a string")
        return
    if shape.enum and value not in shape.enum:
        shown = ", ".join(shape.enum[:_ENUM_VALUES_SHOWN])
        more = f", ... {len(shape.enum)} in all" if len(shape.enum) > _ENUM_VALUES_SHOWN else ""
        yield _refusal(value, path, f"Member must satisfy enum value set: [{shown}{more}]")
    yield from _length(shape, len(value), value, path)
    pattern = shape.metadata.get("pattern")
    if pattern and not compiled(pattern).fullmatch(value):
        yield _refusal(value, path, f"Member must satisfy regular expression pattern: {pattern}")


def _blob(shape: Any, value: object, path: str, _opaque: Opaque) -> Iterator[str]:
    if isinstance(value, str | bytes | bytearray):
        yield from _length(shape, len(value), f"<{len(value)} bytes>", path)


def _integer(shape: Any, value: object, path: str, _opaque: Opaque) -> Iterator[str]:
    if isinstance(value, bool) or not isinstance(value, int):
        yield _refusal(value, path, "Member must be an integer")
        return
    yield from _range(shape, value, path)


def _number(shape: Any, value: object, path: str, _opaque: Opaque) -> Iterator[str]:
    if isinstance(value, bool) or not isinstance(value, int | float):
        yield _refusal(value, path, "Member must be a number")
        return
    yield from _range(shape, value, path)


def _boolean(_shape: Any, value: object, path: str, _opaque: Opaque) -> Iterator[str]:
    if not isinstance(value, bool):
        yield _refusal(value, path, "Member must be a boolean")


def _length(shape: Any, length: int, value: object, path: str) -> Iterator[str]:
    low, high = shape.metadata.get("min"), shape.metadata.get("max")
    if low is not None and length < low:
        yield _refusal(value, path, f"Member must have length greater than or equal to {low}")
    if high is not None and length > high:
        yield _refusal(value, path, f"Member must have length less than or equal to {high}")


def _range(shape: Any, value: float, path: str) -> Iterator[str]:
    low, high = shape.metadata.get("min"), shape.metadata.get("max")
    if low is not None and value < low:
        yield _refusal(value, path, f"Member must have value greater than or equal to {low}")
    if high is not None and value > high:
        yield _refusal(value, path, f"Member must have value less than or equal to {high}")


# Timestamps are left out: boto3, JSON and templates each write them differently.
_CHECKS: dict[str, Callable[[Any, object, str, Opaque], Iterator[str]]] = {
    "structure": _structure,
    "list": _list,
    "map": _map,
    "string": _string,
    "character": _string,
    "blob": _blob,
    "integer": _integer,
    "long": _integer,
    "float": _number,
    "double": _number,
    "boolean": _boolean,
}
