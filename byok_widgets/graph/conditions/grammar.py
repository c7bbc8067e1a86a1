"""The grammar of logic conditions: a text is read into its parts, or refused. Nothing is worked out here."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from functools import lru_cache

from byok_widgets.errors import ConfigError
from byok_widgets.graph.conditions.functions import CALLS, COUNT
from byok_widgets.graph.conditions.operators import COMPARE
from byok_widgets.secrets.quoting import as_given, without_keys

MAX_CHARS = 1000
MAX_DEPTH = 100
"""Most levels of parts within parts: what works them out calls itself for each, and the stack has an end."""
_HOW = (
    "Write it like: weekday is not None and people >= 2. Allowed: and, or, not, ==, !=, <, <=, >, >=, in, is None."
)

_PLACEHOLDER = re.compile(r"""(["']?)\{\{\s*([^\W\d]\w*)[^{}]*\}\}\1""")
_EQUATING = (ast.Is, ast.IsNot, ast.Eq, ast.NotEq)


@lru_cache(maxsize=256)
def parsed(text: str) -> ast.expr:
    """Return the parts of a condition.

    Raises:
        ConfigError: It is not in the grammar; the message shows which part.
    """
    bare = _PLACEHOLDER.sub(r"\2", text)
    if bare != text:
        raise ConfigError(
            f"The condition {as_given(text, 80)} names a variable in braces, as only prompts do.",
            kind="condition",
            fix=f"Write the variable bare: {without_keys(bare, 80)}",
        )
    problem = "it is empty" if not text else "it is too long" if len(text) > MAX_CHARS else ""
    if not problem:
        try:
            tree = ast.parse(text, mode="eval").body
            problem = _foreign(tree)
        except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
            problem = getattr(error, "msg", None) or "it cannot be read"
    if problem:
        raise ConfigError(f"{as_given(text, 80)} is not a logic condition: {problem}.", kind="condition", fix=_HOW)
    return tree


def _foreign(tree: ast.expr) -> str:
    """Say which part is not in the grammar; empty when all is."""
    if _is_too_deep(tree):
        return f"its parts are nested more than {MAX_DEPTH} levels deep"
    for node in ast.walk(tree):
        problem = _foreign_itself(node)
        if problem:
            return problem
    alone = next((part for part in _asked_for_truth(tree) if _says_nothing(part)), None)
    if alone is not None:
        return f"{ast.unparse(alone)} alone is not a condition; say what is compared with it"
    return ""


def _is_too_deep(tree: ast.expr) -> bool:
    level: list[ast.AST] = [tree]
    for _ in range(MAX_DEPTH):
        level = [part for node in level for part in ast.iter_child_nodes(node) if isinstance(part, ast.expr)]
        if not level:
            return False
    return True


def _foreign_itself(node: ast.AST) -> str:
    if isinstance(node, ast.Call):
        known = isinstance(node.func, ast.Name) and node.func.id in CALLS
        if not known or node.keywords or len(node.args) != 1:
            return f"only {' and '.join(f'{name}(...)' for name in CALLS)} can be called"
    elif isinstance(node, ast.Constant):
        if not isinstance(node.value, (str, int, float, bool, type(None))):
            return f"{node.value!r} is not a value it knows"
    elif not isinstance(node, _GRAMMAR):
        return f"{type(node).__name__.lower()} is not part of the grammar"
    elif isinstance(node, ast.Compare) and _misused_is(node):
        return "after is comes None, True or False; == compares values"
    if any(map(is_none, ast.iter_child_nodes(node))) and not _equates(node):
        return "None may only be compared with is, is not, == and !="
    return ""


def _misused_is(node: ast.Compare) -> bool:
    return any(
        isinstance(compare, (ast.Is, ast.IsNot))
        and not (isinstance(side, ast.Constant) and (side.value is None or isinstance(side.value, bool)))
        for compare, side in zip(node.ops, node.comparators, strict=True)
    )


def _equates(node: ast.AST) -> bool:
    return isinstance(node, ast.Compare) and all(isinstance(compare, _EQUATING) for compare in node.ops)


def _asked_for_truth(tree: ast.expr) -> Iterator[ast.expr]:
    """Yield the whole and each part of an `and`, `or` and `not`."""
    yield tree
    for node in ast.walk(tree):
        if isinstance(node, ast.BoolOp):
            yield from node.values
        elif isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not):
            yield node.operand


def _says_nothing(part: ast.expr) -> bool:
    """Whether a part is always true or always false, as the text in `day == "Mon" or "Tue"`."""
    if isinstance(part, ast.Constant):
        return not isinstance(part.value, bool)
    return isinstance(part, (ast.List, ast.Tuple, ast.Set))


_GRAMMAR = (
    *(ast.BoolOp, ast.And, ast.Or, ast.UnaryOp, ast.Not, ast.USub, ast.Compare, ast.BinOp, ast.Name, ast.Load),
    *(ast.List, ast.Tuple, ast.Set),
    *COMPARE,
    *COUNT,
)


def is_none(node: ast.AST) -> bool:
    """Whether a part is the word `None`."""
    return isinstance(node, ast.Constant) and node.value is None
