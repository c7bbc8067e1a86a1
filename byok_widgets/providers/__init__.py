"""The providers. To add one, write a module next to these and add it to `_PROVIDERS`."""

from __future__ import annotations

from collections.abc import Mapping

from byok_widgets.providers import model_facts
from byok_widgets.providers.anthropic import AnthropicProvider
from byok_widgets.providers.base import Provider
from byok_widgets.providers.compatible import CompatibleProvider
from byok_widgets.providers.exchange import Endpoint, ModelInfo, OutputSchema, Request
from byok_widgets.providers.foreign_keys import FOREIGN_KEYS
from byok_widgets.providers.gemini import GeminiProvider
from byok_widgets.providers.local.provider import LocalProvider
from byok_widgets.providers.mistral import MistralProvider
from byok_widgets.providers.openai import OpenAIProvider
from byok_widgets.providers.openrouter import OpenRouterProvider
from byok_widgets.secrets import key_formats

_PROVIDERS = (
    OpenAIProvider,
    AnthropicProvider,
    OpenRouterProvider,
    GeminiProvider,
    MistralProvider,
    CompatibleProvider,
    LocalProvider,
)

_registered: dict[str, Provider] = {}

PROVIDERS: Mapping[str, Provider] = _registered
"""The providers by name, in the order in which they are offered."""


def register_provider(provider: Provider) -> Provider:
    """Register a provider everywhere: in model refs, settings, the panel, prices and the search for keys."""
    _registered[provider.name] = provider
    model_facts.register(provider.name, provider.models)
    if provider.key_format:
        key_formats.register(provider.key_format)
    return provider


def unregister_provider(name: str) -> None:
    """Unregister a provider."""
    del _registered[name]
    model_facts.unregister(name)
    key_formats.unregister(name)


for _kind in _PROVIDERS:
    register_provider(_kind())
for _format in FOREIGN_KEYS:
    key_formats.register(_format)

__all__ = [
    "PROVIDERS",
    "Endpoint",
    "ModelInfo",
    "OutputSchema",
    "Provider",
    "Request",
    "register_provider",
    "unregister_provider",
]
