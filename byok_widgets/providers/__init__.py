"""The providers. A further one is a file beside these and a line in `PROVIDERS`."""

from __future__ import annotations

from collections.abc import Mapping

from byok_widgets.providers.anthropic import AnthropicProvider
from byok_widgets.providers.base import Endpoint, ModelInfo, OutputSchema, Provider, Request
from byok_widgets.providers.compatible import CompatibleProvider
from byok_widgets.providers.local.provider import LocalProvider
from byok_widgets.providers.openai import OpenAIProvider
from byok_widgets.providers.openrouter import OpenRouterProvider

PROVIDERS: Mapping[str, Provider] = {
    provider.name: provider
    for provider in (
        OpenAIProvider(),
        AnthropicProvider(),
        OpenRouterProvider(),
        CompatibleProvider(),
        LocalProvider(),
    )
}

__all__ = ["PROVIDERS", "Endpoint", "ModelInfo", "OutputSchema", "Provider", "Request"]
