"""What a module binds at its top level, read without running any of it."""

from __future__ import annotations

import ast
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

# What `from x import *` binds.
_ANYTHING = "*"
_SCOPES = ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef | ast.Lambda
# By these a module binds what stands nowhere in its text.
_BINDERS = frozenset({"exec", "globals", "locals", "vars"})
_MODULES = "modules"


@dataclass(frozen=True, slots=True, kw_only=True)
class Bindings:
    """The names of a module.

    Args:
        ways: For each name, the parts of the text that bind it.
        is_open: Whether the module may have other names, which nobody can tell without running it.
    """

    ways: Mapping[str, Sequence[ast.AST]]
    is_open: bool

    @classmethod
    def of(cls, module: ast.Module) -> Bindings:
        """What a module binds, under whatever condition.

        Args:
            module: The module.
        """
        ways: dict[str, list[ast.AST]] = {}
        for name, way in _bound(module):
            ways.setdefault(name, []).append(way)
        is_open = bool({_ANYTHING, "__getattr__"} & ways.keys()) or any(
            _binds_unseen(each) for each in ast.walk(module)
        )
        return cls(ways=ways, is_open=is_open)

    @property
    def functions(self) -> list[str]:
        """The names of its functions."""
        return [name for name, ways in self.ways.items() if any(isinstance(each, ast.FunctionDef) for each in ways)]


def _bound(node: ast.AST) -> Iterator[tuple[str, ast.AST]]:
    match node:
        case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name) | ast.ClassDef(name=name):
            yield name, node
        case ast.Import(names=aliases) | ast.ImportFrom(names=aliases):
            # `import a.b` binds `a`.
            yield from ((each.asname or each.name.partition(".")[0], node) for each in aliases)
        case ast.Name(id=name, ctx=ast.Store()):
            yield name, node
    if isinstance(node, _SCOPES):
        # Their own names are not the module's, unless they say so.
        inner = (each for each in ast.walk(node) if isinstance(each, ast.Global))
        yield from ((name, each) for each in inner for name in each.names)
        return
    for child in ast.iter_child_nodes(node):
        if not _is_no_binding(node, child):
            yield from _bound(child)


def _is_no_binding(node: ast.AST, child: ast.AST) -> bool:
    """Whether a name only looks as if it were bound: `name: int` binds nothing, and a comprehension nothing outside of it."""
    if isinstance(node, ast.AnnAssign):
        return node.value is None and child is node.target
    return isinstance(node, ast.comprehension) and child is node.target


def _binds_unseen(node: ast.AST) -> bool:
    if isinstance(node, ast.Attribute):
        return node.attr == _MODULES
    return isinstance(node, ast.Name) and node.id in _BINDERS
