"""A prompt in its parts: text, placeholders, and what was meant as one and is not valid.

Whatever does not look like `{{ variable | filter }}` is text: JSON, LaTeX, `{single}` braces, `{# comments #}`.
What was meant as a placeholder, or as a statement of another template language, is a problem: it would otherwise
be sent to the model as it is written, and nobody would notice.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import Any

from byok_widgets.templates.expression import Expression, names_in, needed_by
from byok_widgets.templates.filter_names import FILTERS
from byok_widgets.templates.statements import Statement, statement_at
from byok_widgets.templates.syntax import NotAnExpressionError, is_meant, read_expression

_OPENING = re.compile(r"\{\{(?!\{)|\{%")
_BODY = re.compile(r"(?:'(?:\\.|[^'\\])*+'|\"(?:\\.|[^\"\\])*+\"|[^{}'\"])*+\}\}", re.DOTALL)
"""The rest of a placeholder; a quoted text may hold braces."""
_FILTER = re.compile(r"\s*[^\W\d]\w*\s*\|\s*([^\W\d]\w*)")
_FILTERED_OBJECT = re.compile(r"\s*\{[^{}]*\}\s*\|\s*([^\W\d]\w*)[^{}]*\}\}")
_MAX_CHARS = 2000
"""Longest placeholder, in characters."""
_MAX_OPENINGS = 5_000
_MAX_PROBLEMS = 50
UNCLOSED = "has {{ without }}"


@dataclass(frozen=True)
class Place:
    """Where something stands in a prompt; lines and columns count from 1."""

    line: int
    column: int

    def __str__(self) -> str:
        return f"line {self.line}, column {self.column}"


@dataclass(frozen=True)
class Placeholder:
    """A placeholder: its expression, how it is written, and where."""

    expression: Expression
    source: str
    place: Place


@dataclass(frozen=True)
class Problem:
    """What was meant as a placeholder or a statement, and cannot be filled in.

    Attributes:
        source: How it is written; the whole block of a statement.
        place: Where it begins.
        said: What is wrong with the prompt, as the rest of a sentence.
        tree: The tree of an expression, for a rewrite; `None` if there is none.
        statement: The statement; `None` if it is an expression.
    """

    source: str
    place: Place
    said: str
    tree: Any = None
    statement: Statement | None = None

    @cached_property
    def names(self) -> frozenset[str]:
        """The variables that it reads."""
        return self.statement.names if self.statement else frozenset()


Piece = str | Placeholder | Problem


@dataclass(frozen=True)
class Prompt:
    """A prompt in its parts, in order."""

    pieces: tuple[Piece, ...]

    @cached_property
    def placeholders(self) -> tuple[Placeholder, ...]:
        """The placeholders."""
        return tuple(piece for piece in self.pieces if isinstance(piece, Placeholder))

    @cached_property
    def problems(self) -> tuple[Problem, ...]:
        """What keeps the prompt from being filled in; empty if it is valid."""
        return tuple(piece for piece in self.pieces if isinstance(piece, Problem))

    @cached_property
    def needed(self) -> tuple[str, ...]:
        """The variables without which it cannot be filled in, in order."""
        found = (name for placeholder in self.placeholders for name in needed_by(placeholder.expression))
        return tuple(dict.fromkeys(found))

    @cached_property
    def mentioned(self) -> frozenset[str]:
        """All variables that it reads, those with a default and those of statements included."""
        found = frozenset(name for placeholder in self.placeholders for name in names_in(placeholder.expression))
        return found.union(*(problem.names for problem in self.problems))


@lru_cache(maxsize=256)
def parsed(template: str) -> Prompt:
    """Return a prompt in its parts. A prompt that is not valid has problems; this raises nothing."""
    if "{{" not in template and "{%" not in template:
        return Prompt((template,) if template else ())
    return Prompt(tuple(_joined(_pieces(template))))


def placeholders(template: str) -> tuple[str, ...]:
    """Return the variables that a prompt needs, in order; one with a default is not needed."""
    return parsed(template).needed


def mentioned(template: str) -> frozenset[str]:
    """Return all variables that a prompt reads, including those with a default."""
    return parsed(template).mentioned


def _pieces(template: str) -> Iterator[Piece]:
    at, openings, problems = 0, 0, 0
    places = _Places(template)
    while opening := _OPENING.search(template, at):
        start = opening.start()
        yield template[at:start]
        found, at = _piece(template, start, places)
        yield found
        openings += 1
        problems += isinstance(found, Problem)
        if openings > _MAX_OPENINGS:
            yield Problem("", places.at(at), f"has more than {_MAX_OPENINGS:,} double braces")
            return
        if problems >= _MAX_PROBLEMS:
            break
    yield template[at:]


def _piece(template: str, start: int, places: _Places) -> tuple[Piece, int]:
    """Return the piece that begins with two marks, and where it ends."""
    if template.startswith("{%", start):
        statement = statement_at(template, start)
        if statement is None:
            return "{%", start + 2
        return Problem(statement.source, places.at(start), statement.said, statement=statement), statement.end
    body = _BODY.match(template, start + 2, start + _MAX_CHARS)
    if body is None:
        return _unclosed(template, start, places)
    source, content = template[start : body.end()], template[start + 2 : body.end() - 2]
    try:
        expression = read_expression(_without_trimming(content))
    except NotAnExpressionError as error:
        return Problem(source, places.at(start), f"has {short(source)}: {error.reason}", error.tree), body.end()
    if expression is None:
        return "{{", start + 2
    return Placeholder(expression, source, places.at(start)), body.end()


def _unclosed(template: str, start: int, places: _Places) -> tuple[Piece, int]:
    """Return text for what is LaTeX or JSON, and a problem for a placeholder that does not end."""
    rest = template[start + 2 : start + _MAX_CHARS]
    literal = _FILTERED_OBJECT.match(rest)
    if literal and literal[1] in FILTERS:
        source = template[start : start + 2 + literal.end()]
        said = f"has {short(source)}: an object does not stand in a placeholder"
        return Problem(source, places.at(start), said), start + len(source)
    content = re.split(r"[{}]", rest, maxsplit=1)[0]
    filtered = _FILTER.match(content)
    is_filter = filtered is not None and filtered[1] in FILTERS
    if not is_meant(content) or not (is_filter or not _is_balanced(rest)):
        return "{{", start + 2
    length, said = _meant_end(rest, len(content), is_filter=is_filter)
    source = template[start : start + 2 + length]
    said = f"has {short(source)}: {said}" if said else UNCLOSED
    return Problem(source, places.at(start), said), start + len(source)


def _meant_end(rest: str, first_brace: int, *, is_filter: bool) -> tuple[int, str]:
    """Return where a placeholder was probably meant to end, and what keeps it from ending there."""
    if rest.startswith("}}", first_brace):
        return first_brace + 2, "a quotation mark is not closed"
    end = rest.find("}}")
    if is_filter and end >= 0 and "{{" not in rest[:end]:
        return end + 2, "braces do not stand in a placeholder"
    return first_brace, ""


def _is_balanced(rest: str) -> bool:
    """Whether the two braces before this are closed, one after the other, as in LaTeX and JSON."""
    depth = 2
    for brace in re.finditer(r"[{}]", rest):
        depth += 1 if brace[0] == "{" else -1
        if not depth:
            return not rest.startswith("}}", brace.start() - 1) or "{" in rest[: brace.start()]
    return False


def _without_trimming(content: str) -> str:
    """Return what stands between the braces, without the marks that trim the text around it."""
    return content.removeprefix("-").removeprefix("+").removesuffix("-").removesuffix("+")


def _joined(pieces: Iterator[Piece]) -> Iterator[Piece]:
    """Join adjacent texts, and trim those beside `{{-` and `-}}`."""
    text, trims_next = "", False
    for piece in pieces:
        if isinstance(piece, str):
            text += piece.lstrip() if trims_next and not text else piece
            continue
        if piece.source.startswith("{{-"):
            text = text.rstrip()
        if text:
            yield text
        text, trims_next = "", piece.source.endswith("-}}")
        yield piece
    if text:
        yield text


class _Places:
    """Finds lines and columns, going forward through a text once."""

    def __init__(self, text: str) -> None:
        self._text, self._line, self._begins = text, 1, 0

    def at(self, index: int) -> Place:
        """Return the place of an index that is not before the last one that was asked for."""
        for _ in range(self._text.count("\n", self._begins, index)):
            self._begins = self._text.index("\n", self._begins) + 1
            self._line += 1
        return Place(self._line, index - self._begins + 1)


def short(source: str) -> str:
    """Return the source of a problem in one line, and not all of a long one."""
    line = " ".join(source.split())
    return line if len(line) <= 60 else f"{line[:40]} … {line[-15:]}"
