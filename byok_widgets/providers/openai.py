"""OpenAI."""

from __future__ import annotations

from byok_widgets.providers.base import Endpoint, Links, ModelInfo
from byok_widgets.providers.chat_completions import ChatCompletionsProvider

_NOT_FOR_CHAT = (
    *("audio", "dall-e", "embedding", "image", "moderation", "realtime", "sora", "transcribe", "tts", "whisper"),
)


class OpenAIProvider(ChatCompletionsProvider):
    """OpenAI's own API."""

    name = "openai"
    label = "OpenAI"
    default_url = "https://api.openai.com/v1"
    max_tokens_name = "max_completion_tokens"
    settings = ChatCompletionsProvider.settings | {"verbosity", "service_tier"}
    links = Links(
        keys="https://platform.openai.com/api-keys",
        billing="https://platform.openai.com/settings/organization/billing",
        usage="https://platform.openai.com/usage",
        models="https://platform.openai.com/docs/models",
        status="https://status.openai.com",
    )

    async def list_models(self, endpoint: Endpoint) -> list[ModelInfo]:
        """Ask for the models, without those that do not converse."""
        models = await super().list_models(endpoint)
        return [model for model in models if not any(word in model.id for word in _NOT_FOR_CHAT)]
