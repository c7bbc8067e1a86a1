"""Google Gemini, over its Chat Completions endpoint.

Sources, compared on 2026-11-28: its pages on OpenAI compatibility, troubleshooting and models; the price list for
ids.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

from byok_widgets.providers.base import Links
from byok_widgets.providers.exchange import Endpoint, ModelInfo
from byok_widgets.providers.model_facts import ModelFacts
from byok_widgets.providers.model_settings import SupportedSettings
from byok_widgets.providers.protocols.chat_completions import ChatCompletionsProvider
from byok_widgets.secrets.key_formats import KeyFormat

_MODELS = ModelFacts(
    presets={
        "low latency (voice)": "gemini-3.5-flash-lite",
        "balanced": "gemini-3.8-flash",
        "complex reasoning": "gemini-4-argon",
    },
    offline=(
        "gemini-3.5-flash-lite",
        "gemini-3.8-flash",
        "gemini-4-argon",
        "gemini-3.1-pro-preview",
        "gemini-2.5-flash",
        "gemini-2.5-pro",
    ),
    ends={
        "2025-02-18": ("gemini-pro", "gemini-1.0-pro"),
        "2025-09-29": ("gemini-1.5-pro", "gemini-1.5-flash", "gemini-1.5-flash-8b"),
        "2026-06-01": (
            *("gemini-2.0-flash", "gemini-2.0-flash-001", "gemini-2.0-flash-lite", "gemini-2.0-flash-lite-001"),
        ),
        "2026-12-01": ("gemini-2.5-pro", "gemini-2.5-flash"),
    },
    aliases={
        "gemini-pro": "balanced",
        "gemini-1.5-flash": "low latency (voice)",
        "gemini-1.5-pro": "complex reasoning",
    },
    price_list="google",
    vendor="google",
)

_KEY_FORMAT = KeyFormat(
    owner="gemini",
    label="Google Gemini",
    prefixes=("AQ.", "AIza"),
    # Only the first of these forms occurs nowhere by chance, so no base64 characters may surround the others.
    exact=r"AQ\.Ab8RN6[\w-]{44}"
    r"|(?:(?<![A-Za-z0-9+/])|(?<=\\[nrtfb]))(?:AQ\.[\w-]{50}|AIza[\w-]{35})(?![A-Za-z0-9+/])",
    shape=r"AQ\.[A-Za-z0-9_-]{40,}|AIza[A-Za-z0-9_-]{35}",
    shortest=39,
)

_LABEL_OF_STATUS = {
    "UNAUTHENTICATED": "authentication_error",
    "PERMISSION_DENIED": "permission_error",
    "NOT_FOUND": "not_found_error",
    "RESOURCE_EXHAUSTED": "rate_limit_error",
    "INVALID_ARGUMENT": "invalid_request_error",
    "DEADLINE_EXCEEDED": "timeout_error",
}
_NOT_FOR_CHAT = re.compile("aqa|embedding|image|imagen|live|robotics|tts|veo")
_NO_QUOTA = re.compile(r"\blimit: 0(?![.\d])")


class GeminiProvider(ChatCompletionsProvider):
    """Google's Gemini API."""

    name = "gemini"
    label = "Google Gemini"
    models = _MODELS
    key_format = _KEY_FORMAT
    key_hint = "AQ.…"
    default_url = "https://generativelanguage.googleapis.com/v1beta/openai"
    settings = frozenset({"temperature", "top_p", "stop", "reasoning_effort"})
    structured_modes = ("json_schema", "tool", "json_object", "prompt")
    thought_tags = (("<thought>", "</thought>"),)
    links = Links(
        keys="https://aistudio.google.com/apikey",
        billing="https://aistudio.google.com/usage",
        usage="https://aistudio.google.com/usage",
        models="https://ai.google.dev/gemini-api/docs/models",
        status="https://aistudio.google.com/status",
        errors="https://ai.google.dev/gemini-api/docs/troubleshooting",
        deprecations="https://ai.google.dev/gemini-api/docs/deprecations",
    )

    def error_body(self, body: Any) -> Any:
        """Return an error in the usual form: it may come as a list, and most information is in its details."""
        outer = body[0] if isinstance(body, list) and body else body
        inner = outer.get("error", outer) if isinstance(outer, Mapping) else None
        if not isinstance(inner, Mapping) or not isinstance(inner.get("message"), str):
            return body  # a gateway's own
        given = inner.get("details")
        details = [detail for detail in given if isinstance(detail, Mapping)] if isinstance(given, list) else []
        label = _LABEL_OF_STATUS.get(str(inner.get("status")))
        if any(detail.get("reason") == "API_KEY_INVALID" for detail in details):
            label = "authentication_error"
        elif label == "rate_limit_error" and _is_used_up(inner, details):
            label = "insufficient_quota"
        return {
            "error": {
                "message": inner.get("message"),
                "type": label or inner.get("status"),
                "code": inner.get("code") if label is None else None,
                "details": details,
            }
        }

    async def list_models(self, endpoint: Endpoint) -> list[ModelInfo]:
        """Ask for the chat models; their ids come with a prefix, `models/`, and are used without it."""
        models = await super().list_models(endpoint)
        named = (replace(model, id=model.id.removeprefix("models/")) for model in models)
        return [model for model in named if not _NOT_FOR_CHAT.search(model.id)]

    def _known_settings(self, model: str) -> SupportedSettings:
        efforts = ("low", "medium", "high") if re.match(r"gemini-(2\.5|[3-9])", model) else None
        return {"temperature": (), "reasoning_effort": efforts}


def _is_used_up(error: Mapping[str, Any], details: Iterable[Mapping[str, Any]]) -> bool:
    """Whether no wait of a minute helps: the day's quota is spent, or the plan has none for this model."""
    failures = [detail["violations"] for detail in details if isinstance(detail.get("violations"), list)]
    violations = [violation for rows in failures for violation in rows if isinstance(violation, Mapping)]
    per_day = any("PerDay" in str(violation.get("quotaId")) for violation in violations)
    return per_day or _NO_QUOTA.search(str(error.get("message"))) is not None
