"""What is known of models without asking anyone: roles, ends, prices. Data that ages, with its date.

Sources: the providers' published model and deprecation pages for roles and ends; the `genai-prices` package for
prices and context lengths. The package is large, so it is loaded when a price is first asked for.
"""

from __future__ import annotations

import datetime
from collections.abc import Mapping
from dataclasses import replace
from decimal import Decimal
from typing import Literal, TypeVar

from byok_widgets.messages import Cost, Usage
from byok_widgets.providers.base import Answer, ModelInfo

CHECKED_ON = "2026-11-23"
"""The day on which the tables below were compared with the providers' pages."""

T = TypeVar("T")

Role = Literal["low latency (voice)", "balanced", "complex reasoning"]

PRESETS: Mapping[str, Mapping[Role, str]] = {
    "openai": {
        "low latency (voice)": "gpt-6-luna",
        "balanced": "gpt-6.1-sol",
        "complex reasoning": "gpt-6-astra",
    },
    "anthropic": {
        "low latency (voice)": "claude-haiku-5-5",
        "balanced": "claude-sonnet-5-5",
        "complex reasoning": "claude-opus-5-5",
    },
    "openrouter": {
        "low latency (voice)": "openai/gpt-6-luna",
        "balanced": "anthropic/claude-sonnet-5.5",
        "complex reasoning": "anthropic/claude-opus-5.5",
    },
}
"""One model for each role. A provider without an entry has no presets."""

_OFFLINE: Mapping[str, tuple[str, ...]] = {
    "openai": (
        *("gpt-6-luna", "gpt-6.1-terra", "gpt-6.1-sol", "gpt-6-astra", "gpt-5.6-luna", "gpt-5.5", "gpt-5.4"),
        *("gpt-5.4-mini", "gpt-5.4-nano", "gpt-4o", "gpt-4o-mini", "gpt-4"),
    ),
    "anthropic": (
        *("claude-haiku-5-5", "claude-sonnet-5-5", "claude-opus-5-5", "claude-fable-5-2", "claude-sonnet-5"),
        *("claude-opus-5", "claude-sonnet-4-6", "claude-haiku-4-5", "claude-sonnet-4-5"),
    ),
    "openrouter": (
        *("openai/gpt-6-luna", "openai/gpt-6.1-sol", "openai/gpt-6-astra", "anthropic/claude-haiku-5.5"),
        *("anthropic/claude-sonnet-5.5", "anthropic/claude-opus-5.5"),
    ),
}

_ENDS: Mapping[str, Mapping[str, str]] = {
    "openai": {
        "gpt-4": "2026-10-23",
        "gpt-4o": "2027-01-14",
        "gpt-4o-mini": "2027-01-14",
        "gpt-4.1": "2027-01-14",
        "gpt-4.1-mini": "2027-01-14",
        "gpt-5": "2026-12-11",
        "gpt-5-mini": "2026-12-11",
        "gpt-5-nano": "2026-12-11",
        "o3": "2026-12-11",
        "gpt-5.1": "2027-04-01",
        "gpt-5.4-nano": "2027-04-01",
    },
    "anthropic": {
        "claude-sonnet-4-5": "2026-11-30",
        "claude-opus-4-0": "2026-06-15",
        "claude-sonnet-4-0": "2026-06-15",
        "claude-3-7-sonnet-latest": "2026-02-19",
        "claude-3-5-haiku-latest": "2026-02-19",
    },
}

_FAMILIAR: Mapping[str, Mapping[str, Role]] = {
    "openai": {
        "gpt-4o-mini": "low latency (voice)",
        "gpt-4o": "complex reasoning",
        "gpt-4": "complex reasoning",
    },
    "anthropic": {
        "claude-haiku": "low latency (voice)",
        "claude-sonnet": "balanced",
    },
}
"""Names that people know from older texts, by the role they stood for."""

_PRICE_LIST_NAMES = {"openai": "openai", "anthropic": "anthropic", "openrouter": "openrouter"}
_TYPICAL = 1000  # list prices are those of a short request: long ones cost more per token


def ends_on(provider: str, model: str) -> str | None:
    """Return the ISO date on which a model ends or ended; `None` where no end is known."""
    return _ENDS.get(provider, {}).get(model)


def successor(provider: str, model: str) -> str | None:
    """Return the model that has the role an older name stood for; `None` where the name is not an older one."""
    role = _FAMILIAR.get(provider, {}).get(model)
    return PRESETS[provider][role] if role else None


def lifecycle_note(provider: str, model: str, *, today: datetime.date | None = None) -> str:
    """Say in one sentence that a model ends or has ended, and what took its place; empty when neither is known."""
    end = ends_on(provider, model)
    if end is None:
        return ""
    ended = datetime.date.fromisoformat(end) < (today or datetime.datetime.now(tz=datetime.timezone.utc).date())
    heir = successor(provider, model)
    note = f"{model} ended on {end}" if ended else f"{model} ends on {end}"
    return f"{note}; {heir} has its role now." if heir else f"{note}."


def offline_models(provider: str) -> list[ModelInfo]:
    """Return the models known without asking the provider, in the order they are offered."""
    return [described(provider, ModelInfo(id=model)) for model in _OFFLINE.get(provider, ())]


def described(provider: str, info: ModelInfo) -> ModelInfo:
    """Fill in price, context length and end date where they are known and not given."""
    end = info.ends_on or ends_on(provider, info.id)
    info = replace(info, ends_on=end)
    if provider not in _PRICE_LIST_NAMES:
        return info
    from genai_prices import Usage as Priced
    from genai_prices import calc_price

    try:
        price = calc_price(
            Priced(input_tokens=_TYPICAL, output_tokens=_TYPICAL),
            model_ref=info.id,
            provider_id=_PRICE_LIST_NAMES[provider],
        )
    except LookupError:
        return info
    million = 1_000_000 // _TYPICAL
    return replace(
        info,
        input_usd_per_mtok=_first(info.input_usd_per_mtok, price.input_price * million),
        output_usd_per_mtok=_first(info.output_usd_per_mtok, price.output_price * million),
        context_tokens=_first(info.context_tokens, price.model.context_window),
    )


def cost_of(provider: str, model: str, answer: Answer, *, free: bool = False) -> Cost:
    """Work out what a call cost: what the provider reports wins, then the price list; unknown stays unknown.

    Args:
        provider: Whose price list applies; one without a list, or `""` for a call that went to another address
            than the provider's own, has no price.
        model: The model that was asked for.
        answer: What came back.
        free: Whether this machine ran it.
    """
    if free:
        return Cost(Decimal(0), "local")
    if answer.reported_cost_usd is not None:
        return Cost(answer.reported_cost_usd, "provider")
    return _from_price_list(provider, model, answer.usage)


def _from_price_list(provider: str, model: str, usage: Usage) -> Cost:
    if provider not in _PRICE_LIST_NAMES or usage.input_tokens is None or usage.output_tokens is None:
        return Cost()
    from genai_prices import Usage as Priced
    from genai_prices import calc_price

    counted = Priced(
        input_tokens=usage.input_tokens,
        output_tokens=usage.output_tokens,
        cache_read_tokens=usage.cached_input_tokens or 0,
        cache_write_tokens=usage.cache_write_tokens or 0,
    )
    try:
        return Cost(
            calc_price(counted, model_ref=model, provider_id=_PRICE_LIST_NAMES[provider]).total_price, "price list"
        )
    except LookupError:
        return Cost()


def _first(known: T | None, looked_up: T | None) -> T | None:
    return looked_up if known is None else known
