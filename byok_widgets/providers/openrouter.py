"""OpenRouter: one key for the models of many vendors."""

from __future__ import annotations

import re
from collections.abc import Mapping
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from byok_widgets.providers.base import Links, iso_date, parse_count
from byok_widgets.providers.exchange import Endpoint, ModelInfo, Request
from byok_widgets.providers.model_facts import ModelFacts
from byok_widgets.providers.model_settings import SupportedSettings
from byok_widgets.providers.protocols.chat_completions import ChatCompletionsProvider
from byok_widgets.secrets.key_formats import KeyFormat

if TYPE_CHECKING:
    from byok_widgets.providers.batches import BatchForm

_EFFORTS = ("none", "minimal", "low", "medium", "high", "xhigh")
"""Efforts that the gateway translates for every reasoning model, if its list names no others."""

_AMOUNT = re.compile(r"\s*\d{1,12}(?:\.\d{1,40})?(?:[eE][+-]?\d{1,3})?\s*", re.ASCII)
_MOST_USD = 1_000_000
"""No call costs more: a report of more than that is a mistake, and the cost is not taken from it."""


def _dotted(model: str) -> str:
    """Return a vendor's id with its version spelled as this provider does: `-5-5` becomes `-5.5`."""
    return re.sub(r"(?<=-)(\d+)-(\d+)\Z", r"\1.\2", model)


_MODELS = ModelFacts(
    presets={
        "low latency (voice)": "openai/gpt-6-luna",
        "balanced": "anthropic/claude-sonnet-5.5",
        "complex reasoning": "anthropic/claude-opus-5.5",
    },
    offline=(
        *("openai/gpt-6-luna", "openai/gpt-6.1-sol", "openai/gpt-6-astra", "anthropic/claude-haiku-5.5"),
        *("anthropic/claude-sonnet-5.5", "anthropic/claude-opus-5.5"),
    ),
    price_list="openrouter",
    resells=True,
    spell=_dotted,
)

_KEY_FORMAT = KeyFormat(
    owner="openrouter",
    label="OpenRouter",
    prefixes=("sk-or-",),
    exact=r"sk-or-v[0-9]-[0-9a-f]{64}",
    shortest=73,
)


class OpenRouterProvider(ChatCompletionsProvider):
    """OpenRouter's API. It reports what each call cost."""

    name = "openrouter"
    models = _MODELS
    key_format = _KEY_FORMAT
    key_hint = "sk-or-…"
    label = "OpenRouter"
    default_url = "https://openrouter.ai/api/v1"
    settings = ChatCompletionsProvider.settings | {"verbosity"}
    structured_modes = ("json_schema", "tool", "json_object", "prompt")
    links = Links(
        keys="https://openrouter.ai/settings/keys",
        billing="https://openrouter.ai/settings/credits",
        usage="https://openrouter.ai/activity",
        models="https://openrouter.ai/models",
        status="https://status.openrouter.ai",
        errors="https://openrouter.ai/docs/api/reference/errors-and-debugging",
        privacy="https://openrouter.ai/settings/privacy",
    )

    def extras(self, request: Request) -> dict[str, Any]:
        """Request only upstream providers that support schema and settings: others would silently drop them."""
        shaped = request.output is not None and request.output.mode != "prompt"
        return {"provider": {"require_parameters": True}} if shaped or request.settings else {}

    def headers(self) -> dict[str, str]:
        """Name this software, as OpenRouter asks its clients to."""
        return {"X-OpenRouter-Title": "byok_widgets"}

    @property
    def batches(self) -> BatchForm:
        """Within a day, at a price that each answer reports; only models with a batch variant."""
        from byok_widgets.providers.protocols.batch_forms import InlineBatches

        return InlineBatches(self)

    def reported_cost(self, usage: Mapping[str, Any]) -> Decimal | None:
        """Add up OpenRouter's charge and, if it used the user's own key with a vendor, that vendor's charge."""
        details = usage.get("cost_details")
        behind = details.get("upstream_inference_cost") if isinstance(details, Mapping) else None
        charge, further = _usd(usage.get("cost")), _usd(behind if usage.get("is_byok") else 0)
        return None if charge is None or further is None else charge + further

    def error_body(self, body: Any) -> Any:
        """Add when a quota resets, which this provider gives as Unix time in milliseconds."""
        inner = body.get("error", body) if isinstance(body, Mapping) else None
        metadata = inner.get("metadata") if isinstance(inner, Mapping) else None
        if not isinstance(inner, Mapping) or not isinstance(metadata, Mapping):
            return body
        return {"error": {**inner, "metadata": {**metadata, "resets_at": _reset_in(metadata.get("headers"))}}}

    async def check_key(self, endpoint: Endpoint) -> None:
        """Ask `/key`: the model list is public, so it would accept any key."""
        await self._get("/key", endpoint)

    def _model_info(self, row: Mapping[str, Any]) -> ModelInfo:
        pricing = row.get("pricing")
        pricing = pricing if isinstance(pricing, Mapping) else {}
        parameters = row.get("supported_parameters")
        return ModelInfo(
            id=str(row["id"]),
            label=str(row.get("name") or ""),
            input_usd_per_mtok=_per_mtok(pricing.get("prompt")),
            output_usd_per_mtok=_per_mtok(pricing.get("completion")),
            context_tokens=parse_count(row.get("context_length")),
            structured_output="structured_outputs" in parameters if isinstance(parameters, list) else None,
            ends_on=iso_date(row.get("expiration_date")),
            supported_settings=_takes(parameters, row.get("reasoning")) if isinstance(parameters, list) else {},
        )


def _takes(parameters: list[Any], reasoning: Any) -> SupportedSettings:
    """Return what the list says about a model's settings: it names everything that the model supports."""
    return {
        "temperature": () if "temperature" in parameters else None,
        "verbosity": ("low", "medium", "high") if "verbosity" in parameters else None,
        "reasoning_effort": _efforts(reasoning) if {"reasoning", "reasoning_effort"} & set(parameters) else None,
    }


def _efforts(reasoning: Any) -> tuple[str, ...]:
    """Return the efforts of a reasoning model, lowest first; the list has the highest first."""
    known = reasoning if isinstance(reasoning, Mapping) else {}
    listed = known.get("supported_efforts")
    efforts = tuple(map(str, reversed(listed))) if isinstance(listed, list) and listed else _EFFORTS
    return tuple(effort for effort in efforts if effort != "none" or not known.get("mandatory"))


def _per_mtok(per_token: Any) -> Decimal | None:
    """Convert OpenRouter's dollars per token, a string, to dollars per million tokens; -1 means that it varies."""
    amount = _usd(per_token)
    return None if amount is None else amount * 1_000_000


def _usd(amount: Any) -> Decimal | None:
    """Return an amount of money, or `None` for what no call can have cost."""
    written = str(amount)
    if not _AMOUNT.fullmatch(written):
        return None
    usd = Decimal(written)
    return usd if usd <= _MOST_USD else None


def _reset_in(headers: Any) -> Any:
    named = headers if isinstance(headers, Mapping) else {}
    return next((value for name, value in named.items() if str(name).lower() == "x-ratelimit-reset"), None)
