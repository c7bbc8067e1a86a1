"""OpenAI.

Sources, compared on 2026-11-24: its pages on models, deprecations, reasoning and deployment.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING

from byok_widgets.providers.base import Links
from byok_widgets.providers.exchange import Endpoint, ModelInfo
from byok_widgets.providers.model_facts import ModelFacts, Role
from byok_widgets.providers.model_settings import SupportedSettings
from byok_widgets.providers.protocols.chat_completions import ChatCompletionsProvider
from byok_widgets.secrets.key_formats import KeyFormat

if TYPE_CHECKING:
    from byok_widgets.providers.batches import BatchForm

_NOT_FOR_CHAT = re.compile(
    "audio|babbage|codex|dall-e|davinci|deep-research|embedding|image|instruct|live"
    "|moderation|-pro|realtime|sora|transcribe|tts|whisper"
)


_LOW_TO_HIGH = ("low", "medium", "high")
_LOW_TO_MAX = (*_LOW_TO_HIGH, "xhigh", "max")

_EFFORTS: Mapping[str, tuple[str, ...]] = {
    r"o1|o3|o3-mini|o4-mini": _LOW_TO_HIGH,
    r"gpt-5(-mini|-nano)?": ("minimal", *_LOW_TO_HIGH),
    r"gpt-5\.1": ("none", *_LOW_TO_HIGH),
    r"gpt-5\.[2-5](-mini|-nano)?": ("none", *_LOW_TO_HIGH, "xhigh"),
    r"gpt-5\.6(-\w+)?|gpt-6-(sol|luna)": ("none", *_LOW_TO_MAX),
    r"gpt-6-astra|gpt-6\.1-(sol|terra)": _LOW_TO_MAX,
    r"gpt-6\.\d+-\w+": _LOW_TO_HIGH,  # newer than the table: what all of them support
}
"""Reasoning models and their efforts; the first pattern that matches the whole id counts."""

_WITHOUT_REASONING = re.compile(r"(gpt-3\.5|gpt-4|chatgpt-4o)(?!.*(search|audio|realtime)).*")
_SNAPSHOT = re.compile(r"-(\d{4}-\d{2}-\d{2}|\d{8})\Z")


def _succeeded_by(role: Role, *models: str) -> dict[str, Role]:
    return dict.fromkeys(models, role)


_MODELS = ModelFacts(
    presets={
        "low latency (voice)": "gpt-6-luna",
        "balanced": "gpt-6.1-sol",
        "complex reasoning": "gpt-6-astra",
    },
    offline=(
        *("gpt-6-luna", "gpt-6.1-terra", "gpt-6.1-sol", "gpt-6-astra", "gpt-5.6-luna", "gpt-5.5", "gpt-5.4"),
        *("gpt-5.4-mini", "gpt-5.4-nano", "gpt-4o", "gpt-4o-mini", "gpt-4"),
    ),
    ends={
        "2024-01-04": ("text-davinci-003", "text-davinci-002"),
        "2024-09-13": ("gpt-3.5-turbo-0301", "gpt-3.5-turbo-0613", "gpt-3.5-turbo-16k-0613"),
        "2024-12-06": ("gpt-4-vision-preview", "gpt-4-1106-vision-preview"),
        "2025-06-06": ("gpt-4-32k", "gpt-4-32k-0314", "gpt-4-32k-0613"),
        "2025-07-14": ("gpt-4.5-preview",),
        "2025-07-28": ("o1-preview",),
        "2025-10-27": ("o1-mini",),
        "2026-02-17": ("chatgpt-4o-latest",),
        "2026-03-26": ("gpt-4-0314", "gpt-4-0125-preview", "gpt-4-turbo-preview"),
        "2026-10-23": (
            *("gpt-4", "gpt-4-0613", "gpt-4-1106-preview", "gpt-4-turbo", "gpt-4o-2024-05-13", "gpt-4.1-nano"),
            *("gpt-3.5-turbo", "gpt-3.5-turbo-0125", "o1", "o3-mini", "o4-mini"),
        ),
        "2026-12-11": ("gpt-5", "gpt-5-mini", "gpt-5-nano", "o3"),
        "2027-01-14": ("gpt-4o", "gpt-4o-mini", "gpt-4.1", "gpt-4.1-mini"),
        "2027-04-01": ("gpt-5.1", "gpt-5.4-nano"),
    },
    without_structured_output=frozenset(
        {"gpt-3.5-turbo", "gpt-3.5-turbo-0125", "gpt-4", "gpt-4-0613", "gpt-4-turbo", "gpt-4-1106-preview"}
        | {"gpt-4o-2024-05-13"}
    ),
    aliases={
        "gpt-4o-mini": "low latency (voice)",
        "gpt-4o": "complex reasoning",
        "gpt-4": "complex reasoning",
        **_succeeded_by("low latency (voice)", "gpt-3.5-turbo", "o1-mini", "o3-mini", "o4-mini", "gpt-4.1-nano"),
        **_succeeded_by("balanced", "gpt-4-turbo", "gpt-4-turbo-preview", "chatgpt-4o-latest", "text-davinci-003"),
        **_succeeded_by("complex reasoning", "o1-preview", "o1", "gpt-4.5-preview", "gpt-4-32k"),
    },
    price_list="openai",
)

_KEY_FORMAT = KeyFormat(
    owner="openai",
    label="OpenAI",
    prefixes=("sk-proj-", "sk-svcacct-", "sk-admin-"),
    shared_prefixes=("sk-",),
    # Known lengths come first, so that a match ends where the key does; keys of other lengths may still appear.
    exact=r"sk-(?=[\w-]{20,200}?T3BlbkFJ)(?:"
    r"(?:[A-Za-z]+-)?(?:[\w-]{74}T3BlbkFJ[\w-]{74}|[\w-]{58}T3BlbkFJ[\w-]{58}|[^\W_]{20}T3BlbkFJ[^\W_]{20})"
    r"|[\w-]{20,200}?T3BlbkFJ[\w-]{20,200}"
    r")",
    shortest=51,
)


class OpenAIProvider(ChatCompletionsProvider):
    """OpenAI's own API."""

    name = "openai"
    models = _MODELS
    key_format = _KEY_FORMAT
    key_hint = "sk-…"
    label = "OpenAI"
    billing_note = "A ChatGPT plan does not pay for the API."
    default_url = "https://api.openai.com/v1"
    max_tokens_name = "max_completion_tokens"
    thought_tags = ()
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
        """Ask for the models, without those that cannot chat over this protocol."""
        models = await super().list_models(endpoint)
        return [model for model in models if model.id.startswith("ft:") or not _NOT_FOR_CHAT.search(model.id)]

    @property
    def batches(self) -> BatchForm:
        """Half the price, within a day."""
        from byok_widgets.providers.protocols.batch_forms import FileBatches

        return FileBatches(self)

    def _known_settings(self, model: str) -> SupportedSettings:
        base = model.split(":")[1] if model.startswith("ft:") else model
        base = _SNAPSHOT.sub("", base)
        for pattern, efforts in _EFFORTS.items():
            if re.fullmatch(pattern, base):
                verbosity = None if base.startswith("o") else _LOW_TO_HIGH
                return {"reasoning_effort": efforts, "verbosity": verbosity, "temperature": None, "top_p": None}
        if _WITHOUT_REASONING.fullmatch(base):
            return {"temperature": (), "reasoning_effort": None, "verbosity": None}
        return {}
