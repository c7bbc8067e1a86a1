"""`Card`: a result that is a few facts, one line in a program and a small table in a cell; `Cards`: several."""

from __future__ import annotations

from collections.abc import Iterable
from typing import ClassVar, TypeVar

from byok_widgets import markup
from byok_widgets.text_tables import aligned


class Card:
    """A result that is a few facts."""

    __slots__ = ()

    def facts(self) -> Iterable[tuple[str, str]]:
        """Yield what is to be known of it, as names and texts; results of one kind have the same names."""
        raise NotImplementedError

    def __repr__(self) -> str:
        told = ", ".join(f"{name}: {_one_line(text)}" for name, text in self.facts() if text)
        return f"{type(self).__name__}({told})"

    def _repr_html_(self) -> str:
        return markup.table([(name, text) for name, text in self.facts() if text])


CardT = TypeVar("CardT", bound=Card)


class Cards(tuple[CardT, ...]):
    """Several results of one kind, in their order."""

    __slots__ = ()
    nothing: ClassVar[str] = "There is nothing."

    def __repr__(self) -> str:
        if not self:
            return self.nothing
        return "\n".join(aligned([self._columns(), *([*map(_one_line, row)] for row in self._rows())]))

    def _repr_html_(self) -> str:
        if not self:
            return markup.facts(self.nothing)
        return markup.table(self._rows(), columns=self._columns())

    def _columns(self) -> list[str]:
        return [name for name, _ in self[0].facts()]

    def _rows(self) -> list[list[str]]:
        return [[text for _, text in card.facts()] for card in self]


def _one_line(text: str) -> str:
    return " ".join(text.split())
