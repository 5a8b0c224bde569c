"""What the providers that hand on to an emulated service have in common."""

from collections.abc import Callable
from typing import Any

from tests.local_aws.server.cloudformation import engine, validation
from tests.local_aws.server.cloudformation.provider import Properties, Provider
from tests.local_aws.server.sagemaker.errors import ServiceError

Operation = Callable[[dict[str, Any]], dict[str, Any]]


class HandlerError(RuntimeError):
    """A refusal by the service, in the form in which CloudFormation reports it."""


class DelegatingProvider(Provider):
    """A provider whose resources live in an emulated service."""

    service_name: str

    def call(self, operation: Operation, request: dict[str, Any]) -> dict[str, Any]:
        """Call the service; what it refuses fails the deployment in its words."""
        try:
            return operation({key: value for key, value in request.items() if value is not None})
        except ServiceError as error:
            raise HandlerError(
                f'Resource handler returned message: "{error.message} (Service: {self.service_name}, '
                f'Status Code: {error.status})" (HandlerErrorCode: {error.code})'
            ) from error

    def checked(self, properties: Properties) -> Properties:
        """Return the properties as the service gets them, or raise when the schema does not allow them."""
        validation.check(self.resource_type, properties)
        return validation.coerced(self.resource_type, properties)


def put_back(given: Any, found: Any, paths: frozenset[str]) -> Any:
    """Return ``found`` with what stands at ``paths`` of ``given``, which the service never gives back."""
    return _put_back(given, found, [path.split("/") for path in paths])


def tag_changes(old: Properties, new: Properties) -> tuple[dict[str, str], list[str]]:
    """Return the tags to set and the keys to take away, of the property ``Tags``."""
    before, after = engine.tag_map(old.get("Tags")), engine.tag_map(new.get("Tags"))
    changed = {key: value for key, value in after.items() if before.get(key) != value}
    return changed, sorted(before.keys() - after.keys())


def tag_list(tags: dict[str, str]) -> list[dict[str, str]]:
    """Return tags in the shape of a template."""
    return [{"Key": key, "Value": value} for key, value in tags.items()]


def as_given(given: Any, found: Any) -> Any:
    """Return ``found`` without what the service added to it, such as the defaults of what was not given."""
    if isinstance(given, dict) and isinstance(found, dict):
        return {key: as_given(given[key], value) for key, value in found.items() if key in given}
    if isinstance(given, list) and isinstance(found, list) and len(given) == len(found):
        return [as_given(*pair) for pair in zip(given, found, strict=True)]
    return found


def _put_back(given: Any, found: Any, paths: list[list[str]]) -> Any:
    if isinstance(given, list) and isinstance(found, list) and len(given) == len(found):
        below = [steps[1:] for steps in paths if steps[0] == "*"]
        return [_put_back(*pair, below) for pair in zip(given, found, strict=True)] if below else found
    if not isinstance(given, dict) or not isinstance(found, dict):
        return found
    result = dict(found)
    for key in {steps[0] for steps in paths} & set(given):
        below = [steps[1:] for steps in paths if steps[0] == key and len(steps) > 1]
        result[key] = _put_back(given[key], found.get(key, {}), below) if below and key in found else given[key]
    return result
