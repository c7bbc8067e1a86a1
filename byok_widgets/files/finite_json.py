"""Reads JSON that somebody else may have written: a number in it is finite, or it is not JSON.

Python takes NaN and Infinity, which are not JSON, and reads 1e999 as infinity. A figure that is not finite would
make all that is computed from it meaningless, such as a total of costs.
"""

from __future__ import annotations

import json
import math
from typing import Any


def finite_json(text: str | bytes) -> Any:
    """Return the data of a JSON text.

    Raises:
        ValueError: It is not JSON, or a number in it is not finite.
        RecursionError: It is nested too deeply.
    """
    if isinstance(text, bytes):
        text = text.decode(json.detect_encoding(text), "surrogatepass")
    return _DECODER.decode(text)


def _finite(text: str) -> float:
    number = float(text)
    if not math.isfinite(number):
        raise ValueError(f"{text} is not a finite number")
    return number


_DECODER = json.JSONDecoder(parse_float=_finite, parse_constant=_finite)
"""Made once: `json.loads` would make one for each text."""
