"""Everything private that the local AWS reaches into ministack for, in one place.

ministack is pinned exactly because of this module: when the pin moves, what breaks is here, at import.
"""

from collections.abc import Callable, MutableMapping
from typing import Any, TypeVar

from ministack.core.responses import get_account_id as _get_account_id
from ministack.core.responses import get_region as _get_region
from ministack.services import cloudcontrol as _cloudcontrol
from ministack.services.cloudformation import changesets as _changesets
from ministack.services.cloudformation import drift as _drift
from ministack.services.cloudformation import engine as _engine
from ministack.services.cloudformation import handlers as _handlers
from ministack.services.cloudformation import provisioners as _provisioners
from ministack.services.cloudformation import stacks as _stacks

T = TypeVar("T")

type_handlers: MutableMapping[str, dict[str, Any]] = _provisioners._RESOURCE_HANDLERS
"""Resource type -> its create, update and delete functions."""

replacing_properties: MutableMapping[str, tuple[str, ...]] = _provisioners._REPLACING_PROPERTIES
"""Resource type -> the properties whose change replaces the resource."""

custom_names: MutableMapping[str, dict[str, Any]] = _provisioners._CUSTOM_NAME_REPLACEMENT
"""Resource type -> the property that names it, because a named resource cannot be replaced."""

tag_properties: MutableMapping[str, tuple[str, str]] = _provisioners._STACK_TAG_PROPERTY
"""Resource type -> the property that takes the stack's tags and its shape, ``list`` or ``map``."""

drift_readers: MutableMapping[str, tuple[Callable[[str, dict[str, Any]], dict[str, Any] | None], frozenset[str]]] = (
    _drift._DRIFT_READERS
)
"""Resource type -> what reads its properties back, and which of them."""

cloud_control_records: MutableMapping[str, dict[str, Any]] = _cloudcontrol._resources
"""What the Cloud Control API knows, for the account and region of the request."""


def account() -> str:
    """Return the account of the request that is being served."""
    return str(_get_account_id())


def region() -> str:
    """Return the region of the request that is being served."""
    return str(_get_region())


def record_key(type_name: str, identifier: str) -> str:
    """Return the key under which Cloud Control keeps a resource."""
    return str(_cloudcontrol._resource_key(type_name, identifier))


def physical_name(stack_name: str, logical_id: str, max_length: int) -> str:
    """Return the name that CloudFormation would generate; a replacement gets another one."""
    return str(_provisioners._physical_name(stack_name, logical_id, max_len=max_length))


def create_under_new_name(create: Callable[[str, dict[str, Any], str], T], *arguments: Any) -> T:
    """Call ``create`` so that the names which it generates differ from those of its predecessor."""
    created: T = _provisioners._seeded_create(create, *arguments)
    return created


def tag_map(tags: Any) -> dict[str, str]:
    """Return tags of either shape as a plain mapping."""
    tags_by_key: dict[str, str] = _provisioners._tag_map(tags)
    return tags_by_key


def run_on_worker_thread(type_names: frozenset[str]) -> None:
    """Let the handlers of these types block, as those that wait for something do, without blocking the server."""
    known = _stacks._runs_on_worker_thread

    def blocks(type_name: str) -> bool:
        return type_name in type_names or bool(known(type_name))

    _stacks._runs_on_worker_thread = blocks


def revert_after_own_failure(type_names: frozenset[str]) -> None:
    """Send these types back to their previous properties even when it was their own update that failed.

    ministack assumes that a handler which raises has changed nothing. One that waits for a service has.
    """
    known = _stacks._sends_back_failed_update

    def sends_back(type_name: str) -> bool:
        return type_name in type_names or bool(known(type_name))

    _stacks._sends_back_failed_update = sends_back


def resolve_functions_in_conditions() -> None:
    """Let conditions compare what any function gives: ministack's own look at ``Ref`` and ``Fn::Select`` only.

    The bootstrap template joins its lists of accounts and policies inside its conditions.
    """
    known = _engine._evaluate_conditions

    def evaluate(template: dict[str, Any], parameters: dict[str, Any]) -> Any:
        mappings = template.get("Mappings", {})

        def resolved(node: Any) -> Any:
            if isinstance(node, list):
                return [resolved(item) for item in node]
            if not isinstance(node, dict):
                return node
            if node.keys() & {"Fn::Join", "Fn::Sub", "Fn::FindInMap", "Fn::Split", "Fn::Base64"}:
                return _engine._resolve_refs(node, {}, parameters, {}, mappings, "", "")
            return {key: resolved(value) for key, value in node.items()}

        conditions = {name: resolved(definition) for name, definition in template.get("Conditions", {}).items()}
        return known({**template, "Conditions": conditions}, parameters)

    for module in (_engine, _stacks, _handlers, _changesets):
        if hasattr(module, "_evaluate_conditions"):
            module._evaluate_conditions = evaluate
