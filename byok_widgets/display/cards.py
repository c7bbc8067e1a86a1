"""Results as tables: a `Card` is one result of a few facts, `Cards` are several; other `Table`s hold any kind."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import ClassVar, TypeVar

from byok_widgets.display import markup
from byok_widgets.display.text_tables import aligned


class Card:
    """A result that consists of a few facts."""

    __slots__ = ()

    def facts(self) -> Iterable[tuple[str, str]]:
        """Yield the facts, as pairs of name and text; all results of one kind have the same names."""
        raise NotImplementedError

    def __repr__(self) -> str:
        facts = ", ".join(f"{name}: {_one_line(text)}" for name, text in self.facts() if text)
        return f"{type(self).__name__}({facts})"

    def _repr_html_(self) -> str:
        return markup.table([(name, text) for name, text in self.facts() if text])


class Table:
    """Several results of one kind: lines of text in a program, and a table in a cell.

    Attributes:
        nothing: Shown if there are none.
        numbers: Names of the columns that hold numbers.
    """

    __slots__ = ()
    nothing: ClassVar[str] = "There is nothing."
    numbers: ClassVar[frozenset[str]] = frozenset()

    def __repr__(self) -> str:
        if not self:
            return self.nothing
        return "\n".join(aligned([[*map(_one_line, row)] for row in (self._columns(), *self._rows())]))

    def _repr_html_(self) -> str:
        if not self:
            return markup.facts(self.nothing)
        columns = self._columns()
        numbers = {at for at, name in enumerate(columns) if name in self.numbers}
        return markup.table(self._rows(), columns=columns, numbers=numbers)

    def _columns(self) -> Sequence[str]:
        """Return the column headings."""
        raise NotImplementedError

    def _rows(self) -> Iterable[Sequence[str]]:
        """Return the rows of the table, at least one for each result."""
        raise NotImplementedError


ItemT = TypeVar("ItemT")


class Listing(Table, tuple[ItemT, ...]):
    """Several results of one kind, in their order."""

    __slots__ = ()


class ByName(Table, dict[str, ItemT]):
    """Several results of one kind, by name."""

    __slots__ = ()


CardT = TypeVar("CardT", bound=Card)


class Cards(Listing[CardT]):
    """Several results that consist of a few facts each."""

    __slots__ = ()

    def _columns(self) -> Sequence[str]:
        return [name for name, _ in self[0].facts()]

    def _rows(self) -> Iterable[Sequence[str]]:
        return [[text for _, text in card.facts()] for card in self]


class CardsByName(ByName[CardT]):
    """Several results that consist of a few facts each, by name.

    Attributes:
        named: Heading of the column with the names.
    """

    __slots__ = ()
    named: ClassVar[str] = "name"

    def _columns(self) -> Sequence[str]:
        return [self.named, *(fact for fact, _ in next(iter(self.values())).facts())]

    def _rows(self) -> Iterable[Sequence[str]]:
        return [[name, *(text for _, text in card.facts())] for name, card in self.items()]


def _one_line(text: str) -> str:
    return " ".join(text.split())
