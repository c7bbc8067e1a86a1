"""Values as a person would write them: the one place that decides how a value reads in a sentence or a table.

["pepperoni", "tomato", "cheese"]    pepperoni, tomato and cheese
True, False                          yes, no
date(2026, 12, 3)                    3 December 2026
0.1 + 0.2                            0.3
{"size": "large", "extra": []}       size: large, extra: none
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Mapping
from dataclasses import fields, is_dataclass
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from enum import Enum
from fractions import Fraction
from typing import Any

NOT_STATED = "not stated"
"""Shown in place of a missing value."""

_CLEAR = re.compile(r"[^\W\d](?:[^,;:()\"]*[^\s,;:()\"])?")
"""A text that no number, list or next name is mistaken for."""
_OTHERS = ("yes", "no", "none", NOT_STATED)
_MAX_DEPTH = 20
_LISTS = (list, tuple, set, frozenset)
_LONG = 21  # digits: a number with more is shorter, and no less readable, with its power of ten
_MONTHS = (
    *("January", "February", "March", "April", "May", "June", "July", "August", "September"),
    *("October", "November", "December"),
)


def in_words(value: Any) -> str:
    """Return a value as it reads in a sentence. A text stays as it is; nothing is translated."""
    return _words(value, 0)


def quoted(value: Any) -> str:
    """Return a value as it reads beside others: a text in quotes, and a list or an object in parentheses."""
    if isinstance(value, str) and not isinstance(value, Enum):
        return repr(str(value))
    said = in_words(value)
    return f"({said})" if _simple(value) is None and ("," in said or " and " in said) else said


def labelled(name: str, value: Any) -> str:
    """Return a value with its name, as `size: large`; a text that could be misread is quoted."""
    if not isinstance(value, str) or isinstance(value, Enum):
        return f"{name}: {quoted(value)}"
    text = str(value)
    if not text.isprintable():
        return f"{name}: {text!r}"
    is_clear = _CLEAR.fullmatch(text) and text.lower() not in _OTHERS
    return f"{name}: {text}" if is_clear else f'{name}: "{text}"'


def _words(value: Any, depth: int) -> str:
    simple = _simple(value)
    if simple is not None:
        return simple
    if depth > _MAX_DEPTH:
        return "…"
    if isinstance(value, _LISTS):
        return _listed([_entry(entry, depth + 1) for entry in _ordered(value)])
    named = _named(value)
    if named is None:
        return str(value)
    return ", ".join(f"{_label(name)}: {_part(part, depth + 1)}" for name, part in named.items()) or "none"


def _simple(value: Any) -> str | None:
    """Return a value without parts in words; `None` for one with parts, and for one of an unknown kind."""
    if value is None:
        return NOT_STATED
    if isinstance(value, Enum):
        return in_words(value.value)
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, str):
        return str(value)
    if isinstance(value, (int, float, Decimal, Fraction)):
        return _number(value)
    return _time(value)


def _number(value: float | Decimal | Fraction) -> str:
    """Return a number without what only its machine form has; the digits of a decimal all count."""
    if isinstance(value, float):
        if not math.isfinite(value):
            return str(value)
        value = Decimal(format(value, ".15g"))
        value = value.quantize(Decimal(1)) if value == value.to_integral_value() and abs(value) < 10**15 else value
    if not isinstance(value, Decimal) or not value.is_finite():
        return str(value)
    plain = format(value, "f")
    return plain if len(plain) <= _LONG else str(value)


def _time(value: Any) -> str | None:
    if isinstance(value, datetime):
        return f"{_day(value)}, {_clock(value)}{_zone(value)}"
    if isinstance(value, date):
        return _day(value)
    if isinstance(value, time):
        return f"{_clock(value)}{_zone(value)}"
    return _duration(value) if isinstance(value, timedelta) else None


def _day(value: date) -> str:
    return f"{value.day} {_MONTHS[value.month - 1]} {value.year}"


def _clock(value: datetime | time) -> str:
    if value.microsecond:
        return f"{value:%H:%M:%S}.{value.microsecond:06}".rstrip("0")
    return f"{value:%H:%M:%S}" if value.second else f"{value:%H:%M}"


def _zone(value: datetime | time) -> str:
    offset = value.utcoffset()
    if offset is None:
        return ""
    minutes = round(offset.total_seconds() / 60)
    sign, (hours, rest) = ("-" if minutes < 0 else "+"), divmod(abs(minutes), 60)
    return f" UTC{sign}{hours:02}:{rest:02}" if minutes else " UTC"


def _duration(value: timedelta) -> str:
    if value < timedelta(0):
        return f"minus {_duration(-value)}"
    hours, rest = divmod(value.seconds, 3600)
    minutes, whole = divmod(rest, 60)
    seconds = Decimal(whole) + Decimal(value.microseconds).scaleb(-6)
    counts: dict[str, int | Decimal] = {
        "day": value.days,
        "hour": hours,
        "minute": minutes,
        "second": seconds.normalize(),
    }
    said = [f"{_number(count)} {unit}{'' if count == 1 else 's'}" for unit, count in counts.items() if count]
    return _listed(said) if said else "0 seconds"


def _ordered(value: Iterable[Any]) -> list[Any]:
    """Return the entries; those of a set in the same order each time."""
    if not isinstance(value, (set, frozenset)):
        return list(value)
    try:
        return sorted(value)
    except TypeError:
        return sorted(value, key=in_words)


def _listed(entries: list[str]) -> str:
    """Join entries as a sentence does; semicolons keep entries apart that hold commas, or an "and", themselves."""
    if len(entries) < 2:
        return entries[0] if entries else "none"
    if any("," in entry or ";" in entry or " and " in entry for entry in entries):
        return f"{'; '.join(entries[:-1])}; and {entries[-1]}"
    return f"{', '.join(entries[:-1])} and {entries[-1]}"


def _entry(value: Any, depth: int) -> str:
    """Return an entry of a list; a list in it is put in parentheses."""
    said = _words(value, depth)
    return f"({said})" if isinstance(value, _LISTS) and len(value) > 1 else said


def _part(value: Any, depth: int) -> str:
    """Return what an object has under a name; an object in it, and a list, stand in parentheses."""
    said = _words(value, depth)
    several = isinstance(value, _LISTS) and len(value) > 1
    return f"({said})" if several or (_named(value) and _simple(value) is None) else said


def _named(value: Any) -> Mapping[str, Any] | None:
    """Return the parts of an object by name; `None` for what is none."""
    if isinstance(value, Mapping):
        return {str(name): part for name, part in value.items()}
    if is_dataclass(value) and not isinstance(value, type):
        return {entry.name: getattr(value, entry.name) for entry in fields(value)}
    own = getattr(type(value), "model_fields", None)
    return {name: getattr(value, name) for name in own} if isinstance(own, Mapping) else None


def _label(name: str) -> str:
    return name.replace("_", " ").strip() or name
