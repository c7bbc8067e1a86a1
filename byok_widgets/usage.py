"""What calls use: tokens and money. What a provider did not report stays unknown."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Literal, get_args

from byok_widgets.display import markup
from byok_widgets.display.cards import Listing

NOT_REPORTED = "not reported"
"""Shown in place of a number of tokens that the provider did not report, for example after an interruption."""


@dataclass(frozen=True, repr=False)
class Usage:
    """Token counts as the provider reported them; `None` where it did not.

    Attributes:
        input_tokens: All tokens read, cached ones included.
        output_tokens: All tokens written, reasoning included.
        cached_input_tokens: The part of `input_tokens` read from the provider's cache.
        cache_write_tokens: The part of `input_tokens` written to the provider's cache.
    """

    input_tokens: int | None = None
    output_tokens: int | None = None
    cached_input_tokens: int | None = None
    cache_write_tokens: int | None = None

    def __add__(self, other: Usage) -> Usage:
        """Return the sum; a count that is unknown in either is unknown in the sum."""
        return Usage(
            _sum(self.input_tokens, other.input_tokens),
            _sum(self.output_tokens, other.output_tokens),
            _sum(self.cached_input_tokens, other.cached_input_tokens),
            _sum(self.cache_write_tokens, other.cache_write_tokens),
        )

    def __repr__(self) -> str:
        caches = {"from a cache": self.cached_input_tokens, "to a cache": self.cache_write_tokens}
        told = [f"{count:,} {where}" for where, count in caches.items() if count]
        return f"Usage({', '.join([token_words(self), *told])})"

    def _repr_html_(self) -> str:
        return markup.text(token_words(self))


class Usages(Listing[Usage]):
    """The tokens of several calls, in order; cache counts that no call reports are left out."""

    __slots__ = ()
    nothing = "No model was asked."
    numbers = frozenset({"tokens in", "tokens out", "from a cache", "to a cache"})

    def _columns(self) -> Sequence[str]:
        return ("call", "tokens in", "tokens out", *self._of_caches)

    def _rows(self) -> Iterable[Sequence[str]]:
        counts = self._of_caches.values()
        for at, usage in enumerate(self):
            yield (str(at + 1), *token_counts([usage]), *(_total([each[at]]) for each in counts))

    @property
    def _of_caches(self) -> dict[str, list[int | None]]:
        counts = {
            "from a cache": [usage.cached_input_tokens for usage in self],
            "to a cache": [usage.cache_write_tokens for usage in self],
        }
        return {name: found for name, found in counts.items() if any(count is not None for count in found)}


CostSource = Literal["not charged", "static", "replay", "local", "provider", "price list", "unknown"]

_SUREST_FIRST = get_args(CostSource)


def token_counts(usages: Iterable[Usage]) -> tuple[str, str]:
    """Return how many tokens calls read and wrote, as texts; a lower bound if one of them does not report it."""
    calls = tuple(usages)
    return _total(call.input_tokens for call in calls), _total(call.output_tokens for call in calls)


def token_words(*usages: Usage) -> str:
    """Return in a phrase how many tokens calls read and wrote; an unknown count is said to be not reported."""
    read, written = token_counts(usages)
    if read == written == NOT_REPORTED:
        return f"tokens {NOT_REPORTED}"
    told = f"input {read}" if read == NOT_REPORTED else f"{read} tokens in"
    unit = " tokens" if read == NOT_REPORTED else ""
    return f"{told}, output {written}" if written == NOT_REPORTED else f"{told}, {written}{unit} out"


@dataclass(frozen=True, repr=False)
class Cost:
    """What a call cost in US dollars. Unknown is `None`, never zero.

    Attributes:
        usd: The amount, or `None` if it is unknown.
        source: `"provider"` (it reported the amount), `"price list"` (computed from tokens), `"local"` (this
            machine ran it: no charge), `"static"` (no model ran), `"not charged"` (nothing was sent, or the
            provider refused it), `"replay"` (the answer was recorded earlier: no charge now), or `"unknown"`.
        least_usd: The part of an unknown amount that is known: it cost this, or more.
        recorded: What it cost when it was recorded; `None` if it was not replayed.
    """

    usd: Decimal | None = None
    source: CostSource = "unknown"
    least_usd: Decimal = Decimal(0)
    recorded: Cost | None = None

    @property
    def known_usd(self) -> Decimal:
        """The amount as far as it is known."""
        return self.least_usd if self.usd is None else self.usd

    def or_more(self) -> Cost:
        """Return the cost of a call for which further requests may be charged."""
        return Cost(least_usd=self.known_usd)

    @property
    def originally(self) -> Cost:
        """What it cost when the model answered: now, or when it was recorded."""
        return self if self.recorded is None else self.recorded

    def replayed(self) -> Cost:
        """Return the cost of the same call when its recording is replayed."""
        return Cost(Decimal(0), "replay", recorded=self)

    def __add__(self, other: Cost) -> Cost:
        """Return the sum: unknown if either part is, and with the less certain of the two sources."""
        is_replayed = self.recorded is not None or other.recorded is not None
        recorded = self.originally + other.originally if is_replayed else None
        if self.usd is None or other.usd is None:
            return Cost(least_usd=self.known_usd + other.known_usd, recorded=recorded)
        source = max(self.source, other.source, key=_SUREST_FIRST.index)
        return Cost(self.usd + other.usd, source, recorded=recorded)

    def __repr__(self) -> str:
        says_why = self.usd is None or self.source == "replay"
        return f"Cost({self})" if says_why else f"Cost({self}, {self.source})"

    def _repr_html_(self) -> str:
        return markup.text(str(self))

    def __str__(self) -> str:
        if self.source == "replay":
            return f"replayed, {self.originally} when recorded"
        if self.usd is None:
            return f"at least {Cost(self.least_usd)}" if self.least_usd else "not priced"
        if not self.usd:
            return "free"
        if self.usd < Decimal("0.000001"):
            return "under $0.000001"
        digits = 6 if self.usd < Decimal("0.01") else 4
        return f"${self.usd:.{digits}f}"


NOT_CHARGED = Cost(Decimal(0), "not charged")


@dataclass(frozen=True, repr=False)
class CostTotal:
    """The total cost of several calls. If some have no price, it is a lower bound.

    Attributes:
        usd: The sum of what is known of the costs, in US dollars.
        unpriced: How many calls have no price, or may have cost more than what is known.
        calls: How many calls there were.
        recorded: The total with what replayed calls cost when they were recorded; `None` if none was replayed.
    """

    usd: Decimal = Decimal(0)
    unpriced: int = 0
    calls: int = 0
    recorded: CostTotal | None = None

    @classmethod
    def of(cls, costs: Iterable[Cost]) -> CostTotal:
        """Add up the costs of calls."""
        each = list(costs)
        usd, unpriced, is_replayed = Decimal(0), 0, False
        for cost in each:
            usd += cost.known_usd
            unpriced += cost.usd is None
            is_replayed |= cost.recorded is not None
        recorded = cls.of([cost.originally for cost in each]) if is_replayed else None
        return cls(usd, unpriced, len(each), recorded)

    @property
    def originally(self) -> CostTotal:
        """The total with what replayed calls cost when they were recorded."""
        return self if self.recorded is None else self.recorded

    def __add__(self, other: CostTotal) -> CostTotal:
        is_replayed = self.recorded is not None or other.recorded is not None
        recorded = self.originally + other.originally if is_replayed else None
        return CostTotal(self.usd + other.usd, self.unpriced + other.unpriced, self.calls + other.calls, recorded)

    def __repr__(self) -> str:
        return f"CostTotal({self}, {self.calls} call{'' if self.calls == 1 else 's'})"

    def _repr_html_(self) -> str:
        return markup.text(str(self))

    def __str__(self) -> str:
        if self.recorded is not None:
            now = "" if not (self.usd or self.unpriced) else f"{replace(self, recorded=None)}, the rest "
            return f"{now}replayed, {self.recorded} when recorded"
        if self.unpriced and not self.usd:
            return "not priced"
        known = str(Cost(self.usd, "price list"))
        calls = f"{self.unpriced} call{'s' if self.unpriced > 1 else ''}"
        return f"at least {known}, {calls} not priced" if self.unpriced else known


def _total(counts: Iterable[int | None]) -> str:
    every = list(counts)
    known = [count for count in every if count is not None]
    if every and not known:
        return NOT_REPORTED
    bound = "at least " if len(known) < len(every) else ""
    return f"{bound}{sum(known):,}"


def _sum(one: int | None, other: int | None) -> int | None:
    return None if one is None or other is None else one + other
