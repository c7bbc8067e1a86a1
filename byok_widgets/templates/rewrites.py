"""How a problem of a prompt is written instead, where that can be told: the rewrite, and the advice in words."""

from __future__ import annotations

import re
from functools import lru_cache

from byok_widgets.templates.expression import Variable, written
from byok_widgets.templates.expression_rewrites import rewritten_expression
from byok_widgets.templates.prompt import UNCLOSED, Problem
from byok_widgets.templates.statement_rewrites import rewritten_statement
from byok_widgets.templates.syntax import RESERVED, NotAnExpressionError

AS_TEXT = "To keep the braces as text, write {{ '{{' }} for the two that open."
_ARITHMETIC = frozenset(
    {"Add", "Sub", "Mul", "Div", "FloorDiv", "Mod", "Pow", "Neg", "Pos", "Compare", "Operand", "And", "Or", "Not"}
)


def advice(problem: Problem, *, spoken: bool) -> str:
    """Return what to write instead of a problem, in words.

    Args:
        problem: The problem.
        spoken: Whether the prompt is a sentence that is spoken as it is, and that no model reads.
    """
    new = rewritten(problem, spoken=spoken)
    if new is not None:
        return f"Write {new} instead." if new.strip() else "Leave it out."
    if problem.statement:
        return _of_statement(problem.statement.keyword, spoken=spoken)
    computed = _computed(problem)
    if computed:
        return computed
    if problem.said == UNCLOSED:
        return f"Write variables as {{{{name}}}}. {AS_TEXT}"
    return f"Write variables as {{{{name}}}}, with filters like {{{{ name | upper }}}}. {AS_TEXT}"


@lru_cache(maxsize=256)
def rewritten(problem: Problem, *, spoken: bool) -> str | None:
    """Return what to write in place of a problem; `None` where a person has to decide."""
    if problem.statement:
        return rewritten_statement(problem.statement, spoken=spoken)
    if problem.tree is None:
        return _renamed(problem.source)
    try:
        return rewritten_expression(problem.tree)
    except NotAnExpressionError:
        return None


def _renamed(source: str) -> str | None:
    """Return the placeholder of a name that was written with spaces, or with a mark of another language."""
    words = source.strip("{}").strip().lstrip("$@&!").split()
    name = "_".join(words)
    is_name = name.isidentifier() and source.endswith("}}") and not RESERVED.intersection(words)
    return written(Variable(name)) if is_name else None


def _computed(problem: Problem) -> str:
    """Return the action that computes an expression of numbers; empty for all else."""
    from jinja2 import nodes

    if problem.tree is None:
        return ""
    parts = [problem.tree, *problem.tree.find_all(nodes.Node)]
    names = list(dict.fromkeys(part.name for part in parts if isinstance(part, nodes.Name)))
    simple = all(
        type(part).__name__ in _ARITHMETIC or isinstance(part, (nodes.Name, nodes.Const)) for part in parts
    )
    if not names or not simple or type(problem.tree).__name__ not in _ARITHMETIC:
        return ""
    code = " ".join(re.sub(r"^\{\{[-+]?|[-+]?\}\}$", "", problem.source).split())
    line = f'flow.action("compute", lambda {", ".join(names)}: {code}, writes=["result"])'
    return f"Let an action compute it before, {line}, and write {{{{result}}}}."


def _of_statement(keyword: str, *, spoken: bool) -> str:
    if keyword in ("if", "elif", "else"):
        if spoken:
            return 'Make a node for each case, and choose between them with edges: flow.connect(..., if_="...").'
        return "Write the cases in words, like: If {{name}} is stated, greet them by name."
    if keyword in ("set", "with"):
        return "Write the value where it is used, like {{name}}."
    if keyword == "for":
        return "Write the list as {{names}} or {{ names | join(', ') }}."
    if not keyword:
        return "Write {{name}} or words instead. To keep it as text, write {{ '{%' }} for the two marks."
    return "Write it out with variables like {{name}}. To keep it as text, write {{ '{%' }} for the two marks."
