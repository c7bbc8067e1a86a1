"""What is known about models without asking the provider: roles, end dates, prices.

Roles and end dates come from the providers' modules, prices and context lengths from the `genai-prices` package.
That package is large, so it is loaded when a price is first needed.
"""

from __future__ import annotations

import datetime
import re
from collections.abc import Collection, Iterable, Mapping
from dataclasses import replace
from decimal import Decimal
from typing import TYPE_CHECKING, Any, TypeVar

from byok_widgets.providers.exchange import Answer, ModelInfo
from byok_widgets.providers.model_facts import Role, all_facts, facts_of
from byok_widgets.usage import Cost, Usage

if TYPE_CHECKING:
    from genai_prices.types import PriceCalculation

CHECKED_ON = "2026-11-23"
"""The day on which the providers' tables were compared with their pages."""

T = TypeVar("T")

_SNAPSHOT = re.compile(r"-(\d{4}-\d{2}-\d{2}|\d{8})\Z")
_TYPICAL = 1000  # list prices are for a short request: long ones cost more per token


def presets(provider: str) -> Mapping[Role, str]:
    """Return one model for each role; empty for a provider without presets."""
    return facts_of(provider).presets


def ends_on(provider: str, model: str) -> str | None:
    """Return the ISO date on which a model ends or ended; `None` if no end date is known."""
    for name in (model, _SNAPSHOT.sub("", model)):
        for end, models in facts_of(provider).ends.items():
            if name in models:
                return end
    return None


def has_ended(provider: str, model: str, *, today: datetime.date | None = None) -> bool:
    """Whether a model is known to have ended before today."""
    end = ends_on(provider, model)
    return end is not None and is_past(end, today=today)


def is_past(day: str, *, today: datetime.date | None = None) -> bool:
    """Whether an ISO date is before today."""
    return datetime.date.fromisoformat(day) < (today or _today())


def replacement(provider: str, model: str) -> str | None:
    """Return the current model for the role of an older one; `None` if the name is not an older one."""
    facts = facts_of(provider)
    if not facts.resells:
        role = facts.aliases.get(model)
        return facts.presets[role] if role else None
    vendor, _, name = model.rpartition("/")
    for other, known in all_facts().items():
        slug = known.vendor or other
        if name in known.aliases and vendor in ("", slug) and not known.resells:
            newer = f"{slug}/{facts.spell(known.presets[known.aliases[name]])}"
            return newer if newer in facts.offline else None
    return None


def lifecycle_note(provider: str, model: str, *, today: datetime.date | None = None) -> str:
    """Return in one sentence what the user should know before using a model; empty if there is nothing.

    That is: that it ends or has ended, and what replaces it; or that it is a name from older texts that is not an
    id, and which model to use instead.
    """
    end, newer = ends_on(provider, model), replacement(provider, model)
    if end is None:
        families = frozenset[str]().union(*(facts.families for facts in all_facts().values()))
        is_id = _bare(model) not in families and ("/" in model or not facts_of(provider).resells)
        return f"{model} is not a model id here; use {newer} instead." if newer and not is_id else ""
    note = f"{model} {'ended' if has_ended(provider, model, today=today) else 'ends'} on {end}"
    return f"{note}; use {newer} instead." if newer else f"{note}."


def advice(provider: str, model: str) -> str:
    """Return in one sentence what to use if a provider does not know a model; empty if nothing is similar."""
    known = lifecycle_note(provider, model) or mistyped_ref(model) or _of_another(provider, model)
    return known or _near(provider, model)


def mistyped_ref(model: str) -> str:
    """Return a suggestion if an id looks like a ref with a mistyped provider; ids may contain colons, too."""
    head, _, rest = model.partition(":")
    meant = _similar(head.lower(), all_facts(), most=1, cutoff=0.8) if rest else ()
    return f'There is no provider "{head}": did you mean "{meant[0]}:{rest}"?' if meant else ""


def unknown_note(provider: str, model: str, listed: Collection[str] = ()) -> str:
    """Say that no list knows a model, with what may have been meant; empty where one does, or there is no list.

    Args:
        provider: Whose model it is.
        model: Its id.
        listed: Ids of the provider's own list, as far as it is kept here.
    """
    facts = facts_of(provider)
    names = {model, _SNAPSHOT.sub("", model), model.partition(":")[0]}
    here = {*facts.offline, *facts.aliases, *facts.presets.values(), *listed}
    is_known = bool(here & names) or ends_on(provider, model) is not None or model.startswith("ft:")
    if not facts.offline or is_known or _price(provider, model, Usage(1, 1)) is not None:
        return ""
    return " ".join(
        [f"No list here knows the model {provider}:{model}; it is used as it is.", *_advised(provider, model)]
    )


def _advised(provider: str, model: str) -> list[str]:
    said = advice(provider, model)
    return [said] if said else []


def structured_output(provider: str, model: str) -> bool | None:
    """Return whether a provider enforces a JSON Schema with a model; `None` if that is not known here."""
    facts = facts_of(provider)
    if facts.enforces_schemas:
        return True
    if facts.without_structured_output is None:
        return None
    if not facts.without_structured_output.isdisjoint((model, _SNAPSHOT.sub("", model).removesuffix("-latest"))):
        return False
    return True if model in facts.offline else None


def offline_models(provider: str) -> list[ModelInfo]:
    """Return the models known without asking the provider, in the order they are offered."""
    return [enrich(provider, ModelInfo(id=model)) for model in facts_of(provider).offline]


def enrich(provider: str, info: ModelInfo, *, elsewhere: bool = False) -> ModelInfo:
    """Fill in what is missing and known here: price, context length, structured output and end date.

    Args:
        provider: Whose model it is.
        info: What is known about it so far.
        elsewhere: Whether calls go to an address other than the provider's own, so that its price list does not
            apply.
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


def cost_of(provider: str, model: str, answer: Answer, *, free: bool = False, batch: bool = False) -> Cost:
    """Return what a call cost, as the provider reports it or else by the price list; it may be unknown.

    Args:
        provider: Whose price list applies. There is no price for a provider without a list, or for `""`, which
            means that the call went to an address other than the provider's own.
        model: The model that was requested.
        answer: The answer to the call.
        free: Whether this machine ran it.
        batch: Whether it came in a batch, which has a price of its own.
    """
    if free:
        return Cost(Decimal(0), "local")
    if answer.reported_cost_usd is not None:
        return Cost(answer.reported_cost_usd, "provider")
    price = _price(provider, model, answer.usage, batch=batch)
    if batch and price and price.total_price and price == _price(provider, model, answer.usage):
        return Cost()  # the list does not know what a batch costs
    return Cost(price.total_price, "price list") if price and _is_known(price) else Cost()


def _of_another(provider: str, model: str) -> str:
    if facts_of(provider).resells:
        return ""
    for other, facts in all_facts().items():
        newer = model if model in facts.offline else replacement(other, model)
        if newer and other != provider:
            return f'It is a model of another provider: write "{other}:{newer}".'
    return ""


def _near(provider: str, model: str) -> str:
    own = facts_of(provider).offline
    near = _similar(_bare(model), map(_bare, own))
    return f"Similar: {', '.join(known for known in own if _bare(known) in near)}." if near else ""


def _similar(name: str, known: Iterable[str], *, most: int = 3, cutoff: float = 0.6) -> list[str]:
    import difflib

    return difflib.get_close_matches(name, list(known), most, cutoff)


def _price(provider: str, model: str, usage: Usage, *, batch: bool = False) -> PriceCalculation | None:
    price_list = facts_of(provider).price_list
    if not price_list or usage.input_tokens is None or usage.output_tokens is None:
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
        context: dict[str, Any] = {"price_context": {"processing": "batch"}} if batch else {}
        return calc_price(counted, model_ref=model, provider_id=price_list, **context)
    except (LookupError, ValueError):  # no such model; or counts that contradict each other
        return None


def _is_known(price: PriceCalculation) -> bool:
    """Whether the list contains the prices of text: a missing price is calculated as zero."""
    return all(getattr(price.model_price, name, None) is not None for name in ("input_mtok", "output_mtok"))


def _bare(model: str) -> str:
    """Return an id without its vendor, spelled as the vendor does."""
    return model.rpartition("/")[2].replace(".", "-")


def _today() -> datetime.date:
    return datetime.datetime.now(tz=datetime.UTC).date()


def _first(known: T | None, looked_up: T | None) -> T | None:
    return looked_up if known is None else known
