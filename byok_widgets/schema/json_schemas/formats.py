"""The formats of JSON Schema that are checked, the same in every environment.

`jsonschema` checks several of them only where further packages are installed. In a dialogue, a time of day has no
offset from UTC, so none is required.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import date, time
from functools import cache
from typing import Any

_DATE = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)
_TIME = re.compile(r"\d{2}:\d{2}(?::\d{2}(?:\.\d+)?)?(?:[zZ]|[+-]\d{2}:\d{2})?", re.ASCII)
_DURATION = re.compile(
    r"P(?!\Z)(?:\d+W|(?:\d+Y)?(?:\d+M)?(?:\d+D)?(?:T(?=\d)(?:\d+H)?(?:\d+M)?(?:\d+(?:\.\d+)?S)?)?)", re.ASCII
)
_LABEL = r"[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?"
_HOSTNAME = re.compile(rf"(?=.{{1,253}}\Z){_LABEL}(?:\.{_LABEL})*", re.ASCII)
_EMAIL = re.compile(r"[^@\s]+@[^@\s]+")
_URI = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:[^\s<>\"{}|\\^`]+")
_POINTER = re.compile(r"(?:/(?:[^~/]|~[01])*)*")
_LEAP_SECOND = ("23:59:60", "23:59:59")
_BUILT_IN = ("ipv4", "ipv6", "regex", "uuid")


@cache
def format_checker() -> Any:
    """Return the checker for `jsonschema`."""
    from byok_widgets.schema.json_schemas.library import jsonschema

    checker = jsonschema.FormatChecker(formats=_BUILT_IN)
    for name, is_one in _CHECKS.items():
        checker.checks(name)(_or_no_text(is_one))
    return checker


def _or_no_text(is_one: Callable[[str], bool]) -> Callable[[object], bool]:
    """Return a check that leaves all but texts to the types."""
    return lambda value: not isinstance(value, str) or is_one(value)


def _is_date(text: str) -> bool:
    return bool(_DATE.fullmatch(text)) and _is_parsed(date.fromisoformat, text)


def _is_time(text: str) -> bool:
    plain = text.upper().replace(*_LEAP_SECOND)
    return bool(_TIME.fullmatch(text)) and _is_parsed(time.fromisoformat, plain)


def _is_moment(text: str) -> bool:
    return text[10:11] in ("T", "t") and _is_date(text[:10]) and _is_time(text[11:])


def _is_parsed(parse: Callable[[str], object], text: str) -> bool:
    try:
        parse(text)
    except ValueError:
        return False
    return True


def _matching(pattern: re.Pattern[str]) -> Callable[[str], bool]:
    return lambda text: pattern.fullmatch(text) is not None


_CHECKS: Mapping[str, Callable[[str], bool]] = {
    "date": _is_date,
    "time": _is_time,
    "date-time": _is_moment,
    "duration": _matching(_DURATION),
    "email": _matching(_EMAIL),
    "hostname": _matching(_HOSTNAME),
    "idn-email": _matching(_EMAIL),
    "json-pointer": _matching(_POINTER),
    "uri": _matching(_URI),
}
