"""What a provider's module knows about its models without asking the provider. Such data ages, so it is dated."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Literal

Role = Literal["low latency (voice)", "balanced", "complex reasoning"]


@dataclass(frozen=True)
class ModelFacts:
    """The models of one provider.

    Attributes:
        presets: One model for each role; empty if there are none.
        offline: Ids that are offered before the provider's own list is available, in order.
        ends: Ids by the ISO date on which they end. A dated snapshot ends with its model unless it is listed here.
        without_structured_output: Ids that enforce no JSON Schema; `None` if nothing is known.
        enforces_schemas: Whether its server writes only what a JSON Schema allows, whichever the model.
        aliases: The role of each name that people know from older texts.
        families: The aliases that name a family and are not ids.
        price_list: Its id in the price list; empty if it has none.
        vendor: Its name in the ids of providers that resell; empty if that is the provider's own name.
        resells: Whether it offers models of many vendors, with ids such as `vendor/model`.
        spell: How it spells a vendor's own id, if it resells.
    """

    presets: Mapping[Role, str] = field(default_factory=dict)
    offline: tuple[str, ...] = ()
    ends: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    without_structured_output: frozenset[str] | None = None
    enforces_schemas: bool = False
    aliases: Mapping[str, Role] = field(default_factory=dict)
    families: frozenset[str] = frozenset()
    price_list: str = ""
    vendor: str = ""
    resells: bool = False
    spell: Callable[[str], str] = str


NOTHING_KNOWN = ModelFacts()

_facts: dict[str, ModelFacts] = {}


def register(provider: str, facts: ModelFacts) -> None:
    """Register the models of a provider."""
    _facts[provider] = facts


def unregister(provider: str) -> None:
    """Unregister the models of a provider."""
    _facts.pop(provider, None)


def facts_of(provider: str) -> ModelFacts:
    """Return what is known about a provider's models."""
    return _facts.get(provider, NOTHING_KNOWN)


def all_facts() -> Mapping[str, ModelFacts]:
    """Return what is known, by provider, in the order of registration."""
    return dict(_facts)
