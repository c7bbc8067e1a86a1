"""Numbers without loss: each in the type of its field, or a reason why it does not fit in there."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from decimal import Decimal
from fractions import Fraction
from typing import Any, Self

_NUMBER = re.compile(r"[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d{1,4})?", re.ASCII)
_MAX_EXPONENT = 308
_NOTICED = Decimal("0.001")
"""Smallest difference between a number and the nearest float that counts as a loss at any number of digits."""
_FLOAT_DIGITS = 17
"""As many digits tell each float from its neighbours, so programs write no more of them."""


class WrittenNumber(Decimal):
    """A number that is shown, and read as a text, as a model wrote it: 1e3 is not 1E+3."""

    __slots__ = ("_written",)
    _written: str

    def __new__(cls, written: str) -> Self:
        """Read a number of JSON."""
        made = super().__new__(cls, written)
        made._written = written
        return made

    def __str__(self) -> str:
        return self._written

    def __repr__(self) -> str:
        return self._written

    def __reduce__(self) -> tuple[type[Self], tuple[str]]:
        return type(self), (self._written,)


def number_in(text: str) -> int | Decimal | None:
    """Return the number that a text is, written as in JSON; `None` if it is none."""
    if not _NUMBER.fullmatch(text):
        return None
    return int(text) if text.lstrip("+-").isdecimal() else Decimal(text)


def as_decimal(number: Any) -> Decimal:
    """Return a number as it is written; a float with the fewest digits that tell it from its neighbours."""
    return Decimal(repr(number)) if isinstance(number, float) else Decimal(number)


def as_whole(number: Any) -> Any:
    """Return an integer where a number is one; any other number unchanged."""
    if isinstance(number, int):
        return number
    exact = as_decimal(number)
    is_whole = exact.is_finite() and exact.adjusted() <= _MAX_EXPONENT and exact == exact.to_integral_value()
    return int(exact) if is_whole else number


def as_float(number: Any) -> float:
    """Return the float that is nearest to a number.

    Raises:
        ValueError: It would be another number: infinite, zero, different within the first three decimals, or one
            with fewer digits than were written.
    """
    try:
        nearest = float(number)
    except OverflowError:
        nearest = math.inf
    if not math.isfinite(nearest):
        raise ValueError("the number is too large for a float, or not finite")
    exact = as_decimal(number)
    if (nearest == 0) != (exact == 0):
        raise ValueError("the number is too small for a float")
    if Decimal(repr(nearest)) != exact and (
        abs(Decimal(nearest) - exact) >= _NOTICED or (_digits(exact) > _FLOAT_DIGITS and Decimal(nearest) != exact)
    ):
        raise ValueError("the number has more digits than a float holds; use Decimal or int")
    return nearest


def _digits(number: Decimal) -> int:
    """Return how many digits a number has, without zeros at its end."""
    return len("".join(map(str, number.as_tuple().digits)).rstrip("0"))


def decimal_text(value: Any) -> str:
    """Return a decimal as text, for a JSON encoder that knows no decimals.

    Raises:
        ValueError: It is something else that JSON does not know.
    """
    if isinstance(value, Decimal):
        return str(value)
    raise ValueError(f"{type(value).__name__} is not a value of JSON")


def takes_decimals(core: Any) -> bool:
    """Whether a core schema of pydantic has a `Decimal` somewhere."""
    if isinstance(core, Mapping):
        parts = (part for name, part in core.items() if name not in ("cls", "default", "expected", "metadata"))
        return core.get("type") == "decimal" or any(map(takes_decimals, parts))
    return isinstance(core, (list, tuple)) and any(map(takes_decimals, core))


def is_multiple(number: Any, of: Any) -> bool:
    """Whether a number is a multiple of another, as they are written: 0.07 is one of 0.01."""
    return Fraction(as_decimal(number)) % Fraction(as_decimal(of)) == 0
