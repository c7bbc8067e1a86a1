"""Rewrites an expression with operators or calls as placeholders, where they say the same."""

from __future__ import annotations

from typing import Any

from byok_widgets.templates.expression import Constant, Expression, Filtered, written
from byok_widgets.templates.filter_names import FILTERS
from byok_widgets.templates.syntax import converted


def rewritten_expression(tree: Any) -> str | None:
    """Return the placeholders that stand for an expression with operators or calls.

    Raises:
        NotAnExpressionError: Some part of it cannot be written.
    """
    from jinja2 import nodes

    if isinstance(tree, (nodes.Concat, nodes.Tuple)):
        between = ", " if isinstance(tree, nodes.Tuple) else ""
        parts = tree.nodes if isinstance(tree, nodes.Concat) else tree.items
        return between.join(map(_inline, parts))
    if isinstance(tree, nodes.Add) and any(_is_text(side) for side in (tree.left, tree.right)):
        return _inline(tree.left) + _inline(tree.right)
    if isinstance(tree, nodes.Or):
        return _defaulted(tree.left, tree.right, for_false=True)
    if isinstance(tree, nodes.CondExpr) and tree.expr2 is not None:
        return _conditional(tree)
    if isinstance(tree, nodes.Call) and isinstance(tree.node, nodes.Getattr) and not tree.args:
        return _as_filter(tree.node)
    if isinstance(tree, nodes.Sub) and _is_name(tree.left) and _is_name(tree.right):
        return f"{{{{{tree.left.name}_{tree.right.name}}}}}"  # type: ignore[attr-defined]
    return None


def _inline(tree: Any) -> str:
    """Return a part of a text that was put together: a quoted text without its quotes."""
    from jinja2 import nodes

    if _is_text(tree) and "{" not in tree.value:
        return str(tree.value)
    if isinstance(tree, (nodes.Concat, nodes.Add)):
        found = rewritten_expression(tree)
        if found is not None:
            return found
    return written(converted(tree))


def _is_text(tree: Any) -> bool:
    from jinja2 import nodes

    return isinstance(tree, nodes.Const) and isinstance(tree.value, str)


def _is_name(tree: Any) -> bool:
    from jinja2 import nodes

    return isinstance(tree, nodes.Name)


def _defaulted(value: Any, default: Any, *, for_false: bool) -> str:
    return written(with_default(converted(value), converted(default), for_false=for_false))


def with_default(value: Expression, default: Expression, *, for_false: bool) -> Filtered:
    """Return a value with a default; `for_false`: also for an empty text, 0 and no."""
    args = (default, Constant(value=True)) if for_false else (default,)
    return Filtered(value, "default", args)


def _conditional(tree: Any) -> str | None:
    """Return the default of `x if x else y`, however the test says that there is a value."""
    tested, for_false = guarded_by(tree.test)
    if tested is None or converted(tree.expr1) != tested:
        return None
    return _defaulted(tree.expr1, tree.expr2, for_false=for_false)


def guarded_by(test: Any) -> tuple[Expression | None, bool]:
    """Return the value whose presence a condition tests, and whether an empty one counts as absent."""
    from jinja2 import nodes

    if isinstance(test, (nodes.Name, nodes.Getattr, nodes.Getitem)):
        return converted(test), True
    if isinstance(test, nodes.Test) and test.name == "defined":
        return converted(test.node), False
    inner = test.node if isinstance(test, nodes.Not) else None
    if isinstance(inner, nodes.Test) and inner.name in ("none", "undefined"):
        return converted(inner.node), False
    is_none = isinstance(test, nodes.Compare) and len(test.ops) == 1 and test.ops[0].op == "ne"
    if is_none and isinstance(test.ops[0].expr, nodes.Const) and test.ops[0].expr.value is None:
        return converted(test.expr), False
    return None, False


def _as_filter(called: Any) -> str | None:
    name = {"strip": "trim", "capitalize": "capitalize"}.get(called.attr, called.attr)
    return written(Filtered(converted(called.node), name)) if name in FILTERS else None
