"""Which names a function or a class writes itself: their values are its memory, not its behaviour."""

from __future__ import annotations

import ast
import inspect
import textwrap

_CHANGES = frozenset(
    {"append", "add", "update", "extend", "insert", "pop", "popitem", "remove", "discard", "clear", "setdefault"}
    | {"sort", "reverse", "appendleft", "popleft"}
)


def written_names(code: object) -> frozenset[str]:
    """Return the names of variables and attributes that code changes; none where its source is not known.

    What a class sets in `__init__` it is given, and does not count.
    """
    try:
        tree = ast.parse(textwrap.dedent(inspect.getsource(code)))  # type: ignore[arg-type]
    except (OSError, TypeError, SyntaxError, ValueError):
        return frozenset()
    found = _Written()
    found.visit(tree)
    return frozenset(found.names)


class _Written(ast.NodeVisitor):
    def __init__(self) -> None:
        self.names: set[str] = set()
        self._in_init = False

    def visit_FunctionDef(self, node: ast.FunctionDef) -> None:
        before, self._in_init = self._in_init, node.name in ("__init__", "__post_init__")
        self.generic_visit(node)
        self._in_init = before

    def visit_Global(self, node: ast.Global) -> None:
        self.names.update(node.names)

    def visit_Nonlocal(self, node: ast.Nonlocal) -> None:
        self.names.update(node.names)

    def visit_Attribute(self, node: ast.Attribute) -> None:
        if not isinstance(node.ctx, ast.Load) and not self._in_init:
            self.names.add(node.attr)
        self.generic_visit(node)

    def visit_Subscript(self, node: ast.Subscript) -> None:
        if not isinstance(node.ctx, ast.Load):
            self._add(node.value)
        self.generic_visit(node)

    def visit_Call(self, node: ast.Call) -> None:
        if isinstance(node.func, ast.Attribute) and node.func.attr in _CHANGES:
            self._add(node.func.value)
        self.generic_visit(node)

    def _add(self, changed: ast.expr) -> None:
        if isinstance(changed, ast.Name):
            self.names.add(changed.id)
        elif isinstance(changed, ast.Attribute) and not self._in_init:
            self.names.add(changed.attr)
