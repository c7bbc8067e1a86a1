"""API keys in each provider's real format, made at run time so that none is ever written down."""

from __future__ import annotations

import secrets
import string

_ALPHABET = string.ascii_letters + string.digits


def _random(length: int) -> str:
    return "".join(secrets.choice(_ALPHABET) for _ in range(length))


def fake_key(provider: str = "openai") -> str:
    """Return a fresh key that looks like one of `provider`'s."""
    if provider == "anthropic":
        return "sk-" + "ant-api03-" + _random(93) + "AA"
    if provider == "openrouter":
        return "sk-" + "or-v1-" + secrets.token_hex(32)
    if provider == "openai":
        return "sk-" + "proj-" + _random(74) + "T3Blbk" + "FJ" + _random(74)
    return _random(40)
