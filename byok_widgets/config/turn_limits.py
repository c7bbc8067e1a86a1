"""`TurnLimits`: how many model calls one turn of a session may make, and what they may cost."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from byok_widgets.errors import ConfigError
from byok_widgets.secrets.quoting import as_given

MAX_CALLS = 50
"""Default limit on the calls in one turn: more than a flow needs, and far less than a loop makes."""
_MOST_CALLS = 10_000
_MOST_COST = 1_000_000


@dataclass(frozen=True)
class TurnLimits:
    """The limits that were chosen for a flow; what was not chosen is `None`.

    Attributes:
        calls: Maximum number of model calls in one turn, including the judge's calls and repairs.
        cost: Cost at which a turn makes no further call, in US dollars.
    """

    calls: int | None = None
    cost: float | None = None

    @classmethod
    def parse(cls, section: Any) -> TurnLimits:
        """Return the limits in a section of the settings; what is damaged counts as not set."""
        held = section if isinstance(section, Mapping) else {}
        calls, cost = held.get("calls"), held.get("cost")
        return cls(calls if _is_count(calls) else None, cost if _is_amount(cost) else None)

    @property
    def max_calls(self) -> int:
        """Maximum number of calls in one turn."""
        return MAX_CALLS if self.calls is None else self.calls

    @property
    def max_cost(self) -> Decimal | None:
        """Cost at which a turn makes no further call; `None` for no limit."""
        return None if self.cost is None else Decimal(repr(self.cost))

    def lowered(self, other: TurnLimits) -> TurnLimits:
        """Return these limits, with those of a file where they are lower: a file never allows more."""
        calls, cost = other.calls, other.cost
        fewer = self.calls if calls is None or calls >= self.max_calls else calls
        less = self.cost if cost is None or (self.cost is not None and cost >= self.cost) else cost
        return TurnLimits(fewer, less)


def checked_calls(value: Any, name: str = "max_calls_per_turn", usual: int = MAX_CALLS) -> int | None:
    """Return a number of calls; `None` stands for the usual one.

    Args:
        value: What was given.
        name: The setting that it is given for.
        usual: The default.

    Raises:
        ConfigError: It is not a whole number from 1 to 10,000.
    """
    if value is None or _is_count(value):
        return value  # type: ignore[no-any-return]
    raise ConfigError(
        f"{name} must be a whole number from 1 to {_MOST_CALLS:,}, not {as_given(value)}.",
        kind="turn_limit",
        fix=f"Write flow.{name} = None for the default of {usual}.",
    )


def checked_cost(value: Any, name: str = "max_cost_per_turn") -> float | None:
    """Return an amount in US dollars; `None` stands for any.

    Args:
        value: What was given.
        name: The setting that it is given for.

    Raises:
        ConfigError: It is not a number above 0 and up to a million.
    """
    if value is None:
        return None
    if isinstance(value, Decimal):
        value = float(value)
    if _is_amount(value):
        return float(value)
    raise ConfigError(
        f"{name} must be an amount in US dollars above 0, not {as_given(value)}.",
        kind="turn_limit",
        fix=f"Write flow.{name} = 0.25, or None for no limit.",
    )


def _is_count(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and 1 <= value <= _MOST_CALLS


def _is_amount(value: Any) -> bool:
    is_number = isinstance(value, (int, float)) and not isinstance(value, bool)
    return is_number and math.isfinite(value) and 0 < value <= _MOST_COST
