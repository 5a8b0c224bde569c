"""What makes a model of its files.

A loader is a function with one parameter, the path of the model's file or folder, that returns whatever the user's `predict` is to
get as its model::

    def load(path):
        return lightgbm.Booster(model_file=path / "model.txt")

It is called once, when the environment is made, and should raise when the model is broken. A function names its loader by
``module:function``, or, when a package offers it to all, by an entry point::

    [project.entry-points."cdk_model_hosting.loaders"]
    lightgbm = "my_loaders.boosters:load"
"""

from pathlib import Path
from typing import Any, Protocol

from .contract import DEFAULT_LOADER, LOADER_GROUP, Variable
from .failures import StartError
from .references import resolve


class Loader(Protocol):
    """Makes a model of its files."""

    def __call__(self, path: Path, /) -> Any:
        """Load a model.

        Args:
            path: The model's file or folder.

        Returns:
            What the user's function gets as its model.
        """


def find(name: str) -> Loader:
    """Find a loader.

    Args:
        name: ``onnx``, the name of an entry point, or ``module:function``.

    Raises:
        StartError: When there is none, or it cannot be imported.
    """
    if name == DEFAULT_LOADER:
        return _default()
    return resolve(name, Variable.LOADER) if ":" in name else _offered(name)


def load(loader: Loader, name: str, path: Path) -> Any:
    """Load a model.

    Args:
        loader: The loader.
        name: Its name.
        path: The model's file or folder.

    Raises:
        StartError: When it cannot.
    """
    try:
        return loader(path)
    except StartError:
        raise
    except MemoryError as error:
        raise StartError(
            f"the model {path} must fit into the function's memory, which it does not: raise it"
        ) from error
    # Every library has errors of its own.
    except Exception as error:
        raise StartError(f"the model {path} cannot be loaded by {name}: {type(error).__name__}: {error}") from error


def _default() -> Loader:
    try:
        from .onnx_loader import load as onnx  # noqa: PLC0415 - other loaders need no onnxruntime
    except ImportError as error:
        raise StartError(
            f"{Variable.LOADER} must name a loader that can be imported, got {DEFAULT_LOADER!r}: {error}: the function's "
            "requirements must have onnxruntime, for its own architecture and Python"
        ) from error
    return onnx


def _offered(name: str) -> Loader:
    from importlib.metadata import entry_points  # noqa: PLC0415 - it takes a fifth of the time of onnxruntime

    offered = {each.name: each for each in entry_points(group=LOADER_GROUP)}
    if name not in offered:
        known = ", ".join(sorted({DEFAULT_LOADER, *offered}))
        raise StartError(
            f"{Variable.LOADER} must be module:function or one of {known}, got {name!r}: no package of the function offers it "
            f"as an entry point of {LOADER_GROUP}"
        )
    try:
        loader: Loader = offered[name].load()
    except Exception as error:
        raise StartError(
            f"{Variable.LOADER} must name a loader that can be imported, got {name!r}: {type(error).__name__}: {error}"
        ) from error
    return loader
