"""What the calls of a cassette would cost if they were made again: computed from the tokens that were counted."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

from byok_widgets.display.cards import Card
from byok_widgets.providers import PROVIDERS, catalog
from byok_widgets.providers.exchange import Answer
from byok_widgets.providers.model_facts import Role
from byok_widgets.recording.cassette import Cassette
from byok_widgets.recording.entries import original_cost
from byok_widgets.usage import Cost, CostTotal, Usage, token_words

ROLE: Role = "low latency (voice)"
"""The role of the models whose prices are shown: the cheap ones."""


@dataclass(frozen=True, repr=False)
class Contents(Card):
    """What is in a cassette.

    Attributes:
        calls: How many calls were recorded.
        models: The models that answered.
        days: The first and the last day on which calls were recorded.
        cost: What they cost then.
        usage: The tokens of all calls; a count that one of them does not say is unknown.
    """

    calls: int
    models: tuple[str, ...]
    days: tuple[str, ...]
    cost: CostTotal
    usage: Usage

    def facts(self) -> Iterator[tuple[str, str]]:
        """Yield how many calls there are, of which models and days, and what they took."""
        yield "calls", str(self.calls)
        yield "models", ", ".join(self.models)
        yield "recorded", " to ".join(self.days)
        yield "cost then", str(self.cost)
        yield "tokens", token_words(self.usage)

    @classmethod
    def of(cls, cassette: Cassette) -> Contents:
        """Read a cassette."""
        entries = list(cassette.entries())
        days = sorted({str(entry.get("recorded_at", ""))[:10] for entry in entries} - {""})
        requests = [entry["request"] for entry in entries]
        return cls(
            calls=len(entries),
            models=tuple(dict.fromkeys(f"{each['provider']}:{each['model']}" for each in requests)),
            days=tuple(dict.fromkeys([*days[:1], *days[-1:]])),
            cost=CostTotal.of(map(original_cost, entries)),
            usage=sum(map(_usage, entries), Usage(0, 0)),
        )

    def with_model(self, ref: str, *, is_own_address: bool = True) -> Cost:
        """Return what the same tokens cost with a model; unknown where it has no price.

        They are priced as calls of one size, since a large call can cost more per token than many small ones.

        Args:
            ref: The model.
            is_own_address: Whether it is asked at its provider's own address, for which the price list holds.
        """
        name, _, model = ref.partition(":")
        usage, free = self.usage, PROVIDERS[name].free_of_charge
        if not free and None in (usage.input_tokens, usage.output_tokens):
            return Cost()
        of = partial(catalog.cost_of, name if is_own_address else "", model, free=free)
        if free:
            return of(Answer("", "stop", usage=usage))
        calls = max(1, self.calls)
        pairs = (divmod(count or 0, calls) for count in (usage.input_tokens, usage.output_tokens))
        each, rest = (of(Answer("", "stop", usage=Usage(*counts))) for counts in zip(*pairs, strict=True))
        return each if each.usd is None or rest.usd is None else Cost(each.usd * calls + rest.usd, each.source)

    @property
    def live(self) -> dict[str, Cost]:
        """What the same tokens cost with a cheap model of each vendor, by the model's ref; the cheapest first."""
        found = {ref: self.with_model(ref) for ref in _cheap_models()}
        priced = {ref: cost for ref, cost in found.items() if cost.usd is not None}
        return dict(sorted(priced.items(), key=lambda item: item[1].known_usd))


def _usage(entry: Mapping[str, Any]) -> Usage:
    """Return the tokens of a call; a request that was refused wrote none."""
    if "fault" in entry:
        return Usage(0, 0)
    usage = entry["answer"].get("usage", {})
    return Usage(usage.get("input_tokens"), usage.get("output_tokens"))


def _cheap_models() -> Iterator[str]:
    for name, provider in PROVIDERS.items():
        model = provider.models.presets.get(ROLE)
        if model and provider.needs_key:
            yield f"{name}:{model}"
