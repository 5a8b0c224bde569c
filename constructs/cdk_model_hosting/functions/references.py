"""Functions that are asked for by their names, looked for at synthesis in what the user wrote, of which nothing is run."""

from __future__ import annotations

import ast
import re
import sys
import warnings
from dataclasses import dataclass
from difflib import get_close_matches
from typing import TYPE_CHECKING

from cdk_model_hosting.errors import ConfigurationError
from cdk_model_hosting.functions.bindings import Bindings
from cdk_model_hosting.handlers.model_function.contract import PACKAGE

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping
    from pathlib import Path

# What Python imports a module from, after its path: a text, or what was compiled, for a platform or for all.
_MODULE = re.compile(r"(/__init__)?(\.py|\.pyc|(\.[\w-]+)?\.so)")
_COMPILED = (".pyc", ".so")
_WIDENS = re.compile(
    rb"\bsys\s*\.\s*(path|meta_path|path_hooks|modules)\b|\bsys\s+as\b|\bfrom\s+sys\s+import\b|\baddsitedir\b|\b__path__\b"
)
_HERE = sys.version_info[:2]
# Lambda's Python brings its SDK.
_ALWAYS_THERE = sys.stdlib_module_names | {PACKAGE, "boto3", "botocore"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Reference:
    """A function by its name.

    Args:
        what: The argument as the user typed it.
        text: ``module:function``.
        takes: What it is called with.
    """

    what: str
    text: str
    takes: tuple[str, ...]

    @property
    def name(self) -> str:
        """The function's name in its module."""
        return self.text.partition(":")[2]

    @property
    def path(self) -> str:
        """Where its module is, but for the suffix."""
        return self.text.partition(":")[0].replace(".", "/")

    def is_among(self, files: Collection[str]) -> bool:
        """Whether its module is there.

        Args:
            files: The names of all files.
        """
        if self.path.partition("/")[0] in _ALWAYS_THERE:
            return True
        return any(each.startswith(self.path) and _MODULE.fullmatch(each, len(self.path)) for each in files)

    def missing(self, place: str) -> ConfigurationError:
        """What is said when its module is not there.

        Args:
            place: Where it was looked for, in words.
        """
        return ConfigurationError(
            f"{self.what} must name a module of {place}, got {self.text!r}: there is no {self.path}.py"
        )

    def check(self, files: Mapping[str, Path], python: str) -> None:
        """Refuse what cannot be called, as far as the text of its module says so.

        Args:
            files: Files by their names.
            python: The Python that is to run it.

        Raises:
            ConfigurationError: When its module is no Python, or has nothing of this name, or the function cannot be called.
        """
        # A package hides a module of the same name.
        source = next((each for each in (f"{self.path}/__init__.py", f"{self.path}.py") if each in files), None)
        module = None if source is None else self._parsed(source, files[source], python)
        if module is None:
            return
        found = Bindings.of(module)
        if found.is_open:
            return
        ways = found.ways.get(self.name, ())
        if not ways:
            close = get_close_matches(self.name, found.functions)
            raise ConfigurationError(
                f"{self.what} must name a function of {source}, got {self.text!r}: there is none of this name"
                + (f"; there is {', '.join(close)}" if close else "")
            )
        # Which of several it is shows only when the module runs.
        if all(_is_coroutine(each) for each in ways):
            raise ConfigurationError(
                f"{self.what} must name a plain function, got the coroutine {self.text!r}: nobody would await it"
            )
        if all(_refuses(each, len(self.takes)) for each in ways):
            raise ConfigurationError(
                f"{self.what} must name a function that takes {' and '.join(f'a {each}' for each in self.takes)}, got "
                f"{_shown(ways[-1])} in {source}: it is called as {self.name}({', '.join(self.takes)})"
            )

    def _parsed(self, name: str, path: Path, python: str) -> ast.Module | None:
        """The module; None where this machine's Python is too old, or too small, to tell whether it is one."""
        there = _version(python)
        try:
            with warnings.catch_warnings():
                # The user's own, and told again when the module runs.
                warnings.simplefilter("ignore")
                return ast.parse(path.read_bytes(), feature_version=min(_HERE, there))
        # What a program has written may be nested too deeply for this Python, and not for that one.
        except (RecursionError, MemoryError):
            return None
        # A null byte is a ValueError to older ones.
        except (SyntaxError, ValueError) as error:
            if there > _HERE:
                return None
            line = getattr(error, "lineno", None)
            place = name if line is None else f"line {line} of {name}"
            raise ConfigurationError(
                f"{self.what} must name a module that Python {python} can read, got an error in {place}: {getattr(error, 'msg', error)}"
            ) from error


def widens_path(files: Mapping[str, Path]) -> bool:
    """Whether modules may change where Python looks for others: into a folder among them, an archive, a file system.

    The module of the entry is imported before the loader, so what it changes holds for that.

    Args:
        files: Files by their names.
    """
    # What compiled ones do, nobody can tell.
    return any(
        name.endswith(_COMPILED) or (name.endswith(".py") and _WIDENS.search(path.read_bytes()))
        for name, path in files.items()
    )


def _version(python: str) -> tuple[int, int]:
    major, minor = python.split(".")
    return int(major), int(minor)


def _is_coroutine(way: ast.AST) -> bool:
    # A decorator may make another one of it, and so below.
    return isinstance(way, ast.AsyncFunctionDef) and not way.decorator_list


def _refuses(way: ast.AST, count: int) -> bool:
    """Whether something is a function that cannot be called with so many arguments by their position."""
    if not isinstance(way, ast.FunctionDef) or way.decorator_list:
        return False
    given = way.args
    most = len(given.posonlyargs) + len(given.args)
    fewest = most - len(given.defaults)
    needs_names = any(each is None for each in given.kw_defaults)
    return needs_names or count < fewest or (count > most and given.vararg is None)


def _shown(way: ast.AST) -> str:
    return f"{way.name}({ast.unparse(way.args)})" if isinstance(way, ast.FunctionDef) else ""
