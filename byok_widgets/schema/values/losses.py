"""What a type loses of a value that it takes: digits of a number or of a second, and the length of a month."""

from __future__ import annotations

import re
from datetime import datetime, time, timedelta
from typing import Any

from byok_widgets.schema.values.exact_numbers import as_float

_HAS_MONTHS = re.compile(r"\s*[+-]?P[^T]*\d[YM]", re.IGNORECASE)
_BELOW_MICROSECONDS = re.compile(r":\d\d[.,]\d{6}\d*[1-9]")


def refuse_losses(given: Any, result: Any) -> None:
    """Compare JSON values with what a field has made of them.

    Raises:
        ValueError: An integer became a float with another value, months became a number of days, or parts of a
            microsecond were lost.
    """
    if isinstance(given, int) and isinstance(result, float):
        as_float(given)
    elif isinstance(given, str) and isinstance(result, timedelta):
        if _HAS_MONTHS.match(given):
            raise ValueError("expected days, hours, minutes or seconds: months and years differ in length")
    elif isinstance(given, str) and isinstance(result, (datetime, time)):
        if _BELOW_MICROSECONDS.search(given):
            raise ValueError("expected no more than six decimals of a second")
    elif isinstance(given, list) and isinstance(result, (list, tuple)):
        for one, other in zip(given, result, strict=False):
            refuse_losses(one, other)
    elif isinstance(given, dict):
        made = result if isinstance(result, dict) else getattr(result, "__dict__", {})
        for name, value in given.items():
            refuse_losses(value, made.get(name))
