"""Prompts with the placeholders of other builders, which have variables, and neither filters nor indexes."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from byok_widgets.templates import parsed
from byok_widgets.templates.expression import Constant, Expression, Filtered, Part, Variable
from byok_widgets.templates.prompt import Placeholder


@dataclass(frozen=True)
class Rewritten:
    """A prompt for another builder.

    Attributes:
        text: The prompt.
        lost: The placeholders that say less there, as they were written.
    """

    text: str
    lost: tuple[str, ...]


def rewritten(prompt: str, *, write: Callable[[str], str], path_of: Callable[[Expression], str]) -> Rewritten:
    """Return a prompt with other placeholders.

    Args:
        prompt: The prompt.
        write: Returns a plain text in which nothing is taken for a placeholder.
        path_of: Returns what stands between the braces for a variable or a part of one; empty where it cannot.
    """
    lost: list[str] = []

    def pieces() -> Iterator[str]:
        for piece in parsed(prompt).pieces:
            if isinstance(piece, str):
                yield write(piece)
            elif isinstance(piece, Placeholder):
                yield filled(piece)
            else:
                lost.append(piece.source)
                yield write(piece.source)

    def filled(placeholder: Placeholder) -> str:
        plain, is_whole = _without_filters(placeholder.expression)
        if isinstance(plain, Constant):
            return write(str(plain.value))
        path = path_of(plain)
        if not path or not is_whole:
            lost.append(placeholder.source)
        return f"{{{{{path or _root(plain)}}}}}"

    return Rewritten("".join(pieces()), tuple(lost))


def dotted(expression: Expression) -> str:
    """Return a variable, or an entry of one by its name, as `order.size`; empty for other parts."""
    if isinstance(expression, Variable):
        return expression.name if expression.name.isascii() else ""
    if isinstance(expression, Part) and isinstance(expression.key, Constant):
        of, key = dotted(expression.of), expression.key.value
        return f"{of}.{key}" if of and isinstance(key, str) and key.isascii() and key.isidentifier() else ""
    return ""


def _without_filters(expression: Expression) -> tuple[Expression, bool]:
    is_whole = True
    while isinstance(expression, Filtered):
        expression, is_whole = expression.of, False
    return expression, is_whole


def _root(expression: Expression) -> str:
    while isinstance(expression, (Part, Filtered)):
        expression = expression.of
    return str(expression)
