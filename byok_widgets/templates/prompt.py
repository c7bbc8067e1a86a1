"""A prompt in its parts: text, placeholders, and what was meant as one and is not valid.

Whatever does not look like `{{ variable | filter }}` is text: JSON, LaTeX, `{single}` braces, `{# comments #}`.
What was meant as a placeholder, or as a statement of another template language, is a problem: it would otherwise
be sent to the model as it is written, and nobody would notice.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from byok_widgets.templates.expression import Expression
    from byok_widgets.templates.statements import Statement

UNCLOSED = "has {{ without }}"


class Place(NamedTuple):
    """A place in a prompt; lines and columns count from 1."""

    line: int
    column: int

    def __str__(self) -> str:
        return f"line {self.line}, column {self.column}"


class Placeholder(NamedTuple):
    """A placeholder: its expression, how it is written, and where."""

    expression: Expression
    source: str
    place: Place

    @property
    def needed(self) -> Iterable[str]:
        """The variables without which it cannot be filled in."""
        from byok_widgets.templates.expression import needed_by

        return needed_by(self.expression)

    @property
    def names(self) -> Iterable[str]:
        """All variables that it reads."""
        from byok_widgets.templates.expression import names_in

        return names_in(self.expression)


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
        found = (name for placeholder in self.placeholders for name in placeholder.needed)
        return tuple(dict.fromkeys(found))

    @cached_property
    def mentioned(self) -> frozenset[str]:
        """All variables that it reads, those with a default and those of statements included."""
        found = frozenset(name for placeholder in self.placeholders for name in placeholder.names)
        return found.union(*(problem.names for problem in self.problems))


def short(source: str) -> str:
    """Return the source of a problem in one line, and not all of a long one."""
    line = " ".join(source.split())
    return line if len(line) <= 60 else f"{line[:40]} … {line[-15:]}"
