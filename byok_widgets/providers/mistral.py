"""Mistral, over its Chat Completions endpoint.

Sources, compared on 2026-11-28: its API reference, its error glossary and its page on reasoning; the price list
for ids.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from byok_widgets.providers.base import Links, parse_count
from byok_widgets.providers.exchange import ModelInfo, Request
from byok_widgets.providers.model_facts import ModelFacts
from byok_widgets.providers.model_settings import SupportedSettings
from byok_widgets.providers.protocols.chat_completions import ChatCompletionsProvider
from byok_widgets.secrets.key_formats import KeyFormat

_MODELS = ModelFacts(
    presets={
        "low latency (voice)": "mistral-small-latest",
        "balanced": "mistral-medium-latest",
        "complex reasoning": "mistral-large-latest",
    },
    offline=("mistral-small-latest", "mistral-medium-latest", "mistral-large-latest", "ministral-8b-latest"),
    price_list="mistral",
    vendor="mistralai",
)

_KEY_FORMAT = KeyFormat(
    owner="mistral",
    label="Mistral",
    prefixes=(),
    unprefixed="(?=.*[a-z])(?=.*[A-Z])(?=.*[0-9])[A-Za-z0-9]{32}",
)
"""Its keys have no prefix of their own, so none is recognised by itself."""


class MistralProvider(ChatCompletionsProvider):
    """Mistral's API."""

    name = "mistral"
    label = "Mistral"
    models = _MODELS
    key_format = _KEY_FORMAT
    default_url = "https://api.mistral.ai/v1"
    settings = frozenset({"temperature", "top_p", "random_seed", "stop", "reasoning_effort", "safe_prompt"})
    highest_temperature = 1.5
    structured_modes = ("json_schema", "json_object", "prompt")
    links = Links(
        keys="https://console.mistral.ai/api-keys",
        billing="https://console.mistral.ai/billing",
        usage="https://console.mistral.ai/usage",
        models="https://docs.mistral.ai/getting-started/models",
        status="https://status.mistral.ai",
        errors="https://docs.mistral.ai/resources/error-glossary",
    )

    def extras(self, request: Request) -> dict[str, Any]:
        """Return nothing: the usage is always sent, and unknown fields are refused."""
        del request
        return {}

    def _known_settings(self, model: str) -> SupportedSettings:
        del model
        return {"temperature": ()}

    def _model_info(self, row: Mapping[str, Any]) -> ModelInfo:
        return ModelInfo(
            id=str(row["id"]),
            label=str(row.get("name") or ""),
            context_tokens=parse_count(row.get("max_context_length")),
        )
