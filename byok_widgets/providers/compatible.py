"""Any endpoint that speaks Chat Completions: a company gateway, vLLM, Ollama, LM Studio, llama.cpp."""

from __future__ import annotations

from byok_widgets.providers.chat_completions import ChatCompletionsProvider
from byok_widgets.providers.tuning import Takes


class CompatibleProvider(ChatCompletionsProvider):
    """An OpenAI-compatible endpoint at an address that the person gives."""

    name = "compatible"
    label = "OpenAI-compatible endpoint"
    needs_key = False
    idle_timeout_s = 180.0

    def _known_tuning(self, model: str) -> Takes:
        del model
        return {"temperature": ()}
