"""`Limits`: how much money and how many calls a comparison may take."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation

from byok_widgets.compare.spending.prices import Prices, not_priced
from byok_widgets.errors import ConfigError
from byok_widgets.secrets.quoting import as_given


@dataclass(frozen=True)
class Limits:
    """What may be spent.

    Attributes:
        usd: Most money; `None` for no limit.
        max_calls: Most calls; `None` for no limit.
    """

    usd: Decimal | None = None
    max_calls: int | None = None

    def changed(self, budget: float | Decimal | None, max_calls: int | None) -> Limits:
        """Return them with what was given in place of what held before.

        Raises:
            ConfigError: A limit is no number above 0.
        """
        return Limits(
            self.usd if budget is None else _money(budget),
            self.max_calls if max_calls is None else _count(max_calls),
        )

    @property
    def is_used_up(self) -> bool:
        """Whether nothing is left."""
        return (self.usd is not None and self.usd <= 0) or (self.max_calls is not None and self.max_calls < 1)

    def without(self, usd: Decimal, calls: int) -> Limits:
        """Return what is left after a run that used so much."""
        return Limits(
            None if self.usd is None else self.usd - usd,
            None if self.max_calls is None else self.max_calls - calls,
        )

    def priced(self, refs: Iterable[str], prices: Prices) -> Limits:
        """Return them for the models that will be called: without a single price, only calls can be limited.

        Raises:
            ConfigError: A model has no price, and nothing limits the calls.
        """
        named = dict.fromkeys(refs)
        unpriced = [ref for ref in named if not prices.is_priced(ref)]
        if self.usd is None or not unpriced:
            return self
        if self.max_calls is None:
            raise not_priced(unpriced)
        return Limits(None if len(unpriced) == len(named) else self.usd, self.max_calls)


def _count(given: int) -> int:
    if isinstance(given, bool) or not isinstance(given, int) or given < 1:
        raise ConfigError("max_calls is a whole number of at least 1.", kind="budget", fix="Write max_calls=100.")
    return given


def _money(given: float | Decimal) -> Decimal:
    try:
        usd = Decimal(str(given))
        is_number = isinstance(given, (int, float, Decimal)) and not isinstance(given, bool)
        if is_number and usd.is_finite() and usd > 0:
            return usd
    except InvalidOperation:
        pass
    raise ConfigError(
        f"A budget is an amount above 0 in US dollars, not {as_given(given)}.", kind="budget", fix="budget=0.50"
    )
