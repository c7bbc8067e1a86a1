"""Text for a field that is not text: read where its type, and the locale, leave one meaning."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Any

from byok_widgets.schema.shape import Shape
from byok_widgets.schema.values.locales import Locale
from byok_widgets.schema.values.written_numbers import written_number
from byok_widgets.schema.values.written_times import (
    refuse_counted_day,
    refuse_span,
    written_date,
    written_moment,
    written_time,
)

_YES = frozenset(("true", "yes"))
_NO = frozenset(("false", "no"))
_LIMIT = re.compile(
    r"(?:up\s+to|at\s+(?:most|least)|no\s+more\s+than|not\s+more\s+than|max(?:imum)?|min(?:imum)?|under|over|below|above"
    r"|less\s+than|more\s+than|about|around|approximately|roughly|nearly|almost|between)\b[^\d]{0,20}\d",
    re.IGNORECASE,
)
_PERCENT_WORDS = ("percent", "per cent", "%")


def written_value(text: str, shape: Shape, locale: Locale | None) -> Any:
    """Return the value that a text stands for, where the shape takes no free text; the text itself if it is none.

    Raises:
        ValueError: The text has more than one meaning.
    """
    if "boolean" in shape.types:
        answer = _answer(text, locale)
        if answer is not None:
            return answer
    if shape.types & {"integer", "number"}:
        number = _number(text, shape, locale)
        if number is not None:
            return number
        _refuse_limit(text)
    return _moment(text, shape, locale) or text


def _answer(text: str, locale: Locale | None) -> bool | None:
    word = text.strip(" .!").casefold()
    if word in _YES or (locale and word in locale.yes):
        return True
    return False if word in _NO or (locale and word in locale.no) else None


def _number(text: str, shape: Shape, locale: Locale | None) -> Any:
    is_whole = "number" not in shape.types
    if not text.endswith("%"):
        return written_number(text, locale, whole=is_whole)
    percent = written_number(text[:-1], locale, whole=is_whole)
    if percent is None or is_whole or _counts_percent(shape):
        return percent
    if shape.highest is not None and shape.highest <= 1:
        return Decimal(percent) / 100
    raise ValueError(
        f"this may be {percent} or {Decimal(percent) / 100}; say in the field's description if it is in percent"
    )


def _refuse_limit(text: str) -> None:
    if _LIMIT.match(text.strip()):
        raise ValueError("this is a limit or an estimate, not one number")


def _counts_percent(shape: Shape) -> bool:
    said = shape.description.casefold()
    return any(word in said for word in _PERCENT_WORDS) or (shape.highest is not None and shape.highest > 1)


def _moment(text: str, shape: Shape, locale: Locale | None) -> str | None:
    if "date" in shape.formats and (day := written_date(text, locale)):
        return day
    if shape.formats & {"date", "date-time"}:
        refuse_counted_day(text)
    if shape.formats & {"date-time", "time"}:
        refuse_span(text)
    if "date-time" in shape.formats and (moment := written_moment(text, locale)):
        return moment
    return written_time(text) if "time" in shape.formats else None
