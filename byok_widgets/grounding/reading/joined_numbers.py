"""Numbers that words join: "three point five", "twelve dollars and fifty cents", "minus five"."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from decimal import Decimal

from byok_widgets.grounding.reading.numbers import NumberSaid

_POINT = re.compile(r"\s+(?:point|dot)\s+", re.IGNORECASE)
_MONEY = re.compile(r"\s+(?:dollars?|bucks|euros?|pounds?|francs?)(?:\s+and)?\s+", re.IGNORECASE)
_CENTS = re.compile(r"\s?(?:cents?|pence)\b", re.IGNORECASE)
_NEGATIVE = re.compile(r"\b(?:minus|negative)\s$", re.IGNORECASE)
_LOOK_BACK = 10
_MOST_DECIMALS = 12


def joined(numbers: Iterable[NumberSaid], text: str) -> Iterator[NumberSaid]:
    """Yield the numbers of a text in order, those that words join as one.

    Args:
        numbers: Those that stand for themselves.
        text: The text.
    """
    alone = sorted(numbers, key=lambda said: (said.start, -said.end))
    taken = 0
    for at, said in enumerate(alone):
        if said.start < taken:
            continue
        whole = _with_decimals(alone, at, text) or _with_cents(alone, at, text)
        taken = whole.end if whole else taken
        yield _signed(whole or said, text)


def _with_decimals(numbers: Sequence[NumberSaid], at: int, text: str) -> NumberSaid | None:
    """Return a number with the digits behind its "point"."""
    said, digits, end = numbers[at], "", numbers[at].end
    for after in numbers[at + 1 : at + 1 + _MOST_DECIMALS]:
        between = text[end : after.start]
        figures = _figures(after, text)
        if not figures or not (between.isspace() if digits else _POINT.fullmatch(between)):
            break
        digits, end = digits + figures, after.end
    wholes = [value for value in said.values if value == int(value)]
    if not digits or not wholes:
        return None
    return NumberSaid(frozenset(Decimal(f"{value:f}.{digits}") for value in wholes), said.start, end)


def _figures(said: NumberSaid, text: str) -> str:
    """Return the digits that a number adds behind a "point"; empty where it is no row of digits."""
    written = text[said.start : said.end]
    if written.isdecimal():
        return written
    value = next(iter(said.values))
    return str(int(value)) if value in range(100) and len(said.values) == 1 else ""


def _with_cents(numbers: Sequence[NumberSaid], at: int, text: str) -> NumberSaid | None:
    """Return an amount with its cents; of cents alone both the number and the part of a whole."""
    said = numbers[at]
    if _CENTS.match(text, said.end):
        return replace(said, values=said.values | {value / 100 for value in said.values})
    if at + 1 == len(numbers) or not _MONEY.fullmatch(text, said.end, numbers[at + 1].start):
        return None
    cents = numbers[at + 1]
    if not _CENTS.match(text, cents.end):
        return None
    sums = {value + part / 100 for value in said.values for part in cents.values if part in range(100)}
    return NumberSaid(frozenset(sums), said.start, cents.end) if sums else None


def _signed(said: NumberSaid, text: str) -> NumberSaid:
    before = text[max(0, said.start - _LOOK_BACK) : said.start]
    return replace(said, values=frozenset(-value for value in said.values)) if _NEGATIVE.search(before) else said
