"""Reads a prompt piece by piece: text, placeholders, and what was meant as one and is not valid."""

from __future__ import annotations

import re
from collections.abc import Iterator

from byok_widgets.templates.filter_names import FILTERS
from byok_widgets.templates.prompt import UNCLOSED, Piece, Place, Placeholder, Problem, short
from byok_widgets.templates.statements import statement_at
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


def pieces_of(template: str) -> tuple[Piece, ...]:
    """Return the pieces of a prompt, in order."""
    return tuple(_joined(_pieces(template)))


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
