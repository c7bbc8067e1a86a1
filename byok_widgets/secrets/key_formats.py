"""Key formats: the prefixes that tell whose API key a text is."""

from __future__ import annotations

SHARED_PREFIX = "sk-"
"""OpenAI's older keys begin so, and others' too: no proof where any endpoint may be meant."""

PREFIXES = (
    ("sk-ant-", "anthropic"),
    ("sk-or-", "openrouter"),
    ("sk-proj-", "openai"),
    ("sk-svcacct-", "openai"),
    ("sk-admin-", "openai"),
    (SHARED_PREFIX, "openai"),
)
"""First match wins."""

LABELS = {"anthropic": "Anthropic", "openrouter": "OpenRouter", "openai": "OpenAI"}


def detect_provider(key: str) -> str | None:
    """Return the name of the provider whose key this looks like, or `None` when it looks like nobody's."""
    return next((provider for prefix, provider in PREFIXES if key.startswith(prefix)), None)
