"""What is known of models without asking anyone: roles, ends, prices. Data that ages, with its date.

Sources: the providers' published model and deprecation pages for roles and ends; the `genai-prices` package for
prices and context lengths. The package is large, so it is loaded when a price is first asked for.
"""

from __future__ import annotations

import datetime
import difflib
import re
from collections.abc import Mapping
from dataclasses import replace
from decimal import Decimal
from typing import TYPE_CHECKING, Literal, TypeVar

from byok_widgets.messages import Cost, Usage
from byok_widgets.providers.base import Answer, ModelInfo

if TYPE_CHECKING:
    from genai_prices.types import PriceCalculation

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

_ENDS: Mapping[str, Mapping[str, tuple[str, ...]]] = {
    "openai": {
        "2026-10-23": (
            *("gpt-4", "gpt-4-0613", "gpt-4-1106-preview", "gpt-4-turbo", "gpt-4o-2024-05-13", "gpt-4.1-nano"),
            *("gpt-3.5-turbo", "gpt-3.5-turbo-0125", "o1", "o3-mini", "o4-mini"),
        ),
        "2026-12-11": ("gpt-5", "gpt-5-mini", "gpt-5-nano", "o3"),
        "2027-01-14": ("gpt-4o", "gpt-4o-mini", "gpt-4.1", "gpt-4.1-mini"),
        "2027-04-01": ("gpt-5.1", "gpt-5.4-nano"),
    },
    "anthropic": {
        "2026-02-19": (
            "claude-3-7-sonnet",
            "claude-3-7-sonnet-latest",
            "claude-3-5-haiku",
            "claude-3-5-haiku-latest",
        ),
        "2026-06-15": ("claude-opus-4", "claude-opus-4-0", "claude-sonnet-4", "claude-sonnet-4-0"),
        "2026-06-30": ("claude-mythos-preview",),
        "2026-11-30": ("claude-sonnet-4-5",),
    },
}
"""Models by the day on which they end. A dated snapshot ends with its model unless it stands here itself."""

_NO_STRUCTURED_OUTPUT = frozenset(
    {"gpt-3.5-turbo", "gpt-3.5-turbo-0125", "gpt-4", "gpt-4-0613", "gpt-4-turbo", "gpt-4-1106-preview"}
    | {"gpt-4o-2024-05-13", "claude-3-5-haiku", "claude-3-7-sonnet", "claude-opus-4-0", "claude-sonnet-4-0"}
)
"""Models older than their vendor's structured output."""

_ALIASES: Mapping[str, tuple[str, Role]] = {
    "gpt-4o-mini": ("openai", "low latency (voice)"),
    "gpt-4o": ("openai", "complex reasoning"),
    "gpt-4": ("openai", "complex reasoning"),
    "gpt-3.5-turbo": ("openai", "low latency (voice)"),
    "claude-haiku": ("anthropic", "low latency (voice)"),
    "claude-sonnet": ("anthropic", "balanced"),
    "claude-opus": ("anthropic", "complex reasoning"),
    "claude-sonnet-4-5": ("anthropic", "balanced"),
}
"""Names that people know from older texts, by their vendor and the role they stood for."""

_FAMILIES = frozenset({"claude-haiku", "claude-sonnet", "claude-opus"})
"""Those of them that name a family: no vendor takes them as an id."""

_SNAPSHOT = re.compile(r"-(\d{4}-\d{2}-\d{2}|\d{8})\Z")
_PRICE_LIST_NAMES = {"openai": "openai", "anthropic": "anthropic", "openrouter": "openrouter"}
_TYPICAL = 1000  # list prices are those of a short request: long ones cost more per token


def ends_on(provider: str, model: str) -> str | None:
    """Return the ISO date on which a model ends or ended; `None` where no end is known."""
    for name in (model, _SNAPSHOT.sub("", model)):
        for end, models in _ENDS.get(provider, {}).items():
            if name in models:
                return end
    return None


def has_ended(provider: str, model: str, *, today: datetime.date | None = None) -> bool:
    """Whether a model is known to have ended before today."""
    end = ends_on(provider, model)
    return end is not None and is_past(end, today=today)


def is_past(day: str, *, today: datetime.date | None = None) -> bool:
    """Whether an ISO date lies before today."""
    return datetime.date.fromisoformat(day) < (today or _today())


def replacement(provider: str, model: str) -> str | None:
    """Return the model that has the role an older name stood for; `None` where the name is not an older one."""
    vendor, _, name = model.rpartition("/") if provider == "openrouter" else (provider, "", model)
    if name not in _ALIASES:
        return None
    known, role = _ALIASES[name]
    if provider != "openrouter":
        return PRESETS[known][role] if vendor == known else None
    return f"{known}/{_dotted(PRESETS[known][role])}" if vendor in ("", known) else None


def lifecycle_note(provider: str, model: str, *, today: datetime.date | None = None) -> str:
    """Say in one sentence what must be known before a model is used; empty when there is nothing.

    That is: it ends or has ended, and what took its place; or it is a name from older texts that is not an id, and
    which model has its role now.
    """
    end, heir = ends_on(provider, model), replacement(provider, model)
    if end is None:
        is_id = _bare(model) not in _FAMILIES and ("/" in model or provider != "openrouter")
        return f"{model} is not a model id here; {heir} has its role now." if heir and not is_id else ""
    note = f"{model} {'ended' if has_ended(provider, model, today=today) else 'ends'} on {end}"
    return f"{note}; {heir} has its role now." if heir else f"{note}."


def advice(provider: str, model: str) -> str:
    """Say in one sentence what to use where a provider does not know a model; empty when nothing comes near."""
    known = lifecycle_note(provider, model) or mistyped_ref(model) or _of_another(provider, model)
    return known or _near(provider, model)


def mistyped_ref(model: str) -> str:
    """Say which ref was meant where an id looks like one with a mistyped provider; ids may hold colons, too."""
    from byok_widgets.providers import PROVIDERS

    head, _, rest = model.partition(":")
    meant = difflib.get_close_matches(head.lower(), PROVIDERS, 1, cutoff=0.8)
    return f'There is no provider "{head}": did you mean "{meant[0]}:{rest}"?' if rest and meant else ""


def structured_output(provider: str, model: str) -> bool | None:
    """Say whether a provider enforces a JSON Schema with a model; `None` where that is not known here."""
    if provider not in ("openai", "anthropic"):
        return None
    if not _NO_STRUCTURED_OUTPUT.isdisjoint((model, _SNAPSHOT.sub("", model).removesuffix("-latest"))):
        return False
    return True if model in _OFFLINE[provider] else None


def offline_models(provider: str) -> list[ModelInfo]:
    """Return the models known without asking the provider, in the order they are offered."""
    return [enrich(provider, ModelInfo(id=model)) for model in _OFFLINE.get(provider, ())]


def enrich(provider: str, info: ModelInfo, *, elsewhere: bool = False) -> ModelInfo:
    """Fill in what is known and not given: price, context length, structured output and end date.

    Args:
        provider: Whose model it is.
        info: What is known of it so far.
        elsewhere: Whether calls go to another address than the provider's own, where its price list does not hold.
    """
    info = replace(
        info,
        structured_output=_first(info.structured_output, structured_output(provider, info.id)),
        ends_on=info.ends_on or ends_on(provider, info.id),
    )
    price = None if elsewhere else _price(provider, info.id, Usage(_TYPICAL, _TYPICAL))
    if price is None:
        return info
    million = 1_000_000 // _TYPICAL
    known = _is_known(price)
    return replace(
        info,
        input_usd_per_mtok=_first(info.input_usd_per_mtok, price.input_price * million if known else None),
        output_usd_per_mtok=_first(info.output_usd_per_mtok, price.output_price * million if known else None),
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
    price = _price(provider, model, answer.usage)
    return Cost(price.total_price, "price list") if price and _is_known(price) else Cost()


def _of_another(provider: str, model: str) -> str:
    for other, ids in _OFFLINE.items():
        heir = model if model in ids else replacement(other, model)
        if heir and provider not in ("openrouter", other):
            return f'It is a model of another provider: write "{other}:{heir}".'
    return ""


def _near(provider: str, model: str) -> str:
    own = _OFFLINE.get(provider, ())
    near = difflib.get_close_matches(_bare(model), map(_bare, own))
    return f"Similar: {', '.join(known for known in own if _bare(known) in near)}." if near else ""


def _price(provider: str, model: str, usage: Usage) -> PriceCalculation | None:
    if provider not in _PRICE_LIST_NAMES or usage.input_tokens is None or usage.output_tokens is None:
        return None
    from genai_prices import Usage as Priced
    from genai_prices import calc_price

    counted = Priced(
        input_tokens=usage.input_tokens,
        output_tokens=usage.output_tokens,
        cache_read_tokens=usage.cached_input_tokens or 0,
        cache_write_tokens=usage.cache_write_tokens or 0,
    )
    try:
        return calc_price(counted, model_ref=model, provider_id=_PRICE_LIST_NAMES[provider])
    except (LookupError, ValueError):  # no such model; or counts that contradict each other
        return None


def _is_known(price: PriceCalculation) -> bool:
    """Whether the list holds the prices of text: a price that is not there is calculated as zero."""
    return all(getattr(price.model_price, name, None) is not None for name in ("input_mtok", "output_mtok"))


def _bare(model: str) -> str:
    """Return an id without its vendor, as the vendor writes it."""
    return model.rpartition("/")[2].replace(".", "-")


def _dotted(model: str) -> str:
    """Return a vendor's id as OpenRouter writes it."""
    return re.sub(r"(?<=-)(\d+)-(\d+)\Z", r"\1.\2", model)


def _today() -> datetime.date:
    return datetime.datetime.now(tz=datetime.UTC).date()


def _first(known: T | None, looked_up: T | None) -> T | None:
    return looked_up if known is None else known
