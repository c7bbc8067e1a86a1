"""Any endpoint that speaks Chat Completions: a company gateway, vLLM, Ollama, LM Studio, llama.cpp."""

from __future__ import annotations

from byok_widgets.providers.model_settings import SupportedSettings
from byok_widgets.providers.protocols.chat_completions import ChatCompletionsProvider


class CompatibleProvider(ChatCompletionsProvider):
    """An OpenAI-compatible endpoint at an address that the user gives."""

    name = "compatible"
    label = "OpenAI-compatible endpoint"
    named = "the OpenAI-compatible endpoint"
    needs_key = False
    key_hint = "if it needs one"

    def _known_settings(self, model: str) -> SupportedSettings:
        del model
        return {"temperature": ()}
