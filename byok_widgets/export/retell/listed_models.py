"""The models that a node may name, and which of ours they are.

Source: `model_config.primary.model` in retell-sdk 6.2.13, compared on 2026-11-28.
"""

from __future__ import annotations

import re

from byok_widgets.providers import PROVIDERS

LISTED = (
    *("gpt-4.1", "gpt-4.1-mini", "gpt-5", "gpt-5-mini", "gpt-5-nano", "gpt-5.1", "gpt-5.2", "gpt-5.4"),
    *("gpt-5.4-mini", "gpt-5.4-nano", "gpt-5.5", "gpt-5.6-terra", "gpt-5.6-luna", "gpt-6-astra", "gpt-6-sol"),
    *("gpt-6.1-sol", "gpt-6-luna", "claude-4.6-sonnet", "claude-5-opus", "claude-5.5-opus", "claude-5-sonnet"),
    *("claude-5.5-sonnet", "claude-5.5-haiku", "claude-4.5-haiku", "gemini-3.0-flash", "gemini-3.1-flash-lite"),
    *("gemini-3.5-flash", "gemini-3.5-flash-lite", "gemini-3.6-flash", "gemini-3.7-flash", "gemini-3.8-flash"),
    "gemini-4-argon",
)


def listed(model: str) -> str:
    """Return the name under which a model is listed; empty if it is not.

    The words of a name may stand in another order: vendors put the version last.
    """
    wanted = _key(model.rpartition("/")[2])
    return next((name for name in LISTED if _key(name) == wanted), "")


def ref_of(name: str) -> str:
    """Return a listed model as a model ref; empty where no provider is known to have it."""
    for provider in PROVIDERS.values():
        known = (*provider.models.offline, *provider.models.presets.values())
        found = next((model for model in known if "/" not in model and _key(model) == _key(name)), "")
        if found:
            return f"{provider.name}:{found}"
    return ""


def _key(model: str) -> tuple[list[str], list[str]]:
    parts = re.split(r"[-.]", model.casefold())
    digits = [part for part in parts if part.isdecimal()]
    while digits[-1:] == ["0"]:
        digits.pop()
    return sorted(part for part in parts if not part.isdecimal()), digits
