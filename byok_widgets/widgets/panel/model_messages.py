"""What the panel says about models: price, context, structured output, end date. Nothing is guessed."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal
from typing import TYPE_CHECKING

from byok_widgets.display.sanitize import sanitize
from byok_widgets.providers import catalog

if TYPE_CHECKING:
    from byok_widgets.providers.exchange import ModelInfo

_STRUCTURED = {True: "yes", False: "no", None: "unknown"}


def describe(info: ModelInfo) -> str:
    """Return in one line what a model costs, its context length and whether it follows a schema."""
    context = f"context {info.context_tokens:,}" if info.context_tokens else "context unknown"
    return f"{_price(info)} · {context} · structured output: {_STRUCTURED[info.structured_output]}"


def known(info: ModelInfo) -> str:
    """Like `describe`, without what is unknown: in a list of hundreds, that is no news."""
    is_priced = info.input_usd_per_mtok is not None and info.output_usd_per_mtok is not None
    parts = [
        _price(info) if is_priced else "",
        f"context {info.context_tokens:,}" if info.context_tokens else "",
        "" if info.structured_output is None else f"structured output: {_STRUCTURED[info.structured_output]}",
    ]
    return " · ".join(filter(None, parts))


def ending(info: ModelInfo) -> str:
    """Return the badge for a model that ends or has ended, such as `ends 2027-01-14`; empty for others."""
    if not info.ends_on:
        return ""
    return f"{'ended' if _has_ended(info) else 'ends'} {info.ends_on}"


def rows_of(models: Iterable[ModelInfo]) -> list[list[str]]:
    """Return models as rows of `ModelRows`, with retired ones last."""
    return [_row(info) for info in sorted(models, key=_has_ended)]


def _row(info: ModelInfo) -> list[str]:
    label = "" if info.label == info.id else info.label
    return [sanitize(info.id), sanitize(label), known(info), ending(info)]


def _has_ended(info: ModelInfo) -> bool:
    return info.ends_on is not None and catalog.is_past(info.ends_on)


def _price(info: ModelInfo) -> str:
    read, written = info.input_usd_per_mtok, info.output_usd_per_mtok
    if read is None or written is None:
        return "not priced"
    if not read and not written:
        return "free of charge"
    return f"${_amount(read)} in, ${_amount(written)} out per million tokens"


def _amount(usd: Decimal) -> str:
    """Format a price with at least two decimals if it has any; a small price never looks like zero."""
    if usd == usd.to_integral_value():
        return f"{usd:,.0f}"
    text = f"{usd:,.4f}" if usd >= Decimal("0.0001") else f"{usd:f}"
    whole, _, part = text.rstrip("0").partition(".")
    return f"{whole}.{part:0<2}"
