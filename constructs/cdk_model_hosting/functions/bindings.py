"""What a module binds at its top level, read without running any of it."""

from __future__ import annotations

import ast
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

# What `from x import *` binds.
_ANYTHING = "*"
_SCOPES = ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef | ast.Lambda
# By these a module binds what stands nowhere in its text: sys.modules[__name__], sys._getframe().f_globals, and the like.
_BINDERS = frozenset(
    {"exec", "globals", "locals", "vars", "modules", "import_module", "f_globals", "f_locals", "__globals__"}
)


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


def _bound(module: ast.Module) -> Iterator[tuple[str, ast.AST]]:
    # What a program has written may be nested more deeply than Python lets functions call themselves.
    waiting: list[ast.AST] = [module]
    while waiting:
        node = waiting.pop()
        yield from _names(node)
        waiting.extend(reversed(list(_evaluated(node))))


def _names(node: ast.AST) -> Iterator[tuple[str, ast.AST]]:
    """What a node binds by itself."""
    match node:
        case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name) | ast.ClassDef(name=name):
            yield name, node
        case ast.Import(names=aliases) | ast.ImportFrom(names=aliases):
            # `import a.b` binds `a`.
            yield from ((each.asname or each.name.partition(".")[0], node) for each in aliases)
        case (
            ast.Name(id=name, ctx=ast.Store())
            | ast.MatchAs(name=str(name))
            | ast.MatchStar(name=str(name))
            | ast.MatchMapping(rest=str(name))
        ):
            yield name, node
    if isinstance(node, _SCOPES):
        # Their own names are not the module's, unless they say so.
        inner = (each for each in ast.walk(node) if isinstance(each, ast.Global))
        yield from ((name, each) for each in inner for name in each.names)


def _evaluated(node: ast.AST) -> Iterator[ast.AST]:
    """The parts of a node whose names are the module's."""
    left_out: list[Any] = []
    match node:
        case ast.FunctionDef(body=body) | ast.AsyncFunctionDef(body=body) | ast.ClassDef(body=body):
            left_out = body
        case ast.Lambda(body=expression):
            left_out = [expression]
        # `name: int` binds nothing, and a comprehension nothing outside of it.
        case ast.AnnAssign(target=target, value=None) | ast.comprehension(target=target):
            left_out = [target]
    known = set(map(id, left_out))
    return (each for each in ast.iter_child_nodes(node) if id(each) not in known)


def _binds_unseen(node: ast.AST) -> bool:
    match node:
        case ast.Name(id=name) | ast.Attribute(attr=name) | ast.alias(name=name):
            return name in _BINDERS
        case _:
            return False
