"""OpenAI."""

from __future__ import annotations

import re

from byok_widgets.providers import model_tuning
from byok_widgets.providers.base import Endpoint, Links, ModelInfo
from byok_widgets.providers.model_settings import SupportedSettings
from byok_widgets.providers.protocols.chat_completions import ChatCompletionsProvider

_NOT_FOR_CHAT = re.compile(
    "audio|babbage|codex|dall-e|davinci|deep-research|embedding|image|instruct|live"
    "|moderation|-pro|realtime|sora|transcribe|tts|whisper"
)


class OpenAIProvider(ChatCompletionsProvider):
    """OpenAI's own API."""

    name = "openai"
    label = "OpenAI"
    billing_note = "A ChatGPT plan does not pay for the API."
    default_url = "https://api.openai.com/v1"
    max_tokens_name = "max_completion_tokens"
    settings = ChatCompletionsProvider.settings | {"verbosity", "service_tier"}
    structured_modes = ("json_schema", "tool", "json_object", "prompt")
    links = Links(
        keys="https://platform.openai.com/api-keys",
        billing="https://platform.openai.com/settings/organization/billing",
        usage="https://platform.openai.com/usage",
        models="https://platform.openai.com/docs/models",
        status="https://status.openai.com",
        errors="https://platform.openai.com/docs/guides/error-codes",
        deprecations="https://platform.openai.com/docs/deprecations",
        organization="https://platform.openai.com/settings/organization/general",
    )

    async def list_models(self, endpoint: Endpoint) -> list[ModelInfo]:
        """Ask for the models, without those that do not converse over this protocol."""
        models = await super().list_models(endpoint)
        return [model for model in models if model.id.startswith("ft:") or not _NOT_FOR_CHAT.search(model.id)]

    def _known_settings(self, model: str) -> SupportedSettings:
        return model_tuning.of_openai(model)
