"""Functions by their names."""

from collections.abc import Callable
from importlib import import_module
from inspect import iscoroutinefunction
from typing import Any

from .failures import StartError


def resolve(reference: str, variable: str) -> Callable[..., Any]:
    """Find a function of the user's.

    Args:
        reference: ``module:function``.
        variable: The environment variable that names it.

    Raises:
        StartError: When the module cannot be imported, or has no such function.
    """
    module_name, _, name = reference.partition(":")
    try:
        module = import_module(module_name)
    except Exception as error:
        raise StartError(
            f"{variable} must name a module that can be imported, got {reference!r}: {type(error).__name__}: {error}"
        ) from error
    found = getattr(module, name, None)
    if not callable(found):
        raise StartError(f"{variable} must name a function, got {reference!r}: {module_name} has none of this name")
    if iscoroutinefunction(found):
        raise StartError(
            f"{variable} must name a plain function, got the coroutine {reference!r}: nobody would await it"
        )
    resolved: Callable[..., Any] = found
    return resolved
