"""Reads what stands between `{{` and `}}`: an expression, a mistake, or text that only looks like a placeholder.

Plain names and their parts are read here; all else is parsed by Jinja2, and only what a prompt may hold is taken
from its tree. No template is compiled, so nothing in a prompt becomes code.
"""

from __future__ import annotations

import difflib
import re
from functools import cache
from typing import TYPE_CHECKING, Any

from byok_widgets.templates.expression import Constant, Expression, Filtered, Part, Variable
from byok_widgets.templates.filter_names import FILTERS

if TYPE_CHECKING:
    from jinja2 import Environment

_PATH = re.compile(r"\s*([^\W\d]\w*(?:\s*\.\s*[^\W\d]\w*)*)\s*")
_QUOTED = re.compile(r"'(?:\\.|[^'\\])*'|\"(?:\\.|[^\"\\])*\"", re.DOTALL)
_MEANT = re.compile(r"\s*(?:[$@&>!^/#]\s*)?[^\W\d]")
"""What begins like a name, or like one in another template language, was meant as a placeholder."""
_FOREIGN = re.compile(r"[\\^$]")
"""Characters of LaTeX that stand in no expression."""
RESERVED = frozenset(
    {"and", "else", "if", "in", "is", "not", "or", "true", "false", "none", "True", "False", "None"}
)
_MAX_DEPTH = 40
_TOO_DEEP = "it is too deeply nested"
_NO_COMMENT = ("\ue0b1{#", "#}\ue0b1")
"""Marks of comments that nobody types: Jinja2 cannot do without any."""


class NotAnExpressionError(Exception):
    """What stands between the braces was meant as a placeholder, and is not a valid one.

    Attributes:
        reason: Why, as a sentence without its end.
        tree: The tree of Jinja2, for a rewrite; `None` if there is none.
    """

    def __init__(self, reason: str, tree: Any = None) -> None:
        super().__init__(reason)
        self.reason, self.tree = reason, tree


def read_expression(content: str) -> Expression | None:
    """Return the expression between the braces; `None` for text that is not meant as one.

    Raises:
        NotAnExpressionError: It is meant as one, and is not valid.
    """
    plain = _PATH.fullmatch(content)
    if plain:
        first, *parts = (name.strip() for name in plain[1].split("."))
        if len(parts) > _MAX_DEPTH:
            raise NotAnExpressionError(_TOO_DEEP)
        if first not in RESERVED:
            path: Expression = Variable(first)
            for part in parts:
                path = Part(path, Constant(part))
            return path
    if not content.strip():
        raise NotAnExpressionError("it names no variable")
    return _parsed(content)


def is_meant(content: str) -> bool:
    """Whether what stands after `{{` begins like a placeholder, and not like LaTeX or JSON."""
    begins = _MEANT.match(content)
    return begins is not None and not _FOREIGN.search(_QUOTED.sub("", content[begins.end() :]))


@cache
def parser() -> Environment:
    """Return the environment that parses: with no comments, and no code of ours."""
    from jinja2 import Environment

    return Environment(  # noqa: S701 - it never renders
        comment_start_string=_NO_COMMENT[0], comment_end_string=_NO_COMMENT[1], keep_trailing_newline=True
    )


def _parsed(content: str) -> Expression | None:
    from jinja2 import TemplateSyntaxError, nodes

    try:
        tree = parser().parse("{{ " + content + " }}")
    except TemplateSyntaxError as error:
        reason = _why_not(content, error.message or "")
    except (RecursionError, ValueError, OverflowError):
        reason = _TOO_DEEP
    else:
        (output,) = tree.body
        (found,) = output.nodes  # type: ignore[attr-defined]
        if isinstance(found, nodes.TemplateData) or _is_literal(found):
            return None
        return _converted(found)
    if is_meant(content):
        raise NotAnExpressionError(reason)
    return None


def _is_literal(tree: Any) -> bool:
    """Whether it is made of numbers alone, as in mathematics: `{{1, 2}}`."""
    from jinja2 import nodes

    if isinstance(tree, nodes.Const):
        return not isinstance(tree.value, (str, bool, type(None)))
    return isinstance(tree, (nodes.Tuple, nodes.List)) and all(map(_is_literal, tree.items))


def _converted(tree: Any) -> Expression:
    """Return what a prompt may hold of a tree; raises for all else."""
    from jinja2 import nodes

    found = converted(tree)
    if isinstance(tree, nodes.Const) and not isinstance(tree.value, str):
        raise NotAnExpressionError(f"{found} is not the name of a variable")
    return found


def converted(tree: Any, depth: int = 0) -> Expression:
    """Return a tree of Jinja2 as an expression; `depth` counts the trees around it.

    Raises:
        NotAnExpressionError: It holds what a prompt may not hold.
    """
    from jinja2 import nodes

    if depth > _MAX_DEPTH:
        raise NotAnExpressionError(_TOO_DEEP)
    if isinstance(tree, nodes.Name):
        return Variable(tree.name)
    if isinstance(tree, nodes.Const):
        return Constant(tree.value)
    if (
        isinstance(tree, nodes.Neg)
        and isinstance(tree.node, nodes.Const)
        and isinstance(tree.node.value, (int, float))
    ):
        return Constant(-tree.node.value)
    if isinstance(tree, nodes.Getattr):
        return Part(converted(tree.node, depth + 1), Constant(tree.attr))
    if isinstance(tree, nodes.Getitem) and not isinstance(tree.arg, nodes.Slice):
        return Part(converted(tree.node, depth + 1), converted(tree.arg, depth + 1))
    if isinstance(tree, nodes.Filter) and tree.node is not None and not (tree.dyn_args or tree.dyn_kwargs):
        return _filtered(tree, depth + 1)
    raise NotAnExpressionError(_not_allowed(tree), tree)


def _filtered(tree: Any, depth: int) -> Filtered:
    if tree.name not in FILTERS:
        near = difflib.get_close_matches(tree.name, FILTERS, n=1)
        hint = f"did you mean {near[0]!r}?" if near else "some are default, join, length, round, title and upper"
        raise NotAnExpressionError(f"there is no filter {tree.name!r}; {hint}", tree)
    return Filtered(
        converted(tree.node, depth),
        tree.name,
        tuple(converted(arg, depth) for arg in tree.args),
        tuple((pair.key, converted(pair.value, depth)) for pair in tree.kwargs),
    )


def _not_allowed(tree: Any) -> str:
    from jinja2 import nodes

    if isinstance(tree, nodes.Call):
        return "a prompt calls nothing"
    if isinstance(tree, (nodes.Tuple, nodes.List, nodes.Dict)):
        return "it holds several values"
    operator = operator_of(tree)
    return f"there are no operators in a placeholder, such as {operator!r}" if operator else "it is not a variable"


def operator_of(tree: Any) -> str:
    """Return the operator of a tree as it is written; empty if it is none."""
    from jinja2 import nodes

    if isinstance(tree, nodes.Compare):
        return _COMPARISONS.get(tree.ops[0].op, tree.ops[0].op)
    return _OPERATORS.get(type(tree).__name__, "")


_COMPARISONS = {"eq": "==", "ne": "!=", "gt": ">", "gteq": ">=", "lt": "<", "lteq": "<=", "notin": "not in"}
_OPERATORS = {
    "Add": "+",
    "Sub": "-",
    "Mul": "*",
    "Div": "/",
    "FloorDiv": "//",
    "Mod": "%",
    "Pow": "**",
    "Concat": "~",
    "And": "and",
    "Or": "or",
    "Not": "not",
    "CondExpr": "if",
    "Test": "is",
    "Getitem": ":",
    "Neg": "-",
    "Pos": "+",
}


def _why_not(content: str, said: str) -> str:
    words = content.split()
    if len(words) > 1 and all(word.isidentifier() and word not in RESERVED for word in words):
        return "the name of a variable holds no spaces"
    stray = re.match(r"unexpected char (.+) at \d+", said)
    if stray:
        return f"{stray[1]} does not stand in a placeholder"
    if _QUOTED.sub("", content).count("'") or _QUOTED.sub("", content).count('"'):
        return "a quotation mark is not closed"
    return said.rstrip(".").replace("end of print statement", "}}").replace("expected token", "expected")
