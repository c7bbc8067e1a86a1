"""What a provider's module knows of its models without asking anyone. Data that ages, with its date."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Literal

Role = Literal["low latency (voice)", "balanced", "complex reasoning"]


@dataclass(frozen=True)
class ModelFacts:
    """The models of one provider.

    Attributes:
        presets: One model for each role; empty where there are none.
        offline: Ids that are offered before the provider's own list is at hand, in their order.
        ends: Ids by the ISO date on which they end. A dated snapshot ends with its model unless it stands here.
        without_structured_output: Ids that enforce no JSON Schema; `None` where nothing is known.
        aliases: Names that people know from older texts, by the role they stood for.
        families: Those of the aliases that name a family and are no ids.
        price_list: Its id in the price list; empty where it has none.
        vendor: Its name in the ids of providers that resell; empty for the provider's own name.
        resells: Whether its ids are `vendor/model`, of many vendors.
        spell: How it writes a vendor's own id, where it resells.
    """

    presets: Mapping[Role, str] = field(default_factory=dict)
    offline: tuple[str, ...] = ()
    ends: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    without_structured_output: frozenset[str] | None = None
    aliases: Mapping[str, Role] = field(default_factory=dict)
    families: frozenset[str] = frozenset()
    price_list: str = ""
    vendor: str = ""
    resells: bool = False
    spell: Callable[[str], str] = str


NOTHING_KNOWN = ModelFacts()

_facts: dict[str, ModelFacts] = {}


def register(provider: str, facts: ModelFacts) -> None:
    """Make the models of a provider known."""
    _facts[provider] = facts


def unregister(provider: str) -> None:
    """Forget the models of a provider."""
    _facts.pop(provider, None)


def facts_of(provider: str) -> ModelFacts:
    """Return what is known of a provider's models."""
    return _facts.get(provider, NOTHING_KNOWN)


def all_facts() -> Mapping[str, ModelFacts]:
    """Return what is known, by provider, in the order of their registration."""
    return dict(_facts)
