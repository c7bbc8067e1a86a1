"""Reads JSON that somebody else may have written: a number in it is finite, or it is no JSON.

Python takes NaN and Infinity, which are not JSON, and reads 1e999 as infinity. A figure that is not finite would
make all that is computed from it meaningless, such as a total of costs.
"""

from __future__ import annotations

import json
import math
import re
from typing import Any

_MAY_BE_INFINITE = re.compile(r"[eE]\+?\d{3}|\d{200}")
"""Only a number with such a power, or of so many digits, can be more than the largest float."""


def finite_json(text: str | bytes) -> Any:
    """Return the data of a JSON text.

    Raises:
        ValueError: It is no JSON, or a number in it is not finite.
        RecursionError: It is nested too deeply.
    """
    if isinstance(text, bytes):
        text = text.decode(json.detect_encoding(text), "surrogatepass")
    return (_CAREFUL if _MAY_BE_INFINITE.search(text) else _QUICK).decode(text)


def _finite(text: str) -> float:
    number = float(text)
    if not math.isfinite(number):
        raise ValueError(f"{text} is not a finite number")
    return number


_QUICK = json.JSONDecoder(parse_constant=_finite)
_CAREFUL = json.JSONDecoder(parse_float=_finite, parse_constant=_finite)
"""Checks each number, which takes several times as long."""
