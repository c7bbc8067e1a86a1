"""Rewrites statements of Jinja2 as text with placeholders: a default, a list, or a case in words for a model."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Any

from byok_widgets.display.value_words import NOT_STATED
from byok_widgets.templates.expression import Constant, Expression, Filtered, Part, Variable, written
from byok_widgets.templates.expression_rewrites import guarded_by, rewritten_expression, with_default
from byok_widgets.templates.statements import Statement
from byok_widgets.templates.syntax import NotAnExpressionError, converted, parser

_RAW = re.compile(r"\{%[-+]?\s*raw\s*[-+]?%\}(.*)\{%[-+]?\s*endraw\s*[-+]?%\}", re.DOTALL)
_MARK = re.compile(r"\{\{|\{%")
_COMPARED = {
    "eq": "is",
    "ne": "is not",
    "gt": "is more than",
    "gteq": "is at least",
    "lt": "is less than",
    "lteq": "is at most",
    "in": "is one of",
    "notin": "is none of",
}


def rewritten_statement(statement: Statement, *, spoken: bool) -> str | None:
    """Return what to write in place of a statement; `None` where a person has to decide.

    Args:
        statement: The statement, with its block.
        spoken: Whether the text is spoken as it is: words such as "if" would be spoken, too.
    """
    from jinja2 import TemplateError

    raw = _RAW.fullmatch(statement.source)
    if raw:
        return _MARK.sub(lambda mark: f"{{{{ '{mark[0]}' }}}}", raw[1])
    try:
        return _Rewriter(spoken=spoken).text_of(parser().parse(statement.source).body)
    except (TemplateError, NotAnExpressionError, RecursionError):
        return None


class _Rewriter:
    """Turns the tree of a block into text with placeholders; raises `NotAnExpressionError` where it cannot."""

    def __init__(self, *, spoken: bool) -> None:
        self._spoken = spoken

    def text_of(self, trees: Iterable[Any]) -> str:
        """Return the text of statements and of what stands between them."""
        from jinja2 import nodes

        said: list[str] = []
        for tree in trees:
            if isinstance(tree, nodes.Output):
                said += map(_text_of_part, tree.nodes)
            elif isinstance(tree, nodes.If):
                said.append(_default_of(tree) or self._cases(tree))
            elif isinstance(tree, nodes.For):
                said.append(_list_of(tree))
            else:
                raise NotAnExpressionError("there are no statements in a prompt")
        return "".join(said)

    def _cases(self, tree: Any) -> str:
        """Return cases in words, each with the value that decides it."""
        if self._spoken:
            raise NotAnExpressionError("a sentence has no cases")
        cases = [f"If {_condition(case.test)}: {self.text_of(case.body).strip()}" for case in (tree, *tree.elif_)]
        otherwise = self.text_of(tree.else_).strip()
        said = [*cases, *([f"Otherwise: {otherwise}"] if otherwise else [])]
        return f"[{' '.join(map(_ended, said))}]"


def _ended(sentence: str) -> str:
    return sentence if sentence.endswith((".", "!", "?", ":", "]")) else f"{sentence}."


def _text_of_part(tree: Any) -> str:
    from jinja2 import nodes

    if isinstance(tree, nodes.TemplateData):
        return str(tree.data)
    return rewritten_expression(tree) or written(converted(tree))


def _default_of(tree: Any) -> str:
    """Return the default that says the same as two cases; empty if none does."""
    from jinja2 import nodes

    if tree.elif_:
        return ""
    present, absent = tree.body, tree.else_
    test = tree.test
    value, for_false = guarded_by(test)
    if value is None:
        value, for_false = guarded_by(nodes.Not(test))
        if value is None and isinstance(test, nodes.Not):
            value, for_false = guarded_by(test.node)
        present, absent = absent, present
    before, found, after = _around_value(present)
    without = _plain_text(absent)
    if value is None or found != value or without is None:
        return ""
    if not (without.startswith(before) and without[len(before) :].endswith(after)):
        return ""
    default = without[len(before) : len(without) - len(after)]
    return f"{before}{written(with_default(value, Constant(default), for_false=for_false))}{after}"


def _around_value(trees: Iterable[Any]) -> tuple[str, Expression | None, str]:
    """Return the text before the only placeholder, the placeholder, and the text after it."""
    from jinja2 import nodes

    before, found, after = "", None, ""
    for part in _parts(trees):
        if isinstance(part, nodes.TemplateData):
            before, after = (before + part.data, after) if found is None else (before, after + part.data)
        elif found is None and isinstance(part, (nodes.Name, nodes.Getattr, nodes.Getitem)):
            found = converted(part)
        else:
            return "", None, ""
    return before, found, after


def _parts(trees: Iterable[Any]) -> Iterator[Any]:
    for tree in trees:
        yield from getattr(tree, "nodes", (tree,))


def _plain_text(trees: Iterable[Any]) -> str | None:
    from jinja2 import nodes

    parts = list(_parts(trees))
    is_plain = all(isinstance(part, nodes.TemplateData) for part in parts)
    return "".join(part.data for part in parts) if is_plain else None


def _condition(tree: Any) -> str:
    """Return a condition in words, with the values that it tests."""
    from jinja2 import nodes

    if isinstance(tree, (nodes.And, nodes.Or)):
        word = "and" if isinstance(tree, nodes.And) else "or"
        return f"{_condition(tree.left)} {word} {_condition(tree.right)}"
    value, for_false = guarded_by(tree)
    if value is not None:
        return f"{_valued(value)} applies" if for_false else f"{_valued(value)} is stated"
    value, for_false = guarded_by(nodes.Not(tree))
    if value is not None:
        return f"{_valued(value)} is not stated"
    if isinstance(tree, nodes.Not):
        value, for_false = guarded_by(tree.node)
        return f"{_valued(value)} does not apply" if value is not None else f"not ({_condition(tree.node)})"
    if isinstance(tree, nodes.Compare) and len(tree.ops) == 1:
        return _comparison(tree)
    return _valued(converted(tree))


def _comparison(tree: Any) -> str:
    (operand,) = tree.ops
    if getattr(operand.expr, "value", ...) is None:
        return f"{_valued(converted(tree.expr))} is not stated"
    return f"{_operand(tree.expr)} {_COMPARED[operand.op]} {_operand(operand.expr)}"


def _operand(tree: Any) -> str:
    from jinja2 import nodes

    if isinstance(tree, (nodes.List, nodes.Tuple)):
        return ", ".join(map(_operand, tree.items))
    found = converted(tree)
    return str(found) if isinstance(found, Constant) else _valued(found)


def _valued(value: Expression) -> str:
    """Return what a value is called, and the value itself."""
    return f"{value} ({written(Filtered(value, 'default', (Constant(NOT_STATED),)))})"


def _list_of(tree: Any) -> str:
    """Return a list that is joined, in place of a loop over it."""
    from jinja2 import nodes

    if tree.else_ or tree.test or tree.recursive or not isinstance(tree.target, nodes.Name):
        raise NotAnExpressionError("a loop with conditions")
    entries, name = converted(tree.iter), tree.target.name
    parts, between = _without_separator(tree.body)
    said = [part for part in parts if not isinstance(part, nodes.TemplateData)]
    if len(said) != 1:
        if not said or {found.name for part in said for found in _names(part)} != {name}:
            raise NotAnExpressionError("a loop over something else")
        return written(entries)
    at = parts.index(said[0])
    before, after = (_plain_text(some) or "" for some in (parts[:at], parts[at + 1 :]))
    separator = Constant(after + between + before)
    return f"{before}{written(Filtered(_each(entries, said[0], name), 'join', (separator,)))}{after}"


def _names(part: Any) -> list[Any]:
    from jinja2 import nodes

    return [found for found in (part, *part.find_all(nodes.Name)) if isinstance(found, nodes.Name)]


def _without_separator(body: Iterable[Any]) -> tuple[list[Any], str]:
    """Return what a loop writes for each entry, and the text that it writes between two."""
    from jinja2 import nodes

    parts, between = [], ""
    for tree in body:
        if isinstance(tree, nodes.If) and not tree.elif_ and not tree.else_ and _is_not_last(tree.test):
            between = _plain_text(tree.body) or ""
        elif isinstance(tree, nodes.Output):
            parts += tree.nodes
        else:
            raise NotAnExpressionError("a loop with statements")
    return parts, between


def _is_not_last(test: Any) -> bool:
    from jinja2 import nodes

    last = test.node if isinstance(test, nodes.Not) else None
    return isinstance(last, nodes.Getattr) and last.attr == "last" and getattr(last.node, "name", "") == "loop"


def _each(entries: Expression, said: Any, name: str) -> Expression:
    """Return the entries as a loop writes them: themselves, a part of each, or each with a filter."""
    found = converted(said)
    if found == Variable(name):
        return entries
    if isinstance(found, Filtered) and found.of == Variable(name) and not found.named:
        return Filtered(entries, "map", (Constant(found.name), *found.args))
    path: list[str] = []
    while isinstance(found, Part) and isinstance(found.key, Constant):
        path.insert(0, str(found.key.value))
        found = found.of
    if found != Variable(name):
        raise NotAnExpressionError("a loop over something else")
    return Filtered(entries, "map", (), (("attribute", Constant(".".join(path))),))
