"""Results as tables: `Card` is one of a few facts, `Cards` are several; `Listing` and `ByName` are of any kind."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
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


class Table:
    """Several results of one kind: lines in a program, and a table in a cell.

    Attributes:
        nothing: What is said where there are none.
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
        """Return the heads of the table."""
        raise NotImplementedError

    def _rows(self) -> Iterable[Sequence[str]]:
        """Return the cells of the table, a row for each result or more."""
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
    """Several results that are a few facts each."""

    __slots__ = ()

    def _columns(self) -> Sequence[str]:
        return [name for name, _ in self[0].facts()]

    def _rows(self) -> Iterable[Sequence[str]]:
        return [[text for _, text in card.facts()] for card in self]


class CardsByName(ByName[CardT]):
    """Several results that are a few facts each, by name.

    Attributes:
        named: What the names are.
    """

    __slots__ = ()
    named: ClassVar[str] = "name"

    def _columns(self) -> Sequence[str]:
        return [self.named, *(fact for fact, _ in next(iter(self.values())).facts())]

    def _rows(self) -> Iterable[Sequence[str]]:
        return [[name, *(text for _, text in card.facts())] for name, card in self.items()]


def _one_line(text: str) -> str:
    return " ".join(text.split())
